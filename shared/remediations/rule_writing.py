"""
Rule writing: the additions of one or many workloads to one registry's address rules, in one write.

In:  Steps of firewall-sync for the same registry, in the order in which they may use up its room.
Out: an Outcome for each, with the rule set as it was just before and as read back; what the write
     added for other workloads alone is left out of it, so that each can be taken back by itself.

The write is the network rule set and nothing else; afterwards the whole registry is compared, for
an Azure Policy may answer any write by closing the registry (built-in "Configure Container
registries to disable public network access").

Rules have no etag. A writer who worked from an older list drops our rules, and perhaps others,
without knowing: both are put back, once. A writer who kept our rules saw them, so what else is
missing then was taken away on purpose and stays away. What somebody writes in the milliseconds
between our last look and our write, nobody can see any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Conflict, HealError, LeaseLost
from shared.model import networks
from shared.model.ids import ResourceId
from shared.model.plan import Outcome, Step
from shared.model.wording import count
from shared.remediations import registry, rule_sets
from shared.remediations.registry import Busy, Wire

#: Seconds before another try when the registry is busy with somebody else's change.
_PAUSES = (0.0, 5.0, 15.0, 30.0)


def add(steps: Sequence[Step], *, azure: Azure) -> tuple[Outcome, ...]:
    """Add what is still missing. Raises Conflict when the registry stays busy, and what refused
    the write; then nothing changed."""
    target = steps[0].target
    for pause in _PAUSES:
        if pause:
            azure.pause(pause)
        seen, limit = _look(azure, target)
        if why := objection(seen):
            return tuple(_stopped(step, seen, why, azure) for step in steps)
        shares = _shares(steps, seen, limit)
        lacking = networks.missing((v for own in shares for v in own.lacking), _values(seen))
        try:
            written = _write(target, seen, lacking, azure) if lacking else None
        except Busy as busy:
            said = busy
            continue
        return tuple(_told(share, seen, written, lacking, len(shares), azure) for share in shares)
    raise Conflict(f"{target} was busy each of {len(_PAUSES)} times: {said}")


@dataclass(frozen=True, slots=True)
class _Share:
    """What one step lacks; `full` says why it gets none of it."""

    step: Step
    lacking: tuple[str, ...]
    full: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What became of the write."""

    now: Wire
    restored: Sequence[str] = ()  # put back after another writer had dropped it
    removed: Sequence[str] = ()  # taken away by somebody who saw ours
    lost: Sequence[str] = ()
    because: str = ""


def _look(azure: Azure, id: ResourceId) -> tuple[Wire, int | None]:
    """The registry and its limit. One after the other, the registry last: what somebody changes
    after it was read and before we write is lost, so nothing may come between.
    """
    limit = registry.rule_limit(azure, id)
    return registry.read(azure, id), limit


def objection(seen: Wire) -> str | None:
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


def _shares(steps: Sequence[Step], seen: Wire, limit: int | None) -> list[_Share]:
    """Who gets what: whole steps in their order, as long as there is room for all of one."""
    shares: list[_Share] = []
    taken: list[str] = []
    for step in steps:
        wanted = rule_sets.added(step.before["ipRules"], step.after["ipRules"])
        lacking = networks.missing(wanted, _values(seen))
        new = networks.missing(lacking, [*_values(seen), *taken])
        full = _too_full(len(registry.rules(seen)) + len(taken), limit, len(new)) if new else None
        shares.append(_Share(step, () if full else lacking, full))
        taken += () if full else new
    return shares


def _too_full(used: int, limit: int | None, new: int) -> str | None:
    if limit == -1:
        return None
    if limit is None:
        return "its usage list does not say how many rules it may have"
    if used + new > limit:
        return f"there is no room for {count(new, 'rule')} more: {used} of {limit} are used"
    return None


def _write(target: ResourceId, seen: Wire, lacking: Sequence[str], azure: Azure) -> _Written:
    """Write, read back, and once put back what a writer who had not seen ours took away."""
    wanted = [*registry.rules(seen), *rule_sets.as_rules(lacking)]
    now = _put(target, wanted, azure)
    missing = _lost(wanted, now)
    if not any(rule_sets.holds(lacking, value) for value in missing):
        return _Written(now=now, removed=missing)
    if objection(now):  # somebody decided more than the rules: putting back would undo that
        return _Written(now=now, lost=missing)
    again = [*registry.rules(now), *(r for r in wanted if r.get("value") in missing)]
    try:
        now = _put(target, again, azure)
    except LeaseLost:
        raise
    except HealError as error:  # the first write stands, so this is an outcome and no refusal
        return _Written(now=now, lost=missing, because=f" ({error})")
    return _Written(now=now, restored=missing, lost=_lost(wanted, now))


def _put(id: ResourceId, wanted: list[dict[str, Any]], azure: Azure) -> Wire:
    return registry.write_rules(
        azure, id, "Deny", wanted, done=lambda wire: not _lost(wanted, wire)
    )


def _lost(wanted: Sequence[Mapping[str, Any]], now: Wire) -> list[str]:
    there = _values(now)
    return [
        value
        for rule in wanted
        if (value := rule.get("value")) and not rule_sets.holds(there, value)
    ]


def _told(
    share: _Share,
    seen: Wire,
    written: _Written | None,
    lacking: Sequence[str],
    company: int,
    azure: Azure,
) -> Outcome:
    """What the write was for one step. What another step's wider rule admits needs none."""
    if share.full:
        return _stopped(share.step, seen, share.full, azure)
    own = [value for value in share.lacking if rule_sets.holds(lacking, value)]
    if written is None or not own:
        now = written.now if written else seen
        covered = "by a rule written together with this" if share.lacking else "already present"
        text = f"every address was {covered}; nothing was written for this workload"
        return _outcome(share.step, _without(now, lacking), _without(now, lacking), azure, text)
    return _judged(share.step, seen, written, own, lacking, company, azure)


def _judged(
    step: Step,
    seen: Wire,
    written: _Written,
    own: Sequence[str],
    lacking: Sequence[str],
    company: int,
    azure: Azure,
) -> Outcome:
    """Say what was read back, and shout where the write did more than it should."""
    others_kept = count(len(registry.rules(seen)) - len(written.removed), "other rule")
    said = [f"added {', '.join(own)}; kept {others_kept}"]
    if company > 1:
        said.append(f"written in one request with what {count(company - 1, 'other workload')} need")
    if written.restored:
        said.append(
            f"put back {', '.join(written.restored)}, which another writer had just dropped"
        )
    if written.removed:
        gone = ", ".join(written.removed)
        said.append(f"{gone} was removed by somebody else meanwhile and stays so")
    others = [value for value in lacking if not rule_sets.holds(own, value)]
    lost = [value for value in written.lost if not rule_sets.holds(others, value)]
    if lost:
        others_too = "somebody else is writing these rules too"
        vanished = f"{', '.join(lost)} vanished after it was written"
        said = [f"{vanished}: {others_too}{written.because}"]
    closed, harm = objection(written.now), "; ".join(registry.harm(seen, written.now))
    if closed:
        said.insert(0, f"the registry changed with this write: {closed}; tell its owner now")
    return _outcome(
        step,
        seen,
        _without(written.now, others),
        azure,
        "; ".join(said) + not_by_us(registry.differences(seen, written.now)),
        changed=True,
        failed=bool(lost or closed or harm),
        harm=harm,
    )


def _without(wire: Wire, values: Sequence[str]) -> Wire:
    """The registry as it would be without rules for these."""
    rules = [rule for rule in registry.rules(wire) if not rule_sets.holds(values, rule["value"])]
    properties = {**(wire.get("properties") or {})}
    properties["networkRuleSet"] = {**registry.rule_set(wire), "ipRules": rules}
    return {**wire, "properties": properties}


def not_by_us(others: Sequence[str]) -> str:
    """What else changed at the same time, as the end of a sentence."""
    if not others:
        return ""
    return f". Not by us, at the same time: {'; '.join(others)} (Azure Policy, or another writer)"


def _stopped(step: Step, seen: Wire, why: str, azure: Azure) -> Outcome:
    text = f"stopped without writing: {step.target.name} is not as planned, {why}"
    return _outcome(step, seen, seen, azure, text, failed=True)


def _values(wire: Wire) -> list[str]:
    return registry.values(wire)


def _outcome(
    step: Step,
    before: Wire,
    after: Wire,
    azure: Azure,
    detail: str,
    *,
    changed: bool = False,
    failed: bool = False,
    harm: str = "",
) -> Outcome:
    return Outcome(
        remedy=step.remedy,
        target=step.target,
        changed=changed,
        failed=failed,
        detail=detail,
        at=azure.now(),
        before=dict(registry.rule_set(before)),
        after=dict(registry.rule_set(after)),
        harm=harm,
    )
