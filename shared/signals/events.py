"""
Events: what Event Grid tells of changes in a subscription or resource group.

In:  one event, in the Event Grid schema or as CloudEvents 1.0.
Out: an Intake; or BadInput naming the field that does not fit.

Delivery is at least once and unordered ("Event Grid message delivery and retry"): the signal's id
is the event's, and what the event says is looked up again before anything is believed. Pure.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from shared.errors import BadInput
from shared.model.signal import Signal
from shared.signals import activity
from shared.signals.intake import Ignored, Intake, convert, happened, ignored, whole

_LONGEST_ID = 200
_FAMILY = "microsoft.resources.resource"
_STATUS = {"success": "Succeeded", "failure": "Failed", "cancel": "Canceled"}


class _Event(Struct):
    """The members both schemas have, under either name."""

    id: str
    eventType: str | None = None
    type: str | None = None
    eventTime: str | None = None
    time: str | None = None
    subject: str | None = None
    data: activity.Row | None = None


def from_event(
    event: Mapping[str, Any], *, now: datetime, own_principals: Collection[str] = ()
) -> Intake:
    """The signal in one event, if any. `own_principals` are this service's object or client ids;
    events about its own changes are ignored, or a cure would set off the next diagnosis."""
    if not isinstance(event, Mapping):
        raise BadInput(f"an event is a JSON object, not {type(event).__name__}")
    read = convert(dict(event), _Event, "the event")
    kind = read.type if "specversion" in event else read.eventType
    if not read.id or not kind:
        raise BadInput("the event has no id or no type; expected Event Grid or CloudEvents 1.0")
    status = _status(kind)
    if status is None:
        return ignored(f"events of type {kind[:100]} are not watched", read.subject)
    row = structs.replace(read.data or activity.Row(), status=status)
    judged = activity.judge(
        row, fallback=[read.subject] if read.subject else [], own_principals=own_principals
    )
    if isinstance(judged, Ignored):
        return Intake(ignored=(judged,))
    signal = Signal(
        id=whole(read.id, _LONGEST_ID),
        kind=judged.kind,
        source="event-grid",
        resource=judged.resource,
        at=happened(read.time if "specversion" in event else read.eventTime, now),
        text=judged.text,
        operation=judged.operation,
    )
    return Intake(accepted=(signal,))


def _status(kind: str) -> str | None:
    """How the change ended, from `Microsoft.Resources.Resource{Write|Delete|Action}{Success|…}`."""
    rest = kind.lower().removeprefix(_FAMILY)
    if rest == kind.lower():
        return None
    for action in ("write", "delete", "action"):
        if rest.startswith(action):
            return _STATUS.get(rest.removeprefix(action))
    return None
