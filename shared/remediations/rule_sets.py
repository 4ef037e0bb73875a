"""
Rule sets as outcomes keep them: which addresses, which were added, as which rules.

In:  a registry's `networkRuleSet` as on the wire, lists of addresses.
Out: addresses, rules, and what one list has beyond another, compared as networks. Pure.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.model import networks


def holds(rule_values: Iterable[str], value: str) -> bool:
    """True when one of the rules admits exactly the same addresses as `value`."""
    return any(networks.same(rule, value) for rule in rule_values)


def added(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """What `after` admits by a rule of its own and `before` does not."""
    return [value for value in after if not holds(before, value)]


def as_rules(values: Iterable[str]) -> list[dict[str, Any]]:
    return [{"action": "Allow", "value": value} for value in values]


def values(rule_set: Any) -> list[str]:
    """The addresses of a rule set; of none: none."""
    return [str(rule["value"]) for rule in (rule_set or {}).get("ipRules") or ()]


def action(rule_set: Any) -> str:
    return str((rule_set or {}).get("defaultAction", "Deny"))
