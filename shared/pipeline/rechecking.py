"""
Rechecking: the gate asked once more, when nobody else can write to the targets any more.

In:  a Look whose plan was allowed, its Incident, and the Work on it.
Out: the Look with the answer that counts: the first one allowed, so this one can only be stricter.

Between the two the policy may have changed, and others may have used up the limits. The policy is
read anew, whatever its age; one that cannot be read now holds.
"""

from dataclasses import replace
from datetime import timedelta

from shared.gate import Share
from shared.model.evidence import Registry
from shared.model.incident import Incident
from shared.model.plan import Decision
from shared.model.words import Verdict
from shared.pipeline import weighing
from shared.pipeline.looking import Look
from shared.pipeline.working import Work

_SOON = timedelta(minutes=1)


def ask_again(found: Look, incident: Incident, work: Work) -> Look:
    """The same question to the policy in force now, with the counts as they are now."""
    medic, now = work.medic, work.medic.now()
    policy = medic.reread_policy()
    if policy is None:
        reason = "the policy cannot be read right before the write, so nothing is changed"
        held = Decision(verdict=Verdict.HOLD, reasons=(reason,), rules=("policy",))
        return replace(found, decision=replace(held, until=now + _SOON))
    shares = tuple(_as_of_now(share, found, work) for share in found.shares)
    return replace(
        found, decision=weighing.decide(found.plan, shares, policy, now=now, incident=incident)
    )


def _as_of_now(share: Share, found: Look, work: Work) -> Share:
    """What was written lately is counted anew; what Azure told about it stays."""
    medic, evidence = work.medic, share.evidence
    counted = medic.store.history(
        evidence.registry.id if isinstance(evidence.registry, Registry) else None,
        found.plan.digest,
        now=medic.now(),
        workload=evidence.workload.id,
        finding=found.diagnosis.finding,
    )
    before = share.history
    cause = before.crowd.cause if before.crowd else ""
    crowd = counted.crowd and replace(counted.crowd, cause=cause)
    counted = replace(counted, repeats=before.repeats, crowd=crowd, missed=before.missed)
    return replace(share, history=counted)
