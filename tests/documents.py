"""
What a document says, as the tests read it: its tables, fences, links and names.

In:  the README and the documents of `docs/`.
Out: the rows of their tables, the tests they name and those that are not there; their fenced
     blocks; where their links lead; what stands in `code`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *DOCUMENTS]

_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def name(page: Path) -> str:
    """The page's path in the repository: what the tests call it."""
    return page.relative_to(ROOT).as_posix()


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


def section(page: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    (found,) = [
        part.partition("\n")[2]
        for part in text(page).split("\n## ")[1:]
        if part.partition("\n")[0] == heading
    ]
    return found


def marked(page: str, mark: str) -> str:
    """What stands between `<!-- mark -->` and `<!-- /mark -->`."""
    return text(page).split(f"<!-- {mark} -->\n")[1].split(f"<!-- /{mark} -->")[0]


def put(page: Path, mark: str, content: str) -> None:
    """Write `content` between the page's marks."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}{content}{end}{after}", encoding="utf-8")


class Fence(NamedTuple):
    """A fenced block: its language, what is said about it, and its text."""

    page: str
    line: int
    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def fences(page: Path) -> list[Fence]:
    """The page's fenced blocks, with the line each begins on."""
    whole = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(whole):
        language, _, mark = match[2].strip().partition(" ")
        line = whole.count("\n", 0, match.start()) + 1
        found.append(Fence(name(page), line, language, mark, match[3]))
    return found


@dataclass(frozen=True)
class Prose:
    """A page without its fenced blocks."""

    page: Path

    @property
    def text(self) -> str:
        return _FENCE.sub("", self.page.read_text(encoding="utf-8"))

    @property
    def code(self) -> list[str]:
        """What stands in `code`."""
        return _CODE.findall(self.text)

    @property
    def links(self) -> list[str]:
        """Where links and pictures lead."""
        return _LINK.findall(_CODE.sub("code", self.text))

    @property
    def anchors(self) -> set[str]:
        """The anchors of its headings, as GitHub names them."""
        return set(_slugs(_HEADING.findall(self.text)))


def _slugs(headings: list[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for heading in headings:
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        count = seen[plain] = seen.get(plain, -1) + 1
        yield f"{plain}-{count}" if count else plain


def names_tests_alone(cell: str) -> bool:
    """Whether there is a test in the cell, and nothing else."""
    return bool(_NAMED.search(cell)) and _NAMED.sub("", cell).strip() == ""


def missing(markdown: str) -> list[str]:
    """The tests that are named and not there."""
    named = _NAMED.findall(markdown)
    return [f"{file}::{name}" for file, name in named if not _is_there(ROOT / file, name)]


def _is_there(file: Path, name: str) -> bool:
    return file.is_file() and f"\ndef {name}(" in file.read_text(encoding="utf-8")
