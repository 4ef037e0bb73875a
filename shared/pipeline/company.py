"""
Company: incidents of one registry that are written together, and when one waits for others.

In:  an Incident whose plan the gate allowed.
Out: whether a registry takes its first step in one write with others'; until when it waits for it.

A registry has no etag and takes its whole rule list in every write, so few writes are safe writes.
In calm times incidents are treated as they come. In a crowd the first is, too; what follows within
the same minute waits until it is over, and is then one write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.medic import Medic
from shared.model.evidence import Evidence
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Decision
from shared.model.words import Cause, FindingName, RemedyName
from shared.pipeline.looking import Look

if TYPE_CHECKING:
    from shared.pipeline.working import Work

#: Between two writes at one registry in a crowd.
GAP = timedelta(minutes=1)
#: So many incidents under treatment at once are a crowd.
CROWD = 5


@dataclass(frozen=True, slots=True)
class Member:
    """One incident whose plan the gate allowed, with what that rests on. `still` asks the gate once
    more, when nobody else can write any more."""

    incident: Incident
    work: "Work"
    evidence: Evidence
    still: Callable[[], Decision]


class Company(list[Member]):
    """Incidents of one registry whose plans the gate allowed, and that are written together."""

    def in_turn(self) -> "Company":
        """Those that failed first come first, and use up a registry's room in that order."""
        return Company(sorted(self, key=lambda one: (one.incident.opened, one.incident.id)))


def fits(incident: Incident) -> bool:
    """Whether the incident's plan begins with what its registry takes in one write for many."""
    first = incident.plan.steps[:1] if incident.plan else ()
    return any(
        step.remedy is RemedyName.FIREWALL_SYNC and step.target == incident.registry
        for step in first
    )


def crowded(medic: Medic) -> bool:
    """Whether many incidents are under treatment or wait for it just now."""
    return medic.store.unsettled(since=medic.now() - GAP, limit=CROWD) >= CROWD


def rests_until(registry: ResourceId, *, medic: Medic) -> datetime | None:
    """Until when this registry is not written again by a round; None: it may be."""
    written = medic.store.written(registry, since=medic.now() - GAP)
    return written[-1] + GAP if written else None


def waits_for_others(incident: Incident, *, medic: Medic) -> datetime | None:
    """Until when a single plan waits, because in a crowd its registry was written just now. What a
    person approved waits for nobody."""
    plan, registry = incident.plan, incident.registry
    if plan is None or registry is None or incident.approved == plan.digest or not fits(incident):
        return None
    return rests_until(registry, medic=medic) if crowded(medic) else None


def let_in_meanwhile(found: Look, medic: Medic) -> bool:
    """Whether a failure has no cause left, or a workload that runs has a cause and no failure, and
    this service wrote at that registry while it may still take effect: neighbours on one plan share
    their addresses, one write serves them all, and what was read may be older than the write."""
    open_ended = found.diagnosis.finding is FindingName.UNDETERMINED
    silent = found.decision is not None and found.diagnosis.cause is Cause.NOT_A_PULL_FAILURE
    runs = silent and found.evidence.workload.serving is True
    if not (open_ended or runs) or found.registry is None or medic.policy is None:
        return False
    lately = medic.now() - medic.policy.wait.verify_firewall
    return bool(medic.store.written(found.registry, since=lately))
