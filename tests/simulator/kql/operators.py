"""
The operators between scalars: comparison, text, membership, arithmetic, logic.

In:  compiled operands. Out: a compiled result, or a semantic error when the types do not fit.
Null makes a comparison null, which a filter takes for false.
"""

from collections.abc import Callable, Sequence
from operator import add, ge, gt, le, lt, mod, mul, sub, truediv
from typing import Any

from tests.simulator.kql import text, values
from tests.simulator.kql.scalar import Scalar, Scope
from tests.simulator.kql.table import Row

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_TEXTUAL = ("string", "dynamic", "guid")


def compare(left: Scalar, operator: str, right: Scalar, scope: Scope) -> Scalar:
    """`==`, `<`, `=~`, `has`, `!contains_cs` and their like."""
    if operator in ("=~", "!~") or operator.strip("!")[0].isalpha():
        return _textual(left, operator, right, scope)
    _comparable(left.type, right.type, scope)
    if operator in _ORDER:
        return _binary(left, right, _ORDER[operator], "bool")
    equal = _apart(left, right, _equal)
    return equal if operator == "==" else negated(equal)


def _equal(a: Any, b: Any) -> bool | None:
    """Two nulls compare to null; a null and a value differ (Kusto documentation, "Null values")."""
    return None if a is None and b is None else bool(a == b)


def _apart(left: Scalar, right: Scalar, call: Callable[[Any, Any], bool | None]) -> Scalar:
    constant = left.constant and right.constant
    return Scalar("bool", lambda row: call(left.at(row), right.at(row)), constant=constant)


def _comparable(left: str, right: str, scope: Scope) -> None:
    numbers = left in values.NUMERIC and right in values.NUMERIC
    if left != right and not numbers and "dynamic" not in (left, right):
        raise scope.error(
            f"Cannot compare values of types {left} and {right}. Try adding explicit casts",
            "SEM0064",
        )


def _textual(left: Scalar, operator: str, right: Scalar, scope: Scope) -> Scalar:
    _text(left.type, operator, scope)
    negative, name = operator.startswith("!"), operator.lstrip("!")
    if name in ("=~", "~"):
        made = _apart(left, right, lambda a, b: _low(a) == _low(b))
    else:
        exact = name.endswith("_cs")
        test = text.OPERATORS[name.removesuffix("_cs")]
        spelled = values.text_of if exact else _low
        made = _apart(left, right, lambda a, b: test(spelled(a), spelled(b)))
    return negated(made) if negative else made


def _text(type: str, operator: str, scope: Scope) -> None:
    if type not in _TEXTUAL:
        raise scope.error(
            f"Operator '{operator}' cannot be applied to a value of type {type}", "SEM0025"
        )


def _low(value: Any) -> str:
    return values.text_of(value).lower()


def member(
    left: Scalar, operator: str, groups: Sequence[Scalar | list[Any]], scope: Scope
) -> Scalar:
    """`in`, `!in~`, `has_any`, `has_all`: groups are scalars, dynamic arrays or first columns."""
    name = operator.lstrip("!")
    if name != "in":
        _text(left.type, operator, scope)

    def wanted(row: Row) -> list[Any]:
        found: list[Any] = []
        for group in groups:
            value = group.at(row) if isinstance(group, Scalar) else group
            found.extend(value if isinstance(value, list) else [value])
        return found

    def at(row: Row) -> bool:
        value, items = left.at(row), wanted(row)
        if name == "in":
            return value in items
        low, lows = _low(value), [_low(item) for item in items]
        if name == "in~":
            return low in lows
        return (any if name == "has_any" else all)(text.has(low, item) for item in lows)

    made = Scalar("bool", at)
    return negated(made) if operator.startswith("!") else made


def matches(left: Scalar, pattern: Scalar, scope: Scope) -> Scalar:
    _text(left.type, "matches regex", scope)
    if not pattern.constant or pattern.type != "string":
        raise scope.error("matches regex: the pattern must be a constant string", "SEM0234")
    expression = text.regex(pattern.value)
    return Scalar("bool", lambda row: bool(expression.search(values.text_of(left.at(row)))))


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": truediv,
    "%": mod,
}


def arithmetic(left: Scalar, sign: str, right: Scalar, scope: Scope) -> Scalar:
    type = _result(left.type, sign, right.type)
    if type is None:
        raise scope.error(
            f"Arithmetic expression cannot be carried-out between {left.type} and {right.type}",
            "SEM0025",
        )
    whole = sign == "/" and type == "long"

    def at(a: Any, b: Any) -> Any:
        if sign in "/%" and not b:
            return None
        return int(a / b) if whole else _ARITHMETIC[sign](a, b)

    return _binary(left, right, at, type)


def _result(left: str, sign: str, right: str) -> str | None:
    if left in values.NUMERIC and right in values.NUMERIC:
        return "real" if "real" in (left, right) else "long"
    if left == right == "timespan":
        return {"/": "real"}.get(sign, "timespan" if sign in "+-%" else None)
    if (left, right) == ("datetime", "timespan") and sign in "+-":
        return "datetime"
    if left == right == "datetime" and sign == "-":
        return "timespan"
    if left == "timespan" and right in values.NUMERIC and sign in "*/":
        return "timespan"
    if right == "timespan" and left in values.NUMERIC and sign == "*":
        return "timespan"
    return None


def _binary(left: Scalar, right: Scalar, call: Callable[[Any, Any], Any], type: str) -> Scalar:
    def at(row: Row) -> Any:
        a, b = left.at(row), right.at(row)
        if a is None or b is None:
            return None
        try:
            return call(a, b)
        except (TypeError, OverflowError):  # a dynamic value of another kind
            return None

    return Scalar(type, at, constant=left.constant and right.constant)


def boolean(type: str, scope: Scope) -> None:
    if type not in ("bool", "dynamic"):
        raise scope.error(f"expression must be of type bool, not {type}", "SEM0021")


def all_of(parts: Sequence[Scalar], scope: Scope) -> Scalar:
    for part in parts:
        boolean(part.type, scope)
    return Scalar("bool", lambda row: all(part.at(row) for part in parts))


def any_of(parts: Sequence[Scalar], scope: Scope) -> Scalar:
    for part in parts:
        boolean(part.type, scope)
    return Scalar("bool", lambda row: any(part.at(row) for part in parts))


def negated(scalar: Scalar) -> Scalar:
    """Not; null stays null."""

    def at(row: Row) -> bool | None:
        value = scalar.at(row)
        return None if value is None else not value

    return Scalar("bool", at, constant=scalar.constant)
