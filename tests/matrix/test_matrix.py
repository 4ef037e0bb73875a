"""The matrix: every story, through every way in, held against what the simulated Azure shows."""

from pathlib import Path

import pytest

from tests.clinic import Clinic
from tests.matrix import ways
from tests.matrix.rows import STORIES
from tests.matrix.story import Story, must_end, must_pull

_ALL = [(story, way) for story in STORIES for way in ways.WAYS]


@pytest.mark.parametrize(("story", "way"), _ALL, ids=[f"{story}-{way}" for story, way in _ALL])
def test_a_failure_ends_as_the_decision_table_says_whatever_told_of_it(
    story: Story, way: str, tmp_path: Path
) -> None:
    clinic = Clinic(story.world(), tmp_path, policy=story.policy)
    workload = clinic.find(story.workload)
    clinic.pull(workload)

    incident = ways.take(way, clinic, workload)
    incident = clinic.sweep_until_done(incident, minutes=story.minutes)

    must_end(story, incident, clinic)
    must_pull(story, clinic)
