"""
History: what this service did lately, as far as the gate must know it.

Pure.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.model.ids import ResourceId
from shared.model.words import FindingName, RemedyName


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A step that was taken before for the same workload, and is needed again."""

    remedy: RemedyName
    target: ResourceId
    times: int  # within the last day
    last: datetime  # UTC
    earlier: datetime | None = None  # when an incident before this one took it last, UTC
    by: tuple[str, ...] = ()  # who changed the target since, as the Activity Log names them


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Other workloads of the same registry that fail for the same reason, open or of the past
    hour."""

    finding: FindingName
    others: int = 0
    since: datetime | None = None  # when the first of their incidents was opened, UTC
    cause: str = ""  # what was seen that explains all of them; "": nothing was


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Counts from the audit, taken just before the gate decides. What `…_frees` is the moment at
    which the oldest of those writes no longer counts, UTC."""

    registry_writes_last_hour: int = 0
    registry_frees: datetime | None = None
    workload_writes_today: int = 0
    workload_frees: datetime | None = None
    writes_today: int = 0
    day_frees: datetime | None = None
    breaker: str | None = None  # why writes for this registry are stopped; None: they are not
    same_plan_failed: bool = False  # a plan with this digest was applied before and did not help
    refused: str | None = None  # when and how a person refused a change for this workload here
    crowd: Crowd | None = None
    missed: str | None = None  # why the signal counts as backlog: it waited while nobody was here
    repeats: tuple[Repeat, ...] = ()  # steps of this plan that were taken lately
