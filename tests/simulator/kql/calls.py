"""
The functions that need more than their values: the clock, the columns, or one common type.

In:  compiled arguments and the scope. Out: a compiled result.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from tests.simulator.kql import operators, values
from tests.simulator.kql.functions import FUNCTIONS, applied, floor
from tests.simulator.kql.scalar import Scalar, Scope, constant
from tests.simulator.kql.table import Row

#: Conversions leave a column its name: `project tostring(properties.a)` makes `properties_a`.
_CONVERSIONS = frozenset(
    ("tostring", "toint", "tolong", "toreal", "todouble", "tobool", "toguid", "todatetime")
)


def check(name: str, scope: Scope) -> None:
    """Raises a semantic error for a function that Kusto (or this simulator) lacks."""
    if name not in _SPECIAL and name not in FUNCTIONS:
        raise scope.error(f"Unknown function: '{name}'.", "SEM0260")


def call(name: str, arguments: Sequence[Scalar], scope: Scope) -> Scalar:
    """A call of a function that exists."""
    if name in _SPECIAL:
        takes, special = _SPECIAL[name]
        _count(name, arguments, takes, scope)
        return special(arguments, scope)
    function = FUNCTIONS[name]
    _count(name, arguments, function.takes, scope)
    gives = function.gives
    if name in ("abs", "round") and arguments[0].type in ("int", "long", "timespan"):
        gives = arguments[0].type
    return Scalar(
        gives,
        lambda row: applied(function, [argument.at(row) for argument in arguments]),
        arguments[0].name if name in _CONVERSIONS else "",
        constant=bool(arguments) and all(argument.constant for argument in arguments),
    )


def _count(name: str, arguments: Sequence[Scalar], takes: tuple[int, int], scope: Scope) -> None:
    fewest, most = takes
    if not fewest <= len(arguments) <= most:
        wanted = str(fewest) if fewest == most else f"[{fewest}-{most}]"
        raise scope.error(f"{name}(): function expects {wanted} argument(s).", "SEM0219")


def _now(arguments: Sequence[Scalar], scope: Scope) -> Scalar:
    offset = _span("now", arguments[0], scope) if arguments else timedelta(0)
    return constant("datetime", scope.now + offset)


def _ago(arguments: Sequence[Scalar], scope: Scope) -> Scalar:
    return constant("datetime", scope.now - _span("ago", arguments[0], scope))


def _span(function: str, argument: Scalar, scope: Scope) -> timedelta:
    if argument.type != "timespan" or not argument.constant or argument.value is None:
        raise scope.error(f"{function}(): argument #1 must be a constant timespan", "SEM0234")
    span: timedelta = argument.value
    return span


def _column_ifexists(arguments: Sequence[Scalar], scope: Scope) -> Scalar:
    name, otherwise = arguments
    if not name.constant or name.type != "string":
        raise scope.error("column_ifexists(): argument #1 must be a string literal", "SEM0234")
    return scope.column(name.value) if name.value in scope.columns else otherwise


def _choice(arguments: Sequence[Scalar], scope: Scope) -> Scalar:
    """condition, value, condition, value, …, otherwise."""
    if len(arguments) % 2 == 0:
        raise scope.error("case(): function expects odd number of arguments.", "SEM0219")
    conditions, results = arguments[:-1:2], [*arguments[1::2], arguments[-1]]
    for condition in conditions:
        operators.boolean(condition.type, scope)

    def at(row: Row) -> Any:
        for condition, result in zip(conditions, results, strict=False):
            if condition.at(row):
                return result.at(row)
        return results[-1].at(row)

    return Scalar(_common(results, scope), at, constant=all(a.constant for a in arguments))


def _coalesce(arguments: Sequence[Scalar], scope: Scope) -> Scalar:
    type = _common(arguments, scope)

    def at(row: Row) -> Any:
        found = (argument.at(row) for argument in arguments)
        return next((v for v in found if v is not None and v != ""), values.empty(type))

    return Scalar(type, at, constant=all(argument.constant for argument in arguments))


def _common(scalars: Sequence[Scalar], scope: Scope) -> str:
    types = [scalar.type for scalar in scalars]
    if len(set(types)) == 1:
        return types[0]
    if all(type in values.NUMERIC for type in types):
        return "real" if "real" in types else "long"
    raise scope.error(f"all values must be of one type, not {', '.join(types)}", "SEM0226")


def _bin(arguments: Sequence[Scalar], scope: Scope) -> Scalar:
    value, step = arguments
    timed = value.type in ("datetime", "timespan")
    if timed != (step.type == "timespan") or not (timed or value.type in values.NUMERIC):
        raise scope.error(f"bin(): cannot round {value.type} by {step.type}", "SEM0234")

    def at(row: Row) -> Any:
        number, size = value.at(row), step.at(row)
        return None if number is None or size is None else floor(number, size)

    return Scalar(value.type, at, value.name)


_Special = Callable[[Sequence[Scalar], Scope], Scalar]
_SPECIAL: dict[str, tuple[tuple[int, int], _Special]] = {
    "now": ((0, 1), _now),
    "ago": ((1, 1), _ago),
    "column_ifexists": ((2, 2), _column_ifexists),
    "iff": ((3, 3), _choice),
    "iif": ((3, 3), _choice),
    "case": ((3, 63), _choice),
    "coalesce": ((2, 64), _coalesce),
    "bin": ((2, 2), _bin),
    "floor": ((2, 2), _bin),
}
