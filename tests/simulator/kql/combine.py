"""
Several tables into one: union and join.
"""

from typing import Any

from tests.simulator.kql import values
from tests.simulator.kql.errors import semantic
from tests.simulator.kql.scalar import Scope
from tests.simulator.kql.table import Row, Table


def union(tables: list[Table], options: dict[str, str]) -> Table:
    """All rows of all tables. A column that comes with two types is split into `name_type`."""
    unknown = set(options) - {"isfuzzy", "withsource", "kind"}
    if unknown:
        raise semantic(f"'union' operator: unknown option '{min(unknown)}'", "SEM0001")
    types: dict[str, list[str]] = {}
    for table in tables:
        for column, type in table.columns.items():
            if type not in types.setdefault(column, []):
                types[column].append(type)
    columns: dict[str, str] = {}
    source = options.get("withsource")
    if source:
        columns[source] = "string"
    for column, kinds in types.items():
        inner = options.get("kind") == "inner"
        if inner and not all(column in table.columns for table in tables):
            continue
        columns |= {_name(column, type, kinds): type for type in kinds}
    rows: list[Row] = []
    for number, table in enumerate(tables):
        renamed = {c: _name(c, type, types[c]) for c, type in table.columns.items()}
        blank = {c: values.empty(type) for c, type in columns.items()}
        if source:
            blank[source] = table.name or f"union_arg{number}"
        for row in table.rows:
            named = {renamed[c]: value for c, value in row.items()}
            rows.append({**blank, **{c: v for c, v in named.items() if c in columns}})
    return Table(columns, rows)


def _name(column: str, type: str, kinds: list[str]) -> str:
    return column if len(kinds) == 1 else f"{column}_{type}"


def join(
    left: Table, right: Table, options: dict[str, str], clauses: list[Any], scope: Scope
) -> Table:
    """kind=inner and kind=leftouter, as Resource Graph allows (Resource Graph documentation)."""
    kind = options.get("kind", "innerunique")
    if set(options) - {"kind"} or kind not in ("inner", "leftouter", "innerunique"):
        raise scope.error(f"join kind '{kind}' is not supported", "SEM0001")
    pairs = [_pair(clause) for clause in clauses]
    for a, b in pairs:
        for column, table in ((a, left), (b, right)):
            if column not in table.columns:
                raise scope.error(f"Failed to resolve column named '{column}'")
            if table.columns[column] == "dynamic":
                raise scope.error(f"join key '{column}' is of a 'dynamic' type", "SEM0024")
    renamed = _right_names(left, right)
    columns = {**left.columns, **{renamed[c]: type for c, type in right.columns.items()}}
    index: dict[tuple[Any, ...], list[Row]] = {}
    for row in right.rows:
        index.setdefault(tuple(row[b] for _, b in pairs), []).append(row)
    blank = {c: values.empty(type) for c, type in right.columns.items()}
    seen: set[tuple[Any, ...]] = set()
    rows: list[Row] = []
    for row in left.rows:
        key = tuple(row[a] for a, _ in pairs)
        if kind == "innerunique" and key in seen:
            continue
        seen.add(key)
        matches = index.get(key, [blank] if kind == "leftouter" else [])
        rows += [{**row, **{renamed[c]: v for c, v in match.items()}} for match in matches]
    return Table(columns, rows)


def _pair(clause: Any) -> tuple[str, str]:
    names = [str(token) for token in clause.children]
    return names[0], names[-1]


def _right_names(left: Table, right: Table) -> dict[str, str]:
    """A right column whose name is taken gets a number: `name1`."""
    taken, renamed = set(left.columns), {}
    for column in right.columns:
        name, number = column, 0
        while name in taken:
            number += 1
            name = f"{column}{number}"
        taken.add(name)
        renamed[column] = name
    return renamed
