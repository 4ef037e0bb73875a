"""
Surroundings: locks and Azure Policy, which refuse a change or turn it into another one.

In:  a Case.
Out: objections, all of them holds.

A Modify policy on publicNetworkAccess closes a registry on any write to it, even one of its IP
rules alone (built-in "Configure Container registries to disable public network access"). Pure.
"""

from collections.abc import Iterator

from shared.gate.case import Case, Objection, hold, unread
from shared.model.evidence import Unread
from shared.model.words import RemedyName

_LOCKS = "/providers/microsoft.authorization/locks/"


def not_locked(case: Case) -> Iterator[Objection]:
    """No lock stands on a target or above it; one that only forbids deleting does not matter."""
    locks = case.evidence.surroundings.locks
    if isinstance(locks, Unread):
        yield unread("the locks", locks)
        return
    for lock in locks:
        level, _, id = lock.partition(" ")
        scope = id.lower().partition(_LOCKS)[0]
        if level.lower() == "cannotdelete":
            continue
        for step in case.plan.steps:
            if not scope or step.target.within(scope):
                yield hold(f"{step.target} is under the lock {id or '(unnamed)'} ({level})")


def policies_stand_back(case: Case) -> Iterator[Objection]:
    """No Azure Policy would close the registry, or refuse what a step writes."""
    around = case.evidence.surroundings
    closing = around.closing_policies if case.steps(RemedyName.FIREWALL_SYNC) else ()
    for policies, effect in (
        (closing, "would switch the registry's public access off with this write"),
        (around.denying_policies, "refuses the change"),
        (around.unjudged_policies, "may refuse the change: its rule could not be judged from here"),
    ):
        if isinstance(policies, Unread):
            yield unread("the Azure Policy assignments", policies)
            continue
        for name in policies:
            yield hold(f"the Azure Policy {name} {effect}")
