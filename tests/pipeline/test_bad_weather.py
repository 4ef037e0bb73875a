"""
Azure answers badly at any call: nothing is lost, nothing half-written, nothing beyond the plan.

Every request of a heal is broken in turn, in every way a request can break.
"""

from pathlib import Path
from typing import Any

import pytest

from shared.errors import TransientError
from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import heal, sweep
from tests.clinic import Clinic
from tests.simulator import estates

FAULTS: dict[str, dict[str, Any]] = {
    "401": {"status": 401},
    "403": {"status": 403},
    "404": {"status": 404},
    "409": {"status": 409},
    "429": {"status": 429, "headers": {"Retry-After": "2"}, "times": 9},
    "500": {"status": 500, "times": 9},
    "503 for ever": {"status": 503, "times": 10_000},
    "cut before": {"drop": "before", "times": 9},
    "cut after": {"drop": "after"},
    "cut after, always": {"drop": "after", "times": 9},
    "no sense": {"status": 200, "body": "<html>gateway</html>"},
    "empty object": {"status": 200, "body": {}},
}
#: More than one heal sends, so that the last faults strike nothing and the heal succeeds.
MOST_CALLS = 26
FINAL = {State.HEALED, State.EXPLAINED, State.FAILED, State.HELD, State.UNVERIFIED, State.CLOSED}


def deliver(clinic: Clinic, workload: str) -> Incident:
    """What queue and timer do: deliver again while Azure gives no answer, then sweep."""
    signal = clinic.signal(clinic.id(workload, "sites"))
    for _ in range(6):
        try:
            heal(signal, medic=clinic.medic)
            break
        except TransientError:
            clinic.advance(30)
    for _ in range(30):
        clinic.advance(60)
        sweep(medic=clinic.medic)
    return clinic.medic.store.page().incidents[0]


def rules(clinic: Clinic) -> set[str]:
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    return {rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]}


@pytest.mark.parametrize("fault", FAULTS, ids=list(FAULTS))
@pytest.mark.parametrize("nth", range(1, MOST_CALLS))
def test_whatever_breaks_wherever_the_registry_is_as_it_was_or_as_planned(
    nth: int, fault: str, tmp_path: Path
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    clinic.pull(clinic.id("shop", "sites"))
    before = rules(clinic)
    match = {"path": "management|loganalytics", "nth": nth}
    clinic.simulator.faults.add({"match": match, "times": 1, **FAULTS[fault]})

    incident = deliver(clinic, "shop")

    planned = before | set(estates.OUTBOUND)
    assert incident.state in FINAL, incident.timeline
    assert rules(clinic) in (before, planned)
    assert (incident.state is State.HEALED) <= (rules(clinic) == planned)
    assert len(set(clinic.writes)) <= 1
    assert len(clinic.medic.store.page().incidents) == 1
