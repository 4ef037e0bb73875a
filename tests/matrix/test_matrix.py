"""
The matrix: every story, held against what the simulated Azure shows.

The first story of each finding is told through every way in, the others through one way each, in
turn. `WAYS=all` (`make nightly`) tells every story through every way.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic import Clinic
from tests.matrix import findings, table, ways
from tests.matrix.rows import STORIES
from tests.matrix.story import Story, must_end, must_pull


def _told() -> Iterator[tuple[Story, str]]:
    """The stories, each with the ways it is told through."""
    known = set()
    for number, story in enumerate(STORIES):
        heard = [way for way in ways.WAYS if way not in story.unheard]
        first = story.finding not in known
        known.add(story.finding)
        if os.environ.get("WAYS") == "all" or first:
            yield from ((story, way) for way in heard)
        else:
            yield story, heard[number % len(heard)]


_ALL = list(_told())


@pytest.mark.parametrize(("story", "way"), _ALL, ids=[f"{story}-{way}" for story, way in _ALL])
def test_a_failure_ends_as_the_decision_table_says_whatever_told_of_it(
    story: Story, way: str, tmp_path: Path
) -> None:
    clinic = Clinic(story.world(), tmp_path, policy=story.policy)
    workload = clinic.find(story.workload)
    story.fails(clinic, workload)

    incident = ways.take(way, clinic, workload)
    incident = clinic.sweep_until_done(incident, minutes=story.minutes)

    must_end(story, incident, clinic)
    must_pull(story, clinic)


def test_the_readme_shows_the_table_of_these_stories() -> None:
    assert table.shown() == table.table(), "run: python -m tests.matrix.table"


def test_the_page_of_findings_says_what_the_product_says() -> None:
    kept = findings.PAGE.read_text(encoding="utf-8")

    assert kept == findings.page(), "run: python -m tests.matrix.findings"


def test_no_finding_is_without_a_story() -> None:
    assert table.untold() == ()


def test_no_two_stories_bear_the_same_name() -> None:
    names = [str(story) for story in STORIES]

    assert len(set(names)) == len(names), sorted(names)
