"""Evidence of one estate, gathered through real SDK clients."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared import evidence
from shared.model.evidence import Evidence
from shared.model.ids import ResourceId
from tests.clinic import Clinic
from tests.simulator.estates import Estate

Resource = dict[str, Any]


def find(scenario: dict[str, Any], tail: str) -> Resource:
    """The one resource of the scenario whose id ends so."""
    found = [item for item in scenario["resources"] if item["id"].lower().endswith(tail.lower())]
    assert len(found) == 1, f"{tail!r} matches {[item['id'] for item in found]}"
    return found[0]


def examine(
    scenario: dict[str, Any], place: Path, workload: ResourceId | str | None = None, text: str = ""
) -> Evidence:
    """What is gathered about the workload (the only web app when none is named)."""
    clinic = Clinic(scenario, place)
    id = workload if isinstance(workload, ResourceId) else None
    id = id or (clinic.id(workload) if workload else clinic.only("sites"))
    return evidence.gather(clinic.signal(id, text), azure=clinic.azure())


def estate_of(build: Callable[[Estate], Any]) -> dict[str, Any]:
    """A scenario of what `build` puts into an empty estate."""
    estate = Estate()
    build(estate)
    return estate.scenario()


def told(seen: Evidence, fact: str) -> str:
    """The value of the one fact of that name."""
    values = [item.value for item in seen.facts if item.fact == fact]
    assert len(values) == 1, f"{fact!r} is told {len(values)} times"
    return values[0]
