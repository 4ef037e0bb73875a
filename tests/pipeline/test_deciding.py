"""What a person decides: approve exactly what was shown, reject it, or take it back."""

from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict, NotFound
from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import approve, heal, reject, rollback
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

APPROVE = GENEROUS.replace("mode: auto", "mode: approve")


def blocked() -> dict[str, Any]:
    return {**estates.blocked_web_app(), "retry": [45]}


def held(clinic: Clinic) -> tuple[Incident, str]:
    """An incident whose plan waits for a person, and the plan's digest."""
    shop = clinic.id("shop", "sites")
    clinic.pull(shop)
    incident = clinic.heal(shop)
    assert incident.state is State.HELD
    assert incident.plan is not None
    return incident, incident.plan.digest


def add_rule(clinic: Clinic, *addresses: str) -> None:
    """Another administrator writes the registry's rules."""
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    rules = registry["properties"]["networkRuleSet"]["ipRules"]
    rules += [{"action": "Allow", "value": address} for address in addresses]


def rules(clinic: Clinic) -> list[str]:
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    return [rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]]


def test_an_approved_plan_is_carried_out_and_says_who_approved(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, digest = held(clinic)

    approved = approve(incident.id, digest, "ada@contoso.example", medic=clinic.medic)
    heal(clinic.signal(incident.resource), medic=clinic.medic)
    healed = clinic.sweep_until_done(clinic.load(incident.id))

    assert approved.state is State.RECEIVED
    assert healed.state is State.HEALED
    assert healed.approved_by == "ada@contoso.example"
    assert len(clinic.writes) == 1


def test_a_plan_nobody_approved_is_not_carried_out_by_new_signals(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, _ = held(clinic)

    clinic.advance(120)
    again = clinic.heal(incident.resource, id="signal-2")

    assert again.id == incident.id
    assert again.state is State.HELD
    assert clinic.writes == []


def test_approving_another_plan_than_the_one_shown_is_refused(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, _ = held(clinic)

    with pytest.raises(Conflict, match="look at it again"):
        approve(incident.id, "0" * 32, "ada", medic=clinic.medic)

    assert clinic.writes == []


def test_a_world_that_changed_since_is_shown_instead_of_written(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, digest = held(clinic)
    add_rule(clinic, "20.61.77.1")

    with pytest.raises(Conflict, match=r"20\.61\.77\.1"):
        approve(incident.id, digest, "ada", medic=clinic.medic)

    shown = clinic.load(incident.id).plan
    assert shown is not None
    assert shown.digest != digest
    assert clinic.writes == []


def test_approval_does_not_lift_any_other_objection(tmp_path: Path) -> None:
    policy = APPROVE.replace("shared_egress: allow", "shared_egress: hold")
    clinic = Clinic(blocked(), tmp_path, policy=policy)
    incident, digest = held(clinic)

    with pytest.raises(Conflict, match="shared"):
        approve(incident.id, digest, "ada", medic=clinic.medic)

    assert clinic.writes == []


def test_a_rejected_plan_stays_rejected(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, digest = held(clinic)

    rejected = reject(incident.id, "we move to a private endpoint", "ada", medic=clinic.medic)

    assert rejected.state is State.REJECTED
    with pytest.raises(Conflict, match="rejected"):
        approve(incident.id, digest, "ada", medic=clinic.medic)


def test_a_rollback_removes_exactly_what_was_added(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    before = rules(clinic)
    clinic.pull(clinic.id("shop", "sites"))
    incident = clinic.heal(clinic.id("shop", "sites"))
    add_rule(clinic, "20.61.77.1")

    rolled_back = rollback(incident.id, "wrong registry", "ada", medic=clinic.medic)

    assert rolled_back.state is State.ROLLED_BACK
    assert rules(clinic) == [*before, "20.61.77.1"]


def test_a_rollback_of_something_others_changed_shows_the_difference(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    clinic.pull(clinic.id("shop", "sites"))
    incident = clinic.heal(clinic.id("shop", "sites"))
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    registry["properties"]["networkRuleSet"]["ipRules"] = []

    with pytest.raises(Conflict):
        rollback(incident.id, "wrong registry", "ada", medic=clinic.medic)

    assert len(clinic.writes) == 1


def test_what_changed_nothing_cannot_be_rolled_back(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy="version: 1")
    incident, _ = held(clinic)

    with pytest.raises(Conflict, match="nothing to take back"):
        rollback(incident.id, "just in case", "ada", medic=clinic.medic)


def test_an_unknown_incident_is_not_found(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)

    for decide in (
        lambda: approve("inc-0", "x", "ada", medic=clinic.medic),
        lambda: reject("inc-0", "x", "ada", medic=clinic.medic),
        lambda: rollback("inc-0", "x", "ada", medic=clinic.medic),
    ):
        with pytest.raises(NotFound, match="inc-0"):
            decide()
