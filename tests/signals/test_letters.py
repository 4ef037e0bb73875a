"""What could not be used is told in a letter: short, discreet, and never about people."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.signals import dump, legible, manual, seal, unseal
from tests.payloads import SHOP, payload

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)
_QUEUE_MESSAGE = 64 << 10


def test_a_letter_says_where_when_and_why() -> None:
    letter = unseal(seal("alerts", "the alert has no data", b"{}", now=NOW).encode(), id="m-1")

    assert letter is not None
    assert (letter.id, letter.source, letter.at) == ("m-1", "alerts", NOW)
    assert (letter.reason, letter.text) == ("the alert has no data", "{}")


@given(st.text() | st.binary() | st.recursive(st.none() | st.text(), st.lists, max_leaves=5))
def test_whatever_came_in_fits_into_one_queue_message_and_comes_out_as_text(what: Any) -> None:
    body = seal("heal", f"not this: {what!r}", what, now=NOW).encode()

    letter = unseal(body, id="x")
    assert letter is not None
    assert len(letter.text) <= 4096
    assert "\n" not in letter.reason
    letter.text.encode()


@pytest.mark.parametrize(
    "worst", [b"\x01" * 10**6, "\U0001f600" * 10**6, '"\\' * 10**6, b"\xff" * 9**6]
)
def test_a_mebibyte_of_the_worst_fits_too(worst: bytes | str) -> None:
    body = seal("alerts", str(worst), worst, now=NOW).encode()

    assert len(b64encode(body)) < _QUEUE_MESSAGE
    assert unseal(body, id="x") is not None


@pytest.mark.parametrize(
    "what",
    [
        b'{"a": "Password=canary-said; more"}',
        '{"a": "Password=canary-said; more"}'.encode("utf-16"),
        "x?sig=canary-said&se=1",
        {"password": "canary-said"},
        b'{"password": "canary-said"',
        b"password='canary-said'" + b" " * 10**6,
        b" " * 4090 + b"password=canary-said",
    ],
)
def test_a_secret_in_what_came_in_is_not_in_the_letter(what: Any) -> None:
    assert "canary-said" not in legible(what)
    assert "canary-said" not in seal("alerts", f"not this: {what!r}", what, now=NOW)


@pytest.mark.parametrize("name", ["event-grid", "cloud-event", "alert-activity"])
def test_who_made_a_change_is_not_in_the_letter(name: str) -> None:
    event = payload(name)
    said = json.dumps(event)
    people = [word for word in ("@contoso.com", "unique_name", "/upn") if word in said]

    kept = legible(json.dumps(event).encode())

    assert not [word for word in people if word in kept]


def test_a_signal_the_host_moved_is_no_letter() -> None:
    signal = manual(SHOP, "denied", now=NOW, id="one")

    assert unseal(dump(signal).encode(), id="x") is None


@given(st.binary(max_size=60))
def test_any_bytes_are_no_letter(body: bytes) -> None:
    assert unseal(body, id="x") is None


def test_a_letter_of_another_time_zone_is_told_in_utc() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=9)))
    letter = unseal(seal("heal", "why", b"", now=east).encode(), id="x")

    assert letter is not None
    assert letter.at == NOW
    assert letter.at.tzinfo is UTC
