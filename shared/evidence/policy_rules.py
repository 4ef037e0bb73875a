"""
Whether a rule of Azure Policy would hold for a resource as a write is to leave it.

In:  the `if` of a policy rule, the resource as far as it is known, the parameters' values.
Out: True, False, or None where the answer hangs on something not known here.

Three-valued on purpose: a rule in words this file does not know, or about a member nobody read, is
neither met nor not met. Comparisons ignore case, as the service's do ("Azure Policy definition
structure: policy rule"). Pure.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PARAMETER = re.compile(r"\[\s*parameters\('([^']+)'\)\s*\]", re.IGNORECASE)
_TAG = re.compile(r"tags(?:\.(\w+)|\['([^']+)'\])", re.IGNORECASE)
_TOP = frozenset({"type", "name", "id", "kind", "location", "tags", "sku", "identity", "zones"})


class _Unknown:
    """A value nobody read."""


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource as a write leaves it. `whole` False: what is missing in `body` is not known."""

    type: str
    body: Mapping[str, Any]
    whole: bool


def holds(condition: Any, resource: Resource, given: Mapping[str, Any]) -> bool | None:
    """Does the condition hold?"""
    if not isinstance(condition, Mapping):
        return None
    lower = {str(key).lower(): value for key, value in condition.items()}
    if "allof" in lower:
        return _all(holds(one, resource, given) for one in lower["allof"])
    if "anyof" in lower:
        return _not(_all(_not(holds(one, resource, given)) for one in lower["anyof"]))
    if "not" in lower:
        return _not(holds(lower["not"], resource, given))
    operators = [key for key in lower if key not in ("field", "value")]
    if len(operators) != 1 or operators[0] not in _OPERATORS or len(lower) != 2:
        return None
    wanted = resolved(lower[operators[0]], given)
    values = (
        _values(resource, resolved(lower["field"], given))
        if "field" in lower
        else [resolved(lower.get("value"), given)]
    )
    if wanted is UNKNOWN or isinstance(wanted, _Unknown):
        return None
    test = _OPERATORS[operators[0]]
    return _all(None if isinstance(one, _Unknown) else test(one, wanted) for one in values)


def resolved(said: Any, given: Mapping[str, Any]) -> Any:
    """A literal as it is, a parameter as its value, any other expression as UNKNOWN."""
    if not isinstance(said, str) or not said.startswith("[") or said.startswith("[["):
        return said
    found = _PARAMETER.fullmatch(said)
    return given.get(found[1], UNKNOWN) if found else UNKNOWN


def with_defaults(definition: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters' values: those given, else the definition's own defaults."""
    declared = definition.get("parameters") or {}
    defaults = {
        name: said["defaultValue"]
        for name, said in declared.items()
        if isinstance(said, Mapping) and "defaultValue" in said
    }
    return {**defaults, **given}


def _all(answers: Iterable[bool | None]) -> bool | None:
    seen = list(answers)
    return False if False in seen else None if None in seen else True


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _values(resource: Resource, field: Any) -> list[Any]:
    """What a field holds: one value, or the members of an array for an alias with [*]."""
    path = _path(field, resource.type) if isinstance(field, str) else None
    if field == "type":
        return [resource.type]
    if path is None:
        return [None if isinstance(field, str) and "/" in field else UNKNOWN]
    values: list[Any] = [resource.body]
    for part in path:
        spread, name = part.endswith("[*]"), part.removesuffix("[*]")
        values = [_member(value, name, resource.whole) for value in values]
        if spread:
            values = [item for value in values for item in _items(value)]
    return values


def _items(value: Any) -> list[Any]:
    if isinstance(value, _Unknown):
        return [UNKNOWN]
    return list(value) if isinstance(value, list | tuple) else []


def _member(value: Any, name: str, whole: bool) -> Any:
    if isinstance(value, _Unknown):
        return UNKNOWN
    if not isinstance(value, Mapping):
        return None
    for key, inner in value.items():
        if str(key).lower() == name.lower():
            return inner
    return None if whole else UNKNOWN


def _path(field: str, type: str) -> list[str] | None:
    """Where a field leads inside a resource of the type; None for another type's alias."""
    if field.lower() in _TOP:
        return [field]
    if tag := _TAG.fullmatch(field):
        return ["tags", tag[1] or tag[2]]
    if not field.lower().startswith(f"{type.lower()}/"):
        return None
    parts = field[len(type) + 1 :].split(".")
    return parts if parts[0].lower() in _TOP else ["properties", *parts]


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _same(one: Any, other: Any) -> bool:
    return _text(one) == _text(other)


def _among(value: Any, wanted: Any) -> bool | None:
    return any(_same(value, one) for one in wanted) if isinstance(wanted, list) else None


def _like(value: Any, pattern: Any) -> bool:
    wanted = ".*".join(re.escape(part) for part in str(pattern).lower().split("*"))
    return value is not None and re.fullmatch(wanted, str(value).lower()) is not None


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_same(one, wanted) for one in value)
    return value is not None and str(wanted).lower() in str(value).lower()


_OPERATORS: Mapping[str, Callable[[Any, Any], bool | None]] = {
    "equals": _same,
    "notequals": lambda value, wanted: not _same(value, wanted),
    "in": _among,
    "notin": lambda value, wanted: _not(_among(value, wanted)),
    "like": _like,
    "notlike": lambda value, wanted: not _like(value, wanted),
    "contains": _contains,
    "notcontains": lambda value, wanted: not _contains(value, wanted),
    "exists": lambda value, wanted: (value is not None) == _same(wanted, True),
}
