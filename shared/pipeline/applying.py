"""
Applying: carry out what was allowed, one step after the other, and leave the proof to the sweep.

In:  an Incident whose plan the gate allowed, and the Work on it.
Out: the Incident: waiting for its proof, or failed with what refused.

The intent is stored before the first write. After each step the workload is looked at again: what
pulls by now needs nothing more, and the steps left are told as not done. What an interrupted
worker announced is none of its business: `settling.py` finds out.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared import audit, execution, gate, verification
from shared.clients import telemetry
from shared.errors import HealError, InUse, PermanentError, WriteForbidden
from shared.model.incident import Incident
from shared.model.plan import Decision, Outcome, Step, Verification
from shared.model.words import Result, State, Verdict
from shared.pipeline.company import Company, Member, rests_until
from shared.pipeline.waiting import refused
from shared.pipeline.working import Work
from shared.remediations import rule_sets
from shared.store import StaleIncident


def carry_out(
    incident: Incident,
    work: Work,
    *,
    still: Callable[[], Decision],
    waits: Callable[[], Incident | None],
) -> Incident:
    """Write what was allowed, intent first; nobody else changes any of the targets meanwhile.

    When nobody else can write any more, `still` asks the gate once more, and its answer counts;
    `waits` tells whether it has to wait by now, because another worker was first.
    """
    store, medic = work.medic.store, work.medic
    with work.holding(incident, (step.target for step in _steps(incident))):
        decision = still()
        if decision.verdict is not Verdict.ALLOW:
            return refused(replace(incident, decision=decision), decision, work)
        if (waiting := waits()) is not None:
            return waiting
        if not work.announced(incident):
            incident = audit.intend(incident, store=store, now=medic.now())
        return _go_on(incident, [], work)


def carry_out_together(company: Company) -> list[Incident]:
    """The same for incidents of one registry whose plans all begin with a step there: one write
    for all of them, then each goes on by itself. Each has its own intent, outcome and way back.
    What does not fit beside the others is held, whole. Raises InUse when another worker was first
    by a moment.
    """
    if not company:
        return []
    turns = company.in_turn()
    first = turns[0]
    registry = _steps(first.incident)[0].target
    with first.work.holding(first.incident, [registry]):
        if (rests := rests_until(registry, medic=first.work.medic)) is not None:
            pause = (rests - first.work.medic.now()).total_seconds()
            raise InUse(f"{registry.name} was written by another worker just now", delay=pause)
        fitting = _fitting(turns)
        if not fitting:
            return []
        leader = fitting[0].incident
        announced = [(one, made) for one in fitting if (made := _announced(one, leader))]
        told = _told_together([made for _, made in announced], first.work)
        kept = [
            (one.work, done, outcome)
            for (one, made), outcome in zip(announced, told, strict=True)
            if (done := _kept(one, made, outcome))
        ]
    return [_the_rest(done, outcome, work) for work, done, outcome in kept]


def _announced(one: Member, leader: Incident) -> Incident | None:
    """With the intent stored; None when somebody else has moved it on, who then takes care of it.
    The leader's own must be: its write carries everybody's."""
    other = None if one.incident.id == leader.id else leader.id
    medic = one.work.medic
    try:
        return audit.intend(one.incident, store=medic.store, now=medic.now(), written_with=other)
    except StaleIncident:
        if other is None:
            raise
        return None


def _kept(one: Member, announced: Incident, outcome: Outcome) -> Incident | None:
    try:
        medic = one.work.medic
        return audit.done(announced, outcome, store=medic.store, now=medic.now())
    except StaleIncident:
        return None


def _fitting(company: Company) -> Company:
    """Those the gate still allows and there is room for, in their turn; the others say why not."""
    fitting, taken = Company(), list[str]()
    for one in company:
        plan, medic = one.incident.plan, one.work.medic
        with telemetry.within(one.incident.trace):
            decision = one.still()
        if plan is None or medic.policy is None:
            continue
        full = gate.room(
            plan, evidence=one.evidence, policy=medic.policy, taken=taken, now=medic.now()
        )
        decision = full if full and decision.verdict is Verdict.ALLOW else decision
        if decision.verdict is not Verdict.ALLOW:
            refused(replace(one.incident, decision=decision), decision, one.work)
            continue
        fitting.append(one)
        before, after = plan.steps[0].before["ipRules"], plan.steps[0].after["ipRules"]
        taken += rule_sets.added([*before, *taken], after)
    return fitting


def _the_rest(incident: Incident, outcome: Outcome, work: Work) -> Incident:
    rest = _steps(incident)[1:]
    with (
        telemetry.within(incident.trace),
        work.holding(incident, (step.target for step in rest)),
    ):
        return _go_on(incident, [outcome], work)


def _go_on(incident: Incident, done: list[Outcome], work: Work) -> Incident:
    """Step by step from the first that is not done, until one fails or the workload pulls."""
    steps = _steps(incident)
    if done and done[-1].failed:
        return _stopped(incident, done, steps[len(done) :], work)
    for number, step in enumerate(steps[len(done) :], start=len(done)):
        if proof := _pulls_already(incident, done, work):
            return _leave_the_rest(incident, steps[number:], proof, work)
        done.append(_outcome(step, work))
        incident = audit.done(incident, done[-1], store=work.medic.store, now=work.medic.now())
        if done[-1].failed:
            return _stopped(incident, done, steps[number + 1 :], work)
    return await_proof(incident, "looking whether the pull works now", work)


def _steps(incident: Incident) -> tuple[Step, ...]:
    return incident.plan.steps if incident.plan else ()


def in_place(incident: Incident) -> bool:
    """Whether the plan was carried out, and only its proof is missing."""
    return incident.state is State.APPLYING and any(not told.failed for told in incident.outcome)


def await_proof(incident: Incident, text: str, work: Work) -> Incident:
    """Leave the rest to the sweep: nobody sleeps inside a function."""
    policy, now = work.medic.policy, work.medic.now()
    due = now + (policy.wait.verify_first if policy else timedelta(seconds=60))
    pending = Verification(result=Result.PENDING, proof="not looked yet", checked=now, due=due)
    text = f"{text}; first look at {due:%H:%M:%S} UTC"
    return work.note(incident, "verification", text, state=State.VERIFYING, verification=pending)


@telemetry.spanned("execution", lambda done: _shown(done))
def _outcome(step: Step, work: Work) -> Outcome:
    """What the step did; a refusal by Azure is an outcome too, and nothing was changed."""
    try:
        return execution.apply(step, azure=work.azure)
    except (PermanentError, WriteForbidden) as refusal:
        return _refused(step, refusal, work)


def _told_together(announced: list[Incident], work: Work) -> tuple[Outcome, ...]:
    """What became of the first step of each: the one write is in the first one's trace, and the
    span of every other is linked to it."""
    traces = [one.trace for one in announced]
    with telemetry.span("execution", parent=traces[0], links=traces) as tell:
        told = _outcomes([_steps(one)[0] for one in announced], work)
        tell(**_shown(told[0]))
        written = telemetry.here()
    for one, outcome in zip(announced[1:], told[1:], strict=True):
        with telemetry.span("execution", parent=one.trace, links=[written], **_shown(outcome)):
            continue
    return told


def _outcomes(steps: list[Step], work: Work) -> tuple[Outcome, ...]:
    try:
        return execution.apply_together(steps, azure=work.azure)
    except (PermanentError, WriteForbidden) as refusal:
        return tuple(_refused(step, refusal, work) for step in steps)


def _shown(done: Outcome) -> dict[str, object]:
    return {
        "remedy": done.remedy,
        "target": done.target,
        "changed": done.changed,
        "failed": done.failed,
    }


def _refused(step: Step, refusal: HealError, work: Work) -> Outcome:
    return Outcome(
        remedy=step.remedy,
        target=step.target,
        changed=False,
        failed=True,
        detail=str(refusal),
        at=work.medic.now(),
    )


def _pulls_already(incident: Incident, done: list[Outcome], work: Work) -> str | None:
    """What shows that the steps so far were enough; None when nothing does, or nobody can tell."""
    since = max((outcome.at for outcome in done if outcome.changed), default=None)
    if since is None:
        return None
    try:
        seen = verification.verify(
            incident.resource,
            since=since,
            deadline=since + timedelta(hours=1),
            azure=work.azure,
            before=incident.instances or None,
        )
    except HealError:
        return None
    return seen.proof if seen.result is Result.HEALED else None


def _leave_the_rest(incident: Incident, rest: tuple[Step, ...], proof: str, work: Work) -> Incident:
    now = work.medic.now()
    for step in rest:
        left = Outcome(
            remedy=step.remedy,
            target=step.target,
            changed=False,
            detail=f"not done, because the workload pulls already: {proof}",
            at=now,
        )
        incident = audit.done(incident, left, store=work.medic.store, now=now)
    return await_proof(incident, "the rest of the plan was not needed", work)


def _stopped(
    incident: Incident, done: list[Outcome], rest: tuple[Step, ...], work: Work
) -> Incident:
    """A step failed: those behind it are not done, those before it stay and are named."""
    said = [done[-1].detail]
    if stays := [f"{one.remedy} at {one.target.name}" for one in done[:-1] if one.changed]:
        said.append(f"what was changed before stays and can be rolled back: {', '.join(stays)}")
    if rest:
        said.append(f"not done: {', '.join(f'{s.remedy} at {s.target.name}' for s in rest)}")
    if done[-1].harm:  # taken back next; should this worker die first, the sweep does it
        return await_proof(incident, "; ".join(said), work)
    return work.note(incident, "outcome", "; ".join(said), state=State.FAILED)
