"""
Azure Policy's condition language, as far as it is simulated: allOf, anyOf, not, field and value.

In:  a condition of a policy rule, the resource it looks at, parameter values, the api-version.
Out: True or False; a Refusal (501) for anything not known here, so that nothing is silently true.

Source: "Azure Policy definition structure". Comparisons ignore case, as the service's do.
"""

import re
from collections.abc import Callable
from typing import Any

from tests.simulator.wire import Refusal
from tests.simulator.world import Resource

Parameters = dict[str, Any]
_TOP = {"type", "name", "id", "kind", "location", "tags", "sku", "identity", "zones"}
_PARAMETER = re.compile(r"\[parameters\('([^']+)'\)\]", re.IGNORECASE)
_VERSION = re.compile(r"\[requestContext\(\)\.apiVersion\]", re.IGNORECASE)
_SINCE = re.compile(
    r"\[greaterOrEquals\(requestContext\(\)\.apiVersion, *'([^']+)'\)\]", re.IGNORECASE
)


def holds(condition: dict[str, Any], resource: Resource, given: Parameters, version: str) -> bool:
    """Does a condition hold for a resource?"""
    if "allOf" in condition:
        return all(holds(one, resource, given, version) for one in condition["allOf"])
    if "anyOf" in condition:
        return any(holds(one, resource, given, version) for one in condition["anyOf"])
    if "not" in condition:
        return not holds(condition["not"], resource, given, version)
    operators = [key for key in condition if key not in ("field", "value")]
    if len(operators) != 1 or operators[0].lower() not in _OPERATORS:
        raise _unknown(f"the condition {condition}")
    if "field" in condition:
        values = _values(resource, str(resolve(condition["field"], given, version)))
    elif "value" in condition:
        values = [resolve(condition["value"], given, version)]
    else:
        raise _unknown(f"the condition {condition}")
    wanted = resolve(condition[operators[0]], given, version)
    test = _OPERATORS[operators[0].lower()]
    return all(test(value, wanted) for value in values)


def resolve(said: Any, given: Parameters, version: str) -> Any:
    """A literal as it is; the expressions [parameters('…')] and [requestContext().apiVersion]."""
    if not isinstance(said, str) or not said.startswith("[") or said.startswith("[["):
        return said
    if found := _PARAMETER.fullmatch(said):
        if found[1] not in given:
            raise _unknown(f"{said} without a value")
        return given[found[1]]
    if _VERSION.fullmatch(said):
        return version
    if found := _SINCE.fullmatch(said):
        return version >= found[1]
    raise _unknown(f"the expression {said}")


def path_of(field: str, kind: str) -> list[str] | None:
    """Where a field name leads inside a resource of a type; None for another type's alias."""
    if field.lower() in _TOP:
        return [field]
    if tag := re.fullmatch(r"tags(?:\.(\w+)|\['([^']+)'\])", field):
        return ["tags", tag[1] or tag[2]]
    if not field.lower().startswith(f"{kind.lower()}/"):
        return None
    parts = field[len(kind) + 1 :].split(".")
    return parts if parts[0].lower() in _TOP else ["properties", *parts]


def _values(resource: Resource, field: str) -> list[Any]:
    """What a field holds: one value, or the members of an array for a path with [*]."""
    path = path_of(field, str(resource["type"]))
    values: list[Any] = [resource if path is not None else None]
    for part in path or []:
        spread, name = part.endswith("[*]"), part.removesuffix("[*]")
        values = [value.get(name) if isinstance(value, dict) else None for value in values]
        if spread:
            values = [item for value in values for item in (value or [])]
    return values


def _same(one: Any, other: Any) -> bool:
    return _text(one) == _text(other)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower()


def _like(value: Any, pattern: Any) -> bool:
    wanted = ".*".join(re.escape(part) for part in str(pattern).lower().split("*"))
    return value is not None and re.fullmatch(wanted, str(value).lower()) is not None


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(_same(one, wanted) for one in value)
    return value is not None and str(wanted).lower() in str(value).lower()


def _ordered(value: Any, other: Any, verdict: Callable[[Any, Any], bool]) -> bool:
    if value is None:
        return False
    if isinstance(value, str) or isinstance(other, str):
        return verdict(str(value), str(other))
    return verdict(value, other)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "notequals": lambda value, wanted: not _same(value, wanted),
    "in": lambda value, wanted: any(_same(value, one) for one in wanted),
    "notin": lambda value, wanted: not any(_same(value, one) for one in wanted),
    "like": _like,
    "notlike": lambda value, wanted: not _like(value, wanted),
    "contains": _contains,
    "notcontains": lambda value, wanted: not _contains(value, wanted),
    "exists": lambda value, wanted: (value is not None) == _same(wanted, True),
    "less": lambda value, other: _ordered(value, other, lambda a, b: a < b),
    "lessorequals": lambda value, other: _ordered(value, other, lambda a, b: a <= b),
    "greater": lambda value, other: _ordered(value, other, lambda a, b: a > b),
    "greaterorequals": lambda value, other: _ordered(value, other, lambda a, b: a >= b),
}


def _unknown(what: str) -> Refusal:
    return Refusal(501, "NotImplemented", f"The simulated Azure Policy cannot evaluate {what}.")
