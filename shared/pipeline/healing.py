"""
Healing: the whole story of one incident, in order. Read this first.

In:  one Signal, delivered at least once.
Out: the Incident as it stands now; None when another worker has it.

Safe to repeat: the store joins deliveries, a claim keeps two workers apart, every remedy looks
before it writes, and the intent is stored before the first write. A TransientError is passed on so
that the queue delivers again, up to a number of times; then the incident is closed as failed. Where
Azure wants a pause the incident rests, and the sweep goes on: no delivery is used up for that.

A change that was not seen to help is followed by one more look (`look_once_more`). Only another
plan goes on from there, through the same gate; no plan is carried out twice, and after a few
different ones a person has to look.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from shared import audit
from shared.errors import (
    BudgetSpent,
    HealError,
    InUse,
    NotFound,
    OutOfScope,
    PermanentError,
    Throttled,
    TransientError,
)
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Decision, Plan, Step
from shared.model.signal import Signal, SignalKind
from shared.model.words import UNSOLVED_STATES, FindingName, State, Verdict
from shared.pipeline import worsening
from shared.pipeline.applying import await_proof, carry_out, in_place
from shared.pipeline.company import Member, fits, let_in_meanwhile
from shared.pipeline.looking import Look, look, unable, within_scope
from shared.pipeline.rechecking import ask_again
from shared.pipeline.settling import leave_open, settle
from shared.pipeline.tracing import traced
from shared.pipeline.waiting import look_later, patience, put_off, refused, waits_no_more
from shared.pipeline.working import ROUNDS, Work, rests
from shared.policy.schema import Mode
from shared.store.interface import AHEAD

#: An incident in one of these has not been looked at to the end.
UNFINISHED = frozenset({State.RECEIVED, State.DIAGNOSING, State.APPLYING})
#: Findings that name no other fault behind the one that was mended.
_NO_OTHER_FAULT = frozenset(
    {FindingName.HEALTHY, FindingName.NOT_A_PULL_FAILURE, FindingName.UNDETERMINED}
)
#: Rules that were asked when the plan was begun, and have nothing to say about its rest.
_OF_THE_BEGINNING = ("nothing-in-doubt", "nothing-missed", "no-shared-fault", "within-limits")


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
        now = medic.now()
        if not _wants_a_look(incident, signal, now) or rests(incident, now):
            return incident
        treated = treat(incident, signal, Work.on(incident, medic, holder, shown=shown))
        harm = worsening.harm(treated)
        return worsening.undo(treated, harm, medic=medic, holder=holder) if harm else treated
    finally:
        audit.release(id, store=store, holder=holder)


def _wants_a_look(incident: Incident, signal: Signal, now: datetime) -> bool:
    """Unfinished incidents do; held and unsolved ones when something newer came in, or when a clock
    that ran ahead stamped them, so that nobody can tell what is newer."""
    if incident.state in UNFINISHED:
        return True
    waiting = incident.state in UNSOLVED_STATES | {State.HELD}
    return waiting and (signal.at > incident.updated or incident.updated > now + AHEAD)


@traced("heal")
def treat(incident: Incident, signal: Signal, work: Work) -> Incident:
    """Look, decide, act; where looking itself fails, say so in the incident. Call with the
    incident claimed."""
    medic = work.medic
    interrupted = incident.state is State.APPLYING
    try:
        if interrupted:
            incident = settle(incident, work)
        within_scope(signal.resource, medic)
        if incident.state is State.RECEIVED:
            text = "reading the configuration"
            incident = work.note(incident, "evidence", text, state=State.DIAGNOSING)
        found = look(signal, azure=work.azure, medic=medic, incident=incident)
        if interrupted:
            found = _going_on(incident, found, medic)
        if found.decision is None and (in_place(incident) or _mended(incident, found)):
            # The plan is kept as it was carried out; what is left is to see whether it helps.
            return await_proof(incident, "the change is in place", work)
        return _answer(incident, found, work, interrupted=interrupted)
    except OutOfScope as refusal:
        decision = Decision(verdict=Verdict.DENY, reasons=(str(refusal),), rules=("scope",))
        told = replace(waits_no_more(incident), decision=decision)
        return work.note(told, "gate", str(refusal), state=State.DENIED)
    except NotFound as gone:
        told, text = waits_no_more(incident), f"nothing to heal: {gone}"
        return work.note(told, "evidence", text, state=State.CLOSED)
    except (PermanentError, BudgetSpent) as refusal:
        if isinstance(refusal, BudgetSpent) and work.cut_short(incident):
            return work.rest(medic.store.load(incident.id) or incident, refusal)
        if in_place(incident):
            return await_proof(incident, f"the change is in place, but {refusal}", work)
        rest = State.EXPLAINED
        if incident.state is State.APPLYING:
            incident, rest = leave_open(incident, refusal, work), State.FAILED
        told = unable(waits_no_more(incident), refusal)
        return work.note(told, "evidence", str(refusal), state=rest)
    except TransientError as error:
        return _cut(incident, error, work)


def look_once_more(incident: Incident, rest: State, *, medic: Medic, holder: str) -> Incident:
    """After a change that was not seen to help: is there another fault, and may it be mended?

    Goes on with another plan, through the gate. Without one the incident comes to rest in `rest`,
    and tells what this look found. Call with the incident claimed.
    """
    work = Work.on(incident, medic, holder)
    changed = max((outcome.at for outcome in incident.outcome), default=incident.opened)
    signal = Signal(
        id=f"once-more/{incident.id}",
        kind=SignalKind.FAILURE,
        source="sweep",
        resource=incident.resource,
        at=medic.now(),
        window=(changed, medic.now()),  # what was said before the change is about the fault before
    )
    try:
        found = look(signal, azure=work.azure, medic=medic, incident=incident)
    except Throttled as pause:
        return work.rest(incident, pause)
    except HealError as error:
        if isinstance(error, BudgetSpent) and work.cut_short(incident):
            return work.rest(incident, error)
        return work.note(incident, "evidence", f"no further look: {error}", state=rest)
    done = work.carried_out(incident)
    if found.decision is not None and found.plan.digest not in done and len(done) < ROUNDS:
        text = f"that did not help alone; looked once more: {found.diagnosis.summary}"
        incident = work.note(incident, "evidence", text, state=State.DIAGNOSING, verification=None)
        try:
            return _answer(incident, found, work, interrupted=False)
        except TransientError as error:
            return _cut(incident, error, work)
    # The plan stays as it was carried out; the advice is that of what stands in the way now.
    plan = incident.plan and replace(incident.plan, advice=found.plan.advice)
    told = replace(incident, diagnosis=found.diagnosis, plan=plan)
    before = incident.diagnosis.finding if incident.diagnosis else None
    if found.diagnosis.finding not in _NO_OTHER_FAULT | {before}:
        rest = State.EXPLAINED  # what was changed did its part; what is left is a person's
    return work.note(told, "diagnosis", f"looked once more: {found.diagnosis.summary}", state=rest)


def _answer(before: Incident, found: Look, work: Work, *, interrupted: bool) -> Incident:
    """From the gate's answer to the state the incident rests in."""
    incident = found.onto(before)
    summary, decision, medic = found.diagnosis.summary, found.decision, work.medic
    incident = waits_no_more(incident)
    acts_not = decision is None or decision.verdict is Verdict.HOLD
    if acts_not and let_in_meanwhile(found, work.medic):
        text = "this service let others in at the same registry just now, and that may be enough"
        return await_proof(work.note(incident, "diagnosis", summary), text, work)
    if decision is None:
        healthy = found.diagnosis.finding is FindingName.HEALTHY
        state = State.CLOSED if healthy else State.EXPLAINED
        incident = work.note(incident, "diagnosis", summary, state=state)
        open_ended = found.diagnosis.finding is FindingName.UNDETERMINED
        return look_later(incident, work) if open_ended else incident
    incident = work.note(incident, "diagnosis", summary)
    if decision.verdict is Verdict.ALLOW and (held := _held_back(incident, found, work)):
        decision = held
        incident = replace(incident, decision=decision)
    if decision.verdict is not Verdict.ALLOW:
        return refused(incident, decision, work)

    def waits() -> Incident | None:
        return (
            None
            if interrupted
            else patience(incident, found.plan.steps, work, _carried_out(before))
        )

    if (waiting := waits()) is not None:
        return waiting
    incident = work.note(incident, "gate", "; ".join(decision.reasons) or "allowed")

    def still() -> Decision:
        again = ask_again(found, incident, work)
        return (_going_on(before, again, medic) if interrupted else again).decision or decision

    if work.company is None or not fits(incident):
        return carry_out(incident, work, still=still, waits=waits)
    work.company.append(Member(incident, work, found.evidence, still))
    return incident


def _cut(incident: Incident, error: TransientError, work: Work) -> Incident:
    """Somebody else is at it, or Azure wants a pause: the sweep comes back. Azure gave no answer:
    that is counted and raised, for the queue delivers again."""
    kept = work.medic.store.load(incident.id) or incident
    if isinstance(error, InUse):
        return put_off(kept, error, work)
    if isinstance(error, Throttled):
        return work.rest(kept, error)
    after = work.count_the_attempt(kept, error)
    if kept.state is State.APPLYING and after.state is State.FAILED:
        leave_open(after, error, work)
    raise error


def _going_on(incident: Incident, found: Look, medic: Medic) -> Look:
    """What was left of an allowed plan when its worker was interrupted goes on as it was allowed.

    Our own first step makes older texts look wrong, which is a doubt about them and not about the
    steps left; what was begun is no backlog, and its writes were counted when they were announced;
    and a person who approved the whole approved its rest. Any other objection counts as always.
    """
    plan, policy = incident.plan, medic.policy
    if plan is None or policy is None or found.decision is None or not found.plan.steps:
        return found
    lifted = set(_OF_THE_BEGINNING)
    if incident.approved == plan.digest and not any(
        policy.mode_of(step.remedy) is Mode.OBSERVE for step in found.plan.steps
    ):
        lifted.add("somebody-decided")
    begun = {_change(step) for step in plan.steps}
    objected = found.decision.verdict is Verdict.HOLD and lifted.issuperset(found.decision.rules)
    if not objected or not begun.issuperset(map(_change, found.plan.steps)):
        return found
    reason = "what is left of a plan that was allowed before the interruption"
    allowed = Decision(verdict=Verdict.ALLOW, reasons=(reason,), rules=("interrupted",))
    return replace(found, decision=allowed)


def _mended(incident: Incident, found: Look) -> bool:
    """Whether something was changed and by now nothing is wrong any more."""
    changed = any(told.changed for told in incident.outcome)
    return changed and found.diagnosis.finding is FindingName.HEALTHY


def _carried_out(before: Incident) -> dict[str, Any]:
    """What the incident keeps while it waits: a plan that may never be needed does not hide the one
    that was carried out."""
    if not any(told.changed for told in before.outcome):
        return {}
    return {"diagnosis": before.diagnosis, "plan": before.plan, "decision": before.decision}


def _change(step: Step) -> str:
    return Plan.of((step,)).digest


def _held_back(incident: Incident, found: Look, work: Work) -> Decision | None:
    """What the incident's own story says against a plan the gate allows."""
    if work.shown not in (None, found.plan.digest):
        reason = "this is not the plan a person was shown, so it waits"
        return Decision(verdict=Verdict.HOLD, reasons=(reason,), rules=("shown",), approvable=True)
    done = work.carried_out(incident) - {found.plan.digest}
    if len(done) >= ROUNDS and incident.approved != found.plan.digest:
        reason = f"{len(done)} different plans were carried out for this incident and did not help"
        return Decision(verdict=Verdict.HOLD, reasons=(reason,), rules=("rounds",), approvable=True)
    return None


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
