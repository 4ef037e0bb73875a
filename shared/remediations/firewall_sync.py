"""
firewall-sync: let a workload's own outbound addresses through a registry's firewall.

In:  a Step whose `before` and `after` are rule lists; only their difference is wanted.
Out: an Outcome with the network rule set as it was just before our write and as read back.

Looks again before it writes: rules others added since stay, rules others removed stay removed, and
a registry whose posture changed is left alone. How it is written, for one workload or for many at
once, is in `rule_writing.py`.
"""

from collections.abc import Sequence
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.model.plan import Outcome, Step, Write
from shared.model.wording import count
from shared.remediations import registry, rule_sets, rule_writing
from shared.remediations.drifting import Drifted
from shared.remediations.registry import Wire

_API_VERSION = "2025-11-01"


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Add what is still missing. Twice equals once.

    Raises Conflict when the registry stays busy, and what refused the write; then nothing changed.
    """
    return apply_together((step,), azure=azure)[0]


def apply_together(steps: Sequence[Step], *, azure: Azure) -> tuple[Outcome, ...]:
    """Add what several workloads miss at one registry, in one write; an outcome for each step,
    with what that step alone added. Raises as `apply` does."""
    return rule_writing.add(steps, azure=azure)


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step that was announced and whose outcome nobody kept: a worker died, or
    Azure gave no answer. None: it is not in place.

    What counts as ours is what the step was to add; so taking it back can remove nothing else.
    """
    ours = rule_sets.added(step.before["ipRules"], step.after["ipRules"])
    seen = registry.read(azure, step.target)
    there = registry.values(seen)
    if not ours or not all(rule_sets.holds(there, value) for value in ours):
        return None
    others = [rule for rule in registry.rules(seen) if not rule_sets.holds(ours, rule["value"])]
    return Outcome(
        remedy=step.remedy,
        target=step.target,
        changed=True,
        detail=f"{', '.join(ours)} found in place after an interruption; announced before, so ours",
        at=azure.now(),
        before={**registry.rule_set(seen), "ipRules": others},
        after=dict(registry.rule_set(seen)),
    )


def reverse(outcome: Outcome) -> Step:
    """What taking the outcome back announces, as data."""
    before, after = rule_sets.values(outcome.after), rule_sets.values(outcome.before)
    card = catalog.FIREWALL_SYNC
    added = rule_sets.added(after, before)
    action = rule_sets.action(outcome.after)
    rules = {"defaultAction": action, "ipRules": rule_sets.as_rules(after)}
    body = {"properties": {"networkRuleSet": rules}}
    return Step(
        remedy=card.name,
        target=outcome.target,
        summary=f"Remove {', '.join(added) or 'nothing'} from the address rules again",
        before={"defaultAction": action, "ipRules": before},
        after={"defaultAction": action, "ipRules": after},
        requests=(
            Write(method="PATCH", url=f"{outcome.target}?api-version={_API_VERSION}", body=body),
        ),
        permissions=card.permissions,
        risk="pulls from these addresses are refused again",
        undo="run the remedy again",
    )


def undo(outcome: Outcome, *, azure: Azure) -> Outcome:
    """Remove exactly what was added, if it is all still there; what others changed since stays.

    Raises Drifted with the three-way difference when it is not.
    """
    id, before, written = (
        outcome.target,
        rule_sets.values(outcome.before),
        rule_sets.values(outcome.after),
    )
    added = rule_sets.added(before, written)
    seen = registry.read(azure, id)
    now = registry.values(seen)
    untouched = registry.rule_set(seen).get("defaultAction") == rule_sets.action(outcome.after)
    if not untouched or not all(rule_sets.holds(now, value) for value in added):
        action = str(registry.rule_set(seen).get("defaultAction"))
        raise Drifted(
            f"the list of address rules of {id}",
            before=_image(rule_sets.action(outcome.before), before),
            written=_image(rule_sets.action(outcome.after), written),
            now=_image(action, now),
        )
    if not added:
        return _outcome(outcome, seen, seen, azure, "nothing had been added", changed=False)
    kept = [rule for rule in registry.rules(seen) if not rule_sets.holds(added, rule["value"])]
    after = registry.write_rules(
        azure,
        id,
        rule_sets.action(outcome.after),
        kept,
        done=lambda wire: not any(rule_sets.holds(registry.values(wire), v) for v in added),
    )
    left = [value for value in added if rule_sets.holds(registry.values(after), value)]
    others = registry.differences(seen, after)
    detail = f"removed {', '.join(added)}; kept {count(len(kept), 'other rule')}"
    if left:
        detail = f"{', '.join(left)} came back at once: somebody else is writing these rules too"
    return _outcome(
        outcome,
        seen,
        after,
        azure,
        detail + rule_writing.not_by_us(others),
        changed=True,
        failed=bool(left),
    )


def _image(action: str, values: Sequence[str]) -> dict[str, Any]:
    return {"defaultAction": action, "ipRules": list(values)}


def _outcome(
    about: Outcome,
    before: Wire,
    after: Wire,
    azure: Azure,
    detail: str,
    *,
    changed: bool,
    failed: bool = False,
) -> Outcome:
    return Outcome(
        remedy=about.remedy,
        target=about.target,
        changed=changed,
        failed=failed,
        detail=detail,
        at=azure.now(),
        before=dict(registry.rule_set(before)),
        after=dict(registry.rule_set(after)),
    )
