"""
firewall-sync, the other way: take rules away that this service wrote and nobody needs any more.

In:  a Step whose `after` has fewer rules than its `before`; only their difference is wanted.
Out: an Outcome with the network rule set as it was just before our write and as read back.

Looks again before it writes, like its counterpart: rules others added since stay, a rule that
somebody wrote anew in another spelling is theirs, and a registry whose posture changed is left
alone. Taking it back puts the rules back, and only where the registry is as restricted as it was.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.errors import Conflict
from shared.model.plan import Outcome, Step, Write
from shared.model.wording import count
from shared.remediations import registry, rule_sets
from shared.remediations.drifting import Drifted
from shared.remediations.registry import Busy, Wire

_API_VERSION = "2025-11-01"
_PAUSES = (0.0, 5.0, 15.0, 30.0)


def concerns(about: Step | Outcome) -> bool:
    """Whether it is about taking rules away."""
    before, after = _images(about)
    return bool(rule_sets.added(after, before)) and not rule_sets.added(before, after)


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Remove what is still there. Twice equals once."""
    gone = rule_sets.added(step.after["ipRules"], step.before["ipRules"])
    for pause in _PAUSES:
        if pause:
            azure.pause(pause)
        seen = registry.read(azure, step.target)
        if objection := _objection(seen):
            text = f"stopped without writing: {step.target.name} is not as planned, {objection}"
            return _outcome(step, seen, seen, azure, text, changed=False, failed=True)
        there = [value for value in registry.values(seen) if value in gone]
        if not there:
            text = "none of the rules is there any more; nothing was written"
            return _outcome(step, seen, seen, azure, text, changed=False)
        kept = [rule for rule in registry.rules(seen) if rule.get("value") not in there]
        try:
            now = _put(step, kept, azure, partial(_gone, there))
        except Busy as busy:
            said = busy
            continue
        return _judged(step, seen, now, f"removed {', '.join(there)}", _still(there, now), azure)
    raise Conflict(f"{step.target} was busy each of {len(_PAUSES)} times: {said}")


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step whose outcome nobody kept; None: it is not in place."""
    gone = rule_sets.added(step.after["ipRules"], step.before["ipRules"])
    seen = registry.read(azure, step.target)
    if not gone or _still(gone, seen):
        return None
    text = f"{', '.join(gone)} found removed after an interruption; announced before, so by us"
    told = _outcome(step, seen, seen, azure, text, changed=True)
    rules = [*registry.rules(seen), *rule_sets.as_rules(gone)]
    before = {**registry.rule_set(seen), "ipRules": rules}
    return Outcome(
        remedy=told.remedy,
        target=told.target,
        changed=True,
        detail=text,
        at=told.at,
        before=before,
        after=told.after,
    )


def reverse(outcome: Outcome) -> Step:
    """What putting the rules back announces, as data."""
    before, after = _images(outcome)
    back = rule_sets.added(after, before)
    action = rule_sets.action(outcome.before)
    rules = {"defaultAction": action, "ipRules": rule_sets.as_rules(before)}
    body = {"properties": {"networkRuleSet": rules}}
    return Step(
        remedy=outcome.remedy,
        target=outcome.target,
        summary=f"Put {', '.join(back)} back among the address rules",
        before={"defaultAction": action, "ipRules": after},
        after={"defaultAction": action, "ipRules": before},
        requests=(
            Write(method="PATCH", url=f"{outcome.target}?api-version={_API_VERSION}", body=body),
        ),
        permissions=catalog.FIREWALL_SYNC.permissions,
        risk=catalog.FIREWALL_SYNC.risk,
        undo="remove them again",
    )


def undo(outcome: Outcome, *, azure: Azure) -> Outcome:
    """Put back what was removed and is still gone. Drifted where the registry was opened or closed
    since: then nobody knows what these rules would let in."""
    before, after = _images(outcome)
    seen = registry.read(azure, outcome.target)
    if _objection(seen):
        raise Drifted(
            f"the network access of {outcome.target}",
            before=_posture(rule_sets.action(outcome.before), "Enabled", before),
            written=_posture(rule_sets.action(outcome.after), "Enabled", after),
            now=_posture(
                str(registry.rule_set(seen).get("defaultAction")),
                registry.public(seen),
                registry.values(seen),
            ),
        )
    back = [
        value
        for value in rule_sets.added(after, before)
        if not rule_sets.holds(registry.values(seen), value)
    ]
    if not back:
        text = "every rule is there again; nothing was written"
        return _outcome(outcome, seen, seen, azure, text, changed=False)
    wanted = [*registry.rules(seen), *rule_sets.as_rules(back)]
    now = _put(reverse(outcome), wanted, azure, lambda wire: len(_still(back, wire)) == len(back))
    lost = [value for value in back if value not in _still(back, now)]
    return _judged(outcome, seen, now, f"put back {', '.join(back)}", lost, azure)


def _put(step: Step, rules: Sequence[Any], azure: Azure, done: Any) -> Wire:
    return registry.write_rules(azure, step.target, "Deny", rules, done=done)


def _gone(values: Sequence[str], wire: Wire) -> bool:
    return not _still(values, wire)


def _still(values: Sequence[str], wire: Wire) -> list[str]:
    """Those of the values that the registry holds."""
    there = registry.values(wire)
    return [value for value in values if rule_sets.holds(there, value)]


def _objection(seen: Wire) -> str | None:
    action = registry.rule_set(seen).get("defaultAction")
    if registry.public(seen) != "Enabled":
        return "its public endpoint was switched off, so rules have no effect"
    if action != "Deny":
        return f"its default action is {action or 'not reported'}, not Deny"
    if registry.rule_set(seen).get("virtualNetworkRules"):
        return "it has service endpoint rules now, which a write might drop"
    return None


def _judged(
    about: Step | Outcome, seen: Wire, now: Wire, said: str, wrong: Sequence[str], azure: Azure
) -> Outcome:
    """Say what was read back, and shout where the write did more than it should."""
    others, harm = registry.differences(seen, now), "; ".join(registry.harm(seen, now))
    text = f"{said}; the list has {count(len(registry.rules(now)), 'rule')} now"
    if wrong:
        text = f"{', '.join(wrong)} changed back at once: somebody else is writing these rules too"
    if others:
        text += f". Not by us, at the same time: {'; '.join(others)}"
    failed = bool(wrong or harm)
    return _outcome(about, seen, now, azure, text, changed=True, failed=failed, harm=harm)


def _images(about: Step | Outcome) -> tuple[list[str], list[str]]:
    if isinstance(about, Step):
        return list(about.before["ipRules"]), list(about.after["ipRules"])
    return rule_sets.values(about.before), rule_sets.values(about.after)


def _posture(action: str, public: str, values: Sequence[str]) -> dict[str, Any]:
    return {"publicNetworkAccess": public, "defaultAction": action, "ipRules": list(values)}


def _outcome(
    about: Step | Outcome,
    before: Wire,
    after: Wire,
    azure: Azure,
    detail: str,
    *,
    changed: bool,
    failed: bool = False,
    harm: str = "",
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
        harm=harm,
    )
