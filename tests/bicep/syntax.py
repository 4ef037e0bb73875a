"""
A Bicep file: its declarations, as tree-sitter's grammar reads them.

In:  a path.
Out: a Source; what is no Bicep at all is in its `errors`.

The grammar groups operators wrongly in places, so nothing but tokens is taken from inside an
expression: `expressions.py` groups them.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_bicep

Node = Any

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
_KINDS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
    "user_defined_function": "func",
}


class BicepError(Exception):
    """Something in a file that cannot be deployed, with the place where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One thing a file declares. `value` is its node: an expression, or a body with its `if` and
    `for`. `kind` of a resource or module is the text after its name: a type, or a path."""

    what: str
    name: str
    node: Node
    value: Node | None
    kind: str = ""
    existing: bool = False
    decorators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file and what it declares, in its order."""

    path: Path
    root: Node

    @property
    def errors(self) -> tuple[str, ...]:
        wrong = (node for node in walk(self.root) if node.type == "ERROR" or node.is_missing)
        return tuple(f"{self.at(node)}: this is no Bicep: {text(node)[:40]!r}" for node in wrong)

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return tuple(_declared(self.root))

    @property
    def scope(self) -> str:
        """The file's targetScope."""
        for node in self.root.named_children:
            if node.type == "assignment_expression" or text(node).startswith("targetScope"):
                return text(node).partition("=")[2].strip().strip("'")
        return "resourceGroup"

    @property
    def imports(self) -> dict[str, Path]:
        """The names taken from other files."""
        found = {}
        for node in self.root.named_children:
            if node.type == "import_functionality":
                *names, path = node.named_children
                for name in names:
                    found[text(name)] = self.path.parent / plain(path)
        return found

    def at(self, node: Node) -> str:
        """Where a node stands, as editors understand it."""
        return f"{self.path.name}:{node.start_point[0] + 1}"


@functools.cache
def source(path: Path) -> Source:
    """Read a file. Raises BicepError when there is none."""
    try:
        return Source(path, _PARSER.parse(path.read_bytes()).root_node)
    except FileNotFoundError:
        raise BicepError(f"{path.name}: there is no such file") from None


def text(node: Node) -> str:
    return str(node.text.decode("utf-8"))


def plain(node: Node) -> str:
    """A string without interpolation."""
    return "".join(text(part) for part in node.named_children)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def nested(body: Node) -> tuple[Declaration, ...]:
    """The child resources declared inside a resource's body."""
    inner = (prop.named_children for prop in body.named_children if prop.type == "object_property")
    return tuple(
        one
        for children in inner
        if children and children[0].type in ("resource_declaration", "decorators")
        for one in _from(children)
    )


def _declared(parent: Node) -> Iterator[Declaration]:
    return _from(parent.named_children)


def _from(nodes: list[Node]) -> Iterator[Declaration]:
    decorators: tuple[str, ...] = ()
    for node in nodes:
        if node.type == "decorators":
            decorators = tuple(text(one).lstrip("@").split("(")[0] for one in node.named_children)
            continue
        if node.type in _KINDS:
            yield _declaration(node, decorators)
        if node.type != "comment":
            decorators = ()


def _declaration(node: Node, decorators: tuple[str, ...]) -> Declaration:
    what = _KINDS[node.type]
    children = [child for child in node.named_children if child.type != "comment"]
    name = next(child for child in children if child.type == "identifier")
    has_value = what == "func" or any(child.type == "=" for child in node.children)
    kind = plain(children[1]) if what in ("resource", "module") else ""
    return Declaration(
        what=what,
        name=text(name),
        node=node,
        value=children[-1] if has_value else None,
        kind=kind,
        existing=any(child.type == "existing" for child in node.children),
        decorators=decorators,
    )
