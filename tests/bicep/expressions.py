"""
What a Bicep expression is worth.

In:  a node of the syntax tree, and a scope that knows every name.
Out: a Python value: text, number, list, dict, a callable for a lambda; `Later` for what only Azure
     can say.

Operators bind as "Bicep operators" (Microsoft Learn) says, not as the grammar groups them.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tests.bicep.syntax import BicepError, Node, text

Names = Mapping[str, Callable[[], Any]]

_GROUPED = frozenset(
    {
        *("binary_expression", "ternary_expression", "member_expression", "subscript_expression"),
        *("call_expression", "arguments", "lambda_expression", "unary_expression"),
        *("parenthesized_expression", "resource_expression", "nullable_return_value"),
    }
)
_BINDS = {"??": 1, "||": 2, "&&": 3, "==": 4, "!=": 4, ">": 5, "<": 5, ">=": 5, "<=": 5, "+": 6}
_WORKS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "+": operator.add,
    "&&": lambda _, right: bool(right),
    "||": lambda _, right: bool(right),
    "??": lambda _, right: right,
}
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\'": "'", "\\\\": "\\", "\\$": "$"}


class Later(str):
    """What only the deployment itself would know; the text says what it is."""


def evaluate(node: Node, names: Names) -> Any:
    """The value of an expression. Raises BicepError for what no deployment could evaluate."""
    reader = _Reader(node, names)
    value = reader.ternary()
    reader.end()
    return value


def members(node: Node) -> Iterator[tuple[Node, Node]]:
    """Keys and values of an object, child resources left out."""
    for one in node.named_children:
        if one.type == "object_property":
            key, *rest = [child for child in one.named_children if child.type != "comment"]
            if key.type not in ("resource_declaration", "decorators"):
                yield key, rest[-1] if rest else key


class _Reader:
    """Reads the tokens of one expression from left to right."""

    def __init__(self, node: Node, names: Names, tokens: list[Node] | None = None) -> None:
        self.node, self.names = node, names
        self.tokens = list(_tokens(node)) if tokens is None else tokens
        self.place = 0
        self.idle = 0  # above zero: read on, but evaluate nothing

    @property
    def next(self) -> str:
        """The kind of the next token; empty at the end."""
        return self.tokens[self.place].type if self.place < len(self.tokens) else ""

    def comes(self, kind: str) -> bool:
        return self.next == kind

    def take(self, kind: str = "") -> Node:
        if self.place >= len(self.tokens) or (kind and self.next != kind):
            raise self.wrong(f"expected {kind or 'more'}")
        self.place += 1
        return self.tokens[self.place - 1]

    def end(self) -> None:
        if self.place < len(self.tokens):
            raise self.wrong(f"did not expect {self.next}")

    def wrong(self, why: str) -> BicepError:
        return BicepError(f"line {self.node.start_point[0] + 1}: {why}: {text(self.node)[:70]!r}")

    def ternary(self) -> Any:
        value = self.binary(0)
        if self.next != "?":
            return value
        self.take()
        yes = self.unless(not value, self.ternary)
        self.take(":")
        no = self.unless(bool(value), self.ternary)
        return yes if value else no

    def unless(self, idle: bool, read: Callable[[], Any]) -> Any:
        self.idle += idle
        try:
            return read()
        finally:
            self.idle -= idle

    def binary(self, least: int) -> Any:
        left = self.unary()
        while (binds := _BINDS.get(self.next, 0)) > least:
            sign = self.take().type
            decided = {"&&": not left, "||": bool(left), "??": left is not None}.get(sign, False)
            right = self.unless(decided, partial(self.binary, binds))
            left = left if decided or self.idle else _WORKS[sign](left, right)
        return left

    def unary(self) -> Any:
        if self.next == "!":
            self.take()
            return not self.unary()
        return self.postfix(self.primary())

    def postfix(self, value: Any) -> Any:
        while True:
            match self.next:
                case "." | ".?" | "::":
                    sign = self.take().type
                    name = text(self.take())
                    if self.comes("("):
                        value = self.method(value, name)
                    else:
                        value = self.read(value, name, missing_ok=sign == ".?")
                case "[":
                    self.take()
                    missing_ok = self.comes("?")
                    if missing_ok:
                        self.take()
                    key = self.ternary()
                    self.take("]")
                    value = self.read(value, key, missing_ok=missing_ok)
                case "array" if self.adjoins():  # the grammar's word for some subscripts
                    (key,) = self.items(self.take())
                    value = self.read(value, key, missing_ok=False)
                case "!":
                    self.take()
                case _:
                    return value

    def adjoins(self) -> bool:
        """Nothing stands between the next token and the one before it."""
        before, after = self.tokens[self.place - 1 : self.place + 1]
        return bool(before.end_byte == after.start_byte)

    def method(self, value: Any, name: str) -> Any:
        arguments = self.arguments()
        return None if self.idle else getattr(value, name)(*arguments)

    def read(self, value: Any, key: Any, *, missing_ok: bool) -> Any:
        if self.idle or (value is None and missing_ok):
            return None
        try:
            if isinstance(value, Later):
                return Later(f"{value}.{key}")
            return value[key]
        except (KeyError, IndexError, TypeError):
            if missing_ok:
                return None
            raise self.wrong(f"there is no {key!r}") from None

    def arguments(self) -> list[Any]:
        self.take("(")
        given = []
        while self.next != ")":
            given.append(self.ternary())
            if self.next == ",":
                self.take()
        self.take(")")
        return given

    def primary(self) -> Any:
        token = self.take()
        if token.type == "identifier" and self.next == "=>":
            return self.function(text(token))
        if token.type == "(":
            value = self.ternary()
            self.take(")")
            return value
        if self.idle and token.type != "identifier":
            return None
        if token.type == "identifier":
            return self.named(token)
        return self.literal(token)

    def named(self, token: Node) -> Any:
        name = text(token)
        if name not in self.names:
            raise self.wrong(f"{name} is not defined")
        if self.next == "(":
            arguments = self.arguments()
            return None if self.idle else self.names[f"{name}()"]()(*arguments)
        return None if self.idle else self.names[name]()

    def function(self, argument: str) -> Callable[[Any], Any]:
        """A lambda: its body is every token up to where the arguments around it go on."""
        self.take("=>")
        begin, depth = self.place, 0
        while self.place < len(self.tokens):
            kind = self.next
            if depth == 0 and kind in (",", ")", "]"):
                break
            depth += (kind in "([") - (kind in ")]")
            self.place += 1
        body = self.tokens[begin : self.place]

        def call(given: Any) -> Any:
            inner = _Reader(self.node, {**self.names, argument: lambda: given}, body)
            value = inner.ternary()
            inner.end()
            return value

        return call

    def literal(self, token: Node) -> Any:
        match token.type:
            case "string":
                return self.string(token)
            case "multiline_string":
                return text(token)[3:-3].removeprefix("\n")
            case "number":
                return int(text(token))
            case "boolean" | "true" | "false":
                return text(token) == "true"
            case "null":
                return None
            case "array":
                return self.items(token)
            case "object":
                return {self.key(key): evaluate(value, self.names) for key, value in members(token)}
            case "for_statement":
                return [evaluate(body, inner) for body, inner in looped(token, self.names)]
        raise self.wrong(f"what is a {token.type}?")

    def items(self, node: Node) -> list[Any]:
        """Items end with a comma or with their line."""
        tokens = [one for child in node.children[1:-1] for one in _tokens(child)]
        inner, found = _Reader(node, self.names, tokens), []
        while inner.next:
            found.append(inner.ternary())
            if inner.next == ",":
                inner.take()
        return found

    def key(self, node: Node) -> str:
        return text(node) if node.type == "identifier" else str(self.string(node))

    def string(self, node: Node) -> str:
        parts = []
        for part in node.named_children:
            if part.type == "interpolation":
                value = evaluate(part.named_children[0], self.names)
                parts.append(str(value).lower() if isinstance(value, bool) else str(value))
            else:
                parts.append(_ESCAPES.get(text(part), text(part)))
        whole = "".join(parts)
        return Later(whole) if "\0" in whole else whole


def looped(node: Node, names: Names) -> Iterator[tuple[Node, Names]]:
    """The body of a `for` with the names of each of its turns."""
    variables, items, body = [one for one in node.named_children if one.type != "comment"]
    if variables.type == "for_loop_parameters":
        item, place = [text(one) for one in variables.named_children]
    else:
        item, place = text(variables), ""
    for number, value in enumerate(evaluate(items, names)):
        own = {item: _keep(value)} | ({place: _keep(number)} if place else {})
        yield body, {**names, **own}


def _keep(value: Any) -> Callable[[], Any]:
    return lambda: value


def _tokens(node: Node) -> Iterator[Node]:
    if node.type not in _GROUPED:
        if node.type != "comment":
            yield node
        return
    for child in node.children:
        yield from _tokens(child)
