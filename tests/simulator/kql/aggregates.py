"""
Aggregate functions of summarize: many rows in, one value out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulator.kql import values
from tests.simulator.kql.scalar import Scalar
from tests.simulator.kql.table import Row

Rows = Sequence[Row]


@dataclass(frozen=True)
class Aggregate:
    """`takes`: fewest and most arguments. `gives` None means the type of the first argument.
    `name`: how Kusto calls an unnamed result, {} standing for the column. `of`: the types the first
    argument may have."""

    takes: tuple[int, int]
    gives: str | None
    name: str
    over: Callable[[Rows, Sequence[Scalar]], Any]
    of: frozenset[str] = values.TYPES


_NUMBERS = frozenset((*values.NUMERIC, "timespan"))
#: What can be put in order.
RANKED = values.TYPES - {"dynamic"}


def _present(rows: Rows, scalar: Scalar) -> list[Any]:
    found = (scalar.at(row) for row in rows)
    return [value for value in found if value is not None and value != ""]


def _numbers(rows: Rows, scalar: Scalar) -> list[Any]:
    return [value for value in (scalar.at(row) for row in rows) if value is not None]


def _extreme(pick: Callable[..., Any]) -> Callable[[Rows, Sequence[Scalar]], Any]:
    return lambda rows, a: pick(_numbers(rows, a[0]), default=None)


def _unique(found: list[Any]) -> list[Any]:
    """In order of first sight; dynamic values compared by their text."""
    return list({values.text_of(value) + values.type_of(value): value for value in found}.values())


def _list(rows: Rows, arguments: Sequence[Scalar], *, unique: bool) -> list[Any]:
    found = _present(rows, arguments[0])
    found = _unique(found) if unique else found
    found = [values.wire(v) if not isinstance(v, dict | list) else v for v in found]
    return found[: arguments[1].value] if len(arguments) > 1 else found


def _any(rows: Rows, arguments: Sequence[Scalar]) -> Any:
    return arguments[0].at(rows[0]) if rows else values.empty(arguments[0].type)


def _sum(rows: Rows, arguments: Sequence[Scalar]) -> Any:
    found = _numbers(rows, arguments[0])
    return sum(found[1:], found[0]) if found else None


def _average(rows: Rows, arguments: Sequence[Scalar]) -> float | None:
    found = _numbers(rows, arguments[0])
    return sum(found) / len(found) if found else None


AGGREGATES: dict[str, Aggregate] = {
    "count": Aggregate((0, 0), "long", "count_", lambda rows, _: len(rows)),
    "countif": Aggregate(
        (1, 1),
        "long",
        "countif_",
        lambda rows, a: sum(1 for row in rows if a[0].at(row)),
        frozenset({"bool"}),
    ),
    "dcount": Aggregate(
        (1, 2), "long", "dcount_{}", lambda rows, a: len(_unique(_present(rows, a[0])))
    ),
    "min": Aggregate((1, 1), None, "min_{}", _extreme(min), RANKED),
    "max": Aggregate((1, 1), None, "max_{}", _extreme(max), RANKED),
    "sum": Aggregate((1, 1), None, "sum_{}", _sum, _NUMBERS),
    "avg": Aggregate((1, 1), "real", "avg_{}", _average, frozenset(values.NUMERIC)),
    "take_any": Aggregate((1, 1), None, "{}", _any),
    "any": Aggregate((1, 1), None, "any_{}", _any),
    "make_set": Aggregate((1, 2), "dynamic", "set_{}", lambda rows, a: _list(rows, a, unique=True)),
    "make_list": Aggregate(
        (1, 2), "dynamic", "list_{}", lambda rows, a: _list(rows, a, unique=False)
    ),
}
#: These answer with whole rows: `arg_max(TimeGenerated, *)`.
ROW_AGGREGATES = frozenset({"arg_max", "arg_min", "take_any", "any"})
