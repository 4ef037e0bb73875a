"""
Scalar expressions: from a parse tree and the columns in sight to something that answers per row.

In:  a tree of the grammar and a Scope.
Out: a Scalar with its type; a semantic error for whatever the columns or types cannot mean, also
     when there is no row to try it on.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.simulator.kql import calls, literals, operators, values
from tests.simulator.kql.scalar import Node, Scalar, Scope, constant
from tests.simulator.kql.table import Row


def compile(node: Node, scope: Scope) -> Scalar:
    """The meaning of one expression. Raises KqlError."""
    handler = _HANDLERS.get(str(node.data))
    if handler is None:
        raise scope.error(f"'{node.data}' is not a scalar expression", "SEM0021")
    return handler(node.children, scope)


def _pipe(children: list[Any], scope: Scope) -> Scalar:
    if len(children) > 1:
        raise scope.error("a tabular expression stands where a scalar is expected", "SEM0021")
    return compile(children[0], scope)


def _literal(type: str, parse: Callable[[str], Any]) -> Callable[[list[Any], Scope], Scalar]:
    def handler(children: list[Any], scope: Scope) -> Scalar:
        try:
            return constant(type, parse(str(children[0])))
        except (ValueError, OverflowError) as error:
            raise scope.error(f"Failed to parse {type} literal: {error}", "SEM0002") from None

    return handler


def _number(children: list[Any], scope: Scope) -> Scalar:
    value = literals.number(str(children[0]))
    return constant("real" if isinstance(value, float) else "long", value)


def _typed_null(children: list[Any], scope: Scope) -> Scalar:
    type = values.type_named(str(children[0]).partition("(")[0]) or "dynamic"
    return constant(type, values.empty(type))


def _json(node: Any) -> Any:
    """What the inside of dynamic(…) says."""
    kind, children = str(node.data), node.children
    if kind == "json_object":
        return {literals.string(pair.children[0]): _json(pair.children[1]) for pair in children}
    if kind == "json_array":
        return [_json(child) for child in children]
    if kind in ("number", "negative"):
        value = literals.number(str(children[-1]))
        return -value if str(children[0]) == "-" else value
    if kind == "string":
        return literals.string(str(children[0]))
    return {"true": True, "false": False, "null": None}[kind]


def _access(source: Scalar, key: Scalar, scope: Scope) -> Scalar:
    """`a.b`, `a['b']`, `a[0]`."""
    if source.type != "dynamic":
        raise scope.error(
            f"Path expression source must be of type dynamic, not {source.type}", "SEM0015"
        )

    def at(row: Row) -> Any:
        holder, member = source.at(row), key.at(row)
        if isinstance(holder, dict) and isinstance(member, str):
            return holder.get(member)
        if isinstance(holder, list) and isinstance(member, int):
            return holder[member] if -len(holder) <= member < len(holder) else None
        return None

    named = source.name and key.constant
    return Scalar("dynamic", at, f"{source.name}_{key.value}" if named else "")


def _call(children: list[Any], scope: Scope) -> Scalar:
    name, arguments = str(children[0]), children[1:]
    if scope.aggregate is not None:
        made = scope.aggregate(name, arguments)
        if made is not None:
            return made
    if name == "toscalar" and len(arguments) == 1:
        result = scope.nested(arguments[0], scope)
        if isinstance(result, Scalar):
            return result
        value = result[0] if result else None
        return constant(values.type_of(value), value)
    calls.check(name, scope)
    return calls.call(name, [compile(argument, scope) for argument in arguments], scope)


def _member(children: list[Any], scope: Scope) -> Scalar:
    left, operator, *items = children
    groups = [scope.nested(item, scope) for item in items]
    return operators.member(compile(left, scope), str(operator), groups, scope)


def _compare(children: list[Any], scope: Scope) -> Scalar:
    left, operator, right = children
    return operators.compare(compile(left, scope), str(operator), compile(right, scope), scope)


def _between(children: list[Any], scope: Scope) -> Scalar:
    value, low, high = (compile(children[i], scope) for i in (0, 2, 3))
    if high.type == "timespan" and low.type == "datetime":
        high = operators.arithmetic(low, "+", high, scope)
    above = operators.compare(value, ">=", low, scope)
    below = operators.compare(value, "<=", high, scope)
    inside = operators.all_of([above, below], scope)
    return operators.negated(inside) if str(children[1]).startswith("!") else inside


def _arithmetic(children: list[Any], scope: Scope) -> Scalar:
    left, sign, right = children
    return operators.arithmetic(compile(left, scope), str(sign), compile(right, scope), scope)


def _signed(children: list[Any], scope: Scope) -> Scalar:
    value = compile(children[1], scope)
    zero = constant(value.type, timedelta(0) if value.type == "timespan" else 0)
    return operators.arithmetic(zero, str(children[0]), value, scope)


_HANDLERS: dict[str, Callable[[list[Any], Scope], Scalar]] = {
    "name": lambda c, scope: scope.column(str(c[0])),
    "quoted_name": lambda c, scope: scope.column(literals.string(str(c[0]))),
    "pipe": _pipe,
    "string": _literal("string", literals.string),
    "number": _number,
    "timespan": _literal("timespan", literals.amount),
    "datetime": _literal("datetime", literals.moment),
    "span": _literal("timespan", literals.span),
    "typed_null": _typed_null,
    "true": lambda _c, _scope: constant("bool", True),
    "false": lambda _c, _scope: constant("bool", False),
    "dynamic": lambda c, _scope: constant("dynamic", _json(c[0])),
    "member_access": lambda c, scope: _access(
        compile(c[0], scope), constant("string", str(c[1])), scope
    ),
    "element_access": lambda c, scope: _access(compile(c[0], scope), compile(c[1], scope), scope),
    "call": _call,
    "compare": _compare,
    "matches": lambda c, scope: operators.matches(
        compile(c[0], scope), compile(c[1], scope), scope
    ),
    "member": _member,
    "between": _between,
    "arithmetic": _arithmetic,
    "signed": _signed,
    "all_of": lambda c, scope: operators.all_of([compile(part, scope) for part in c], scope),
    "any_of": lambda c, scope: operators.any_of([compile(part, scope) for part in c], scope),
}
