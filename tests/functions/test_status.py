"""Health, policy, breakers, console; and what the platform demands of every function."""

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from functions import duty
from shared import settings
from shared.medic import Medic
from shared.pipeline import sweep
from shared.pipeline.telling import tell
from tests.functions.conftest import Desk
from tests.host.running import own_app
from tests.payloads import CONTOSO


def test_a_well_service_says_so(desk: Desk) -> None:
    answer = desk.ask("GET", "/api/health")

    assert answer.status == 200
    assert answer.json["healthy"] is True
    assert answer.json["breakers"] == []
    sync = [one for one in answer.json["permissions"] if one["remedy"] == "firewall-sync"]
    assert "Microsoft.ContainerRegistry/registries/write" in sync[0]["held"] + sync[0]["lacking"]


def test_health_says_when_azure_does_not_answer(desk: Desk) -> None:
    desk.clinic.simulator.faults.add({"match": {}, "times": 1000, "status": 503})

    answer = desk.ask("GET", "/api/health")

    assert answer.status == 503
    assert answer.json["azure"]["problems"]
    assert answer.json["store"]["ok"]


def test_a_bad_setting_starts_the_app_and_health_says_which_and_why(desk: Desk) -> None:
    bad = settings.load({"MEDIC_WORKSPACES": "not-a-guid", "MEDIC_STORE": "sqlite:///x.db"})
    duty.take_over(Medic(bad, connection=desk.clinic.connection, store=desk.clinic.medic.store))

    answer = desk.ask("GET", "/api/health")

    assert answer.status == 503
    assert "MEDIC_WORKSPACES" in answer.json["settings"]["problems"][0]


def test_a_dead_channel_is_told_in_health_and_is_no_illness(desk: Desk) -> None:
    said = settings.load({"MEDIC_NOTIFY": "json://127.0.0.1:9/hooks/TOKEN123456"})
    medic = Medic(said, connection=desk.clinic.connection, store=desk.clinic.medic.store)
    duty.take_over(medic)
    medic.store.trip("*", because="3 fixes failed", now=medic.now())

    tell(medic=medic)
    answer = desk.ask("GET", "/api/health")

    assert answer.status == 200
    assert answer.json["healthy"] is True
    (problem,) = answer.json["notifications"]["problems"]
    assert problem.startswith("entry 1 (json): ")
    assert "TOKEN123456" not in str(answer.json)


def test_a_bad_policy_is_told_with_line_and_key(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(policy="version: 1\nmdoe: auto\n")

    health, policy = desk.ask("GET", "/api/health"), desk.ask("GET", "/api/policy")

    assert health.status == 503
    assert "mdoe" in str(health.json["policy"]["problems"])
    assert policy.status == 200
    assert policy.json["policy"] is None
    assert "mdoe" in str(policy.json["problems"])


def test_a_missing_queue_connection_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AzureWebJobsStorage")
    assert desk.ask("GET", "/api/health").status == 503

    monkeypatch.setitem(os.environ, "AzureWebJobsStorage__accountName", "medicstore")
    assert desk.ask("GET", "/api/health").status == 200


def test_the_policy_is_shown_in_its_own_words_and_in_sentences(desk: Desk) -> None:
    answer = desk.ask("GET", "/api/policy")

    assert answer.status == 200
    assert answer.json["policy"]["remedies"]["firewall-sync"]["mode"] == "auto"
    assert all(isinstance(one, str) for one in answer.json["sentences"])


def test_a_tripped_breaker_is_shown_and_reset_once(desk: Desk) -> None:
    store = desk.clinic.medic.store
    store.trip(CONTOSO.lower(), because="3 failed verifications", now=desk.clinic.medic.now())
    assert desk.ask("GET", "/api/health").json["breakers"][0]["scope"] == CONTOSO.lower()

    wish = {"registry": CONTOSO, "reason": "fixed by hand"}
    first = desk.ask("POST", "/api/breaker/reset", wish)
    second = desk.ask("POST", "/api/breaker/reset", wish)

    assert (first.status, second.status) == (200, 200)
    assert (first.json["reset"], second.json["reset"]) == (True, False)
    assert store.breakers() == ()
    assert "fixed by hand" in store.records(f"breaker:{CONTOSO.lower()}")[0].text


@pytest.mark.parametrize("everywhere", [True, False])
def test_what_a_breaker_held_goes_on_after_the_reset_the_console_sends(
    desk: Desk, everywhere: bool
) -> None:
    clinic = desk.clinic
    scope = "*" if everywhere else clinic.id("contosoimages").key
    clinic.pull(desk.shop())
    clinic.medic.store.trip(scope, because="3 fixes failed", now=clinic.medic.now())
    accepted = desk.ask("POST", "/api/alerts", desk.alert()).json["accepted"]
    desk.settle()
    held = desk.incident(accepted[0]["incident"])
    (breaker,) = desk.ask("GET", "/api/health").json["breakers"]

    wish = {"scope": breaker["scope"], "reason": "mended by hand"}
    assert desk.ask("POST", "/api/breaker/reset", wish).json["reset"] is True
    clinic.advance(60)
    sweep(medic=clinic.medic)

    assert held["state"] == "held"
    assert held["decision"]["rules"] == ["breaker-closed"]
    assert desk.incident(held["id"])["state"] == "verifying"
    assert len(clinic.writes) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": "x"},
        {"registry": CONTOSO},
        {"registry": CONTOSO, "scope": "*", "reason": "x"},
        {"registry": "contoso", "reason": "x"},
        {"scope": "everything", "reason": "x"},
        {"scope": "*", "reason": ""},
    ],
)
def test_a_reset_without_scope_or_reason_is_400(desk: Desk, body: dict[str, Any]) -> None:
    assert desk.ask("POST", "/api/breaker/reset", body).status == 400


def test_the_console_is_one_page_that_loads_nothing_and_runs_only_its_own_script(
    desk: Desk,
) -> None:
    answer = desk.ask("GET", "/api/console")
    page, rules = answer.content.decode(), answer.headers["Content-Security-Policy"]

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?https?:""", page)
    assert "unsafe-inline" not in rules
    assert "default-src 'none'" in rules
    assert "innerHTML" not in page


def test_an_unexpected_error_is_500_with_a_reference_and_no_traceback(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = object()
    duty.take_over(broken)

    answer = desk.ask("GET", "/api/health")

    assert answer.status == 500
    assert answer.code == "unexpected"
    assert "object" not in answer.json["error"]["message"]
    reference = answer.json["error"]["message"].split()[-1]
    assert reference in caplog.text
    assert "Traceback" in caplog.text


def test_every_route_of_the_contract_is_there_and_only_the_empty_page_needs_no_key() -> None:
    doors = {
        (str(one.trigger["methods"][0].value), one.trigger["route"]): one.trigger["authLevel"].value
        for one in own_app()
        if one.kind == "httpTrigger"
    }

    assert {door for door, level in doors.items() if level != "function"} == {("GET", "console")}
    assert set(doors) == {
        ("POST", "alerts"),
        ("POST", "diagnose"),
        ("POST", "heal"),
        ("POST", "scan"),
        ("GET", "incidents"),
        ("GET", "incidents/{id}"),
        ("POST", "incidents/{id}/approve"),
        ("POST", "incidents/{id}/reject"),
        ("POST", "incidents/{id}/rollback"),
        ("POST", "breaker/reset"),
        ("GET", "health"),
        ("GET", "policy"),
        ("GET", "console"),
    }


def test_names_are_what_the_platform_accepts() -> None:
    for one in own_app():
        for binding in one.bindings:
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*|\$return", str(binding["name"]))


def test_the_worker_accepts_the_annotation_of_every_queue_output() -> None:
    from azure.functions._thirdparty import typing_inspect
    from azure.functions.queue import QueueMessageOutConverter

    for one in own_app():
        for name in one.queues:
            (kind,) = typing_inspect.get_args(one.run.__annotations__[name])
            assert isinstance(kind, type) or typing_inspect.is_generic_type(kind)
            assert not repr(kind).startswith("list[")  # refused by the worker library 1.3
            assert QueueMessageOutConverter.check_output_type_annotation(kind)
