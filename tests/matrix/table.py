"""
The README's table: cause × host, and what the service does, made from the stories that prove it.

In:  STORIES.
Out: Markdown. `python -m tests.matrix.table` puts it into the README; a test compares the two.
"""

import re
import sys
from pathlib import Path

from shared.model.words import FindingName, Host
from tests.matrix.rows import STORIES
from tests.matrix.story import Story

README = Path(__file__).resolve().parents[2] / "README.md"
_PLACE = re.compile(r"(?<=<!-- matrix -->\n).*?(?=<!-- /matrix -->)", re.DOTALL)
_HOSTS = {
    Host.WEB_APP: "web app",
    Host.SLOT: "slot",
    Host.FUNCTIONS: "functions",
    Host.CONTAINER_APP: "container app",
    Host.JOB: "job",
}
#: How an ending reads in a cell, the strongest word first.
_WORDS = {
    "healed": "**heals**",
    "verifying": "**heals**, seen later",
    "unverified": "**heals**, seen later",
    "held": "holds",
    "denied": "refuses",
    "explained": "explains",
    "failed": "explains",
    "closed": "leaves alone",
}


def table() -> str:
    """One line for each finding, in the order in which a pull meets the faults."""
    head = ["cause", *_HOSTS.values(), "what it does"]
    lines = [_line(head), _line(["---"] * len(head))]
    for finding in dict.fromkeys(story.finding for story in STORIES):
        told = [story for story in STORIES if story.finding is finding]
        cells = [_cell([one for one in told if one.host is host]) for host in _HOSTS]
        lines.append(_line([f"`{finding.value}`", *cells, _done(told)]))
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(stories: list[Story]) -> str:
    """What happens on this host; where its variants differ, each says when."""
    by_word: dict[str, list[str]] = {}
    for story in stories:
        word = _WORDS[story.ends]
        if story.ends == "unverified" and not story.writes:
            word = "explains"
        by_word.setdefault(word, []).append(story.variant)
    if len(by_word) < 2:
        return next(iter(by_word), "")
    order = list(_WORDS.values())
    parts = sorted(by_word.items(), key=lambda item: order.index(item[0]))
    return "; ".join(
        word if "" in variants else f"{word}: {', '.join(dict.fromkeys(variants))}"
        for word, variants in parts
    )


def _done(stories: list[Story]) -> str:
    """In words: what the healing stories do, else what the others do; the first two ways of it."""
    plain = sorted(stories, key=lambda story: bool(story.variant))
    acting = [story.does for story in plain if story.ends == "healed" and story.writes]
    told = dict.fromkeys(acting or [story.does for story in plain])
    return "; ".join(list(told)[:2])


def shown() -> str:
    """What the README shows now."""
    found = _PLACE.search(README.read_text(encoding="utf-8"))
    assert found is not None, "the README has no place for the matrix"
    return found[0]


def untold() -> tuple[FindingName, ...]:
    """Findings without a story."""
    told = {story.finding for story in STORIES} | {also for one in STORIES for also in one.also}
    return tuple(finding for finding in FindingName if finding not in told)


def main() -> int:
    page = README.read_text(encoding="utf-8")
    README.write_text(_PLACE.sub(lambda _: table(), page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
