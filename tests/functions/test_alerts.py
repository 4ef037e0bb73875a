"""The alert door: accepts, queues, answers at once, and is not to be irritated."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from functions import duty
from shared.medic import Medic
from shared.model.signal import Signal
from shared.settings import Settings
from shared.store import Received, StoreError
from tests.functions.conftest import Desk
from tests.payloads import CONTOSO, payload


def test_an_alert_is_accepted_and_its_workload_healed_through_the_queue(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())

    answer = desk.ask("POST", "/api/alerts", desk.alert())
    desk.settle()

    assert answer.status == 202
    (accepted,) = answer.json["accepted"]
    assert accepted["resource"].lower() == desk.shop().key
    assert answer.json["ignored"] == []
    assert desk.incident(accepted["incident"])["state"] == "verifying"
    assert desk.clinic.writes == [f"PATCH {desk.clinic.id('contosoimages')}"]


def test_the_same_alert_twice_is_one_incident_and_one_write(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    alert = desk.alert()

    told = [desk.ask("POST", "/api/alerts", alert).json["accepted"][0] for _ in range(3)]
    desk.settle()

    assert len({one["incident"] for one in told}) == 1
    assert len(desk.clinic.writes) == 1


def test_an_alert_about_the_whole_workspace_finds_the_failing_workload(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    alert = desk.alert()
    alert["data"]["essentials"]["configurationItems"] = None
    alert["data"]["alertContext"]["condition"]["allOf"][0]["dimensions"] = None

    answer = desk.ask("POST", "/api/alerts", alert)
    desk.settle()

    assert answer.status == 202
    about = desk.ask("GET", f"/api/incidents?resource={desk.shop()}").json["incidents"]
    assert [one["state"] for one in about] == ["verifying"]
    assert about[0]["id"] == answer.json["accepted"][0]["incident"]


def test_resolved_closes_what_was_seen_to_work_and_starts_nothing(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    id = desk.ask("POST", "/api/alerts", desk.alert()).json["accepted"][0]["incident"]
    desk.settle()
    desk.clinic.sweep_until_done(desk.clinic.load(id))
    assert desk.incident(id)["state"] == "healed"

    answer = desk.ask("POST", "/api/alerts", desk.alert("Resolved"))
    desk.settle()

    assert answer.json["accepted"][0]["incident"] == id
    assert desk.incident(id)["state"] == "closed"
    assert len(desk.ask("GET", "/api/incidents").json["incidents"]) == 1


def test_resolved_without_an_incident_is_ignored_and_opens_none(desk: Desk) -> None:
    answer = desk.ask("POST", "/api/alerts", desk.alert("Resolved"))
    desk.settle()

    assert answer.status == 202
    assert answer.json["accepted"] == []
    assert "resolved" in answer.json["ignored"][0]["reason"]
    assert desk.ask("GET", "/api/incidents").json["incidents"] == []


def test_an_alert_about_a_deleted_app_is_accepted_and_closed_with_the_reason(desk: Desk) -> None:
    alert = desk.alert()
    gone = desk.shop().key.replace("/shop", "/gone")
    alert["data"]["essentials"]["configurationItems"] = [gone]
    alert["data"]["alertContext"]["condition"]["allOf"][0]["dimensions"] = []

    id = desk.ask("POST", "/api/alerts", alert).json["accepted"][0]["incident"]
    desk.settle()

    incident = desk.incident(id)
    assert incident["state"] == "closed"
    assert "nothing to heal" in incident["timeline"][-1]["text"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b"null", {}),
        (b"\xff\xfe\x00", {}),
        (b"[" * 200_000, {}),
        (b"\x1f\x8b\x08\x00rubbish", {"Content_Encoding": "gzip"}),
        (b"{}", {"Content_Encoding": "br"}),
        ("{}".encode("utf-16"), {"Content_Type": "application/json; charset=utf-16"}),
        (payload("alert-log-v1"), {}),
        ({"schemaId": "Microsoft.Insights/LogAlert"}, {}),
    ],
)
def test_what_cannot_be_understood_is_400_in_the_one_error_form(
    desk: Desk, body: Any, headers: dict[str, str]
) -> None:
    answer = desk.ask("POST", "/api/alerts", body, **headers)

    assert answer.status == 400
    assert answer.code == "bad-input"
    assert answer.json["error"]["message"]
    assert desk.host.host.queues.waiting(duty.QUEUE) == 0


@pytest.mark.parametrize("size", [(1 << 20) + 1, 2 << 20])
def test_more_than_a_mebibyte_is_413(desk: Desk, size: int) -> None:
    answer = desk.ask("POST", "/api/alerts", b" " * size)

    assert answer.status == 413
    assert answer.code == "too-large"


def test_a_whole_mebibyte_of_alert_is_taken(desk: Desk) -> None:
    alert = payload("alert-log-v2")
    alert["data"]["customProperties"] = {"x": "y" * ((1 << 20) - 4000)}

    assert desk.ask("POST", "/api/alerts", alert).status == 202


def test_a_type_that_pulls_nothing_is_told_as_ignored(desk: Desk) -> None:
    alert = payload("alert-log-v2")
    alert["data"]["essentials"] |= {"configurationItems": [CONTOSO], "alertTargetIDs": []}
    alert["data"]["alertContext"]["condition"]["allOf"] = None

    answer = desk.ask("POST", "/api/alerts", alert)

    assert answer.status == 202
    assert answer.json["accepted"] == []
    assert answer.json["ignored"][0]["resource"] == CONTOSO


class BrokenStore:
    """A store that is down, or does not answer."""

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay

    def receive(self, signal: Signal, *, now: datetime) -> Received:
        time.sleep(self._delay)
        raise StoreError("the disk is gone")


def test_with_the_store_down_the_queue_alone_carries_the_alert(
    open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk()
    monkeypatch.setattr(desk.host.host.queues, "_redelivery", 30)
    store: Any = BrokenStore()
    duty.take_over(Medic(Settings(), connection=desk.clinic.connection, store=store))

    answer = desk.ask("POST", "/api/alerts", payload("alert-log-v2"))

    assert answer.status == 202
    assert answer.json["accepted"][0]["incident"]
    assert desk.host.host.queues.waiting(duty.QUEUE) == 1


def test_a_store_that_does_not_answer_delays_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.reception.PATIENCE", 0.05)
    store: Any = BrokenStore(delay=1)
    duty.take_over(Medic(Settings(), connection=desk.clinic.connection, store=store))

    started = time.monotonic()
    answer = desk.ask("POST", "/api/alerts", payload("alert-log-v2"))

    assert answer.status == 202
    assert time.monotonic() - started < 0.9
