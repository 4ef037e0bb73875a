"""
Tables for people and for programs.

In:  Tables.
Out: Markdown; JSON; a document in which the Markdown stands between two marks.
"""

import json
import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.bench.measuring import Row, Table

_SECONDS = ((1, "s"), (1e3, "ms"), (1e6, "µs"))
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
_PLACE = re.compile(r"<!-- bench\b[^>]*-->(.*<!-- /bench -->)?", re.DOTALL)


def markdown(tables: Iterable[Table]) -> str:
    """Every table under its title, with what it means and how it was measured."""
    return "\n\n".join(_section(table) for table in tables) + f"\n\n{_machine()}\n"


def save(tables: Sequence[Table], file: Path) -> None:
    """The numbers, and the kind of machine they are from."""
    said: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "measured": _machine(),
        "tables": {table.name: table.data() for table in tables},
    }
    file.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def insert(text: str, document: Path) -> bool:
    """Put the text where the document wants it; False when it has no such place.

    The place is a comment that begins with `bench`, or everything between the two marks of an
    earlier time.
    """
    if not document.exists():
        return False
    old = document.read_text(encoding="utf-8")
    new, places = _PLACE.subn(lambda _: f"{BEGIN}\n{text}{END}", old, count=1)
    document.write_text(new, encoding="utf-8")
    return places == 1


def _machine() -> str:
    """Where and under which load it was measured: a busy machine blurs times, not counts."""
    load = (
        f", {os.getloadavg()[1]:.1f} processes waiting or running"
        if hasattr(os, "getloadavg")
        else ""
    )
    return (
        f"Measured with Python {platform.python_version()} on {platform.system()}, "
        f"{os.cpu_count()} processors{load} on average meanwhile, these measurements included."
    )


def _section(table: Table) -> str:
    head = f"| {table.title} | {table.ours} | {table.theirs} | ratio |"
    lines = [_line(row) for row in table.rows]
    body = "\n".join([head, "|---|---:|---:|---:|", *lines])
    method = " ".join(table.method.split())
    return f"{body}\n\n{table.meaning} *{method}*"


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f"**{times(row.ratio)}**"
    return (
        f"| {row.what} | {amount(row.ours, row.unit)} | {amount(row.theirs, row.unit)} | {ratio} |"
    )


def amount(value: float, unit: str) -> str:
    """A quantity as a person reads it: "17", "28 MiB", "1.2 s", "9 ms", "16 µs"."""
    if unit == "s":
        scale, unit = next((pair for pair in _SECONDS if value * pair[0] >= 1), _SECONDS[-1])
        value *= scale
    whole = value == round(value) or value >= 20
    return f"{value:.0f} {unit}".strip() if whole else f"{value:.1f} {unit}".strip()


def times(ratio: float) -> str:
    """A ratio as a person reads it; small ones keep two digits."""
    return f"{ratio:.1f} ×" if ratio >= 1 else f"{ratio:.2g} ×"
