"""
Offering: an incident about a registry's own rules, looked at and verified like any other.

In:  the rules' id, a policy, and what the store remembers of every incident.
Out: evidence, diagnosis, plan and decision of an offer to remove rules; later, whether anybody
     missed them.

The incident's resource is the registry's rules, not the registry: what is heard about a registry
must not be taken for an answer to an offer. Writes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import evidence, gate
from shared.clients.azure import Azure
from shared.errors import NotFound, Refused
from shared.evidence import needs, registry, surroundings
from shared.evidence import survey as surveys
from shared.medic import Medic
from shared.model.evidence import Evidence, Registry, Unread, Workload
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Diagnosis, Plan, Verification
from shared.model.tidy import Leaver, Owned, Tidy
from shared.model.words import FindingName, Result, State
from shared.pipeline import weighing
from shared.planning import ownership, tidy

_KIND = "unneededRules"
_TYPE = f"microsoft.containerregistry/registries/{_KIND.lower()}"
#: What was added lately is needed.
_RIPE = timedelta(days=1)
_PAGE = 200
#: Between two looks whether anybody missed what was removed.
_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One look at the rules of a registry; `shares` is what the gate is asked, if anything."""

    evidence: Evidence
    diagnosis: Diagnosis
    plan: Plan
    shares: tuple[gate.Share, ...]


def about(id: ResourceId) -> ResourceId:
    """What an offer's incident is about: the rules of this registry."""
    return id.child(_KIND, id.name)


def is_offer(resource: ResourceId) -> bool:
    return resource.type == _TYPE


def look(resource: ResourceId, *, azure: Azure, medic: Medic) -> Offer:
    """Which rules of ours nobody needs. Raises NotFound where the
    registry is gone, and what kept us from asking who needs what."""
    place = resource.parent
    assert place is not None
    seen = registry.read(azure, place)
    if seen is None:
        raise NotFound(f"the registry {place} is gone, and its rules with it")
    if isinstance(seen, Unread):
        raise Refused(f"the registry {place} is {seen.because}")
    incidents = [one for one in everything(medic) if _wrote_at(one, place)]
    owned = ownership.owned(incidents, place, seen.ip_rules)
    ours = tuple(one for one in owned if ripe(one.since, medic))
    leavers = _leavers(seen, incidents, ours, azure, medic) if ours else ()
    known = Tidy(owned=ours, leavers=leavers, refused=_refused(incidents))
    return _judged(seen, resource, known, azure, medic)


def _leavers(
    seen: Registry,
    incidents: list[Incident],
    ours: tuple[Owned, ...],
    azure: Azure,
    medic: Medic,
) -> tuple[Leaver, ...]:
    """Everybody in scope that can be found, and everybody who ever had an incident here. One of
    those that is out of scope by now is not looked at, so what it needs is not known."""
    had = [one.resource for one in incidents if evidence.watches(one.resource)]
    survey = surveys.read(azure)
    found = [id for id in survey.workloads if medic.outside(id) is None]
    asked = [id for id in (*found, *had) if medic.outside(id) is None]
    silent = tuple(
        Leaver(id=id, unknown=f"it may not be looked at ({why})")
        for id in dict.fromkeys(had)
        if (why := medic.outside(id)) is not None
    )
    told = needs.leavers(medic.azure, survey, seen.login_server, dict.fromkeys(asked), ours)
    return (*told, *silent)


def _judged(seen: Registry, resource: ResourceId, known: Tidy, azure: Azure, medic: Medic) -> Offer:
    """Plan, and what the gate has to be asked where there is something to decide."""
    planned, diagnosed = tidy.plan(seen, known), tidy.diagnosis(seen, known)
    read = Evidence(
        workload=_rules(resource, seen),
        image=None,
        registry=seen,
        access=None,
        surroundings=surroundings.read(azure, resource, seen.id),
        lines=(),
        facts=(),
        gathered=azure.now(),
    )
    share = gate.Share(
        of=seen.login_server,
        plan=planned,
        evidence=weighing.surrounded(read, planned.steps, azure),
        history=weighing.history(
            planned,
            read,
            digest=planned.digest,
            finding=diagnosed.finding,
            incident=None,
            azure=azure,
            medic=medic,
        ),
        tidy=known,
    )
    return Offer(
        evidence=read,
        diagnosis=diagnosed,
        plan=planned,
        shares=(share,) if planned.steps else (),
    )


def _rules(resource: ResourceId, seen: Registry) -> Workload:
    """A registry's own rules, where the gate and the incident expect a workload."""
    nothing = Unread("a registry pulls nothing")
    return Workload(
        id=resource,
        host=None,
        windows=False,
        images=(),
        auth=nothing,
        egress=nothing,
        instances=nothing,
        tags=seen.tags,
    )


def verify(
    incident: Incident, since: datetime, deadline: datetime, *, medic: Medic
) -> Verification:
    """As far as it can be seen: whether a workload was refused by what was removed. Nobody can see
    the pulls that were not tried, so this waits as long as any network fix, and says so."""
    now, place = medic.now(), incident.resource.parent
    gone = [
        value
        for told in incident.outcome
        for value in ownership.added(ownership.values(told.after), ownership.values(told.before))
    ]
    broken = [one for one in everything(medic, since=since) if _missed(one, place, gone)]
    if broken:
        names = ", ".join(sorted({one.resource.name for one in broken}))
        worse = f"{names} cannot pull since {', '.join(gone)} were removed"
        return Verification(result=Result.FAILED, proof=f"{worse}.", checked=now, worse=worse)
    if now < deadline:
        due = min(now + _AGAIN, deadline)
        proof = "no pull was heard to fail by what was removed, so far"
        return Verification(result=Result.PENDING, proof=proof, checked=now, due=due)
    proof = f"No pull was heard to fail by it since {since:%Y-%m-%d %H:%M} UTC."
    return Verification(result=Result.HEALED, proof=proof, checked=now)


def _missed(one: Incident, place: ResourceId | None, gone: list[str]) -> bool:
    """Whether the workload of this incident is kept out, and leaves by what was removed."""
    if place is None or one.registry != place or one.diagnosis is None or is_offer(one.resource):
        return False
    found = (one.diagnosis.finding, *one.diagnosis.also)
    kept_out = FindingName.FIREWALL_MISSING_EGRESS in found
    return kept_out and any(ownership.holds(one.leaves_by, value) for value in gone)


def everything(medic: Medic, *, since: datetime | None = None) -> Iterator[Incident]:
    cursor = None
    while True:
        page = medic.store.page(since=since, limit=_PAGE, cursor=cursor)
        yield from page.incidents
        cursor = page.cursor
        if cursor is None:
            return


def _wrote_at(incident: Incident, place: ResourceId) -> bool:
    """Also those whose own registry is another: an app of several images may need several."""
    return incident.registry == place or any(told.target == place for told in incident.outcome)


def _refused(incidents: list[Incident]) -> tuple[str, ...]:
    """What a person wanted kept: offers that were rejected, or taken back."""
    return tuple(
        value
        for one in incidents
        if is_offer(one.resource) and one.state in (State.REJECTED, State.ROLLED_BACK)
        for step in (one.plan.steps if one.plan else ())
        for value in ownership.added(step.after["ipRules"], step.before["ipRules"])
    )


def ripe(at: datetime, medic: Medic) -> bool:
    return medic.now() - at >= _RIPE
