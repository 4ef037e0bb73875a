"""Whatever comes in: an answer or BadInput, never anything else."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadInput
from shared.signals import Intake, dump, from_alert, from_event, load
from tests.fuzz.mutations import inputs, mutated
from tests.payloads import payload

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)
ALERTS = [payload(name) for name in ("alert-log-v2", "alert-log-v1", "alert-activity")]
EVENTS = [payload(name) for name in ("event-grid", "cloud-event")]


def answered(question: Callable[[], Intake]) -> Intake:
    """The intake, or an empty one when the input was refused in words."""
    with suppress(BadInput):
        intake = question()
        assert intake.accepted or intake.ignored
        for signal in intake.accepted:
            assert load(dump(signal)) == signal
            assert signal.at <= NOW
        return intake
    return Intake()


@inputs(200)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_alert_or_bad_input(body: bytes) -> None:
    assert answered(lambda: from_alert(body, now=NOW)) == Intake()


@inputs(200)
@given(st.one_of(*map(mutated, ALERTS)))
def test_any_bent_alert_is_answered_and_what_it_leads_to_survives_the_queue(alert: Any) -> None:
    body = json.dumps(alert, allow_nan=True).encode()

    intake = answered(lambda: from_alert(body, now=NOW, own_principals={"x"}))

    assert all(len(one.resource or "") <= 2048 for one in intake.ignored)


@inputs(200)
@given(st.one_of(*map(mutated, EVENTS)))
def test_any_bent_event_is_answered_and_what_it_leads_to_survives_the_queue(event: Any) -> None:
    intake = answered(lambda: from_event(event, now=NOW, own_principals={"x"}))

    assert len(intake.accepted) <= 1


@inputs(200)
@given(st.text(max_size=100) | st.binary(max_size=100))
def test_any_text_in_the_queue_is_a_signal_or_bad_input(text: str | bytes) -> None:
    with pytest.raises(BadInput):
        load(text)
