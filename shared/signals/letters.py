"""
Letters in the poison queue: what could not be used, with its reason, instead of nothing.

In:  what came in, as bytes or as a JSON value; or the body of a message of the poison queue.
Out: the body of such a message; or the Letter in one, None when the host moved it there as it was.

A letter never repeats a secret it recognises, nor the claims of whoever made a change: those are
names and addresses of people. Pure.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.errors import BadInput
from shared.model.discretion import discreet
from shared.model.letter import Letter
from shared.signals.intake import convert, decode, whole

#: Characters kept of what came in, and of the reason. With the worst of escapes, and as base64,
#: both fit the 64 KiB of a Storage queue message.
LONGEST, _LONGEST_REASON = 4096, 500
#: A secret that is cut in two is not recognised any more, so more is read than kept.
_READ = 8 * LONGEST
_PERSONAL = "[left out: who made the change]"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_VERSION = 1


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    letter: int
    reason: str
    source: str
    at: datetime
    text: str


def seal(source: str, reason: str, what: Any, *, now: datetime) -> str:
    """The body of the message that tells of it. `what`: bytes or text as they came, or JSON."""
    message = _Message(
        letter=_VERSION,
        reason=said(reason),
        source=source,
        at=now,
        text=legible(what),
    )
    return msgspec.json.encode(message).decode()


def unseal(body: bytes, *, id: str) -> Letter | None:
    """The Letter in a message of the poison queue; None when it holds something else."""
    try:
        raw = decode(body, "the letter")
        if not isinstance(raw, dict) or raw.get("letter") != _VERSION:
            return None
        message = convert(raw, _Message, "the letter")
    except BadInput:
        return None
    at = message.at if message.at.tzinfo else message.at.replace(tzinfo=UTC)
    return Letter(
        id=id,
        at=at.astimezone(UTC),
        source=whole(message.source, 60),
        reason=said(message.reason),
        text=legible(message.text),
    )


def said(reason: str) -> str:
    """A reason in one line; it may quote what came in."""
    return discreet(_CONTROL.sub(" ", reason[: 4 * _LONGEST_REASON])).replace("\n", " ")[
        :_LONGEST_REASON
    ]


def legible(what: Any) -> str:
    """What came in as text that may be kept: cut, and discreet."""
    if isinstance(what, bytes):
        try:
            what = json.loads(what)
        except (ValueError, RecursionError):
            what = what[:_READ].decode("utf-8", "replace")
    if not isinstance(what, str):
        try:
            what = json.dumps(_impersonal(what), ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            what = repr(what)
    return discreet(_CONTROL.sub("", what[:_READ]))[:LONGEST]


def _impersonal(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _PERSONAL if str(key).lower() in ("claims", "caller") else _impersonal(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_impersonal(inner) for inner in value]
    return value
