"""
A person's wish: look at this workload.

In:  a resource id, perhaps with the message that made the person ask.
Out: a Signal.

Pure.
"""

from datetime import datetime

from shared.errors import BadInput
from shared.model.ids import InvalidId, ResourceId
from shared.model.signal import Signal, SignalKind
from shared.signals.intake import LONGEST_TEXT, WORKLOADS


def manual(resource: ResourceId | str, message: str | None, *, now: datetime, id: str) -> Signal:
    """The signal a person gives. With a message it says that a pull failed, without one only
    that somebody wants to know. BadInput when the id is none, or not a workload's."""
    try:
        target = resource if isinstance(resource, ResourceId) else ResourceId.parse(resource)
    except InvalidId as error:
        raise BadInput(f"resource: {error}") from error
    if target.type not in WORKLOADS:
        known = "a web app, slot, function app, container app or job"
        raise BadInput(f"resource: {target.type} pulls no images; name {known}")
    if message and len(message) > LONGEST_TEXT:
        longest = f"give the line that failed, {LONGEST_TEXT} at most"
        raise BadInput(f"message: {len(message)} characters; {longest}")
    return Signal(
        id=id,
        kind=SignalKind.FAILURE if message else SignalKind.LOOK,
        source="person",
        resource=target,
        at=now,
        text=message or "",
    )
