"""The operator's doors: look, allow, refuse, take back."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.functions.conftest import Desk

ASKS_FIRST = """
version: 1
mode: approve
remedies: {firewall-sync: {shared_egress: allow}}
wait: {verify_first: 0s}
"""


@pytest.fixture
def held(open_desk: Callable[..., Desk]) -> tuple[Desk, str]:
    """An incident that waits for a person."""
    desk = open_desk(policy=ASKS_FIRST)
    desk.clinic.pull(desk.shop())
    id = desk.ask("POST", "/api/alerts", desk.alert()).json["accepted"][0]["incident"]
    desk.settle()
    assert desk.incident(id)["state"] == "held"
    return desk, id


def test_an_approved_plan_is_carried_out_and_the_audit_knows_by_whom(
    held: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, id = held
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    plan = desk.incident(id)["plan"]["digest"]

    answer = desk.ask(
        "POST",
        f"/api/incidents/{id}/approve",
        {"plan": plan},
        X_MS_CLIENT_PRINCIPAL_NAME="kim@example.com",
    )
    desk.settle()

    assert answer.status == 202
    assert desk.incident(id)["state"] == "verifying"
    assert len(desk.clinic.writes) == 1
    assert any("kim@example.com" in one["text"] for one in desk.incident(id)["timeline"])


def test_a_name_in_a_header_counts_for_nothing_without_app_service_sign_in(
    held: tuple[Desk, str],
) -> None:
    desk, id = held

    desk.ask(
        "POST",
        f"/api/incidents/{id}/reject",
        {"reason": "not today"},
        X_MS_CLIENT_PRINCIPAL_NAME="the-boss@example.com",
    )

    story = [one["text"] for one in desk.incident(id)["timeline"]]
    assert not any("the-boss" in text for text in story)
    assert any("function key" in text and "not today" in text for text in story)


def test_a_signed_in_program_has_no_name_and_is_known_by_its_id(
    held: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, id = held
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "true")
    robot = "6b1f5f0e-6f0e-4c9b-8b5a-0a1b2c3d4e5f"
    plan = desk.incident(id)["plan"]["digest"]

    approved = desk.ask(
        "POST", f"/api/incidents/{id}/approve", {"plan": plan}, X_MS_CLIENT_PRINCIPAL_ID=robot
    )

    assert approved.status == 202
    story = [one["text"] for one in desk.incident(id)["timeline"]]
    assert f"{robot} approved the plan {plan}" in story
    actors = {record.actor for record in desk.clinic.medic.store.records(id)}
    assert robot in actors


def test_each_key_is_told_by_its_fingerprint_and_never_shown(
    held: tuple[Desk, str], caplog: pytest.LogCaptureFixture
) -> None:
    desk, id = held
    caplog.set_level("DEBUG", logger="medic")
    reset = {"scope": "*", "reason": "checked"}

    desk.ask("POST", "/api/breaker/reset", reset, x_functions_key="canary-key-one")
    desk.ask("POST", "/api/breaker/reset?code=canary-key-two", reset)
    desk.ask(
        "POST",
        f"/api/incidents/{id}/reject?code=canary-key-two",
        {"reason": "no"},
        x_functions_key="canary-key-one",
    )

    records = desk.clinic.medic.store.records
    actors = [record.actor for record in records("breaker:*")]
    one, two = (sha256(f"canary-key-{n}".encode()).hexdigest()[:8] for n in ("one", "two"))
    assert actors == [f"function key sha256:{one}", f"function key sha256:{two}"]
    rejected = [record.actor for record in records(id) if record.stage == "rejection"]
    assert rejected == actors[:1]
    everything = f"{caplog.text} {desk.incident(id)} {records(id)} {records('breaker:*')}"
    assert "canary-key" not in everything


def test_another_plan_than_the_one_shown_is_409_and_nothing_is_written(
    held: tuple[Desk, str],
) -> None:
    desk, id = held

    answer = desk.ask("POST", f"/api/incidents/{id}/approve", {"plan": "0" * 32})
    desk.settle()

    assert answer.status == 409
    assert answer.code == "conflict"
    assert desk.clinic.writes == []


def test_what_is_held_stays_in_sight_however_long(held: tuple[Desk, str]) -> None:
    desk, id = held
    opened = desk.incident(id)["opened"]

    assert desk.ask("GET", "/api/health").json["held"] == {"count": 1, "oldest": opened}


def test_approval_after_the_world_changed_is_409(held: tuple[Desk, str]) -> None:
    desk, id = held
    plan = desk.incident(id)["plan"]["digest"]
    registry = desk.clinic.id("contosoimages")
    rules = {"networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"value": "1.2.3.4"}]}}
    desk.clinic.simulator.change(
        "PATCH",
        f"{registry}?api-version=2025-11-01",
        ('{"properties": ' + str(rules).replace("'", '"') + "}").encode(),
    )

    answer = desk.ask("POST", f"/api/incidents/{id}/approve", {"plan": plan})
    desk.settle()

    assert answer.status == 409
    told = {
        row["what"].rpartition(" ")[2]: row for row in answer.json["error"]["details"]["difference"]
    }
    assert (told["1.2.3.4"]["made_for"], told["1.2.3.4"]["there"]) == ("not there", "there")
    assert desk.incident(id)["state"] == "held"


def test_a_rejected_incident_stays_rejected(held: tuple[Desk, str]) -> None:
    desk, id = held

    answer = desk.ask("POST", f"/api/incidents/{id}/reject", {"reason": "wrong registry"})
    again = desk.ask("POST", f"/api/incidents/{id}/reject", {"reason": "wrong registry"})

    assert (answer.status, again.status) == (202, 409)
    assert desk.incident(id)["state"] == "rejected"
    assert desk.clinic.writes == []


def test_what_was_written_is_taken_back(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    id = desk.ask("POST", "/api/heal", {"resource": desk.shop().text}).json["incident"]
    desk.settle()

    answer = desk.ask("POST", f"/api/incidents/{id}/rollback", {"reason": "too open"})

    assert answer.status == 202
    assert desk.incident(id)["state"] == "rolled-back"
    assert not desk.clinic.pull(desk.shop())["ok"]


def test_what_somebody_changed_since_is_409_with_before_written_and_now(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    id = desk.ask("POST", "/api/heal", {"resource": desk.shop().text}).json["incident"]
    desk.settle()
    registry = desk.clinic.simulator.world.resources.get(desk.clinic.id("contosoimages").text)
    assert registry is not None
    gone = registry["properties"]["networkRuleSet"]["ipRules"].pop()["value"]

    answer = desk.ask("POST", f"/api/incidents/{id}/rollback", {"reason": "too open"})

    assert (answer.status, answer.code) == (409, "conflict")
    told = answer.json["error"]["details"]
    assert gone in told["written"]["ipRules"]
    assert gone not in (*told["now"]["ipRules"], *told["before"]["ipRules"])
    row = {"what": gone, "before": "not there", "written": "there", "now": "not there"}
    assert row in told["difference"]
    assert len(desk.clinic.writes) == 1


def test_an_incident_a_worker_has_is_409_and_says_when_to_ask_again(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    id = desk.ask("POST", "/api/heal", {"resource": desk.shop().text}).json["incident"]
    desk.settle()
    now = desk.clinic.medic.now()
    until = now + timedelta(minutes=15)
    desk.clinic.medic.store.lease(f"incident/{id}", holder="x", until=until, now=now)

    answer = desk.ask("POST", f"/api/incidents/{id}/rollback", {"reason": "too open"})

    assert (answer.status, answer.code) == (409, "busy")
    assert answer.headers["Retry-After"] == "15"


def test_nothing_written_is_nothing_to_take_back(held: tuple[Desk, str]) -> None:
    desk, id = held

    assert desk.ask("POST", f"/api/incidents/{id}/rollback", {"reason": "x"}).status == 409


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("approve", {}),
        ("approve", {"plan": 5}),
        ("approve", {"plan": "x", "force": True}),
        ("reject", {"reason": "  "}),
        ("reject", {"reason": "x" * 1001}),
        ("reject", {}),
        ("rollback", b"reason=x"),
        ("rollback", None),
    ],
)
def test_a_decision_without_its_word_is_400(held: tuple[Desk, str], verb: str, body: Any) -> None:
    desk, id = held

    assert desk.ask("POST", f"/api/incidents/{id}/{verb}", body).status == 400
    assert desk.incident(id)["state"] == "held"


@pytest.mark.parametrize("verb", ["approve", "reject", "rollback"])
def test_no_such_incident_is_404(desk: Desk, verb: str) -> None:
    body = {"plan": "x"} if verb == "approve" else {"reason": "x"}

    assert desk.ask("POST", f"/api/incidents/none/{verb}", body).status == 404
    assert desk.ask("GET", "/api/incidents/none").status == 404


@pytest.mark.parametrize("id", ["..", "%2e%2e", "a%20b", "x" * 200, "%00", "%27--", "<b>"])
def test_text_that_can_be_no_id_is_refused(desk: Desk, id: str) -> None:
    assert desk.ask("GET", f"/api/incidents/{id}").status in (400, 404)


def test_incidents_come_newest_first_page_by_page_and_filtered(held: tuple[Desk, str]) -> None:
    desk, id = held

    def ids(query: str) -> list[str]:
        answer = desk.ask("GET", f"/api/incidents?{query}")
        assert answer.status == 200, answer.content
        return [one["id"] for one in answer.json["incidents"]]

    registry = desk.clinic.id("contosoimages").text
    assert ids("") == [id]
    assert ids("state=held&limit=1") == [id]
    assert ids("state=healed") == []
    assert ids(f"resource={desk.shop().text.upper().replace('/SUBS', '/subs')}") == [id]
    assert ids(f"registry={registry}") == [id]
    assert ids("since=2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        "state=broken",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=abc",
        "limit=%D9%A1",
        "limit=" + "9" * 5000,
        "since=yesterday",
        "resource=shop",
        "registry=..",
        "cursor=%00",
        "cursor=zzz",
    ],
)
def test_a_query_that_cannot_be_understood_is_400(desk: Desk, query: str) -> None:
    assert desk.ask("GET", f"/api/incidents?{query}").status == 400
