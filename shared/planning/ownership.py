"""
Ownership: which of a registry's address rules this service wrote, and for whom.

In:  what incidents did at one registry, as the store remembers it, and the rules as they are now.
Out: the rules that are ours, each with the incident that brought it; and who relies on which.

Rules have no name and no description, so the outcomes are the only ledger. It is read in the order
of time: what was there before a change of ours is somebody else's; what we added and a later look
did not find was taken away, and if it is there again without us, whoever put it back owns it. So
does whoever wrote it in another spelling. What cannot be told apart stays ours, and what nobody
remembers is never ours. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from shared.model import networks
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Outcome
from shared.model.tidy import Owned
from shared.model.words import RemedyName, State

#: A workload whose incident came to one of these pulls by what was let in, as far as is known.
RELYING: frozenset[State] = frozenset(
    {State.APPLYING, State.VERIFYING, State.HEALED, State.UNVERIFIED, State.CLOSED}
)
#: Incidents that share one write keep images of their own: what one of them does not show is then
#: another's, and nobody took it away.
_ONE_WRITE = timedelta(minutes=2)


def owned(
    incidents: Iterable[Incident], registry: ResourceId, rules: Sequence[str]
) -> tuple[Owned, ...]:
    """The rules that are there now and ours."""
    ledger: dict[str, Owned] = {}
    for one, outcome in _in_order(incidents, registry):
        before, after = values(outcome.before), values(outcome.after)
        for value in list(ledger):
            long_after = outcome.at - ledger[value].since > _ONE_WRITE
            if long_after and outcome.before is not None and not holds(before, value):
                del ledger[value]  # somebody took it away; whoever puts it back owns it
        for value in added(before, after) if outcome.changed else ():
            ledger.setdefault(
                value,
                Owned(value=value, incident=one.id, workload=one.resource, since=outcome.at),
            )
        for value in added(after, before) if outcome.changed else ():
            ledger.pop(value, None)
    return tuple(mine for mine in ledger.values() if mine.value in rules)


def relying(
    incident: Incident, outcome: Outcome, others: Iterable[Incident]
) -> dict[str, tuple[str, ...]]:
    """Of the addresses the outcome brought, those that other workloads rely on, and their names."""
    brought = added(values(outcome.before), values(outcome.after))
    found: dict[str, list[str]] = {}
    for other in others:
        if other.resource == incident.resource or other.state not in RELYING:
            continue
        wanted = needs(other, outcome.target)
        for value in brought:
            if any(_touch(value, one) for one in wanted):
                found.setdefault(value, []).append(other.resource.name)
    return {value: tuple(sorted(set(names))) for value, names in found.items()}


def needs(incident: Incident, registry: ResourceId) -> tuple[str, ...]:
    """The addresses an incident's workload leaves by, and those it had let in at this registry."""
    let_in = [
        value
        for told in incident.outcome
        if _at(told, registry) and not told.failed and not told.undoes
        for value in added(values(told.before), values(told.after))
    ]
    steps = incident.plan.steps if incident.plan else ()
    planned = [
        value
        for step in steps
        if (step.remedy, step.target) == (RemedyName.FIREWALL_SYNC, registry)
        for value in added(step.before["ipRules"], step.after["ipRules"])
    ]
    return tuple(dict.fromkeys((*incident.leaves_by, *let_in, *planned)))


def values(rule_set: Any) -> list[str]:
    """The addresses of a rule set as outcomes keep it; of none: none."""
    return [str(rule["value"]) for rule in (rule_set or {}).get("ipRules") or ()]


def holds(rules: Iterable[str], value: str) -> bool:
    return any(networks.same(rule, value) for rule in rules)


def added(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """What the later list holds and the earlier one did not."""
    return [value for value in after if not holds(before, value)]


def _in_order(
    incidents: Iterable[Incident], registry: ResourceId
) -> list[tuple[Incident, Outcome]]:
    told = [(one, each) for one in incidents for each in one.outcome if _at(each, registry)]
    return sorted(told, key=lambda each: each[1].at)


def _at(outcome: Outcome, registry: ResourceId) -> bool:
    return outcome.remedy is RemedyName.FIREWALL_SYNC and outcome.target == registry


def _touch(one: str, other: str) -> bool:
    left, right = networks.parse(one), networks.parse(other)
    return left.overlaps(right) if left and right else one == other
