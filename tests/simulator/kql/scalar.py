"""
A compiled scalar expression, and what is in sight where one stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lark import Token, Tree

from tests.simulator.kql.errors import KqlError, semantic
from tests.simulator.kql.table import Row

Node = Tree[Token]


@dataclass(frozen=True)
class Scalar:
    """`name` is what Kusto calls an unnamed column made from it, or "" when it makes one up."""

    type: str
    at: Callable[[Row], Any]
    name: str = ""
    constant: bool = False

    @property
    def value(self) -> Any:
        """Of a constant."""
        return self.at({})


def constant(type: str, value: Any) -> Scalar:
    return Scalar(type, lambda _row: value, constant=True)


@dataclass(frozen=True)
class Scope:
    """What an expression may refer to, and the operator it stands in.

    `nested` evaluates a pipe inside an expression: the values of its first column, or a Scalar when
    it is none. `aggregate` is set inside summarize and takes the calls of aggregate functions.
    """

    operator: str
    columns: Mapping[str, str]
    lets: Mapping[str, Scalar]
    now: datetime
    nested: Callable[[Node, "Scope"], "list[Any] | Scalar"]
    aggregate: Callable[[str, list[Node]], Scalar | None] | None = None

    def column(self, name: str) -> Scalar:
        """The column, else the `let` of that name."""
        if name in self.columns:
            return Scalar(self.columns[name], lambda row: row[name], name)
        if name in self.lets:
            return self.lets[name]
        raise self.error(f"Failed to resolve column or scalar expression named '{name}'")

    def error(self, message: str, code: str = "SEM0100") -> KqlError:
        if self.operator:
            message = f"'{self.operator}' operator: {message}"
        return semantic(message, code)
