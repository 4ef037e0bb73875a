"""
Azure answers badly at any call: nothing is lost, nothing half-written, nothing beyond the plan.

Every request of a heal is broken in turn, in the ways that differ most; the other estates and what
a person decides are sampled. A made-up answer that changes nothing in Azure never counts as done,
and a write that did happen is always told.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.errors import HealError, TransientError
from shared.model.incident import Incident
from shared.model.words import OPEN_STATES, State
from shared.pipeline import again, approve, heal, rollback, sweep
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

#: Faults that take different ways through the code; the others are variations of these.
FAULTS: dict[str, dict[str, Any]] = {
    "403": {"status": 403},
    "503 for ever": {"status": 503, "times": 10_000},
    "cut before": {"drop": "before", "times": 9},
    "cut after": {"drop": "after"},
    "no sense": {"status": 200, "body": "<html>gateway</html>"},
}
#: Tried at every fourth call.
VARIATIONS: dict[str, dict[str, Any]] = {
    "401": {"status": 401},
    "404": {"status": 404},
    "409": {"status": 409},
    "429": {"status": 429, "headers": {"Retry-After": "2"}, "times": 9},
    "500": {"status": 500, "times": 9},
    "cut after, always": {"drop": "after", "times": 9},
    "empty object": {"status": 200, "body": {}},
    "empty list": {"status": 200, "body": {"value": []}},
}
#: More than one heal sends, so that the last faults strike nothing and the heal succeeds.
MOST_CALLS = 28
FINAL = {State.HEALED, State.EXPLAINED, State.FAILED, State.HELD, State.UNVERIFIED, State.CLOSED}
GRID = [(fault, nth) for fault in FAULTS for nth in range(1, MOST_CALLS)] + [
    (fault, nth) for fault in VARIATIONS for nth in range(1, MOST_CALLS, 4)
]
SAMPLE = [(fault, nth) for fault in FAULTS for nth in range(3, MOST_CALLS, 6)]
APPROVE = GENEROUS.replace("mode: auto", "mode: approve")


def break_(clinic: Clinic, fault: str, nth: int) -> None:
    match = {"path": "management|loganalytics", "nth": nth}
    said = {**FAULTS, **VARIATIONS}[fault]
    clinic.simulator.faults.add({"match": match, "times": 1, **said})


def patiently(clinic: Clinic, act: Callable[[], Any]) -> None:
    """What queue and timer do: deliver again while Azure gives no answer, then sweep."""
    for _ in range(6):
        try:
            act()
            break
        except TransientError:
            clinic.advance(30)
    for _ in range(40):  # longer than anybody tries to find out what became of a change
        clinic.advance(120)
        sweep(medic=clinic.medic)
        if clinic.medic.store.page().incidents[0].state not in OPEN_STATES:
            break


def rules(clinic: Clinic) -> list[str]:
    registry = clinic.simulator.world.resources.get(clinic.only("registries").text)
    assert registry is not None
    return [rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]]


def judge(clinic: Clinic, before: list[str], added: tuple[str, ...]) -> Incident:
    """What must hold of the one incident, whatever happened."""
    (incident,) = clinic.medic.store.page().incidents
    now = rules(clinic)
    assert incident.state in FINAL, incident.timeline
    assert now in (before, [*before, *added])
    assert (incident.state is State.HEALED) <= (now != before)
    # The audit and the world say the same, both ways round.
    assert any(told.changed for told in incident.outcome) == (now != before), incident.timeline
    if now != before:
        assert incident.plan is not None
        assert incident.plan.steps
    assert clinic.writes in ([], [f"PATCH {clinic.only('registries')}"])
    assert incident.azure_calls.writes >= len(clinic.writes)
    return incident


@pytest.mark.parametrize(("fault", "nth"), GRID)
def test_whatever_breaks_wherever_the_registry_is_as_it_was_or_as_planned(
    nth: int, fault: str, tmp_path: Path
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    before = rules(clinic)
    break_(clinic, fault, nth)

    signal = clinic.signal(shop)
    patiently(clinic, lambda: heal(signal, medic=clinic.medic))

    judge(clinic, before, estates.OUTBOUND)


@pytest.mark.parametrize(("fault", "nth"), SAMPLE)
@pytest.mark.parametrize("estate", ["nat", "slot"])
def test_the_same_holds_behind_a_nat_gateway_and_for_a_slot(
    estate: str, nth: int, fault: str, tmp_path: Path
) -> None:
    nat = estate == "nat"
    scenario = estates.nat_web_app() if nat else estates.blocked_slot()
    clinic = Clinic({**scenario, "retry": [45]}, tmp_path)
    workload = clinic.only("sites") if nat else clinic.only("slots")
    clinic.pull(workload)
    before = rules(clinic)
    break_(clinic, fault, nth)

    signal = clinic.signal(workload)
    patiently(clinic, lambda: heal(signal, medic=clinic.medic))

    judge(clinic, before, (estates.NAT,) if nat else ("20.50.9.17", "20.50.9.18"))


@pytest.mark.parametrize(("fault", "nth"), SAMPLE)
def test_the_same_holds_while_a_plan_is_approved(nth: int, fault: str, tmp_path: Path) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path, policy=APPROVE)
    shop = clinic.only("sites")
    clinic.pull(shop)
    before = rules(clinic)
    held = clinic.heal(shop)
    assert held.plan is not None
    digest = held.plan.digest
    break_(clinic, fault, nth)

    try:
        approved = approve(held.id, digest, "ada", medic=clinic.medic)
    except HealError:
        assert clinic.load(held.id).state is State.HELD
        assert clinic.writes == []
        return
    signal = again(approved, medic=clinic.medic)
    patiently(clinic, lambda: heal(signal, medic=clinic.medic))

    judge(clinic, before, estates.OUTBOUND)


@pytest.mark.parametrize("nth", range(1, 4))
@pytest.mark.parametrize("fault", [*FAULTS, *VARIATIONS])
def test_a_broken_rollback_leaves_the_registry_as_it_was_or_rolled_back(
    fault: str, nth: int, tmp_path: Path
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    before = rules(clinic)
    healed = clinic.heal(shop)
    break_(clinic, fault, nth)

    with suppress(HealError):
        rollback(healed.id, "back", "ada", medic=clinic.medic)
    after = clinic.load(healed.id)

    if after.state is State.ROLLED_BACK:
        assert rules(clinic) == before
    else:
        assert rules(clinic) in (before, [*before, *estates.OUTBOUND])
        assert "the rollback stopped" in after.timeline[-1].text
    assert len(clinic.writes) <= 2
