"""
Deciding: what a person says about a plan. Taking one back is in `undoing.py`.

In:  an incident's id, the digest or the reason, and who says so.
Out: the incident as it stands afterwards.
Errors: NotFound, or Conflict when what the person decided about is no longer what is there.
"""

from dataclasses import replace

from shared import audit
from shared.errors import Conflict, NotFound
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Verification
from shared.model.signal import Signal, SignalKind
from shared.model.words import OPEN_STATES, Result, State, Verdict
from shared.pipeline import difference
from shared.pipeline.looking import Look, look
from shared.pipeline.tracing import telling_of


def approve(id: str, digest: str, by: str, *, medic: Medic) -> Incident:
    """Allow exactly the plan with this digest; the heal that follows is the caller's to queue,
    with `again`.

    Looks again first: the world, the policy and the plan must still be what the person saw.
    """
    incident = _held(id, medic)
    shown = incident.plan.digest if incident.plan else ""
    if digest != shown:
        raise Conflict(f"the plan of {id} is {shown or 'empty'}, not {digest}; look at it again")
    azure, now = medic.azure(), medic.now()
    asked = replace(incident, approved=digest, approved_by=by, approved_at=now)
    with telling_of(incident, name="approval"):
        found = look(again(incident, medic=medic), azure=azure, medic=medic, incident=asked)
    if (changed := difference.since(incident, found, medic)) is not None:
        _show_what_is_now(incident, found, medic)
        raise changed
    if found.decision is None or found.decision.verdict is not Verdict.ALLOW:
        raise difference.not_by_approval(found)
    return audit.note(
        incident,
        "approval",
        f"{by} approved the plan {digest}",
        store=medic.store,
        now=now,
        actor=by,
        approved=digest,
        approved_by=by,
        approved_at=now,
        state=State.RECEIVED,
        verification=None,
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


def _show_what_is_now(incident: Incident, found: Look, medic: Medic) -> None:
    """Keep what was found instead, so that the person decides about what is there. What has nothing
    left to approve is looked at again, and comes to rest as what it is by now."""
    store, now, policy = medic.store, medic.now(), medic.policy
    if policy is not None:
        dump = policy.model_dump(mode="json", by_alias=True)
        audit.keep_policy(policy.digest, dump, store=store, now=now)
    text = "something changed since the plan was made; this is the plan now"
    due = Verification(result=Result.PENDING, proof=text, checked=now, due=now)
    told = replace(found.onto(incident), verification=None if found.plan.steps else due)
    audit.note(told, "approval", text, store=store, now=now)
