"""The scenario files are what the builders make, and each fails as its name says."""

import json
from pathlib import Path

import pytest

from tests.simulator import estates, platform
from tests.simulator.world import World

FOLDER = Path(__file__).parents[1] / "simulator" / "scenarios"
STAGES = {
    "blocked-web-app": ["network-rules"],
    "container-app-403": ["network-rules"],
    "missing-tag": ["image"],
    "lost-role": ["role"],
    "nat-web-app": ["network-rules"],
    "default": ["network-rules", "network-rules", "image", "role", "network-rules"],
}


def test_every_seed_has_its_file_and_every_file_its_seed() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(estates.seeds()) == set(STAGES)


@pytest.mark.parametrize("name", sorted(STAGES))
def test_a_file_is_what_the_builders_make(name: str) -> None:
    stored = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))

    assert stored == estates.seeds()[name], "run: python -m tests.simulator.estates"


@pytest.mark.parametrize("name", sorted(STAGES))
def test_a_seed_fails_as_its_name_says(name: str) -> None:
    scenario = estates.seeds()[name]
    world = World.load(scenario)

    stages = [platform.pull(world, id)["stage"] for id in estates.workloads_of(scenario)]

    assert stages == STAGES[name]


@pytest.mark.parametrize("name", sorted(STAGES))
def test_a_seed_survives_being_read_back(name: str) -> None:
    scenario = estates.seeds()[name]

    assert World.load(scenario).snapshot()["resources"] == scenario["resources"]
