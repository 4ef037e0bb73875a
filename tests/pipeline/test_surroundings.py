"""Locks and policies around everything a plan writes are heeded before the first write."""

from pathlib import Path
from typing import Any

import pytest

from shared.model.incident import Incident
from shared.model.words import State
from tests.clinic import Clinic
from tests.pipeline.test_restart import Ward
from tests.simulator import estates

ACR = "Microsoft.ContainerRegistry/registries"
BUILT_IN = "/providers/Microsoft.Authorization/policyDefinitions"
ARM_TOKENS_OFF = f"{BUILT_IN}/42781ec6-6127-4c30-bdfa-fb423a0047d3"
PUBLIC_OFF = f"{BUILT_IN}/0fdf0491-d080-4575-b627-ad0e843cba0f"
NOT_OPEN_TO_ALL = f"{BUILT_IN}/d0793b48-0edc-4296-a390-4c75d1bdfd71"
DENY = {"effect": {"value": "Deny"}}


def subscription(scenario: dict[str, Any]) -> str:
    return f"/subscriptions/{scenario['subscriptions'][0]}"


def assigned(
    scenario: dict[str, Any], definition: str, parameters: Any = None, **more: Any
) -> dict[str, Any]:
    """The scenario with the definition assigned to the whole subscription."""
    scope = subscription(scenario)
    id = f"{scope}/providers/Microsoft.Authorization/policyAssignments/house-rule"
    properties = {
        "displayName": "House rule",
        "policyDefinitionId": definition,
        "scope": scope,
        "parameters": parameters or {},
        **more,
    }
    scenario["resources"].append({"id": id, "name": "house-rule", "properties": properties})
    return scenario


def own(scenario: dict[str, Any], condition: Any, effect: str = "deny") -> dict[str, Any]:
    """The scenario with a policy of one's own in force."""
    id = f"{subscription(scenario)}/providers/Microsoft.Authorization/policyDefinitions/ours"
    rule = {"if": condition, "then": {"effect": effect}}
    properties = {"policyType": "Custom", "mode": "All", "policyRule": rule}
    scenario["resources"].append({"id": id, "name": "ours", "properties": properties})
    return assigned(scenario, id)


def locked(scenario: dict[str, Any], scope: str, level: str = "ReadOnly") -> dict[str, Any]:
    id = f"{scope}/providers/Microsoft.Authorization/locks/hands-off"
    properties = {"level": level}
    scenario["resources"].append({"id": id, "name": "hands-off", "properties": properties})
    return scenario


def healed(scenario: dict[str, Any], place: Path) -> tuple[Incident, Clinic]:
    clinic = Clinic({**scenario, "retry": [45]}, place)
    clinic.pull(clinic.only("sites"))
    return clinic.heal(clinic.only("sites")), clinic


def said(incident: Incident) -> str:
    assert incident.decision is not None
    return " ".join(incident.decision.reasons)


@pytest.mark.parametrize("definition", [ARM_TOKENS_OFF, PUBLIC_OFF])
def test_a_built_in_policy_that_would_refuse_the_write_is_named_beforehand(
    definition: str, tmp_path: Path
) -> None:
    incident, clinic = healed(assigned(estates.blocked_web_app(), definition, DENY), tmp_path)

    assert incident.state is State.HELD
    assert "House rule" in said(incident)
    assert "refuses the change" in said(incident)
    assert clinic.writes == []


@pytest.mark.parametrize(
    ("definition", "parameters", "more"),
    [
        (NOT_OPEN_TO_ALL, DENY, {}),
        (ARM_TOKENS_OFF, {"effect": {"value": "Audit"}}, {}),
        (ARM_TOKENS_OFF, {}, {}),
        (ARM_TOKENS_OFF, DENY, {"enforcementMode": "DoNotEnforce"}),
    ],
)
def test_a_policy_that_lets_the_write_pass_does_not_hold_it(
    definition: str, parameters: Any, more: Any, tmp_path: Path
) -> None:
    scenario = assigned(estates.blocked_web_app(), definition, parameters, **more)

    incident, clinic = healed(scenario, tmp_path)

    assert incident.state is State.VERIFYING, said(incident)
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_a_policy_of_one_s_own_about_addresses_is_judged_by_what_would_be_written(
    tmp_path: Path,
) -> None:
    rule = {
        "allOf": [
            {"field": "type", "equals": ACR},
            {"field": f"{ACR}/networkRuleSet.ipRules[*].value", "notLike": "10.*"},
        ]
    }

    incident, clinic = healed(own(estates.blocked_web_app(), rule), tmp_path)

    assert incident.state is State.HELD
    assert "House rule" in said(incident)
    assert clinic.writes == []


def test_a_policy_in_words_nobody_here_knows_holds(tmp_path: Path) -> None:
    rule = {"allOf": [{"field": "type", "equals": ACR}, {"count": {"field": "x"}, "less": 3}]}

    incident, clinic = healed(own(estates.blocked_web_app(), rule), tmp_path)

    assert incident.state is State.HELD
    assert "could not be judged" in said(incident)
    assert clinic.writes == []


def test_a_policy_about_something_else_is_no_reason_to_wait(tmp_path: Path) -> None:
    rule = {
        "allOf": [
            {"field": "type", "equals": "Microsoft.Compute/virtualMachines"},
            {"count": {"field": "x"}, "less": 3},
        ]
    }

    incident, _ = healed(own(estates.blocked_web_app(), rule), tmp_path)

    assert incident.state is State.VERIFYING, said(incident)


def test_a_definition_that_may_not_be_read_holds(tmp_path: Path) -> None:
    scenario = {**assigned(estates.blocked_web_app(), ARM_TOKENS_OFF, DENY), "retry": [45]}
    clinic = Clinic(scenario, tmp_path)
    clinic.simulator.faults.add(
        {"match": {"path": "policyDefinitions/"}, "times": 99, "status": 403}
    )

    incident = clinic.heal(clinic.only("sites"))

    assert incident.state is State.HELD
    assert "unknown means hold" in said(incident)
    assert clinic.writes == []


# --- what is not the registry


def blocked(place: Path, level: str) -> Ward:
    scenario = estates.blocked_web_app()
    (site,) = [one for one in scenario["resources"] if one["type"] == "Microsoft.Web/sites"]
    ward = Ward(locked(scenario, site["id"], level), place, "sites")
    ward.block()
    ward.admit(*estates.OUTBOUND)
    ward.forget()
    return ward


def test_a_locked_site_is_not_stopped(tmp_path: Path) -> None:
    ward = blocked(tmp_path, "ReadOnly")

    incident = ward.clinic.heal(ward.workload)

    assert incident.state is State.HELD
    assert "hands-off" in said(incident)
    assert ward.clinic.writes == []


def test_a_lock_against_deletion_does_not_keep_a_site_from_being_started(tmp_path: Path) -> None:
    ward = blocked(tmp_path, "CanNotDelete")

    ended = ward.sweep_to_the_end(ward.clinic.heal(ward.workload))

    assert ended.state is State.HEALED
    assert ward.clinic.writes == ward.posts("stop", "start")


def test_locks_of_the_site_that_may_not_be_read_hold(tmp_path: Path) -> None:
    ward = blocked(tmp_path, "CanNotDelete")
    ward.clinic.simulator.faults.add(
        {"match": {"path": "/sites/shop/providers/.*locks"}, "times": 99, "status": 403}
    )

    incident = ward.clinic.heal(ward.workload)

    assert incident.state is State.HELD
    assert "the locks could not be read" in said(incident)
    assert ward.clinic.writes == []
