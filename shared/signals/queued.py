"""
Signals in the queue: written by a door, read by the healer, perhaps of the next release.

In:  a Signal, or the text of a queue message.
Out: the text, or the Signal; BadInput when the text is not one of ours.

Pure.
"""

from datetime import UTC, datetime

import msgspec

from shared.errors import BadInput
from shared.model.ids import InvalidId, ResourceId
from shared.model.signal import Signal, SignalKind, carried
from shared.signals.intake import convert, decode

_VERSION = 1


class _Message(msgspec.Struct, omit_defaults=True):
    """Fields of a later release are let through and not read: while a deployment rolls out, both
    read one queue. What changes a message's meaning changes its version."""

    version: int
    id: str
    kind: SignalKind
    source: str
    resource: str
    at: datetime
    text: str = ""
    window: tuple[datetime, datetime] | None = None
    names: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    operation: str = ""
    trace: str | None = None


def dump(signal: Signal) -> str:
    """The signal as the text of one queue message."""
    message = _Message(
        version=_VERSION,
        id=signal.id,
        kind=signal.kind,
        source=signal.source,
        resource=signal.resource.text,
        at=signal.at,
        text=signal.text,
        window=signal.window,
        names=signal.names,
        incidents=signal.incidents,
        operation=signal.operation,
        trace=signal.trace,
    )
    return msgspec.json.encode(message).decode()


def load(text: str | bytes) -> Signal:
    """The signal in the text of a queue message."""
    body = text.encode() if isinstance(text, str) else text
    raw = decode(body, "the queue message")
    version = raw.get("version") if isinstance(raw, dict) else None
    if version != _VERSION:
        raise BadInput(f"the queue message has version {version!r}; this release reads {_VERSION}")
    message = convert(raw, _Message, "the queue message")
    try:
        target = ResourceId.parse(message.resource)
    except InvalidId as error:
        raise BadInput(f"the queue message's resource: {error}") from error
    times = [message.at, *(message.window or ())]
    if any(moment.tzinfo is None for moment in times):
        raise BadInput("the queue message's times have no offset from UTC")
    at, *window = (moment.astimezone(UTC) for moment in times)
    return Signal(
        id=message.id,
        kind=message.kind,
        source=message.source,
        resource=target,
        at=at,
        text=message.text,
        window=(window[0], window[1]) if window else None,
        names=message.names,
        incidents=message.incidents,
        operation=message.operation,
        trace=carried(message.trace),
    )
