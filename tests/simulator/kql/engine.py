"""
The engine: a query, the tables there are, and the clock; out comes a table.

In:  query text, a function that finds a table by name (None when there is none), now in UTC.
Out: the Table of the last statement; KqlError for a query this simulator or Kusto refuses.

A `let` that is a table is evaluated where it is used, as Kusto does; its columns are checked then.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from tests.simulator.kql import combine, tabular, values
from tests.simulator.kql.errors import KqlError, UnknownTable, semantic, syntax
from tests.simulator.kql.expressions import compile
from tests.simulator.kql.naming import parts
from tests.simulator.kql.scalar import Node, Scalar, Scope
from tests.simulator.kql.summarize import summarize
from tests.simulator.kql.table import Table

Find = Callable[[str], Table | None]


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=False, propagate_positions=True)


def parse(text: str) -> Node:
    """The syntax tree. Raises KqlError as Log Analytics words it."""
    try:
        return _parser().parse(text)
    except UnexpectedToken as error:
        token = "" if error.token.type == "$END" else str(error.token)
        raise syntax(token or "<EOF>", max(error.line, 1), max(error.column, 0)) from None
    except UnexpectedCharacters as error:
        raise syntax(text[error.pos_in_stream or 0], error.line, error.column) from None
    except UnexpectedInput:
        raise syntax("<EOF>", 1, 0) from None


def run(text: str, find: Find, now: datetime) -> Table:
    """Evaluate a query."""
    try:
        return _Run(find, now).statements(parse(text))
    except RecursionError:
        raise syntax("query nested too deeply", 1, 0) from None


class _Run:
    """One evaluation: the `let` names so far."""

    def __init__(self, find: Find, now: datetime) -> None:
        self._find, self._now = find, now
        self._scalars: dict[str, Scalar] = {}
        self._tables: dict[str, Node] = {}

    def statements(self, tree: Node) -> Table:
        result: Table | None = None
        for statement in tree.children:
            assert not isinstance(statement, Token)
            if str(statement.data) == "let":
                self._let(str(statement.children[0]), statement.children[1])
            else:
                result = self._query(statement)
        if result is None:
            raise semantic("No tabular statement found in the query", "SEM0003")
        return result

    def _let(self, name: str, pipe: Any) -> None:
        if name in self._scalars or name in self._tables:
            raise semantic(f"A variable named '{name}' is already declared", "SEM0042")
        if self._is_table(pipe):
            self._tables[name] = pipe
        else:
            self._scalars[name] = compile(pipe, self._scope("let", {}))

    def _query(self, pipe: Node) -> Table:
        if not self._is_table(pipe):
            compile(pipe, self._scope("", {}))
            raise semantic(
                "Top-level expressions must return tabular results. (Hint: If you're trying to "
                "output a scalar value, use the 'print' operator.)",
                "SEM0003",
            )
        return self._pipe(pipe)

    def _is_table(self, pipe: Node) -> bool:
        source: Any = pipe.children[0]
        kind = str(source.data)
        if len(pipe.children) > 1 or kind in _SOURCES:
            return True
        if kind == "pipe":
            return self._is_table(source)
        return kind == "name" and str(source.children[0]) not in self._scalars

    def _pipe(self, pipe: Node) -> Table:
        source, *steps = pipe.children
        first = str(steps[0].data).replace("_", "-") if steps else ""  # type: ignore[union-attr]
        table = self._source(source, first)
        for step in steps:
            table = self._step(table, step)
        return table

    def _source(self, node: Any, operator: str) -> Table:
        kind = str(node.data)
        if kind == "pipe":
            return self._pipe(node)
        if kind in _SOURCES:
            return _SOURCES[kind](self, node)
        if kind != "name":
            compile(node, self._scope(operator, {}))
            raise semantic("the source of a query must be a table", "SEM0021")
        name = str(node.children[0])
        if name in self._tables:
            return self._pipe(self._tables[name])
        table = self._find(name)
        if table is None:
            where = f"'{operator}' operator: " if operator else ""
            raise UnknownTable(
                "SemanticError",
                "SEM0100",
                f"{where}Failed to resolve table or column expression named '{name}'",
            )
        return table

    def _step(self, table: Table, step: Any) -> Table:
        name = str(step.data)
        scope = self._scope(name.replace("_", "-"), table.columns)
        if name in tabular.OPERATORS:
            return tabular.OPERATORS[name](table, step.children, scope)
        if name == "summarize":
            return summarize(table, *_clauses(step), scope)
        if name == "join":
            return self._join(table, step, scope)
        options, legs = _options(step)
        return combine.union([table, *self._legs(legs, options)], options)

    def _legs(self, legs: list[Any], options: dict[str, str]) -> list[Table]:
        """The tables of a union; with isfuzzy, those of them that are there."""
        fuzzy, found, missing = options.get("isfuzzy") == "true", [], None
        for leg in legs:
            try:
                found.append(self._source(leg, "union"))
            except UnknownTable as error:
                if not fuzzy:
                    raise
                missing = error
        if not found and missing is not None:
            raise missing
        return found

    def _join(self, table: Table, step: Any, scope: Scope) -> Table:
        clauses = [child for child in step.children if str(child.data).startswith("on_")]
        rest = [child for child in step.children if child not in clauses]
        options = {str(child.children[0]): str(child.children[1]) for child in rest[:-1]}
        return combine.join(table, self._source(rest[-1], "join"), options, clauses, scope)

    def _union(self, node: Any) -> Table:
        options, legs = _options(node)
        return combine.union(self._legs(legs, options), options)

    def _print(self, node: Any) -> Table:
        one = Table({}, [{}])
        scope = self._scope("print", {})
        named = tabular.project(one, node.children, scope)
        given = [parts(item)[0] for item in node.children[0].children]
        names = [name or f"print_{i}" for i, name in enumerate(given)]
        cells = list(zip(names, named.columns.values(), named.rows[0].values(), strict=True))
        return Table({n: type for n, type, _ in cells}, [{n: value for n, _, value in cells}])

    def _datatable(self, node: Any) -> Table:
        columns, cells = {}, []
        scope = self._scope("datatable", {})
        for child in node.children:
            if str(child.data) == "declared":
                name, type = map(str, child.children)
                columns[name] = values.type_named(type)
                if columns[name] is None:
                    raise semantic(f"datatable: unknown type '{type}'", "SEM0002")
            else:
                cells = [compile(cell, scope).value for cell in child.children]
        width = len(columns)
        if len(cells) % width:
            raise semantic("datatable: the values do not fill whole rows", "SEM0001")
        starts = range(0, len(cells), width)
        rows = [dict(zip(columns, cells[i : i + width], strict=True)) for i in starts]
        return Table.of({n: str(type) for n, type in columns.items()}, rows)

    def _range(self, node: Any) -> Table:
        name, *bounds = node.children
        scope = self._scope("range", {})
        start, stop, step = (compile(bound, scope) for bound in bounds)
        rows: list[dict[str, Any]] = []
        value = start.value
        while value <= stop.value and len(rows) < 100_000 and step.value:
            rows.append({str(name): value})
            value = value + step.value
        return Table({str(name): start.type}, rows)

    def _nested(self, pipe: Node, scope: Scope) -> "list[Any] | Scalar":
        is_pipe = str(pipe.data) == "pipe"
        lone = is_pipe and len(pipe.children) == 1
        if not is_pipe or (lone and not self._lone_table(pipe, scope)):
            return compile(pipe, scope)
        table = self._pipe(pipe)
        first = next(iter(table.columns))
        return [row[first] for row in table.rows]

    def _lone_table(self, pipe: Node, scope: Scope) -> bool:
        source: Any = pipe.children[0]
        if str(source.data) == "name" and str(source.children[0]) in scope.columns:
            return False
        return self._is_table(pipe)

    def _scope(self, operator: str, columns: dict[str, str]) -> Scope:
        return Scope(operator, columns, self._scalars, self._now, self._nested)


_SOURCES: dict[str, Callable[[_Run, Any], Table]] = {
    "union": _Run._union,
    "print": _Run._print,
    "datatable": _Run._datatable,
    "range": _Run._range,
}


def _options(node: Any) -> tuple[dict[str, str], list[Any]]:
    """The name=value pairs before the tables, and the tables."""
    pairs = [child for child in node.children if str(child.data) == "option"]
    legs = [child for child in node.children if str(child.data) != "option"]
    return {str(p.children[0]): str(p.children[1]) for p in pairs}, legs


def _clauses(step: Any) -> tuple[list[Any], list[Any]]:
    """What summarize wants, and by what: told apart by the word between them."""
    wanted: list[Any] = []
    keys: list[Any] = []
    for child in step.children:
        if str(child.data) == "keys":
            keys = child.children[0].children
        else:
            wanted = child.children
    return wanted, keys


__all__ = ["KqlError", "parse", "run"]
