"""
A terminal in front of a clinic: commands are given, words and an exit status come back.

In:  a Clinic on duty.
Out: Said, what one command printed and how it ended. Waiting moves the simulated clock.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from functions import cli, duty
from tests.clinic import Clinic


@dataclass(frozen=True)
class Said:
    """What one command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr; no traceback, no second line."""
        line = self.err.lstrip("\n")  # after ^C the terminal's own line is ended first
        assert line.startswith("medic: ")
        assert line.count("\n") == 1
        return line.removeprefix("medic: ").strip()


class _Keyboard(io.StringIO):
    """Types only when somebody reads."""

    def __init__(self, typed: str | Callable[[], str]) -> None:
        super().__init__("" if callable(typed) else typed)
        self._typed = typed

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        return self._typed() if callable(self._typed) else super().readline(size)


class Terminal:
    """Gives commands to `medic` in this process."""

    def __init__(self, clinic: Clinic, capture: pytest.CaptureFixture[str]) -> None:
        self.clinic = clinic
        self._capture = capture

    def say(
        self,
        *arguments: object,
        typed: str | Callable[[], str] = "",
        pause: Callable[[float], None] | None = None,
    ) -> Said:
        """One command. `typed` is what the person types when asked, or thinks of then; `pause`
        happens instead of waiting."""
        self._capture.readouterr()
        before, sys.stdin = sys.stdin, _Keyboard(typed)
        try:
            status = cli.main([str(one) for one in arguments], pause=pause or self.clinic.advance)
        finally:
            sys.stdin = before
        printed = self._capture.readouterr()
        return Said(status, printed.out, printed.err)


@contextmanager
def terminal(clinic: Clinic, capture: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    """The clinic's Medic goes on duty for as long as the block lasts."""
    duty.take_over(clinic.medic)
    try:
        yield Terminal(clinic, capture)
    finally:
        duty.take_over(None)
