"""
Deciding: what a person says about a plan. Taking one back is in `undoing.py`.

In:  an incident's id, the digest or the reason, and who says so.
Out: the incident as it stands afterwards.
Errors: NotFound, or Conflict when what the person decided about is no longer what is there.
"""

from shared import audit
from shared.errors import Conflict, NotFound
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Plan
from shared.model.signal import Signal, SignalKind
from shared.model.words import OPEN_STATES, State, Verdict
from shared.pipeline.looking import Look, look


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
