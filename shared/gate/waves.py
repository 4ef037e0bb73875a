"""
Waves: one plan is fine, and many at once are not.

In:  a Case.
Out: objections, all of them holds, which a person's approval of the one plan lifts.

Pure.
"""

from collections.abc import Iterator

from shared.gate.case import Case, Objection, hold
from shared.model.words import FindingName, RemedyName
from shared.policy import Backlog

#: What mends one workload alone. A firewall fix is one write for all that wait at the registry.
_ONE_BY_ONE = frozenset(RemedyName) - {RemedyName.FIREWALL_SYNC}
_SUFFERED = {
    FindingName.PULL_ROLE_MISSING: "have no pull role any more",
    FindingName.PULL_ROLE_WRONG_FOR_ABAC: "have a role that its permission mode does not count",
    FindingName.IDENTITY_RECREATED: "have a new identity without a role",
    FindingName.IDENTITY_NOT_USED: "do not pull with their identity",
    FindingName.CREDENTIALS_STALE: "have a password that is no longer its own",
    FindingName.PRIVATE_PATH_NOT_ROUTED: "do not send their pulls through their network",
    FindingName.PRIVATE_DNS_NOT_LINKED: "do not see its private zone",
    FindingName.NOT_RETRYING: "stopped trying",
}


def no_shared_fault(case: Case) -> Iterator[Objection]:
    """Many workloads of one registry that fail alike have one cause: that is to be settled, and not
    a thousand small things to be written."""
    crowd, most = case.history.crowd, case.policy.limits.workloads_at_once
    one_by_one = any(step.remedy in _ONE_BY_ONE for step in case.plan.steps)
    if crowd is None or crowd.others + 1 < most or not one_by_one or case.by_a_person:
        return
    where = case.registry.id.name if case.registry else "this registry"
    since = f" since {crowd.since:%Y-%m-%d %H:%M} UTC" if crowd.since else ""
    suffered = _SUFFERED.get(crowd.finding, f"fail alike ({crowd.finding})")
    seen = crowd.cause or "nothing that explains it was seen in the Activity Log"
    yield hold(
        f"{crowd.others + 1} workloads of {where} {suffered}{since}, which is one fault somewhere "
        f"else: {seen}. Settle it there, or approve this plan alone; the policy lets "
        f"at most {most - 1} at once be mended by itself"
    )


def nothing_missed(case: Case) -> Iterator[Objection]:
    """What waited while this service was away is planned only, until a person looks."""
    missed = case.history.missed
    if missed is None or case.policy.backlog is Backlog.ACT or case.by_a_person:
        return
    yield hold(f"{missed}; it takes an approval of the plan {case.plan.digest}")
