"""Whatever comes in: an answer or BadInput, never anything else."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import BadInput
from shared.signals import Intake, dump, from_alert, from_event, load
from tests.payloads import BASKET, SHOP, WORKSPACE, payload

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)
GENTLY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(
    [
        *("Fired", "Resolved", "Failed", "Succeeded", "Log Alerts V2", "_ResourceId"),
        *(SHOP, BASKET, WORKSPACE, "Activity Log - Administrative"),
        *("Microsoft.App/containerApps/write", "Microsoft.Resources.ResourceWriteFailure"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31", "\ud800"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def bent(value: Any, draw: Any) -> Any:
    """A valid payload with something else in some of its places."""
    if draw(st.integers(0, 11)) == 0:
        return draw(VALUES)
    if isinstance(value, dict):
        return {key: bent(item, draw) for key, item in value.items()}
    if isinstance(value, list):
        return [bent(item, draw) for item in value]
    return value


@st.composite
def payloads(draw: Any, *names: str) -> Any:
    return bent(payload(draw(st.sampled_from(names))), draw)


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


@GENTLY
@given(st.binary(max_size=200))
def test_any_bytes_are_an_alert_or_bad_input(body: bytes) -> None:
    assert answered(lambda: from_alert(body, now=NOW)) == Intake()


@GENTLY
@given(payloads("alert-log-v2", "alert-log-v1", "alert-activity"))
def test_any_bent_alert_is_answered_and_what_it_leads_to_survives_the_queue(alert: Any) -> None:
    body = json.dumps(alert, allow_nan=True).encode()

    intake = answered(lambda: from_alert(body, now=NOW, own_principals={"x"}))

    assert all(len(one.resource or "") <= 2048 for one in intake.ignored)


@GENTLY
@given(payloads("event-grid", "cloud-event"))
def test_any_bent_event_is_answered_and_what_it_leads_to_survives_the_queue(event: Any) -> None:
    intake = answered(lambda: from_event(event, now=NOW, own_principals={"x"}))

    assert len(intake.accepted) <= 1


@GENTLY
@given(st.text(max_size=100) | st.binary(max_size=100))
def test_any_text_in_the_queue_is_a_signal_or_bad_input(text: str | bytes) -> None:
    with pytest.raises(BadInput):
        load(text)
