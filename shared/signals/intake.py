"""
What every way in shares: the answer's shape, resource ids, times and names of signals.

In:  untrusted text.
Out: nouns, or None where the text says nothing usable.

Pure.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from shared.errors import BadInput
from shared.model.ids import InvalidId, ResourceId
from shared.model.signal import Signal

#: Characters of untrusted text a signal carries. Written as JSON and base64, even the worst of
#: them fit the 64 KiB of a Storage queue message ("Azure Queue Storage limits").
LONGEST_TEXT = 6000

WORKSPACE = "microsoft.operationalinsights/workspaces"
WORKLOADS = frozenset(
    {
        "microsoft.web/sites",
        "microsoft.web/sites/slots",
        "microsoft.app/containerapps",
        "microsoft.app/jobs",
    }
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Something understood and deliberately not followed. Compare BadInput: not understood."""

    reason: str
    resource: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one delivery amounts to."""

    accepted: tuple[Signal, ...] = ()
    ignored: tuple[Ignored, ...] = ()


def ignored(reason: str, resource: str | None = None) -> Intake:
    """A delivery that leads to nothing, and why."""
    return Intake(ignored=(Ignored(reason=reason, resource=resource),))


def convert(raw: Any, shape: type[T], what: str) -> T:
    """`raw` in that shape, or BadInput naming the path that does not fit."""
    try:
        return msgspec.convert(raw, shape)
    except (msgspec.ValidationError, UnicodeError) as error:
        raise BadInput(f"{what}: {error}") from error


def decode(body: bytes, what: str) -> Any:
    """The JSON value in `body`: UTF-8, with or without a byte order mark."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError as error:
        raise BadInput(f"{what} is nested too deeply") from error
    except ValueError as error:  # msgspec's DecodeError and UnicodeDecodeError are ValueErrors
        raise BadInput(f"{what} is not JSON in UTF-8: {error}") from error


def resource(text: object) -> ResourceId | None:
    """The resource id in `text`, or None when it is not one."""
    try:
        return ResourceId.parse(text)
    except InvalidId:
        return None


def workload(id: ResourceId) -> ResourceId | None:
    """The workload `id` is or belongs to: the site of a `config/web`, the app of a revision."""
    at: ResourceId | None = id
    while at is not None and at.type not in WORKLOADS:
        at = at.parent
    return at


def instant(text: object) -> datetime | None:
    """The moment an ISO 8601 text names, in UTC; text without an offset is taken as UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def happened(text: object, now: datetime) -> datetime:
    """When a sender says it happened: never later than now, and now when it does not say."""
    return min(instant(text) or now, now)


def whole(text: str, longest: int) -> str:
    """At most so many characters, without halves of characters: Python's own JSON reader lets
    lone surrogates through, and nothing after it can write them."""
    return text[:longest].encode("utf-8", "replace").decode()


def name(*parts: str) -> str:
    """The same id for every delivery of the same thing, spelt in any case."""
    return hashlib.sha256("\n".join(parts).lower().encode()).hexdigest()[:32]
