"""
Signals and readings: something said that a pull failed, and what its words mean.

Pure, and light enough for the alert door.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.model.ids import ResourceId
from shared.model.words import Cause

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def carried(trace: object) -> str | None:
    """A trace context worth carrying on: W3C's traceparent, or nothing."""
    return trace if isinstance(trace, str) and _TRACEPARENT.fullmatch(trace) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one text says, taken literally. None where the text does not say.

    `client_ip` is what an untrusted line printed: it may select among addresses ARM reports for
    the workload, and is never written anywhere by itself.
    """

    cause: Cause
    registry: str | None = None
    repository: str | None = None
    reference: str | None = None  # tag or digest, as printed
    client_ip: str | None = None
    signature: str | None = None  # the name of the signature that decided


class SignalKind(StrEnum):
    FAILURE = "failure"  # a pull is said to fail
    RESOLVED = "resolved"  # an alert says it is over; closes what verification already proved
    LOOK = "look"  # something changed or a person asks: look whether pulls still work
    ROUND = "round"  # our own: treat together whatever waits for this registry
    SEARCH = "search"  # the target is a workspace: find out by our own query which workloads fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something said that a pull failed. Compare Diagnosis, which says why it really did.

    `id` is the same for every delivery of the same alert or event. `resource` is the workload,
    for SEARCH the Log Analytics workspace, for ROUND the registry. `at` is in UTC. `text` is
    untrusted, and so are `names`: how a SEARCH calls the workloads it is about, to prefer among
    what the search finds. `incidents` are the ids of those that a ROUND is called for. `operation`
    is what Azure calls the change that was heard of. `trace` is the trace context of whoever heard
    it first (W3C traceparent), for telemetry alone.
    """

    id: str
    kind: SignalKind
    source: str  # "log-alert" "activity-alert" "event-grid" "person" "sweep" "patrol" "round"
    resource: ResourceId
    at: datetime
    text: str = ""
    window: tuple[datetime, datetime] | None = None  # the alert's own time window, UTC
    names: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    operation: str = ""  # lower case: "microsoft.containerregistry/registries/write"
    trace: str | None = None

    @property
    def unasked(self) -> bool:
        """Whether it tells of a change and nobody waits to hear what becomes of it: about anything
        but a workload it then opens no incident of its own."""
        return self.kind is SignalKind.LOOK and self.source == "event-grid"
