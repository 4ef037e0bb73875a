"""
Healing: the whole story of one incident, in order. Read this first.

In:  one Signal, delivered at least once.
Out: the Incident as it stands now; None when another worker has it.

Safe to repeat: the store joins deliveries, a claim keeps two workers apart, every remedy looks
before it writes, and the intent is stored before the first write. A TransientError is passed on so
that the queue delivers again, up to a number of times; then the incident is closed as failed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared import audit, execution
from shared.clients.azure import Azure
from shared.errors import (
    BudgetSpent,
    NotFound,
    OutOfScope,
    PermanentError,
    TransientError,
    WriteForbidden,
)
from shared.medic import Medic
from shared.model.incident import Calls, Incident
from shared.model.plan import Decision, Outcome, Step, Verification
from shared.model.signal import Signal, SignalKind
from shared.model.words import UNSOLVED_STATES, FindingName, Result, State, Verdict
from shared.pipeline.looking import Look, look, unable, within_scope

#: Deliveries without an answer from Azure after which a person is told; the queue's own limit.
_ATTEMPTS = 5
#: An incident in one of these has not been looked at to the end.
_UNFINISHED = frozenset({State.RECEIVED, State.DIAGNOSING, State.APPLYING})


def heal(signal: Signal, *, medic: Medic, shown: str | None = None) -> Incident | None:
    """Treat the incident the signal belongs to, as far as the gate allows.

    `shown` is the digest of the plan a person saw and wants; any other plan is held. None: nobody
    was shown one, so the gate alone decides.
    """
    if signal.kind is SignalKind.RESOLVED:
        return _close_the_proven(signal, medic)
    received = medic.store.receive(signal, now=medic.now())
    id, store, holder = received.incident, medic.store, medic.worker()
    incident = audit.claim(id, store=store, holder=holder, now=medic.now())
    if incident is None:
        return None
    try:
        if not _wants_a_look(incident, signal):
            return incident
        work = _Work(medic, holder, medic.azure(), incident.azure_calls, shown)
        return _treat(incident, signal, work)
    finally:
        audit.release(id, store=store, holder=holder)


def _wants_a_look(incident: Incident, signal: Signal) -> bool:
    """Unfinished incidents do; held and unsolved ones when something newer came in."""
    if incident.state in _UNFINISHED:
        return True
    waiting = incident.state in UNSOLVED_STATES | {State.HELD}
    return waiting and signal.at > incident.updated


@dataclass(frozen=True, slots=True)
class _Work:
    """One worker's hold on one incident."""

    medic: Medic
    holder: str
    azure: Azure
    before: Calls  # what earlier deliveries had already sent
    shown: str | None  # the only plan that may be carried out; None: any the gate allows

    @property
    def calls(self) -> Calls:
        return self.before + self.azure.calls

    def note(self, incident: Incident, stage: str, text: str, **changes: Any) -> Incident:
        return audit.note(
            incident,
            stage,
            text,
            store=self.medic.store,
            now=self.medic.now(),
            azure_calls=self.calls,
            **changes,
        )


def _treat(incident: Incident, signal: Signal, work: _Work) -> Incident:
    """Look, decide, act; where looking itself fails, say so in the incident."""
    medic = work.medic
    interrupted = incident.state is State.APPLYING
    try:
        if interrupted:
            incident = _settle(incident, work)
        within_scope(signal.resource, medic)
        if incident.state is State.RECEIVED:
            text = "reading the configuration"
            incident = work.note(incident, "evidence", text, state=State.DIAGNOSING)
        found = look(signal, azure=work.azure, medic=medic, approved=incident.approved)
        if found.decision is None and _in_place(incident):
            # The plan is kept as it was carried out; what is left is to see whether it helps.
            return _await_proof(incident, "the change is in place", work)
        return _answer(found.onto(incident), found, work, interrupted=interrupted)
    except OutOfScope as refusal:
        decision = Decision(verdict=Verdict.DENY, reasons=(str(refusal),), rules=("scope",))
        return work.note(incident, "gate", str(refusal), state=State.DENIED, decision=decision)
    except NotFound as gone:
        return work.note(incident, "evidence", f"nothing to heal: {gone}", state=State.CLOSED)
    except (PermanentError, BudgetSpent) as refusal:
        if _in_place(incident):
            return _await_proof(incident, f"the change is in place, but {refusal}", work)
        told = unable(incident, refusal)
        return work.note(told, "evidence", str(refusal), state=State.EXPLAINED)
    except TransientError as error:
        _count_the_attempt(medic.store.load(incident.id) or incident, error, work)
        raise


def _answer(incident: Incident, found: Look, work: _Work, *, interrupted: bool) -> Incident:
    """From the gate's answer to the state the incident rests in."""
    summary, decision = found.diagnosis.summary, found.decision
    if decision is None:
        healthy = found.diagnosis.finding is FindingName.HEALTHY
        state = State.CLOSED if healthy else State.EXPLAINED
        return work.note(incident, "diagnosis", summary, state=state)
    incident = work.note(incident, "diagnosis", summary)
    if work.shown not in (None, found.plan.digest) and decision.verdict is Verdict.ALLOW:
        reason = "this is not the plan a person was shown, so it waits"
        decision = Decision(verdict=Verdict.HOLD, reasons=(reason,), rules=("shown",))
        incident = replace(incident, decision=decision)
    said = "; ".join(decision.reasons)
    if decision.verdict is Verdict.DENY:
        return work.note(incident, "gate", said, state=State.DENIED)
    if decision.verdict is Verdict.HOLD:
        return work.note(incident, "gate", said, state=State.HELD)
    policy = work.medic.policy
    patience = policy.wait.before_acting if policy else timedelta(0)
    if not interrupted and work.medic.now() < incident.opened + patience:
        return _be_patient(incident, incident.opened + patience, work)
    return _apply(work.note(incident, "gate", said or "allowed"), work)


def _apply(incident: Incident, work: _Work) -> Incident:
    """Write what was allowed, one change of a registry at a time, intent first."""
    steps = incident.plan.steps if incident.plan else ()
    store, now = work.medic.store, work.medic.now()
    place = f"registry/{(incident.registry or incident.resource).key}"
    if not store.lease(place, holder=work.holder, until=now + audit.CLAIM, now=now):
        raise TransientError(f"another change of {incident.registry} is under way", delay=15)
    try:
        incident = audit.intend(incident, store=store, now=work.medic.now())
        for step in steps:
            outcome = _outcome(step, work)
            incident = audit.done(incident, outcome, store=store, now=work.medic.now())
            if outcome.failed:
                return work.note(incident, "outcome", outcome.detail, state=State.FAILED)
    finally:
        store.release(place, work.holder)
    return _await_proof(incident, "looking whether the pull works now", work)


def _settle(incident: Incident, work: _Work) -> Incident:
    """What an interrupted worker announced and did not tell of is told now, if it was done."""
    for step in incident.plan.steps if incident.plan else ():
        if any(told.changed and told.target == step.target for told in incident.outcome):
            continue
        try:
            outcome = execution.settle(step, azure=work.azure)
        except PermanentError as refusal:
            text = f"whether {step.target} was changed before the interruption is open: {refusal}"
            incident = work.note(incident, "outcome", text)
            continue
        if outcome is not None:
            store, now = work.medic.store, work.medic.now()
            incident = audit.done(incident, outcome, store=store, now=now)
    return incident


def _in_place(incident: Incident) -> bool:
    """Whether the plan was carried out, and only its proof is missing."""
    return incident.state is State.APPLYING and any(not told.failed for told in incident.outcome)


def _outcome(step: Step, work: _Work) -> Outcome:
    """What the step did; a refusal by Azure is an outcome too, and nothing was changed."""
    try:
        return execution.apply(step, azure=work.azure)
    except (PermanentError, WriteForbidden) as refusal:
        return Outcome(
            remedy=step.remedy,
            target=step.target,
            changed=False,
            failed=True,
            detail=str(refusal),
            at=work.medic.now(),
        )


def _await_proof(incident: Incident, text: str, work: _Work) -> Incident:
    """Leave the rest to the sweep: nobody sleeps inside a function."""
    policy, now = work.medic.policy, work.medic.now()
    due = now + (policy.wait.verify_first if policy else timedelta(seconds=60))
    pending = Verification(result=Result.PENDING, proof="not looked yet", checked=now, due=due)
    text = f"{text}; first look at {due:%H:%M:%S} UTC"
    return work.note(incident, "verification", text, state=State.VERIFYING, verification=pending)


def _be_patient(incident: Incident, until: datetime, work: _Work) -> Incident:
    """The policy wants to see first whether the platform recovers by itself."""
    now = work.medic.now()
    text = f"allowed, but the policy waits until {until:%H:%M:%S} UTC before acting"
    waiting = Verification(result=Result.PENDING, proof=text, checked=now, due=until)
    return work.note(incident, "gate", text, state=State.RECEIVED, verification=waiting)


def _close_the_proven(signal: Signal, medic: Medic) -> Incident | None:
    """An alert that resolves closes what verification already proved, and starts nothing."""
    newest = medic.store.page(resource=signal.resource.key, state=State.HEALED).incidents
    incident = next((one for one in newest if one.resource == signal.resource), None)
    if incident is None:
        return None
    text = "the alert resolved after the pull was seen to work"
    return audit.note(
        incident, "signal", text, store=medic.store, now=medic.now(), state=State.CLOSED
    )


def _count_the_attempt(incident: Incident, error: TransientError, work: _Work) -> None:
    """Remember that Azure gave no answer; after the last attempt a person is told."""
    tried = sum(moment.stage == "retry" for moment in incident.timeline) + 1
    if tried < _ATTEMPTS:
        work.note(incident, "retry", f"attempt {tried} of {_ATTEMPTS}: {error}")
        return
    text = f"given up after {tried} attempts: {error}"
    work.note(incident, "retry", text, state=State.FAILED)
