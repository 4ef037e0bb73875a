"""Alerts, events and queue messages: taken, ignored, or set aside with a reason; never dropped."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.signals import LONGEST_TEXT, load, unseal
from tests.fuzz.doors import Doors, Told
from tests.fuzz.mutations import bodies, inputs, mutated
from tests.fuzz.valid import ALERTS, EVENTS, LETTER, SIGNAL
from tests.host.server import event_of


def set_aside(told: Told) -> bool:
    """Whether it went to the poison queue: then as one letter with a reason, and nothing else."""
    if not told.poison:
        return False
    (body,) = told.poison
    letter = unseal(body.encode(), id="x")
    assert letter is not None
    assert letter.reason
    assert told.queued == []
    return True


def understood(told: Told) -> None:
    """What is queued can be read by whoever takes it out."""
    for body in told.queued:
        assert len(load(body).text) <= LONGEST_TEXT


@inputs(250)
@given(bodies(*ALERTS), st.sampled_from([{}, {"Content-Encoding": "gzip"}]))
def test_an_alert_is_202_or_400_and_what_is_refused_is_kept(
    doors: Doors, body: bytes, headers: dict[str, str]
) -> None:
    told = doors.ask("alerts", body, headers=headers)

    assert told.answer.status_code == (400 if set_aside(told) else 202)
    answer = json.loads(told.answer.get_body())
    if told.answer.status_code == 202:
        assert answer["accepted"] or answer["ignored"]
        assert len(told.queued) <= len(answer["accepted"])
    else:
        assert answer["error"]["code"] == "bad-input"
    understood(told)


@inputs(200)
@given(st.one_of(*map(mutated, EVENTS)))
def test_an_event_of_either_schema_is_taken_ignored_or_set_aside(doors: Doors, event: Any) -> None:
    try:
        given_by_the_library = event_of(event)
    except (ValueError, TypeError, AttributeError):
        return  # refused before it gets to us; Event Grid sends it again, then keeps it itself

    told = doors.call("on_event", given_by_the_library)

    set_aside(told)
    understood(told)


@inputs(150)
@given(bodies(SIGNAL, LETTER))
def test_a_queue_message_is_healed_or_set_aside(doors: Doors, body: bytes) -> None:
    told = doors.deliver("heal", body)

    set_aside(told)
    understood(told)


@inputs(120)
@given(bodies(SIGNAL, LETTER))
def test_whatever_is_in_the_poison_queue_is_kept_and_tried_again_at_most_once(
    doors: Doors, body: bytes
) -> None:
    store = doors.clinic.medic.store
    before = store.letters(1).count

    told = doors.deliver("bury", body)

    assert store.letters(1).count == before + 1
    assert len(told.queued) <= 1
    understood(told)


def test_what_is_valid_gets_through_so_the_fuzzing_is_not_stopped_at_the_door(
    doors: Doors,
) -> None:
    for alert in ALERTS[:1] + ALERTS[2:]:
        assert doors.ask("alerts", json.dumps(alert).encode()).queued
    for event in EVENTS:
        assert not doors.call("on_event", event_of(event)).poison
    assert not doors.deliver("heal", json.dumps(SIGNAL)).poison
