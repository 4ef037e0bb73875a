"""Signals survive the queue, and nothing else gets out of it."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import BadInput
from shared.model.ids import ResourceId
from shared.model.signal import Signal, SignalKind
from shared.pipeline import rounds
from shared.signals import LONGEST_TEXT, dump, load, manual
from tests.payloads import CONTOSO, SHOP

NOW = datetime(2026, 7, 14, 9, 45, 0, 123456, tzinfo=UTC)
SIGNAL = Signal(
    id="one",
    kind=SignalKind.FAILURE,
    source="log-alert",
    resource=ResourceId.parse(SHOP),
    at=NOW,
    text='denied: "\u0000" <b>',
    window=(NOW, NOW),
    names=("basket",),
    incidents=("inc-1", "inc-2"),
)


def test_a_signal_comes_out_of_the_queue_as_it_went_in() -> None:
    assert load(dump(SIGNAL)) == SIGNAL
    assert load(dump(SIGNAL).encode()) == SIGNAL


def test_the_longest_and_worst_text_fits_a_storage_queue_message() -> None:
    worst = manual(SHOP, "\x01" * LONGEST_TEXT, now=NOW, id="x" * 200)

    assert len(base64.b64encode(dump(worst).encode())) < 64 * 1024


def test_the_longest_round_fits_a_storage_queue_message() -> None:
    ids = tuple(f"inc-20260714-{number:012d}" for number in range(rounds._AT_ONCE))
    longest = replace(SIGNAL, kind=SignalKind.ROUND, text="", incidents=ids)

    assert len(base64.b64encode(dump(longest).encode())) < 64 * 1024


@pytest.mark.parametrize(
    "bend",
    [
        {"version": 2},
        {"version": None},
        {"kind": "explode"},
        {"resource": "shop"},
        {"resource": f"{SHOP}/../x"},
        {"at": "yesterday"},
        {"at": "2026-07-14T09:45:00"},
        {"window": ["2026-07-14T09:45:00Z"]},
        {"id": None},
    ],
)
def test_a_message_that_is_not_quite_ours_is_refused(bend: dict[str, Any]) -> None:
    message = json.loads(dump(SIGNAL)) | bend

    with pytest.raises(BadInput, match="queue message"):
        load(json.dumps(message))


def test_a_field_of_a_later_release_is_let_through_and_not_read() -> None:
    later = json.loads(dump(SIGNAL)) | {"mood": "calm"}

    assert load(json.dumps(later)) == SIGNAL


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "hello", "\x00"])
def test_rubbish_in_the_queue_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        load(text)


def test_a_person_with_a_message_reports_a_failure_and_without_one_only_asks() -> None:
    assert manual(SHOP, "denied", now=NOW, id="1").kind is SignalKind.FAILURE
    assert manual(SHOP, None, now=NOW, id="1").kind is SignalKind.LOOK


@pytest.mark.parametrize(
    ("resource", "message", "said"),
    [
        ("shop", None, "resource: expected /subscriptions/"),
        (CONTOSO, None, "pulls no images"),
        (SHOP, "x" * (LONGEST_TEXT + 1), "message: 6001 characters"),
    ],
)
def test_a_persons_slip_is_explained(resource: str, message: str | None, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        manual(resource, message, now=NOW, id="1")
