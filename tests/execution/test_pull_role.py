"""pull-role through the wire: made once, as announced, never more, taken back while it is ours."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared import execution
from shared.errors import Conflict, HealError, WriteForbidden
from shared.model.plan import Outcome, Step
from shared.pipeline.looking import look
from tests.clinic import Clinic
from tests.simulator.estates import REPOSITORY_READER
from tests.simulator.estates import access_cases as cases

_KIND = "Microsoft.Authorization/roleAssignments"


@dataclass
class Ward:
    """A workload without its role, and the step that gives it back."""

    clinic: Clinic
    step: Step

    def apply(self) -> Outcome:
        return execution.apply(self.step, azure=self.clinic.azure())

    def undo(self, outcome: Outcome) -> Outcome:
        return execution.undo(outcome, azure=self.clinic.azure())

    @property
    def name(self) -> str:
        return str(self.step.after["roleAssignment"]["name"])

    @property
    def path(self) -> str:
        return f"{self.step.target}/providers/{_KIND}/{self.name}"

    def assignments(self) -> list[dict[str, Any]]:
        """Role assignments at the registry itself."""
        below = f"{self.step.target.key}/providers/{_KIND.lower()}/"
        return [
            item
            for item in self.clinic.simulator.world.resources
            if str(item["id"]).lower().startswith(below)
        ]

    def change(self, method: str, path: str, body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.clinic.simulator.change(method, path, content)
        assert answer.status < 300, answer.content


Admit = Callable[..., Ward]


@pytest.fixture
def admit(tmp_path: Path) -> Admit:
    def one(scenario: dict[str, Any]) -> Ward:
        clinic = Clinic(scenario, tmp_path)
        shop = next(
            clinic.find(name) for name in ("sites/shop", "containerApps/shop") if _has(clinic, name)
        )
        clinic.pull(shop)
        found = look(clinic.signal(shop), azure=clinic.azure(), medic=clinic.medic)
        (step,) = found.plan.steps
        return Ward(clinic, step)

    return one


def _has(clinic: Clinic, name: str) -> bool:
    return any(
        str(item["id"]).lower().endswith(name.lower()) for item in clinic.simulator.world.resources
    )


def test_the_role_is_given_to_the_pull_identity_at_the_registry_and_nothing_else(
    admit: Admit,
) -> None:
    ward = admit(cases.lost())

    outcome = ward.apply()

    (made,) = ward.assignments()
    assert outcome.changed
    assert made["properties"]["principalId"] == ward.step.after["roleAssignment"]["principalId"]
    assert made["properties"]["principalType"] == "ServicePrincipal"
    assert made["properties"]["roleDefinitionId"].endswith("7f951dda-4ed3-4680-a7ca-43fe172d538d")
    assert ward.clinic.writes == [f"PUT {ward.path}"]


def test_in_a_registry_with_repository_permissions_the_lost_condition_comes_back(
    admit: Admit,
) -> None:
    condition = (
        "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'}))"
        " OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] "
        "StringStartsWithIgnoreCase 'shop/'))"
    )
    ward = admit(cases.lost(abac=True, condition=condition))

    ward.apply()

    (made,) = ward.assignments()
    assert made["properties"]["condition"] == condition
    assert made["properties"]["conditionVersion"] == "2.0"
    assert made["properties"]["roleDefinitionId"].endswith(REPOSITORY_READER)


def test_after_a_switch_of_the_mode_the_role_is_narrowed_to_this_repository(admit: Admit) -> None:
    ward = admit(cases.switched())

    ward.apply()

    made = next(one for one in ward.assignments() if one["name"] == ward.name)
    assert "StringEqualsIgnoreCase 'shop/web'" in made["properties"]["condition"]
    assert len(ward.assignments()) == 2


def test_twice_is_one_assignment_and_one_write(admit: Admit) -> None:
    ward = admit(cases.lost())

    first, second = ward.apply(), ward.apply()

    assert (first.changed, second.changed) == (True, False)
    assert "already" in second.detail
    assert len(ward.clinic.writes) == 1


def test_a_role_somebody_else_gave_meanwhile_is_theirs_and_not_taken_back(admit: Admit) -> None:
    ward = admit(cases.lost())
    made = ward.step.after["roleAssignment"]
    body = {"properties": {k: v for k, v in made.items() if k not in ("name", "description")}}
    path = f"{ward.step.target}/providers/{_KIND}/99999999-1111-4111-8111-111111111111"
    ward.change("PUT", f"{path}?api-version=2022-04-01", body)

    outcome = ward.apply()
    undone = ward.undo(outcome)

    assert (outcome.changed, undone.changed) == (False, False)
    assert len(ward.assignments()) == 1
    assert ward.clinic.writes == []


def test_a_condition_somebody_else_set_meanwhile_is_not_written_over(admit: Admit) -> None:
    """Two apps with one identity: Azure knows one assignment of a role to it at the registry, and
    under the purpose's own name a second PUT would change the first one's condition."""
    ward = admit(cases.lost(abac=True, condition="@Request[a:b] StringEquals 'shop/web'"))
    made = dict(ward.step.after["roleAssignment"])
    made |= {"condition": "@Request[a:b] StringEquals 'other'"}
    body = {"properties": {name: value for name, value in made.items() if name != "name"}}
    ward.change("PUT", f"{ward.path}?api-version=2022-04-01", body)

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (False, True)
    assert "maker's to change" in outcome.detail
    assert ward.assignments()[0]["properties"]["condition"].endswith("'other'")
    assert ward.clinic.writes == []


def test_a_registry_whose_mode_was_switched_since_gets_nothing(admit: Admit) -> None:
    ward = admit(cases.lost())
    body = {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}}
    ward.change("PATCH", f"{ward.step.target}?api-version=2025-11-01", body)

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (False, True)
    assert "permission mode" in outcome.detail
    assert ward.clinic.writes == []


def test_undoing_deletes_exactly_what_was_made(admit: Admit) -> None:
    ward = admit(cases.switched())
    before = [one["id"] for one in ward.assignments()]
    outcome = ward.apply()

    undone = ward.undo(outcome)

    assert undone.changed
    assert [one["id"] for one in ward.assignments()] == before
    assert ward.clinic.writes[-1] == f"DELETE {ward.path}"


def test_what_somebody_changed_since_is_not_taken_back(admit: Admit) -> None:
    ward = admit(cases.lost(abac=True))
    outcome = ward.apply()
    stored = ward.clinic.simulator.world.resources.get(ward.path)
    assert stored is not None
    stored["properties"]["condition"] = "somebody else's condition"

    with pytest.raises(Conflict, match="changed since") as caught:
        ward.undo(outcome)

    assert set(getattr(caught.value, "details", {})) == {"written", "now", "before", "difference"}
    assert len(ward.assignments()) == 1


def test_an_interrupted_grant_is_recognised_as_ours(admit: Admit) -> None:
    ward = admit(cases.lost())
    assert execution.settle(ward.step, azure=ward.clinic.azure()) is None
    ward.apply()

    settled = execution.settle(ward.step, azure=ward.clinic.azure())

    assert settled is not None
    assert settled.changed
    assert "so ours" in settled.detail


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_line_cut_at_the_write_ends_as_what_is_there_says(admit: Admit, when: str) -> None:
    ward = admit(cases.lost())
    fault = {"match": {"method": "PUT", "path": _KIND}, "times": 1, "drop": when}
    ward.clinic.simulator.faults.add(fault)

    if when == "before":
        with pytest.raises(HealError):
            ward.apply()
        assert ward.assignments() == []
    else:
        assert ward.apply().changed
        assert len(ward.assignments()) == 1


def test_a_service_without_the_right_to_grant_says_so_and_changes_nothing(admit: Admit) -> None:
    ward = admit(cases.lost(healer_actions=("*/read", "Microsoft.Web/sites/config/list/action")))

    with pytest.raises(HealError, match="AuthorizationFailed"):
        ward.apply()

    assert ward.assignments() == []
    assert ward.clinic.writes == []


def test_a_policy_that_forbids_the_grant_is_named(admit: Admit) -> None:
    scenario = cases.lost()
    rule = {
        "if": {"field": "type", "equals": _KIND},
        "then": {"effect": "deny"},
    }
    scenario["resources"] += _policy(scenario, rule)
    ward = admit(scenario)

    with pytest.raises(HealError, match="RequestDisallowedByPolicy"):
        ward.apply()

    assert ward.clinic.writes == []


def test_nothing_but_the_announced_assignment_leaves_the_machine(admit: Admit) -> None:
    ward = admit(cases.lost())
    azure = ward.clinic.azure()
    operations = azure.authorization(ward.step.target.subscription).role_assignments

    with azure.permit(ward.step), pytest.raises(WriteForbidden):
        operations.delete(ward.step.target.text, ward.name)

    assert ward.clinic.writes == []


def _policy(scenario: dict[str, Any], rule: dict[str, Any]) -> list[dict[str, Any]]:
    subscription = f"/subscriptions/{scenario['subscriptions'][0]}"
    definition = f"{subscription}/providers/Microsoft.Authorization/policyDefinitions/no-roles"
    assignment = f"{subscription}/providers/Microsoft.Authorization/policyAssignments/no-roles"
    return [
        {
            "id": definition,
            "name": "no-roles",
            "type": "Microsoft.Authorization/policyDefinitions",
            "properties": {"policyType": "Custom", "mode": "All", "policyRule": rule},
        },
        {
            "id": assignment,
            "name": "no-roles",
            "type": "Microsoft.Authorization/policyAssignments",
            "properties": {
                "policyDefinitionId": definition,
                "scope": subscription,
                "enforcementMode": "Default",
            },
        },
    ]
