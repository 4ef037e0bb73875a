"""
firewall-sync: let a workload's own outbound addresses through a registry's firewall.

In:  a Step whose `before` and `after` are rule lists; only their difference is wanted.
Out: an Outcome with the network rule set as it was just before our write and as read back.

Looks again before it writes: rules others added since stay, rules others removed stay removed, and
a registry whose posture changed is left alone. The write is the network rule set and nothing else;
afterwards the whole registry is compared, for an Azure Policy may answer any write by closing the
registry (built-in "Configure Container registries to disable public network access").

Rules have no etag. A writer who worked from an older list drops our rules, and perhaps others,
without knowing: both are put back, once. A writer who kept our rules saw them, so what else is
missing then was taken away on purpose and stays away. What somebody writes in the milliseconds
between our last look and our write, nobody can see any more.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.errors import Conflict, HealError, LeaseLost
from shared.model import networks
from shared.model.ids import ResourceId
from shared.model.plan import Outcome, Step, Write
from shared.model.wording import count
from shared.remediations import registry, rule_sets
from shared.remediations.drifting import Drifted
from shared.remediations.registry import Busy, Wire

_API_VERSION = "2025-11-01"
#: Seconds before another try when the registry is busy with somebody else's change.
_PAUSES = (0.0, 5.0, 15.0, 30.0)


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Add what is still missing. Twice equals once.

    Raises Conflict when the registry stays busy, and what refused the write; then nothing changed.
    """
    wanted = rule_sets.added(step.before["ipRules"], step.after["ipRules"])
    for pause in _PAUSES:
        if pause:
            azure.pause(pause)
        seen, limit = _look(azure, step.target)
        if objection := _objection(seen):
            return _stopped(step, seen, objection, azure)
        lacking = networks.missing(wanted, registry.values(seen))
        if not lacking:
            return _nothing_to_do(step, seen, azure)
        if full := _too_full(seen, limit, len(lacking)):
            return _stopped(step, seen, full, azure)
        try:
            return _write(step, seen, lacking, azure)
        except Busy as busy:
            said = busy
    raise Conflict(f"{step.target} was busy each of {len(_PAUSES)} times: {said}")


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
        outcome, seen, after, azure, detail + _told(others), changed=True, failed=bool(left)
    )


def _image(action: str, values: Sequence[str]) -> dict[str, Any]:
    return {"defaultAction": action, "ipRules": list(values)}


def _look(azure: Azure, id: ResourceId) -> tuple[Wire, int | None]:
    """The registry and its limit. One after the other, the registry last: what somebody changes
    after it was read and before we write is lost, so nothing may come between.
    """
    limit = registry.rule_limit(azure, id)
    return registry.read(azure, id), limit


def _objection(seen: Wire) -> str | None:
    """Why the registry is not as the plan needs it any more, or None."""
    rule_set = registry.rule_set(seen)
    if str((seen.get("sku") or {}).get("name", "")).lower() != "premium":
        return "it is not a Premium registry any more"
    if registry.public(seen) != "Enabled":
        return "its public endpoint was switched off, so rules have no effect"
    if rule_set.get("defaultAction") != "Deny":
        return f"its default action is {rule_set.get('defaultAction') or 'not reported'}, not Deny"
    if rule_set.get("virtualNetworkRules"):
        return "it has service endpoint rules now, which a write might drop"
    if (seen.get("properties") or {}).get("provisioningState") == "Deleting":
        return "it is being deleted"
    return None


def _too_full(seen: Wire, limit: int | None, new: int) -> str | None:
    if limit == -1:
        return None
    if limit is None:
        return "its usage list does not say how many rules it may have"
    used = len(registry.rules(seen))
    if used + new > limit:
        return f"there is no room for {count(new, 'rule')} more: {used} of {limit} are used"
    return None


def _write(step: Step, seen: Wire, lacking: Sequence[str], azure: Azure) -> Outcome:
    """Write, read back, and once put back what a writer who had not seen ours took away."""
    wanted = [*registry.rules(seen), *rule_sets.as_rules(lacking)]
    now = _put(step.target, wanted, azure)
    missing = _lost(wanted, now)
    if not any(rule_sets.holds(lacking, value) for value in missing):
        return _judged(step, seen, now, lacking, azure, removed=missing)
    if _objection(now):  # somebody decided more than the rules: putting back would undo that
        return _judged(step, seen, now, lacking, azure, lost=missing)
    again = [*registry.rules(now), *(r for r in wanted if r.get("value") in missing)]
    try:
        now = _put(step.target, again, azure)
    except LeaseLost:
        raise
    except HealError as error:  # the first write stands, so this is an outcome and no refusal
        return _judged(step, seen, now, lacking, azure, lost=missing, because=f" ({error})")
    lost = _lost(wanted, now)
    return _judged(step, seen, now, lacking, azure, restored=missing, lost=lost)


def _put(id: ResourceId, wanted: list[dict[str, Any]], azure: Azure) -> Wire:
    return registry.write_rules(
        azure, id, "Deny", wanted, done=lambda wire: not _lost(wanted, wire)
    )


def _lost(wanted: Sequence[Mapping[str, Any]], now: Wire) -> list[str]:
    there = registry.values(now)
    return [
        value
        for rule in wanted
        if (value := rule.get("value")) and not rule_sets.holds(there, value)
    ]


def _judged(
    step: Step,
    seen: Wire,
    now: Wire,
    added: Sequence[str],
    azure: Azure,
    *,
    restored: Sequence[str] = (),
    removed: Sequence[str] = (),
    lost: Sequence[str] = (),
    because: str = "",
) -> Outcome:
    """Say what was read back, and shout where the write did more than it should."""
    others = registry.differences(seen, now)
    others_kept = count(len(registry.rules(seen)) - len(removed), "other rule")
    said = [f"added {', '.join(added)}; kept {others_kept}"]
    if restored:
        said.append(f"put back {', '.join(restored)}, which another writer had just dropped")
    if removed:
        said.append(f"{', '.join(removed)} was removed by somebody else meanwhile and stays so")
    if lost:
        others_too = "somebody else is writing these rules too"
        said = [f"{', '.join(lost)} vanished after it was written: {others_too}{because}"]
    closed, harm = _objection(now), "; ".join(registry.harm(seen, now))
    if closed:
        said.insert(0, f"the registry changed with this write: {closed}; tell its owner now")
    return _outcome(
        step,
        seen,
        now,
        azure,
        "; ".join(said) + _told(others),
        changed=True,
        failed=bool(lost or closed or harm),
        harm=harm,
    )


def _told(others: Sequence[str]) -> str:
    if not others:
        return ""
    return f". Not by us, at the same time: {'; '.join(others)} (Azure Policy, or another writer)"


def _nothing_to_do(step: Step, seen: Wire, azure: Azure) -> Outcome:
    text = "every address was already present; nothing was written"
    return _outcome(step, seen, seen, azure, text, changed=False)


def _stopped(step: Step, seen: Wire, why: str, azure: Azure) -> Outcome:
    text = f"stopped without writing: {step.target.name} is not as planned, {why}"
    return _outcome(step, seen, seen, azure, text, changed=False, failed=True)


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
