"""
What a store promises, whatever keeps it: the nouns, the errors and the Protocol.

In:  nothing.
Out: Store, and what its methods answer with.

Pure, and light enough for the alert door: an Incident is only named here, not imported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from shared.errors import HealError, TransientError
from shared.model.history import History
from shared.model.ids import ResourceId
from shared.model.letter import Letter, Letters
from shared.model.signal import Signal
from shared.model.words import FindingName, Result, State
from shared.store.outbox import Outbox

if TYPE_CHECKING:
    from shared.model.incident import Incident

#: A worker that took an incident and said nothing for so long is taken for dead.
STUCK = timedelta(minutes=10)
#: Clocks of two machines differ by less: what is stamped further ahead was stamped by a wrong one.
AHEAD = timedelta(minutes=15)
#: Letters that are kept at least, the newest; a few more may be there.
KEPT_LETTERS = 100


class StoreError(HealError):
    """The store did not do it; the message says what to check. Nothing was half-written."""


class StoreBusy(StoreError, TransientError):
    """Others are writing; try again after `delay` seconds."""


class StaleIncident(StoreError):
    """Somebody changed the incident since it was loaded: load it again and look anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Where a signal went. `duplicate`: this very signal was received before, and `incident` is
    the one it went to then, even if that one is closed. `new`: the signal opened the incident."""

    incident: str
    new: bool
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some incidents, newest first. `cursor` asks for the next page; None: there is none.
    `unreadable` are ids of rows that are there but cannot be read."""

    incidents: "tuple[Incident, ...]"
    cursor: str | None = None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An incident nobody has looked at yet, or whose time to be looked at again has come."""

    incident: str
    resource: str  # id of the workload, in lower case
    registry: str | None = None  # the registry's, where somebody looked already


class RecordKind(StrEnum):
    """What a record testifies."""

    CHANGE = "change"  # the incident moved on; nothing in Azure was touched
    INTENT = "intent"  # written before Azure is changed: what is about to be done
    OUTCOME = "outcome"  # written after: what one step did
    VERIFICATION = "verification"  # what was seen of the workload afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of the audit, never changed again. Compare Moment, which only tells the story.

    `writes` counts, on an intent, the requests that will change Azure. `plan` is the plan's
    digest. `detail` is any JSON value.
    """

    incident: str
    at: datetime  # UTC
    kind: RecordKind
    stage: str
    text: str
    actor: str = "medic"  # or who asked: a person's name
    resource: str | None = None
    registry: str | None = None  # resource id
    plan: str | None = None
    writes: int = 0
    result: Result | None = None
    detail: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Writes for one registry are stopped. `scope` is its id in lower case, or "*" for all."""

    scope: str
    because: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """When the sweep ran last, and the newest time in which it did not. `gap_from` None: it had
    never run before."""

    last: datetime
    gap_from: datetime | None
    gap_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many plans wait for a person, and when the first of their incidents was opened."""

    count: int = 0
    oldest: datetime | None = None


class Store(Protocol):
    """The memory of the service: incidents, signals, audit, leases, breakers, letters.

    Every method is atomic and safe to call from several threads and machines. Times are UTC and
    handed in. All raise StoreError.
    """

    @property
    def outbox(self) -> Outbox:
        """What a person is to be told: `save` and `trip` put it up."""

    def receive(self, signal: Signal, *, now: datetime) -> Received:
        """Join the workload's open incident, or one left unsolved within a day, or open one, which
        keeps the signal's trace.

        Cheap: the alert door waits for it.
        """

    def find_open(self, resource: ResourceId) -> str | None:
        """The id of the workload's open incident."""

    def load(self, id: str) -> "Incident | None": ...

    def save(self, incident: "Incident", *records: Record) -> "Incident":
        """Keep the incident and its records together, or neither.

        `incident.version` must be the stored one (0: not stored yet); returned with one more.
        StaleIncident otherwise.
        """

    def record(self, record: Record) -> None:
        """Add one record to the audit."""

    def records(self, incident: str) -> tuple[Record, ...]:
        """The incident's audit, oldest first."""

    def page(
        self,
        *,
        state: State | None = None,
        resource: str | None = None,
        registry: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """Incidents, newest first. `resource` and `registry` are ids, or scopes above them."""

    def due(self, now: datetime, limit: int, *, stuck: timedelta = STUCK) -> "tuple[Incident, ...]":
        """Incidents to look at again, longest waiting first: their time has come (open ones, and
        unverified or explained ones that named a time), or a worker left them lying, also while it
        took something back, or a clock that ran ahead stamped them. A held one without a time waits
        for a person."""

    def backlog(
        self, now: datetime, limit: int, *, since: datetime | None = None
    ) -> tuple[Waiting, ...]:
        """Incidents that were received and not looked at, or that wait to be treated and whose time
        has come; longest waiting first. `since`: only those that have not moved since then.

        Cheap: asked for every signal, to see whether many wait at once.
        """

    def unsettled(self, *, since: datetime, limit: int) -> int:
        """How many incidents that moved since then have not come to rest and do not wait for their
        proof either; no more than `limit` are counted."""

    def lately(self, workload: ResourceId, *, since: datetime) -> "tuple[Incident, ...]":
        """The workload's own incidents that moved since then, newest first, 50 at the most."""

    def written(self, registry: ResourceId, *, since: datetime) -> tuple[datetime, ...]:
        """When changes of this registry were announced since then, oldest first."""

    def lease(self, name: str, *, holder: str, until: datetime, now: datetime) -> bool:
        """Take or extend a lease; False while somebody else holds it."""

    def renew(self, name: str, *, holder: str, until: datetime, now: datetime) -> bool:
        """Extend a lease that one still has. False when somebody else took it in between, even if
        it is free again by now. Asked right before a write."""

    def release(self, name: str, holder: str) -> None:
        """Give back a lease. One that is not the holder's is left alone."""

    def history(
        self,
        registry: ResourceId | None,
        digest: str,
        *,
        now: datetime,
        workload: ResourceId | None = None,
        finding: FindingName | None = None,
    ) -> History:
        """What the gate must know: writes of the past hour and the past 24 hours, for the registry,
        the workload and all, and when the oldest of them no longer counts; of the past
        week, whether the plan failed and whether a person refused a change for this workload at
        this registry (rejected it, or had it taken back); and how many other workloads there
        fail with this finding, in incidents of the past day that are open or of the past hour."""

    def beat(self, now: datetime, *, longest: timedelta) -> None:
        """The sweep runs. After more than `longest` without, or the first time, that was a gap."""

    def pulse(self) -> Pulse | None:
        """None: the sweep never ran on this store."""

    def held(self) -> Held:
        """What waits for a person."""

    def failures(self, *, since: datetime, now: datetime) -> dict[str, int]:
        """Failed verifications by registry (its id in lower case) since then, or since its breaker
        or that for all was reset."""

    def trip(self, scope: str, *, because: str, now: datetime) -> bool:
        """Stop writes for a registry id, or for "*"; False when something stopped them already."""

    def reset(self, scope: str, *, now: datetime) -> bool:
        """Let writes pass again; False when nothing had stopped them."""

    def breakers(self) -> tuple[Breaker, ...]:
        """The breakers that are tripped."""

    def bury(self, letter: Letter) -> None:
        """Keep a letter; one that is there already stays as it is. The oldest make room."""

    def letters(self, limit: int = 10) -> Letters:
        """The newest letters, newest first, and how many were ever kept."""

    def close_place(self, place: str, *, until: datetime) -> None:
        """Tell every process that a place of Azure's wants no requests before then."""

    def closed_places(self, now: datetime) -> Mapping[str, datetime]:
        """The places that want no requests at present, and until when."""

    def unreadable(self, *, now: datetime) -> tuple[str, ...]:
        """Ids of incidents of the past days whose rows are damaged. One question, for health."""

    @property
    def where(self) -> str:
        """What keeps it and where, in words."""

    def check(self) -> None:
        """Raise StoreError when the store cannot be used."""

    def close(self) -> None: ...
