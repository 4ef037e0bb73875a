"""
Paper: where the command line's words go, and what makes them safe to print.

In:  text, much of it written by somebody else (names, log lines, Azure's messages).
Out: the same text on a terminal, without characters that could move its cursor; plain on a pipe.

Colours follow the terminal and NO_COLOR, as the rich library reads them. Nothing about incidents.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

#: Control characters except line ends, and those that turn the direction of text or hide it.
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_UNBOUNDED = 10_000  # columns of a pipe: nothing is folded there


def safe(text: object) -> str:
    """Text that keeps its line ends and moves no cursor."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", str(text).replace("\t", "    "))


def line(text: object) -> str:
    """Text on one line."""
    return " ".join(safe(text).split())


class Desk:
    """One command's stdout and stderr, and its way to wait."""

    def __init__(self, *, pause: Callable[[float], object]) -> None:
        self.pause = pause

    @cached_property
    def out(self) -> "Console":
        return console(sys.stdout)

    @cached_property
    def err(self) -> "Console":
        return console(sys.stderr)

    def show(self, *renderables: "RenderableType", on: "Console | None" = None) -> None:
        """Print, on stdout unless told otherwise."""
        show(on or self.out, *renderables)

    def json(self, value: Any) -> None:
        """One JSON value; everything beyond ASCII is escaped, so nothing in it is unsafe."""
        import json

        sys.stdout.write(json.dumps(value, indent=2) + "\n")

    def error(self, message: str) -> None:
        """One line on stderr."""
        sys.stderr.write(f"medic: {line(message)}\n")

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Say on a terminal what takes long; say nothing on a pipe."""
        if not sys.stderr.isatty():
            yield
            return
        with self.err.status(line(text)):
            yield


def console(file: TextIO, *, width: int | None = None) -> "Console":
    """A console that takes text literally. `width` None: the terminal's; a pipe has no width."""
    from rich.console import Console

    made = Console(file=file, highlight=False, markup=False, emoji=False, width=width)
    if width is None and not made.is_terminal:
        made.width = _UNBOUNDED
    return made


def show(on: "Console", *renderables: "RenderableType") -> None:
    """Print without the blanks that fill table cells up at the end of lines."""
    with on.capture() as captured:
        for renderable in renderables:
            on.print(renderable)
    text = "\n".join(part.rstrip() for part in captured.get().split("\n"))
    encoding = getattr(on.file, "encoding", None) or "utf-8"
    on.file.write(text.encode(encoding, "replace").decode(encoding))
