"""
The summarize operator: groups, aggregate functions, and the ones that answer with whole rows.

In:  a table and the two lists of the clause.
Out: one row per group; without `by` exactly one row, also over nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.simulator.kql import aggregates, values
from tests.simulator.kql.expressions import compile
from tests.simulator.kql.naming import Names, parts
from tests.simulator.kql.scalar import Node, Scalar, Scope
from tests.simulator.kql.table import Row, Table

#: Computes some columns of the result row of one group.
_Compute = Callable[[list[Row]], Row]


@dataclass
class _Result:
    """The columns of the result, and what fills them."""

    columns: dict[str, str] = field(default_factory=dict)
    computes: list[_Compute] = field(default_factory=list)


def summarize(table: Table, wanted: list[Node], keys: list[Node], scope: Scope) -> Table:
    names, result = Names(), _Result()
    groupers = _groupers(keys, scope, names, result)
    for item in wanted:
        name, expression = parts(item)
        if _answers_with_rows(expression):
            _rows_of(name, expression, table, scope, result, set(names.used))
        else:
            _value_of(name, expression, scope, names, result)
    groups = _groups(table, groupers)
    rows = [
        {**key, **{c: v for compute in result.computes for c, v in compute(rows).items()}}
        for key, rows in groups
    ]
    return Table(result.columns, rows)


def _groupers(keys: list[Node], scope: Scope, names: Names, result: _Result) -> dict[str, Scalar]:
    groupers: dict[str, Scalar] = {}
    for item in keys:
        name, expression = parts(item)
        scalar = compile(expression, scope)
        if scalar.type == "dynamic":
            raise scope.error(
                f"Summarize group key '{scalar.name or name}' is of a 'dynamic' type. Please use "
                "an explicit cast as grouping by a 'dynamic' type is not supported.",
                "SEM0024",
            )
        chosen = names.take(name or scalar.name)
        groupers[chosen] = scalar
        result.columns[chosen] = scalar.type
    return groupers


def _groups(table: Table, groupers: dict[str, Scalar]) -> list[tuple[Row, list[Row]]]:
    if not groupers:
        return [({}, table.rows)]
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in table.rows:
        key = tuple(scalar.at(row) for scalar in groupers.values())
        found.setdefault(key, []).append(row)
    return [(dict(zip(groupers, key, strict=True)), rows) for key, rows in found.items()]


def _value_of(name: str, expression: Node, scope: Scope, names: Names, result: _Result) -> None:
    """A column from an expression over aggregate calls, such as `max(a) - min(a)`."""
    calls: list[Callable[[list[Row]], Any]] = []
    suggested: list[str] = []

    def aggregate(function: str, arguments: list[Node]) -> Scalar | None:
        known = aggregates.AGGREGATES.get(function)
        if known is None:
            return None
        scalars = [compile(argument, replace(scope, aggregate=None)) for argument in arguments]
        if not known.takes[0] <= len(scalars) <= known.takes[1]:
            raise scope.error(f"{function}(): wrong number of arguments", "SEM0219")
        if scalars and scalars[0].type not in known.of:
            raise scope.error(f"{function}(): argument #1 has wrong type", "SEM0234")
        slot = len(calls)
        calls.append(lambda rows: known.over(rows, scalars))
        suggested.append(known.name.format(scalars[0].name if scalars else ""))
        type = known.gives or scalars[0].type
        return Scalar(type, lambda row: row[f"\0{slot}"])

    grouped = replace(scope, columns={}, aggregate=aggregate)
    scalar = compile(expression, grouped)
    direct = str(expression.data) == "call" and len(calls) == 1
    chosen = names.take(name or (suggested[0] if direct else ""))
    result.columns[chosen] = scalar.type
    result.computes.append(
        lambda rows: {chosen: scalar.at({f"\0{i}": call(rows) for i, call in enumerate(calls)})}
    )


def _answers_with_rows(expression: Node) -> bool:
    if str(expression.data) != "call":
        return False
    function, *arguments = expression.children
    if str(function) in ("arg_max", "arg_min"):
        return True
    several = len(arguments) > 1 or any(_is_star(argument) for argument in arguments)
    return str(function) in aggregates.ROW_AGGREGATES and several


def _is_star(node: Any) -> bool:
    return str(getattr(node, "data", "")) == "star"


def _rows_of(
    name: str, expression: Node, table: Table, scope: Scope, result: _Result, keys: set[str]
) -> None:
    """arg_max(x, *), arg_min(x, a, b), take_any(*): columns of one row of the group."""
    content: list[Any] = expression.children
    function, *arguments = content
    ranked = str(function).startswith("arg_")
    if ranked and not arguments:
        raise scope.error(f"{function}(): function expects at least 1 argument.", "SEM0219")
    by = compile(arguments[0], scope) if ranked else None
    if by is not None and by.type not in aggregates.RANKED:
        raise scope.error(f"{function}(): argument #1 has wrong type", "SEM0234")
    columns: dict[str, Scalar] = {}
    if by is not None:
        columns[name or by.name or f"{function}_"] = by
    for argument in arguments[1:] if ranked else arguments:
        if _is_star(argument):
            columns |= {c: scope.column(c) for c in table.columns if c not in {*keys, *columns}}
        else:
            scalar = compile(argument, scope)
            columns[scalar.name or f"{function}_"] = scalar
    pick = max if str(function) == "arg_max" else min

    def compute(rows: list[Row]) -> Row:
        candidates = [row for row in rows if by is None or by.at(row) is not None] or rows
        if not candidates:
            return {c: values.empty(scalar.type) for c, scalar in columns.items()}
        best = candidates[0]
        if by is not None and by.at(best) is not None:
            best = pick(candidates, key=by.at)
        return {c: scalar.at(best) for c, scalar in columns.items()}

    result.columns |= {c: scalar.type for c, scalar in columns.items()}
    result.computes.append(compute)
