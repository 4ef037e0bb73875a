"""
Weighing: what the gate must know about a plan beside the evidence it rests on.

In:  a plan, the evidence it rests on, the finding, and the incident with its Azure.
Out: the History: how much was written lately, who refused, what of this was done before and is
     needed again, and how many others fail alike.

Also the surroundings of all that the plan touches, which are read only now that there is a plan;
and the gate's answer to all of it.

Reads the store; asks Azure what locks and policies stand around the plan's targets; when something
this service did is gone again, who took it away; when many fail alike, what they have in common.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from shared import gate
from shared.clients import telemetry
from shared.clients.azure import Azure
from shared.evidence import common_cause, hands, surroundings
from shared.medic import Medic
from shared.model.evidence import Evidence, Registry, Unread
from shared.model.history import Crowd, History, Repeat
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Decision, Outcome, Plan, Step
from shared.model.words import OPEN_STATES, FindingName, RemedyName, State, Verdict
from shared.pipeline import away
from shared.policy import Policy
from shared.remediations import rule_sets

#: How far back what was done counts as the same flapping.
_A_DAY = timedelta(days=1)


def history(
    plan: Plan,
    evidence: Evidence,
    *,
    digest: str,
    finding: FindingName,
    incident: Incident | None,
    azure: Azure,
    medic: Medic,
) -> History:
    """The store's counts, the steps of this plan that were taken lately for this workload, whether
    it is one of many, and whether its signal waited while nobody was here."""
    workload, registry = evidence.workload.id, evidence.registry
    known = medic.store.history(
        registry.id if isinstance(registry, Registry) else None,
        digest,
        now=medic.now(),
        workload=workload,
        finding=finding,
    )
    return replace(
        known,
        repeats=_repeats(plan, workload, azure, medic),
        crowd=_explained(known.crowd, evidence, azure, medic),
        missed=away.missed(incident, medic.store.pulse(), medic.now()),
    )


def _explained(crowd: Crowd | None, evidence: Evidence, azure: Azure, medic: Medic) -> Crowd | None:
    """With what all of them have in common, which is looked for only once they are many."""
    policy = medic.policy
    if crowd is None or policy is None or crowd.others + 1 < policy.limits.workloads_at_once:
        return crowd
    return replace(crowd, cause=common_cause.read(azure, evidence, crowd))


@telemetry.spanned("gate", lambda said: {"verdict": said.verdict, "rules": ",".join(said.rules)})
def decide(
    plan: Plan,
    shares: tuple[gate.Share, ...],
    policy: Policy | None,
    *,
    now: datetime,
    incident: Incident | None,
) -> Decision:
    """Ask the gate, with what a person said about the incident; where it holds, also whether a
    person's approval is all that is missing."""
    ask = partial(gate.decide_all, plan, shares, policy=policy, now=now)
    said = (incident.approved, incident.approved_at) if incident else (None, None)
    decision = ask(approved=said[0], approved_at=said[1])
    if decision.verdict is Verdict.HOLD:
        with_a_yes = ask(approved=plan.digest)
        decision = replace(decision, approvable=with_a_yes.verdict is Verdict.ALLOW)
    return decision


def surrounded(evidence: Evidence, steps: Sequence[Step], azure: Azure) -> Evidence:
    """The evidence with what surrounds every target of these steps."""
    if not steps:
        return evidence
    return replace(evidence, surroundings=surroundings.around(azure, evidence, steps))


def _repeats(plan: Plan, workload: ResourceId, azure: Azure, medic: Medic) -> tuple[Repeat, ...]:
    done, before = _done_lately(workload, medic) if plan.steps else ([], [])
    found = []
    for step in plan.steps:
        again = [one for one in done if _same(one, step)]
        if again:
            last = max(one.at for one in again)
            by = hands.since(azure, step.target, last) if _lasts(step) else ()
            found.append(
                Repeat(
                    remedy=step.remedy,
                    target=step.target,
                    times=len(again),
                    last=last,
                    earlier=max((one.at for one in again if one in before), default=None),
                    by=() if isinstance(by, Unread) else by,
                )
            )
    return tuple(found)


def _done_lately(workload: ResourceId, medic: Medic) -> tuple[list[Outcome], list[Outcome]]:
    """What this service changed for the workload within a day, and nobody had it take back; and
    what of it belongs to incidents that are over."""
    start = medic.now() - _A_DAY
    incidents = medic.store.lately(workload, since=start)
    told = [
        (incident.state not in OPEN_STATES, outcome)
        for incident in incidents
        if incident.state is not State.ROLLED_BACK
        for outcome in incident.outcome
        if outcome.changed and not (outcome.failed or outcome.undoes) and outcome.at >= start
    ]
    return [outcome for _, outcome in told], [outcome for over, outcome in told if over]


def _same(done: Outcome, step: Step) -> bool:
    """Whether the outcome put in place what the step is to put in place again."""
    if (done.remedy, done.target) != (step.remedy, step.target):
        return False
    if step.remedy is not RemedyName.FIREWALL_SYNC:
        return True
    wanted = rule_sets.added(step.before["ipRules"], step.after["ipRules"])
    return any(rule_sets.holds(rule_sets.values(done.after), value) for value in wanted)


def _lasts(step: Step) -> bool:
    """Whether the step leaves something that somebody may take away."""
    return step.remedy is not RemedyName.RESTART
