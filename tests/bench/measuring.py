"""
Taking turns and taking medians.

In:  rivals by name: functions that do the work once.
Out: what each returned, by name, in the order of the rounds.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")
Name = TypeVar("Name")


def in_turns(
    rivals: Mapping[Name, Callable[[], T]], *, rounds: int, what: str
) -> dict[Name, list[T]]:
    """Every rival once per round, after one round that does not count."""
    results: dict[Name, list[T]] = {name: [] for name in rivals}
    for turn in range(rounds + 1):
        progress(f"{what}: round {turn} of {rounds}")
        for name, run in rivals.items():
            result = run()
            if turn:
                results[name].append(result)
    progress("")
    return results


def progress(text: str) -> None:
    """One line that rewrites itself on a terminal; nothing on a pipe."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison of costs: ours and the other's, in one unit; how many times the other's ours
    is (None where the other has none). Less is better."""

    what: str
    ours: float
    theirs: float
    unit: str
    ratio: float | None

    @classmethod
    def of(cls, what: str, ours: Sequence[float], theirs: Sequence[float], unit: str = "") -> "Row":
        """Medians of the turns; the ratio is the median of what each turn's own was, so that a
        machine that is busy for a while does not count for one side only."""
        ratios = [one / other for one, other in zip(ours, theirs, strict=True) if other]
        return cls(
            what=what,
            ours=median(ours),
            theirs=median(theirs),
            unit=unit,
            ratio=median(ratios) if ratios else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was compared, in rows, and two sentences: what it means, how it was measured."""

    name: str
    title: str
    ours: str
    theirs: str
    rows: tuple[Row, ...]
    meaning: str
    method: str

    def data(self) -> dict[str, Any]:
        """As it goes into bench-results.json."""
        return asdict(self)
