"""What the queue gave up: kept, tried once more, then told as failed. Azure is never asked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared import audit, signals
from shared.errors import TransientError
from shared.model.signal import Signal, SignalKind
from shared.model.words import State
from shared.pipeline import bury
from tests.clinic import Clinic
from tests.simulator import estates


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    yield clinic
    assert clinic.simulator.traffic == []


def moved(clinic: Clinic, signal: Signal | bytes, id: str = "m-1") -> Signal | None:
    """The host moves a message to the poison queue, whose door takes it."""
    body = signal if isinstance(signal, bytes) else signals.dump(signal).encode()
    return bury(body, id=id, at=clinic.medic.now(), medic=clinic.medic)


def failing(clinic: Clinic) -> Signal:
    return clinic.signal(clinic.only("sites"), "denied")


def poisoned(clinic: Clinic, id: str) -> list[str]:
    return [one.text for one in clinic.load(id).timeline if one.stage == "poison"]


def test_a_signal_that_never_got_anywhere_is_tried_once_more(clinic: Clinic) -> None:
    signal = failing(clinic)

    again = moved(clinic, signal)

    assert again == signal
    (incident,) = clinic.medic.store.page().incidents
    assert incident.state is State.RECEIVED
    assert "one more round" in poisoned(clinic, incident.id)[0]
    (letter,) = clinic.medic.store.letters().newest
    assert (letter.id, letter.source, letter.incident) == ("m-1", "heal", incident.id)


def test_the_second_time_the_incident_is_failed_and_says_why(clinic: Clinic) -> None:
    signal = failing(clinic)

    moved(clinic, signal, "m-1")
    again = moved(clinic, signal, "m-2")

    assert again is None
    (incident,) = clinic.medic.store.page().incidents
    assert incident.state is State.FAILED
    assert "given up" in poisoned(clinic, incident.id)[-1]
    assert clinic.medic.store.letters().count == 2


def test_the_same_poison_delivered_again_says_the_same(clinic: Clinic) -> None:
    signal = failing(clinic)

    told = [moved(clinic, signal, "m-1") for _ in range(3)]

    assert told == [signal] * 3
    (incident,) = clinic.medic.store.page().incidents
    assert len(poisoned(clinic, incident.id)) == 1
    assert clinic.medic.store.letters().count == 1


def test_work_that_stopped_in_the_middle_of_a_write_says_where_to_look(clinic: Clinic) -> None:
    signal = failing(clinic)
    id = clinic.medic.receive(signal)
    clinic.medic.store.save(replace(clinic.load(id), state=State.APPLYING))

    assert moved(clinic, signal, "m-1") == signal
    moved(clinic, signal, "m-2")

    assert clinic.load(id).state is State.FAILED
    assert "may have been done" in poisoned(clinic, id)[-1]


@pytest.mark.parametrize("state", [State.HELD, State.VERIFYING])
def test_an_incident_that_waits_for_something_else_goes_on_waiting(
    clinic: Clinic, state: State
) -> None:
    signal = failing(clinic)
    id = clinic.medic.receive(signal)
    clinic.medic.store.save(replace(clinic.load(id), state=state))

    assert moved(clinic, signal) is None

    assert clinic.load(id).state is state
    assert poisoned(clinic, id) == ["a signal about it failed at every delivery (letter m-1)"]


def test_while_a_worker_has_the_incident_the_letter_is_kept_and_the_rest_waits(
    clinic: Clinic,
) -> None:
    signal, medic = failing(clinic), clinic.medic
    id = medic.receive(signal)
    audit.claim(id, store=medic.store, holder="somebody", now=medic.now())

    with pytest.raises(TransientError, match="busy"):
        moved(clinic, signal)

    assert [letter.incident for letter in medic.store.letters().newest] == [id]
    audit.release(id, store=medic.store, holder="somebody")
    assert moved(clinic, signal) == signal
    assert medic.store.letters().count == 1


def test_that_all_is_well_again_opens_nothing_when_it_fails(clinic: Clinic) -> None:
    assert moved(clinic, replace(failing(clinic), kind=SignalKind.RESOLVED)) is None

    assert clinic.medic.store.page().incidents == ()
    assert clinic.medic.store.letters().count == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\x00", b"[" * 9999, b'{"letter": 2}', b"5"])
def test_what_is_neither_letter_nor_signal_is_kept_with_its_reason(
    clinic: Clinic, body: bytes
) -> None:
    assert moved(clinic, body) is None

    (letter,) = clinic.medic.store.letters().newest
    assert "the queue message" in letter.reason
    assert letter.incident is None
