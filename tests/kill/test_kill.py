"""
Killed at any moment, the next process finishes: the same end, no write twice, nothing left held.

`KILLS` says at how many moments each story is killed; `make nightly` kills at every one.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import HealError
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.words import OPEN_STATES, State
from shared.pipeline import heal, sweep
from tests.clinic import Clinic
from tests.kill.victim import live
from tests.matrix.rows import STORIES
from tests.matrix.story import Story

_MOMENTS = int(os.environ.get("KILLS", "4"))
#: One story for each remedy that writes: the first of its kind.
_TOLD = {story.writes: story for story in reversed(STORIES) if story.writes}
_STORIES = sorted({story.finding: story for story in _TOLD.values()}.values(), key=str)
_MOVING = OPEN_STATES - {State.HELD}


@dataclass(frozen=True)
class Ended:
    """How a story ended: what Azure holds, what was written, how the incident rests."""

    resources: dict[str, Any]
    writes: tuple[str, ...]
    state: str


@pytest.mark.parametrize("story", _STORIES, ids=str)
def test_killed_at_any_moment_the_next_process_finishes(story: Story, tmp_path: Path) -> None:
    whole, passed = _told(story, tmp_path / "whole", None)
    assert passed is not None
    step = max(1, passed // _MOMENTS)

    for moment in range(1 + story.row % step, passed + 1, step):
        ended, lived = _told(story, tmp_path / str(moment), moment)

        assert lived is None or lived < passed
        assert ended == whole, f"killed at boundary {moment} of {passed}"


def _told(story: Story, place: Path, until: int | None) -> tuple[Ended, int | None]:
    """The story with one process killed at that boundary, and another that comes after it."""
    place.mkdir()
    clinic = Clinic(story.world(), place, policy=story.policy)
    workload = clinic.find(story.workload)
    story.fails(clinic, workload)
    signal = clinic.signal(workload)

    def work(medic: Medic) -> None:
        heal(signal, medic=medic)

    passed = live(clinic, place / "medic.db", story.policy, work, until=until)
    with suppress(HealError):  # else once more later, or the sweep does it
        heal(signal, medic=clinic.medic)  # the queue delivers again
    incident = _finished(clinic)
    _nothing_is_held(clinic, incident)
    return _ended(clinic, incident), passed


def _finished(clinic: Clinic) -> Incident:
    """Time passes and the sweep looks once a minute, until nothing moves any more."""
    for _ in range(90):
        clinic.advance(60)
        sweep(medic=clinic.medic)
        (incident,) = clinic.medic.store.page().incidents
        if incident.state not in _MOVING:
            return incident
    raise AssertionError([moment.text for moment in incident.timeline])


def _nothing_is_held(clinic: Clinic, incident: Incident) -> None:
    now = clinic.medic.now() + timedelta(minutes=16)
    store, places = clinic.medic.store, [incident.resource]
    places += [incident.registry] if incident.registry else []
    for name in (f"incident/{incident.id}", *(f"registry/{place.key}" for place in places)):
        assert store.lease(name, holder="the next", until=now + timedelta(minutes=1), now=now)


def _ended(clinic: Clinic, incident: Incident) -> Ended:
    resources = {
        str(item["id"]).lower(): _timeless(item)
        for item in clinic.simulator.world.resources
        if item.get("type", "").lower() in _LASTING
    }
    return Ended(resources, tuple(clinic.writes), incident.state.value)


def _timeless(item: dict[str, Any]) -> dict[str, Any]:
    """The resource without the moments of its making and changing."""
    kept = {k: v for k, v in item["properties"].items() if k not in ("createdOn", "updatedOn")}
    return {**item, "systemData": None, "properties": kept}


#: What remedies change for good; states and times of the platform differ from run to run.
_LASTING = {
    "microsoft.containerregistry/registries",
    "microsoft.authorization/roleassignments",
    "microsoft.network/privatednszones/virtualnetworklinks",
}
