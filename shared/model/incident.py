"""
The incident: the thing being healed, from first signal to proof, as the contract shows it.

An Incident is what the audit's records add up to. Its JSON form is in `shared/model/views.py`.
Pure.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.model.discretion import discreet
from shared.model.evidence import Instance
from shared.model.ids import ResourceId
from shared.model.plan import Decision, Diagnosis, Outcome, Plan, Verification
from shared.model.words import Cause, Host, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A signal as the incident remembers it."""

    id: str
    source: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the timeline."""

    at: datetime
    stage: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Requests sent to Azure for this incident, polls included."""

    reads: int = 0
    writes: int = 0

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(reads=self.reads + other.reads, writes=self.writes + other.writes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One failing workload. `version` counts changes; the store refuses a stale one."""

    id: str
    state: State
    resource: ResourceId
    opened: datetime
    updated: datetime
    host: Host | None = None
    image: str | None = None
    images: int = 0  # how many the workload pulls; 0: not looked at
    registry: ResourceId | None = None
    cause: Cause | None = None
    signals: tuple[Heard, ...] = ()
    diagnosis: Diagnosis | None = None
    plan: Plan | None = None
    decision: Decision | None = None
    outcome: tuple[Outcome, ...] = ()
    verification: Verification | None = None
    timeline: tuple[Moment, ...] = ()
    azure_calls: Calls = field(default_factory=Calls)
    unfinished: int = 0  # of those, sent since the last stage came to its end: they count for it
    instances: tuple[Instance, ...] = ()  # how the platform saw the workload before any change
    pulls_as: str | None = None  # object id of the identity that pulls
    leaves_by: tuple[str, ...] = ()  # addresses the workload left by when it was looked at
    undoing: str | None = None  # who began to take it back and why, while that is under way
    approved: str | None = None  # digest a person allowed
    approved_by: str | None = None
    approved_at: datetime | None = None  # UTC
    trace: str | None = None  # of the first heal; every later one goes on with it
    version: int = 0

    def at(self, stage: str, text: str, now: datetime, **changes: Any) -> "Incident":
        """The incident one moment later: `changes` applied and the timeline one line longer. The
        text may quote a person or Azure, so it is made discreet here."""
        moment = Moment(at=now, stage=stage, text=discreet(text))
        return replace(self, updated=now, timeline=(*self.timeline, moment), **changes)
