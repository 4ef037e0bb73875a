"""What is set wrong or out of reach is told in /api/health and `medic policy`, with what to do."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from functions import duty
from shared import settings
from shared.medic import Medic
from tests.cli.terminal import Said, Terminal
from tests.functions.conftest import Answer, Desk

_OURS, _THEIRS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
_BLOB = "https://policies.blob.core.windows.net/medic/policy.yaml"
_XML = {"Content-Type": "application/xml"}
_DROPPED = {"match": {"path": "policy.yaml"}, "times": 99, "drop": "before"}


def _set(desk: Desk, **given: str) -> None:
    environ = {f"MEDIC_{name.upper()}": text for name, text in given.items()}
    _run(desk, environ)


def _run(desk: Desk, environ: dict[str, str]) -> None:
    wanted, clinic = settings.load(environ), desk.clinic
    clinic.pull(desk.shop())  # so that the workspace has rows
    duty.take_over(Medic(wanted, connection=clinic.connection, store=clinic.medic.store))


@dataclass(frozen=True)
class Asked:
    """What both ways to ask were told. Asking again after a minute would change nothing."""

    health: Answer
    policy: Said


def _ask(desk: Desk, capture: pytest.CaptureFixture[str]) -> Asked:
    health = desk.ask("GET", "/api/health")
    return Asked(health, Terminal(desk.clinic, capture).say("policy", "--json"))


def _advice(asked: Asked) -> list[str]:
    """The advice of a service that is well, the same wherever one asks."""
    assert (asked.health.status, asked.policy.status) == (200, 0), asked
    assert asked.health.json["advice"] == asked.policy.json["advice"]
    return list(asked.policy.json["advice"])


@pytest.mark.parametrize(
    ("name", "text", "wrong", "advice"),
    [
        ("workspaces", "my-workspace", "entry 1 is not a GUID", "give GUIDs, separated by commas"),
        ("subscriptions", f"{_OURS},x", "entry 2 is not a GUID", "give GUIDs"),
        ("store", "postgres://db/medic", "is not a store", "use sqlite:///path or https://"),
        ("cloud", "AzureGermanCloud", "is not a cloud", "use AzureCloud"),
        ("notify", "nonsense", "entry 1 is not an address", "write scheme://"),
        ("policy", "https://example.com/p.yaml", "is neither a path", ".blob.core.windows.net/"),
        ("polcy", "policy.yaml", "is not a setting", "did you mean MEDIC_POLICY?"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do_and_nothing_is_written(
    name: str,
    text: str,
    wrong: str,
    advice: str,
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _set(desk, **{name: text})

    asked = _ask(desk, capsys)

    (problem,) = asked.health.json["settings"]["problems"]
    assert (asked.health.status, asked.policy.status) == (503, 2)
    assert asked.policy.complaint == problem
    assert problem.startswith(f"MEDIC_{name.upper()} ")
    assert wrong in problem
    assert advice in problem
    assert duty.medic().policy is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (_DROPPED, ("no answer from Azure", "it is tried again within a minute")),
        ({**_DROPPED, "drop": None, "status": 404}, ("there is no ", "put it there, or correct")),
        (
            {**_DROPPED, "drop": None, "status": 403},
            ("may not be read (403)", "Storage Blob Data Reader", "let its network reach"),
        ),
    ],
)
def test_a_policy_blob_out_of_reach_is_told_with_what_to_do_and_nothing_is_written(
    fault: dict[str, Any], said: tuple[str, ...], desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(desk, policy=_BLOB)
    made = {name: value for name, value in fault.items() if value is not None}
    desk.clinic.simulator.faults.add({"headers": _XML, "body": "<Error/>", **made})

    asked = _ask(desk, capsys)

    (problem,) = asked.health.json["policy"]["problems"]
    assert (asked.health.status, asked.policy.status) == (503, 3)
    assert asked.policy.complaint == f"{problem}; nothing is written meanwhile"
    assert all(part in problem for part in ("the policy cannot be read", _BLOB, *said))
    assert desk.ask("GET", "/api/policy").json["policy"] is None
    assert duty.medic().policy is None


def test_a_policy_file_that_is_not_there_is_told_with_where_to_look(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(desk, policy="/nowhere/policy.yaml")

    asked = _ask(desk, capsys)

    (problem,) = asked.health.json["policy"]["problems"]
    assert (asked.health.status, asked.policy.status) == (503, 2)
    assert problem == (
        "the file /nowhere/policy.yaml cannot be read (No such file or directory); "
        "check MEDIC_POLICY"
    )
    assert problem in asked.policy.complaint


def test_without_a_workspace_it_is_told_what_is_lost_and_what_to_set(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(desk)

    (said,) = _advice(_ask(desk, capsys))

    assert "MEDIC_WORKSPACES is not set: no log is read" in said
    assert "set it to the ids of the workspaces" in said


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 404, "body": '{"error": {"code": "WorkspaceNotFoundError"}}'}, "404"),
        ({"status": 403, "body": '{"error": {"code": "InsufficientAccessError"}}'}, "403"),
    ],
)
def test_a_workspace_that_cannot_be_read_is_named_with_role_and_setting(
    fault: dict[str, Any], said: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(desk, workspaces=_OURS)
    desk.clinic.simulator.faults.add(
        {"match": {"path": "/workspaces/.*/query"}, "times": 9} | fault
    )

    (told,) = _advice(_ask(desk, capsys))

    assert str(desk.clinic.simulator.world.workspace) in told
    assert said in told
    assert "give the identity Log Analytics Reader there, or correct MEDIC_WORKSPACES" in told


def test_a_workspace_that_gets_no_logs_is_told_how_to_get_some(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(desk, workspaces=_OURS)
    desk.clinic.simulator.world.tables.clear()

    (told,) = _advice(_ask(desk, capsys))

    assert "has no rows about pulls yet" in told
    assert "diagnostic settings" in told


def test_the_one_subscription_of_three_that_cannot_be_read_is_named(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = desk.shop().subscription.lower()
    _set(desk, workspaces=_OURS)
    desk.clinic.connection.subscriptions = (ours, _OURS, _THEIRS)
    path, body = f"/subscriptions/{_THEIRS}/.*/permissions", '{"error": {"code": "X"}}'
    faults = desk.clinic.simulator.faults
    faults.add({"match": {"path": path}, "times": 9, "status": 403, "body": body})
    granted = {"match": {"path": f"/subscriptions/{_OURS}/.*/permissions"}, "times": 9}
    faults.add({**granted, "status": 200, "body": '{"value": []}'})

    (said,) = _advice(_ask(desk, capsys))

    assert _THEIRS in said
    assert "give the identity the service's role there" in said
    assert "leave it out of MEDIC_SUBSCRIPTIONS" in said


def test_in_azure_a_store_in_a_file_is_told_to_be_none(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(desk, {"MEDIC_WORKSPACES": _OURS, "WEBSITE_HOSTNAME": "medic-x.azurewebsites.net"})

    (said,) = _advice(_ask(desk, capsys))

    assert said.startswith("MEDIC_STORE is a file")
    assert "set it to https://{account}.table.core.windows.net" in said


def test_an_identity_that_sees_nothing_is_told_what_it_needs(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _set(desk, workspaces=_OURS)
    none = json.dumps({"value": []})
    nothing = {"match": {"path": "/subscriptions(\\?|$)"}, "times": 9, "status": 200, "body": none}
    desk.clinic.simulator.faults.add(nothing)

    (said,) = _advice(_ask(desk, capsys))

    assert "the identity sees no subscription" in said
    assert "give it the service's role" in said


def test_without_a_queue_health_says_which_setting_and_which_role(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AzureWebJobsStorage")

    answer = desk.ask("GET", "/api/health")

    (problem,) = answer.json["queue"]["problems"]
    assert answer.status == 503
    assert "set AzureWebJobsStorage__accountName" in problem
    assert "Storage Queue Data Contributor" in problem
