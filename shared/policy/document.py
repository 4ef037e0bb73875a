"""
A policy's text as plain values, with the line each of them stands on.

In:  YAML text, or JSON, which is YAML.
Out: a Document, or a PolicyError naming lines.

Only nodes are composed, no objects are built from tags, and the number of values is counted while
aliases are followed, so a few lines of nested anchors cannot grow into gigabytes. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from shared.policy.problems import PolicyError, Problem

Path = tuple[str | int, ...]

_LONGEST = 128 * 1024  # characters
_MOST_VALUES = 20_000
_DEEPEST = 32
_TAG = "tag:yaml.org,2002:"
_SCALARS = frozenset(_TAG + name for name in ("str", "int", "float", "bool", "null"))


def dotted(path: Path) -> str:
    """`("pairs", 0, "registry")` as people write it: `pairs[0].registry`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Document:
    """The values, where each stands, and what the text itself got wrong."""

    value: dict[str, Any]
    lines: dict[Path, int]
    problems: tuple[Problem, ...]

    def line_of(self, path: Path) -> int:
        """The line of `path`, or of the nearest thing around it that is there."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Document:
    """Read the one mapping the text holds. Mistakes inside it are collected, not raised."""
    if len(text) > _LONGEST:
        raise PolicyError(Problem(1, "", f"longer than {_LONGEST} characters"))
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # tabs may indent JSON; YAML's scanner refuses them
    try:
        walk = _Walk(yaml.SafeLoader(text))
        root = walk.loader.get_single_node()
        if not isinstance(root, MappingNode):
            raise PolicyError(Problem(1, "", "expected a mapping that starts with 'version: 1'"))
        value = walk.value(root, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise PolicyError(Problem(line, "", f"not YAML: {error.problem}")) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PolicyError(Problem(line, "", f"not YAML: {error.reason}")) from error
    except RecursionError as error:
        raise PolicyError(Problem(1, "", "nested too deeply")) from error
    return Document(value, walk.lines, tuple(walk.problems))


@dataclass(slots=True)
class _Walk:
    """One pass over the nodes: values out, lines and problems noted on the way."""

    loader: yaml.SafeLoader
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seen: int = 0

    def value(self, node: Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self.seen += 1
        if self.seen > _MOST_VALUES or len(path) > _DEEPEST:
            raise PolicyError(Problem(line, dotted(path), "too many or too deeply nested values"))
        if isinstance(node, MappingNode) and node.tag == _TAG + "map":
            return {key: self.value(child, (*path, key)) for key, child in self._items(node, path)}
        if isinstance(node, SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._scalar(node, path, line)

    def _items(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node]]:
        first: dict[str, int] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.problems.append(Problem(line, dotted(path), "a key must be a plain word"))
                continue
            here = (*path, key.value)
            if key.value in first:
                message = f"given twice, first on line {first[key.value]}"
                self.problems.append(Problem(line, dotted(here), message))
                continue
            first[key.value] = self.lines[here] = line
            yield key.value, child

    def _scalar(self, node: Node, path: Path, line: int) -> Any:
        if isinstance(node, ScalarNode) and node.tag == _TAG + "timestamp":
            return node.value  # stays text: YAML would read a time without offset as UTC
        if not isinstance(node, ScalarNode) or node.tag not in _SCALARS:
            self.problems.append(Problem(line, dotted(path), f"unexpected tag {node.tag}"))
            return None
        try:
            return self.loader.construct_object(node)
        except ValueError as error:  # an integer of thousands of digits, "0b", "0x"
            self.problems.append(Problem(line, dotted(path), f"not a number: {str(error)[:80]}"))
            return None
