"""
Worsening: the service's own change did harm, so it takes the change back by itself.

In:  an incident one of whose outcomes closed the registry, or after whose change something fails
     that worked before; claimed by the caller.
Out: the incident: rolled back, or failed where what is there is not what was written any more. It
     says what happened, what was taken back, and what only a person can restore.

The same way back as a person's: only what is still as written, nothing that others rely on. The
registry's breaker is tripped, for the next fix would meet the same. Nothing else is ever restored:
public access above all is never switched on, by nobody's leave.
"""

from dataclasses import replace
from datetime import timedelta

from shared import audit, breakers
from shared.errors import HealError, TransientError
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Outcome, Plan
from shared.model.words import RemedyName, State
from shared.pipeline.undoing import standing, take_back
from shared.pipeline.waiting import waits_no_more
from shared.planning import ownership

#: Changes that lead a pull another way or sign it in as another, so they can break one that worked.
#: Letting an address in, or giving a role, cannot.
_CAN_BREAK = frozenset(
    {RemedyName.VNET_IMAGE_PULL, RemedyName.DNS_ZONE_LINK, RemedyName.USE_IDENTITY}
)
_STAGE = "worse"
#: How long Azure may give no answer before a person has to take it back.
_LONGEST = timedelta(hours=1)


def harm(incident: Incident) -> str | None:
    """What got worse by a change that still stands and that nobody tried to take back."""
    if incident.state is State.ROLLED_BACK or _tried(incident):
        return None
    closed = [told.harm for told in standing(incident) if told.harm]
    if closed:
        return "; ".join(closed)
    seen = incident.verification
    breaks = any(told.remedy in _CAN_BREAK or _took_away(told) for told in standing(incident))
    return seen.worse if seen and seen.worse and breaks else None


def undo(incident: Incident, harm: str, *, medic: Medic, holder: str) -> Incident:
    """Take it back and say so. Call with the incident claimed; TransientError: again later."""
    if incident.registry is not None:
        because = f"a change for {incident.id} made something worse: {harm}"
        scope = incident.registry.key
        breakers.trip(scope, because=because, store=medic.store, now=medic.now())
    text = f"taken back by this service itself, because its change made something worse: {harm}"
    try:
        undone = take_back(incident, text, "medic", medic=medic, holder=holder)
    except TransientError as error:
        last = max(told.at for told in standing(incident))
        if medic.now() - last < _LONGEST:
            raise
        return _left(incident, harm, error, medic)
    except HealError as refusal:
        return _left(incident, harm, refusal, medic)
    return _told(undone, harm, undone.timeline[-1].text, undone.state, medic)


def _took_away(told: Outcome) -> bool:
    """An approved offer that removed rules, which somebody needed after all."""
    gone = ownership.added(ownership.values(told.after), ownership.values(told.before))
    return told.remedy is RemedyName.FIREWALL_SYNC and bool(gone)


def _tried(incident: Incident) -> bool:
    return any(moment.stage == _STAGE for moment in incident.timeline)


def _left(incident: Incident, harm: str, why: HealError, medic: Medic) -> Incident:
    now = medic.store.load(incident.id) or incident
    text = f"{harm}; the change could not be taken back: {why}"
    return _told(now, harm, text, State.FAILED, medic)


def _told(incident: Incident, harm: str, text: str, state: State, medic: Medic) -> Incident:
    """What is left to a person, as the incident's advice and in its story."""
    advice = _advice(incident, harm)
    plan = replace(incident.plan or Plan(), advice=advice)
    where = incident.registry.name if incident.registry else "it"
    said = f"{text}. Writes for {where} stop until a person resets the breaker. {advice[0]}"
    return audit.note(
        replace(waits_no_more(incident), plan=plan),
        _STAGE,
        said,
        store=medic.store,
        now=medic.now(),
        state=state,
    )


def _advice(incident: Incident, harm: str) -> tuple[str, ...]:
    registry = incident.registry
    if registry is not None and any(told.harm for told in incident.outcome):
        return (
            f"Not restored, because only its owner may: {harm} at {registry.name}. Whoever answers "
            "for the Azure Policy that did it has to except the registry first (az policy "
            "exemption create); only then its owner can undo it, public access with: az acr update "
            f"--name {registry.name} --public-network-enabled true --default-action Deny",
        )
    if any(_took_away(told) for told in incident.outcome):
        return ("The rules are there again; see whether those who need them pull.",)
    return (
        f"Look at {incident.resource.name} now: what ran before may not come up by itself, for "
        "the pull that failed before this change still fails.",
    )
