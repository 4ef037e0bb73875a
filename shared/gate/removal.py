"""
Removal: an offer may take away rules this service wrote and nobody needs, and nothing else.

In:  a Case with what is known about our rules.
Out: objections; deny for a request that would do more than announced or take somebody's way in,
     hold for what is not known and until a person approves.

Judges the request that will be sent, not the planner's word for it. Pure.
"""

from collections.abc import Iterator

from shared.gate.case import Case, Objection, deny, hold
from shared.gate.firewall import whole_list
from shared.model.plan import Step
from shared.model.words import RemedyName
from shared.policy import Unneeded


def only_removes_own_addresses(case: Case) -> Iterator[Objection]:
    """The request adds nothing, keeps every rule that is not ours, and touches nothing else."""
    registry, tidy = case.registry, case.tidy
    if registry is None or tidy is None:
        yield deny("it is not known which rules of the registry are this service's own")
        return
    own = {one.value for one in tidy.owned}
    for step in case.plan.steps:
        rules = whole_list(step) if step.remedy is RemedyName.FIREWALL_SYNC else None
        if rules is None:
            yield deny(f"{step.remedy} would change more than the registry's IP rules")
            continue
        for new in rules:
            if new not in registry.ip_rules:
                yield deny(f"an offer to remove rules would add {new}")
        for gone in _removed(case, step):
            if gone not in own:
                yield deny(f"{gone} is not a rule this service wrote")


def nobody_needs_them(case: Case) -> Iterator[Objection]:
    """Everybody was asked, and nobody leaves by what goes."""
    for step in case.plan.steps:
        for gone in _removed(case, step):
            if case.tidy is not None and (why := case.tidy.keeps(gone)) is not None:
                yield hold(f"{gone} has to stay: {why}")


def offers_wanted(case: Case) -> Iterator[Objection]:
    if case.policy.remedies.firewall_sync.unneeded is Unneeded.KEEP:
        yield hold("the policy's firewall-sync.unneeded keeps every rule")


def a_person_approved(case: Case) -> Iterator[Objection]:
    """Whatever the mode: taking a way in away is a person's decision."""
    if not case.by_a_person:
        yield hold(f"removing rules waits for a person to approve the plan {case.plan.digest}")


def _removed(case: Case, step: Step) -> tuple[str, ...]:
    rules, registry = whole_list(step) or (), case.registry
    return tuple(rule for rule in registry.ip_rules if rule not in rules) if registry else ()
