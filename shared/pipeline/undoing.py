"""
Undoing: take back what an incident wrote, as far as it is still what was written.

In:  an incident, why, and who says so: a person, or the service about its own change that did harm.
Out: the incident: rolled back, or failed with what came back at once.
Errors: NotFound; Conflict when there is nothing to take back or it is not as written any more, then
     with the three-way difference; InUse while a worker is busy with it.

A write like any other: not without a valid policy that has the target in its scope, announced
before it is sent, and by one worker alone. It takes nobody's consent and heeds no freeze and no
breaker: it only closes what this service had opened. An address that another workload relies on
stays, and so does one that somebody else put back by hand: the outcome says which, and for whom.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared import audit, execution
from shared.clients.azure import Azure
from shared.errors import Conflict, HealError, InUse, NotFound, TransientError
from shared.evidence import registry
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Outcome
from shared.model.words import RemedyName, State
from shared.pipeline.holding import holding
from shared.pipeline.tracing import traced
from shared.planning import ownership

#: Incidents on one page when all of a registry's are asked who relies on what.
_PAGE = 200


def rollback(id: str, reason: str, by: str, *, medic: Medic) -> Incident:
    """Take back what was written, because a person says so."""
    if medic.store.load(id) is None:
        raise NotFound(f"there is no incident {id}")
    holder, store = medic.worker(), medic.store
    incident = audit.claim(id, store=store, holder=holder, now=medic.now())
    if incident is None:
        raise InUse(f"a worker is busy with {id}; try again in a moment", delay=15)
    try:
        text = f"{by} rolls back: {reason}"
        return take_back(incident, text, by, medic=medic, holder=holder)
    finally:
        audit.release(id, store=store, holder=holder)


def take_back(incident: Incident, text: str, by: str, *, medic: Medic, holder: str) -> Incident:
    """The same for whoever has the incident claimed already."""
    standing = _takeable(incident, medic)
    azure, places = medic.azure(), [one.target for one in standing]
    with holding(places, incident=incident.id, holder=holder, azure=azure, medic=medic):
        return _take_back(incident, standing, text, by, azure, medic)


def go_on(id: str, *, medic: Medic) -> Incident | None:
    """Finish a rollback whose worker is gone; None while another one is at it."""
    holder, store = medic.worker(), medic.store
    incident = audit.claim(id, store=store, holder=holder, now=medic.now())
    if incident is None:
        return None
    try:
        if not incident.undoing:
            return None
        return take_back(incident, incident.undoing, "medic", medic=medic, holder=holder)
    except Conflict as refusal:
        return _note(
            incident,
            f"the rollback stopped: {refusal}",
            "medic",
            medic,
            incident.azure_calls,
            undoing=None,
        )
    finally:
        audit.release(id, store=store, holder=holder)


def standing(incident: Incident) -> list[Outcome]:
    """What the incident changed and nobody has taken back yet, oldest first."""
    left: list[Outcome] = []
    for told in incident.outcome:
        if not told.undoes:
            left += [told] if told.changed else []
            continue
        same = [one for one in left if (one.remedy, one.target) == (told.remedy, told.target)]
        if same and not told.failed:
            left.remove(same[-1])
    return left


def _takeable(incident: Incident, medic: Medic) -> list[Outcome]:
    """The outcomes to take back; Conflict when there are none or they may not be touched."""
    if incident.state is State.ROLLED_BACK:
        raise Conflict(
            f"{incident.id} was rolled back already; to have it again, heal the workload and "
            "approve the plan that comes up then"
        )
    changed = [one for one in standing(incident) if execution.reverse(one).requests]
    if not changed and not incident.undoing:
        stays = _what_stays(incident) or "; it left no change behind"
        raise Conflict(f"{incident.id} has nothing to take back{stays}")
    if medic.policy is None:
        raise Conflict("the policy is missing or not valid, so nothing may be changed; correct it")
    for outcome in changed:
        if (why := medic.outside(outcome.target)) is not None:
            raise Conflict(why)
    return changed


@traced("rollback")
def _take_back(
    incident: Incident, changed: list[Outcome], text: str, by: str, azure: Azure, medic: Medic
) -> Incident:
    store, before = medic.store, incident.azure_calls
    stays, begun = [], incident.undoing is not None
    for outcome in reversed(changed):
        try:
            kept = _kept(incident, outcome, azure, medic)
            stays += list(kept.values())
            left = _without(outcome, kept)
            if left is None:
                told = _nothing(outcome, list(kept.values()), azure)
            else:
                step = execution.reverse(left)
                incident = audit.undoing(
                    incident, step, text, store=store, now=medic.now(), actor=by
                )
                told = replace(execution.undo(left, azure=azure, begun=begun), undoes=True)
        except HealError as refusal:
            # What Azure refused is over; what got no answer is finished by the sweep.
            on = incident.undoing if isinstance(refusal, TransientError) else None
            text, calls = f"the rollback stopped: {refusal}", before + azure.calls
            _note(incident, text, by, medic, calls, undoing=on)
            raise
        incident = audit.done(incident, told, store=store, now=medic.now(), actor=by)
    undone = [told for told in incident.outcome if told.undoes]
    failed = [told.detail for told in undone if told.failed]
    gone = any(told.changed for told in undone)
    said = "what this service had written is gone again" if gone else "nothing had to be removed"
    said += "".join(f"; {why}" for why in dict.fromkeys(stays))
    said += _who_needs_it(incident, changed, medic) + _what_stays(incident)
    state = State.FAILED if failed else State.ROLLED_BACK
    calls = before + azure.calls
    return _note(incident, "; ".join(failed) or said, by, medic, calls, state=state, undoing=None)


def _note(
    incident: Incident, text: str, by: str, medic: Medic, calls: object, **more: object
) -> Incident:
    return audit.note(
        incident,
        "rollback",
        text,
        store=medic.store,
        now=medic.now(),
        actor=by,
        azure_calls=calls,
        **more,
    )


def _kept(incident: Incident, outcome: Outcome, azure: Azure, medic: Medic) -> dict[str, str]:
    """Addresses the outcome brought that have to stay, each with the sentence that says why."""
    if outcome.remedy is not RemedyName.FIREWALL_SYNC:
        return {}
    brought = ownership.added(ownership.values(outcome.before), ownership.values(outcome.after))
    others = (one for one in _everybody_at(outcome.target, medic) if one.id != incident.id)
    everybody = [incident, *others]
    kept = {
        value: f"{value} stays, because {' and '.join(names)} pull{'s' * (len(names) == 1)} by it"
        for value, names in ownership.relying(incident, outcome, everybody).items()
    }
    wire = registry.fetch(azure, outcome.target)
    rules = ownership.values((wire.get("properties") or {}).get("networkRuleSet"))
    mine = [one.value for one in ownership.owned(everybody, outcome.target, rules)]
    for value in brought:
        theirs = ownership.holds(rules, value) and not ownership.holds(mine, value)
        if theirs and value not in kept:
            kept[value] = f"{value} stays, because somebody else wrote it again since"
    return kept


def _everybody_at(place: ResourceId, medic: Medic) -> Iterator[Incident]:
    cursor = None
    while True:
        page = medic.store.page(registry=place.key, limit=_PAGE, cursor=cursor)
        yield from page.incidents
        cursor = page.cursor
        if cursor is None:
            return


def _without(outcome: Outcome, kept: Iterable[str]) -> Outcome | None:
    """The outcome as if what stays had been there before; None when nothing is left of it."""
    stays = list(kept)
    if not stays:
        return outcome
    rules = [
        rule
        for rule in (outcome.after or {}).get("ipRules") or ()
        if ownership.holds(stays, str(rule["value"]))
    ]
    was = list((outcome.before or {}).get("ipRules") or ())
    narrowed = replace(outcome, before={**outcome.before, "ipRules": [*was, *rules]})
    left = ownership.added(ownership.values(narrowed.before), ownership.values(narrowed.after))
    return narrowed if left else None


def _nothing(outcome: Outcome, why: list[str], azure: Azure) -> Outcome:
    text = f"nothing was removed: {'; '.join(why)}"
    return Outcome(
        remedy=outcome.remedy,
        target=outcome.target,
        changed=False,
        detail=text,
        at=azure.now(),
        undoes=True,
    )


def _what_stays(incident: Incident) -> str:
    """What was changed and cannot be taken back, such as a dead password."""
    kept = [execution.reverse(one) for one in standing(incident)]
    said = [step.summary for step in kept if not step.requests]
    return f"; {'; '.join(said)}" if said else ""


def _who_needs_it(incident: Incident, changed: list[Outcome], medic: Medic) -> str:
    """Which other workloads were healed by the very thing that went: they may rely on it."""
    gone = {made for one in changed if (made := _made(one)) is not None}
    if not gone or incident.registry is None:
        return ""
    needing = {
        other.resource.name
        for other in _everybody_at(incident.registry, medic)
        if other.resource != incident.resource and other.state in ownership.RELYING
        for told in other.outcome
        if _made(told) in gone and not told.failed and not told.undoes
    }
    if not needing:
        return ""
    return (
        f"; healed by the same thing, and perhaps relying on it: {', '.join(sorted(needing))}. "
        "See whether they still pull"
    )


def _made(outcome: Outcome) -> tuple[ResourceId, str] | None:
    """The link or the role assignment an outcome left behind, by its place and name."""
    for kind in ("link", "roleAssignment"):
        image = outcome.after if isinstance(outcome.after, dict) else {}
        if image.get(kind):
            return outcome.target, str(image[kind].get("name"))
    return None
