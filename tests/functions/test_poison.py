"""What cannot be used is kept with its reason and shown; the store may be down meanwhile."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions import duty
from shared.medic import Medic
from shared.model.letter import Letter
from shared.model.signal import Signal
from shared.store import SqliteStore, StoreError
from tests.functions.conftest import Desk
from tests.payloads import payload

HOOK = "/runtime/webhooks/eventgrid?functionName=on_event"


def poison(desk: Desk) -> dict[str, Any]:
    """What health says of it, when all is settled. None of it makes the service ill."""
    settle(desk)
    answer = desk.ask("GET", "/api/health")
    assert answer.status == 200
    assert answer.json["healthy"] is True
    return dict(answer.json["poison"])


def settle(desk: Desk) -> None:
    for queue in (duty.QUEUE, duty.POISON, duty.QUEUE, duty.POISON):
        desk.host.settle(queue)


def test_where_nothing_was_odd_health_says_so(desk: Desk) -> None:
    assert poison(desk) == {"count": 0, "lately": 0, "newest": []}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[" * 200_000, b" " * (2 << 20)])
def test_an_alert_that_is_refused_is_kept_because_no_action_group_sends_it_again(
    desk: Desk, body: bytes
) -> None:
    status = desk.ask("POST", "/api/alerts", body).status

    assert status in (400, 413)
    told = poison(desk)
    assert (told["count"], told["lately"]) == (1, 1)
    assert told["newest"][0]["source"] == "alerts"
    assert told["newest"][0]["reason"]
    assert len(told["newest"][0]["text"]) <= 4096
    assert desk.clinic.writes == []


class Absent(Medic):
    """Knows nothing of itself: what nobody foresaw."""

    @property
    def own_principals(self) -> frozenset[str]:
        raise LookupError("canary")


def test_an_alert_this_service_fails_at_is_kept_too(desk: Desk) -> None:
    old = desk.clinic.medic
    duty.take_over(Absent(old.settings, connection=desk.clinic.connection, store=old.store))

    assert desk.ask("POST", "/api/alerts", desk.alert()).status == 500
    settle(desk)

    duty.take_over(old)
    (letter,) = poison(desk)["newest"]
    assert letter["reason"] == "something unexpected: LookupError"
    assert desk.shop().name in letter["text"]


def test_an_event_nobody_can_read_is_kept_without_the_names_in_it(desk: Desk) -> None:
    event = payload("event-grid") | {"eventType": ""}

    assert desk.ask("POST", HOOK, [event], aeg_event_type="Notification").status == 202

    (letter,) = poison(desk)["newest"]
    assert letter["source"] == "on_event"
    assert "no type" in letter["reason"]
    assert event["id"] in letter["text"]
    assert "left out" in letter["text"]


@pytest.mark.parametrize("body", ["", "{", '{"version": 2}', "\u0000", "<b>x</b>"])
def test_a_queue_message_nobody_can_read_is_kept_at_its_first_delivery(
    desk: Desk, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk.ask("POST", "/admin/functions/heal", {"input": body})

    (letter,) = poison(desk)["newest"]
    assert letter["source"] == "heal"
    assert "queue message" in letter["reason"]
    assert "Traceback" not in caplog.text


def test_health_tells_the_newest_few_and_counts_the_rest(desk: Desk) -> None:
    for n in range(8):
        desk.ask("POST", "/api/alerts", {"schemaId": n})
        settle(desk)

    told = poison(desk)

    assert told["count"] == 8
    assert [one["text"] for one in told["newest"]] == [
        f'{{"schemaId": {n}}}' for n in (7, 6, 5, 4, 3)
    ]


class Ailing(SqliteStore):
    """A store that can be taken down."""

    down = False

    def receive(self, signal: Signal, *, now: Any) -> Any:
        self._answers()
        return super().receive(signal, now=now)

    def bury(self, letter: Letter) -> None:
        self._answers()
        super().bury(letter)

    def check(self) -> None:
        self._answers()
        super().check()

    def _answers(self) -> None:
        if self.down:
            raise StoreError("the disk is gone")


@pytest.fixture
def ailing(desk: Desk, tmp_path: Path) -> Ailing:
    """The store of the service on duty."""
    store = Ailing(tmp_path / "ailing.db")
    old = desk.clinic.medic
    desk.clinic.medic = Medic(
        old.settings, connection=desk.clinic.connection, store=store, clock=old._clock
    )
    duty.take_over(desk.clinic.medic)
    return store


def test_a_store_that_is_down_for_longer_than_the_queues_patience_loses_no_signal(
    desk: Desk, ailing: Ailing
) -> None:
    desk.clinic.pull(desk.shop())
    queues = desk.host.host.queues
    ailing.down = True

    assert desk.ask("POST", "/api/alerts", desk.alert()).status == 202
    desk.settle()

    assert queues.waiting(duty.POISON) == 1
    assert desk.ask("GET", "/api/health").status == 503
    assert desk.ask("GET", "/api/health").json["poison"] is None
    assert desk.clinic.writes == []

    ailing.down = False
    told = poison(desk)

    assert told["count"] == 1
    (incident,) = desk.ask("GET", "/api/incidents").json["incidents"]
    assert incident["state"] == "verifying"
    assert told["newest"][0]["incident"] == incident["id"]
    assert desk.clinic.writes == [f"PATCH {desk.clinic.id('contosoimages')}"]


def test_what_fails_at_every_delivery_ends_as_a_failed_incident_that_says_so(desk: Desk) -> None:
    old, broken = desk.clinic.medic, SimpleNamespace(clock=desk.clinic.connection.clock)
    duty.take_over(Medic(old.settings, connection=broken, store=old.store))  # type: ignore[arg-type]

    id = desk.ask("POST", "/api/alerts", desk.alert()).json["accepted"][0]["incident"]
    settle(desk)

    duty.take_over(old)
    incident = desk.incident(id)
    assert incident["state"] == "failed"
    assert [one["stage"] for one in incident["timeline"]].count("poison") == 2
    told = poison(desk)
    assert [one["incident"] for one in told["newest"]] == [id, id]
    assert desk.clinic.writes == []
