"""
Deciding: what a person says about an incident.

In:  an incident's id, the digest or the reason, and who says so.
Out: the incident as it stands afterwards.
Errors: NotFound, or Conflict when what the person decided about is no longer what is there.
"""

from shared import audit, execution
from shared.errors import Conflict, HealError, NotFound, TransientError
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Outcome, Plan
from shared.model.signal import Signal, SignalKind
from shared.model.words import OPEN_STATES, State, Verdict
from shared.pipeline.holding import holding
from shared.pipeline.looking import Look, look

#: Other incidents asked whether they rely on what is taken back, and their states that may.
_OTHERS = 200
_RELYING = frozenset({State.HEALED, State.VERIFYING, State.UNVERIFIED, State.CLOSED})


def approve(id: str, digest: str, by: str, *, medic: Medic) -> Incident:
    """Allow exactly the plan with this digest; the heal that follows is the caller's to queue,
    with `again`.

    Looks again first: the world, the policy and the plan must still be what the person saw.
    """
    incident = _held(id, medic)
    shown = incident.plan.digest if incident.plan else ""
    if digest != shown:
        raise Conflict(f"the plan of {id} is {shown or 'empty'}, not {digest}; look at it again")
    azure = medic.azure()
    found = look(again(incident, medic=medic), azure=azure, medic=medic, approved=digest)
    if found.plan.digest != digest:
        _show_the_new_plan(incident, found, medic)
        raise Conflict(_difference(incident.plan, found))
    if found.decision is None or found.decision.verdict is not Verdict.ALLOW:
        said = "; ".join(found.decision.reasons) if found.decision else "nothing is to be done"
        raise Conflict(f"approval alone does not allow this plan: {said}")
    return audit.note(
        incident,
        "approval",
        f"{by} approved the plan {digest}",
        store=medic.store,
        now=medic.now(),
        actor=by,
        approved=digest,
        approved_by=by,
        state=State.RECEIVED,
        azure_calls=incident.azure_calls + azure.calls,
    )


def again(incident: Incident, *, medic: Medic) -> Signal:
    """What the incident heard, once more: the signal to heal an approved plan with."""
    texts = [heard.text for heard in incident.signals if heard.text]
    return Signal(
        id=f"approved/{incident.id}/{incident.plan.digest if incident.plan else ''}",
        kind=SignalKind.FAILURE,
        source="person",
        resource=incident.resource,
        at=medic.now(),
        text=texts[-1] if texts else "",
    )


def reject(id: str, reason: str, by: str, *, medic: Medic) -> Incident:
    """Decide that nothing is done about this incident."""
    incident = _found(id, medic)
    if incident.state not in OPEN_STATES - {State.APPLYING, State.VERIFYING}:
        raise Conflict(f"{id} is {incident.state}; only an undecided plan can be rejected")
    text = f"{by} rejected it: {reason}"
    store, now = medic.store, medic.now()
    return audit.note(
        incident, "rejection", text, store=store, now=now, actor=by, state=State.REJECTED
    )


def rollback(id: str, reason: str, by: str, *, medic: Medic) -> Incident:
    """Take back what was written, if what is there now is still what was written.

    A write like any other: not without a valid policy that has the target in its scope, announced
    before it is sent, and by one worker alone. It takes nobody's consent and heeds no freeze: it
    only closes what this service had opened.
    """
    _found(id, medic)
    holder, store = medic.worker(), medic.store
    incident = audit.claim(id, store=store, holder=holder, now=medic.now())
    if incident is None:
        raise TransientError(f"a worker is busy with {id}", delay=15)
    try:
        changed = _takeable(incident, medic)
        with holding((one.target for one in changed), holder=holder, medic=medic):
            return _take_back(incident, changed, reason, by, medic)
    finally:
        audit.release(id, store=store, holder=holder)


def _takeable(incident: Incident, medic: Medic) -> list[Outcome]:
    """The outcomes to take back; Conflict when there are none or they may not be touched."""
    changed = [one for one in incident.outcome if one.changed and execution.reverse(one).requests]
    if not changed:
        stays = _what_stays(incident) or "; it left no change behind"
        raise Conflict(f"{incident.id} has nothing to take back{stays}")
    if incident.state is State.ROLLED_BACK:
        raise Conflict(f"{incident.id} was rolled back already")
    if medic.policy is None:
        raise Conflict("the policy is missing or not valid, so nothing may be changed; correct it")
    for outcome in changed:
        if (why := medic.outside(outcome.target)) is not None:
            raise Conflict(why)
    return changed


def _take_back(
    incident: Incident, changed: list[Outcome], reason: str, by: str, medic: Medic
) -> Incident:
    azure, store = medic.azure(), medic.store
    undone: list[Outcome] = []
    for outcome in reversed(changed):
        step, text = execution.reverse(outcome), f"{by} rolls back: {reason}"
        incident = audit.undoing(incident, step, text, store=store, now=medic.now(), actor=by)
        try:
            undone.append(execution.undo(outcome, azure=azure))
        except HealError as refusal:
            text = f"the rollback stopped: {refusal}"
            audit.note(
                incident,
                "rollback",
                text,
                store=store,
                now=medic.now(),
                actor=by,
                azure_calls=incident.azure_calls + azure.calls,
            )
            raise
        incident = audit.done(incident, undone[-1], store=store, now=medic.now(), actor=by)
    failed = [told.detail for told in undone if told.failed]
    gone = f"what this service had written is gone again{_who_needs_it(incident, changed, medic)}"
    gone += _what_stays(incident)
    return audit.note(
        incident,
        "rollback",
        "; ".join(failed) or gone,
        store=store,
        now=medic.now(),
        actor=by,
        state=State.FAILED if failed else State.ROLLED_BACK,
        azure_calls=incident.azure_calls + azure.calls,
    )


def _what_stays(incident: Incident) -> str:
    """What was changed and cannot be taken back, such as a dead password."""
    kept = [execution.reverse(one) for one in incident.outcome if one.changed]
    said = [step.summary for step in kept if not step.requests]
    return f"; {'; '.join(said)}" if said else ""


def _who_needs_it(incident: Incident, changed: list[Outcome], medic: Medic) -> str:
    """Which other workloads were healed at the same places: they may rely on what went."""
    places = {(outcome.remedy, outcome.target) for outcome in changed}
    needing = {
        other.resource.name
        for other in medic.store.page(registry=_key(incident), limit=_OTHERS).incidents
        if other.resource != incident.resource and other.state in _RELYING
        for told in other.outcome
        if (told.remedy, told.target) in places and not told.failed
    }
    if not needing:
        return ""
    return (
        f"; healed at the same place, and perhaps relying on it: {', '.join(sorted(needing))}. "
        "See whether they still pull"
    )


def _key(incident: Incident) -> str | None:
    return incident.registry.key if incident.registry else None


def _found(id: str, medic: Medic) -> Incident:
    incident = medic.store.load(id)
    if incident is None:
        raise NotFound(f"there is no incident {id}")
    return incident


def _held(id: str, medic: Medic) -> Incident:
    incident = _found(id, medic)
    if incident.state is not State.HELD:
        raise Conflict(f"{id} is {incident.state}; only a held plan can be approved")
    return incident


def _show_the_new_plan(incident: Incident, found: Look, medic: Medic) -> None:
    """Keep what was found instead, so that the person decides about what is there."""
    text = "the world changed since the plan was made; this is the plan now"
    audit.note(found.onto(incident), "approval", text, store=medic.store, now=medic.now())


def _difference(shown: Plan | None, found: Look) -> str:
    before = [step.before for step in shown.steps] if shown else []
    now = [step.before for step in found.plan.steps]
    if not found.plan.steps:
        return f"nothing is to be done any more: {found.diagnosis.summary}"
    if before != now:
        return f"what is there changed since: the plan was made for {before}, now there is {now}"
    return f"the plan changed; it is {found.plan.digest} now"
