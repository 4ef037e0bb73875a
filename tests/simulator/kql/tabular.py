"""
The tabular operators but summarize, union, join: a table in, a table out.

Each is compiled against the columns it gets, so an unknown column is refused even over no rows.
"""

import re
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from tests.simulator.kql import literals, values
from tests.simulator.kql.expressions import compile
from tests.simulator.kql.naming import Names, parts
from tests.simulator.kql.operators import boolean
from tests.simulator.kql.scalar import Node, Scalar, Scope
from tests.simulator.kql.table import Row, Table


def where(table: Table, children: list[Any], scope: Scope) -> Table:
    condition = compile(children[0], scope)
    boolean(condition.type, scope)
    return Table(table.columns, [row for row in table.rows if condition.at(row)], table.name)


def extend(table: Table, children: list[Any], scope: Scope) -> Table:
    added = _named(children[0].children, scope, taken=list(table.columns))
    columns = {**table.columns, **{name: scalar.type for name, scalar in added.items()}}
    rows = [{**row, **{n: scalar.at(row) for n, scalar in added.items()}} for row in table.rows]
    return Table(columns, rows)


def project(table: Table, children: list[Any], scope: Scope) -> Table:
    kept = _named(children[0].children, scope, taken=[])
    rows = [{name: scalar.at(row) for name, scalar in kept.items()} for row in table.rows]
    return Table({name: scalar.type for name, scalar in kept.items()}, rows)


def _named(items: list[Node], scope: Scope, *, taken: list[str]) -> dict[str, Scalar]:
    """Columns by name. One that names itself replaces a column; a made-up name avoids `taken`."""
    names, made = Names(), {}
    for item in items:
        name, expression = parts(item)
        scalar = compile(expression, scope)
        chosen = name or scalar.name
        if not chosen:
            names.used.extend(taken)
        if name and name in made:
            raise scope.error(f"A column named '{name}' is defined twice", "SEM0042")
        made[name or names.take(chosen)] = scalar
    return made


def project_away(table: Table, children: list[Any], scope: Scope) -> Table:
    gone = _matching(table, children[0].children, scope)
    return _only(table, [column for column in table.columns if column not in gone])


def project_keep(table: Table, children: list[Any], scope: Scope) -> Table:
    kept = _matching(table, children[0].children, scope)
    return _only(table, [column for column in table.columns if column in kept])


def _matching(table: Table, patterns: list[Node], scope: Scope) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        tokens = [str(token) for token in pattern.children]
        if tokens[-1] == "*":
            start = "" if len(tokens) == 1 else tokens[0]
            found |= {column for column in table.columns if column.startswith(start)}
        elif tokens[0] in table.columns:
            found.add(tokens[0])
        else:
            raise scope.error(f"Failed to resolve column named '{tokens[0]}'")
    return found


def _only(table: Table, columns: list[str]) -> Table:
    rows = [{column: row[column] for column in columns} for row in table.rows]
    return Table({column: table.columns[column] for column in columns}, rows)


def project_rename(table: Table, children: list[Any], scope: Scope) -> Table:
    renamed = {}
    for pair in children:
        new, old = map(str, pair.children)
        if old not in table.columns:
            raise scope.error(f"Failed to resolve column named '{old}'")
        renamed[old] = new
    names = {column: renamed.get(column, column) for column in table.columns}
    rows = [{names[column]: value for column, value in row.items()} for row in table.rows]
    return Table({names[column]: type for column, type in table.columns.items()}, rows)


def take(table: Table, children: list[Any], scope: Scope) -> Table:
    return Table(table.columns, table.rows[: _whole(children[0], scope)], table.name)


def _whole(node: Node, scope: Scope) -> int:
    number = compile(node, scope)
    if number.type not in ("int", "long") or not number.constant:
        raise scope.error("the number of rows must be a constant whole number", "SEM0234")
    if number.value < 0:
        raise scope.error("the number of rows must not be negative", "SEM0234")
    return int(number.value)


def top(table: Table, children: list[Any], scope: Scope) -> Table:
    ordered = order(table, children[1:], scope)
    return Table(ordered.columns, ordered.rows[: _whole(children[0], scope)])


def order(table: Table, children: list[Any], scope: Scope) -> Table:
    keys = [_ordering(child, scope) for child in children]

    def compare(a: tuple[Any, ...], b: tuple[Any, ...]) -> int:
        for (_, ascending, nulls_first), x, y in zip(keys, a[0], b[0], strict=True):
            if x is None or y is None:
                if (x is None) != (y is None):
                    return -1 if (x is None) == nulls_first else 1
            elif x != y:
                return -1 if (x < y) == ascending else 1
        return 0

    ranked = [(tuple(scalar.at(row) for scalar, _, _ in keys), row) for row in table.rows]
    ranked.sort(key=cmp_to_key(compare))
    return Table(table.columns, [row for _, row in ranked])


def _ordering(node: Node, scope: Scope) -> tuple[Scalar, bool, bool]:
    """What to order by; ascending? (no, unless said); nulls first? (as ascending, unless said)."""
    content: list[Any] = node.children
    expression, *words = content
    scalar = compile(expression, scope)
    if scalar.type == "dynamic":
        raise scope.error(
            "order operator: key can't be of dynamic type, use an explicit cast", "SEM0024"
        )
    said = [str(word) for word in words]
    ascending = "asc" in said
    nulls_first = "first" in said or (ascending and "last" not in said)
    return scalar, ascending, nulls_first


def distinct(table: Table, children: list[Any], scope: Scope) -> Table:
    if str(getattr(children[0], "data", "")) == "named_list":
        table = project(table, children, scope)
    unique: dict[tuple[str, ...], Row] = {}
    for row in table.rows:
        unique.setdefault(tuple(f"{values.text_of(v)}\0{v is None}" for v in row.values()), row)
    return Table(table.columns, list(unique.values()))


def count(table: Table, children: list[Any], scope: Scope) -> Table:
    return Table({"Count": "long"}, [{"Count": len(table.rows)}])


def parse(table: Table, children: list[Any], scope: Scope) -> Table:
    """The simple form: literal texts, columns between them, * for anything."""
    source, *pieces = children
    scalar = compile(source, scope)
    pattern, columns = "", {}
    for piece in pieces:
        kind, content = str(piece.data), piece.children
        if kind == "parse_text":
            pattern += re.escape(literals.string(str(content[0])))
        elif kind == "parse_skip":
            pattern += ".*?"
        else:
            type = values.type_named(str(content[1])) if len(content) > 1 else "string"
            if type is None:
                raise scope.error(f"Unknown type '{content[1]}'", "SEM0002")
            columns[str(content[0])] = type
            pattern += "(.*?)"
    expression = re.compile(pattern, re.DOTALL)

    def parsed(row: Row) -> Row:
        match = expression.fullmatch(values.text_of(scalar.at(row)))
        found = match.groups() if match else [values.empty(type) for type in columns.values()]
        pairs = zip(columns.items(), found, strict=True)
        return {**row, **{name: values.convert(value, type) for (name, type), value in pairs}}

    return Table({**table.columns, **columns}, [parsed(row) for row in table.rows])


def mv_expand(table: Table, children: list[Any], scope: Scope) -> Table:
    """One dynamic array (or bag) to a row each; an empty one leaves no row."""
    if len(children) != 1:
        raise scope.error("only one column can be expanded here", "SEM0001")
    named, expression, type = _expanded(children[0].children, scope)
    scalar = compile(expression, scope)
    if scalar.type != "dynamic":
        raise scope.error(f"expanded expression must be dynamic, not {scalar.type}", "SEM0234")
    name = named or scalar.name or "Column1"
    rows = [
        {**row, name: values.convert(item, type)}
        for row in table.rows
        for item in _items(scalar.at(row))
    ]
    return Table({**table.columns, name: type}, rows)


def _expanded(content: list[Any], scope: Scope) -> tuple[str, Node, str]:
    words = [item for item in content if not hasattr(item, "data")]
    expression = next(item for item in content if hasattr(item, "data"))
    named = str(content[0]) if content[0] is not expression else ""
    type = values.type_named(str(words[-1])) if content[-1] is not expression else "dynamic"
    if type is None:
        raise scope.error(f"Unknown type '{words[-1]}'", "SEM0002")
    return named, expression, type


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [{key: item} for key, item in value.items()] if isinstance(value, dict) else [value]


Operator = Callable[[Table, list[Any], Scope], Table]
OPERATORS: dict[str, Operator] = {
    "where": where,
    "extend": extend,
    "project": project,
    "project_away": project_away,
    "project_keep": project_keep,
    "project_rename": project_rename,
    "take": take,
    "top": top,
    "order": order,
    "distinct": distinct,
    "count": count,
    "parse": parse,
    "mv_expand": mv_expand,
}
