"""
What a document promises, as the tests read it: its tables, and the tests they name.

In:  a document of `docs/`.
Out: the rows of its tables; the tests it names; those of them that are not there.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(markdown: str) -> list[list[str]]:
    """The cells of every table row, heads left out."""
    lines = [line.strip() for line in markdown.splitlines()]
    tables = [line for line in lines if line.startswith("|")]
    rules = {at for at, line in enumerate(tables) if not line.strip("|-: ")}
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for at, line in enumerate(tables)
        if at not in rules and at + 1 not in rules
    ]


def names_tests_alone(cell: str) -> bool:
    """Whether there is a test in the cell, and nothing else."""
    return bool(_NAMED.search(cell)) and _NAMED.sub("", cell).strip() == ""


def missing(markdown: str) -> list[str]:
    """The tests that are named and not there."""
    named = _NAMED.findall(markdown)
    return [f"{file}::{name}" for file, name in named if not _is_there(ROOT / file, name)]


def _is_there(file: Path, name: str) -> bool:
    return file.is_file() and f"\ndef {name}(" in file.read_text(encoding="utf-8")
