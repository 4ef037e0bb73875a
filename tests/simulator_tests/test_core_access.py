"""Access to the simulated Azure is real: roles, inheritance, conditions, denials, locks."""

from collections.abc import Callable

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError

from tests.simulator import access
from tests.simulator.estates import ACR_PULL, REPOSITORY_READER, Estate, guid
from tests.simulator_tests.core_estate import HEALER, OWNER, RBAC_ADMINISTRATOR, Lab, lab

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
PULL = "Microsoft.ContainerRegistry/registries/pull/read"
CONTENT = "Microsoft.ContainerRegistry/registries/repositories/content/read"
APP = guid("some", "app")
PULL_ROLE_ONLY = (
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR "
    "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
    f"ForAnyOfAnyValues:GuidEquals {{{ACR_PULL}, {REPOSITORY_READER}}} AND "
    "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] "
    "ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'})) AND "
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR "
    "(@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
    f"ForAnyOfAnyValues:GuidEquals {{{ACR_PULL}}}))"
)


def _assign(lab: Lab, role: str, *, principal: str = APP, name: str = "") -> object:
    body = {
        "role_definition_id": lab.estate.role_id(role),
        "principal_id": principal,
        "principal_type": "ServicePrincipal",
    }
    return lab.roles.role_assignments.create(lab.registry, name or guid("x", role), body)


def test_a_missing_action_is_refused_in_azures_words() -> None:
    here = lab(healer_actions=("*/read",))

    with pytest.raises(HttpResponseError) as refused:
        here.open_firewall()

    assert refused.value.status_code == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "AuthorizationFailed"
    assert refused.value.error.message == (
        f"The client '{guid('healer', 'client')}' with object id '{HEALER}' does not have "
        "authorization to perform action 'Microsoft.ContainerRegistry/registries/write' over "
        f"scope '{here.registry}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials."
    )
    assert here.simulator.writes == []


@pytest.mark.parametrize(
    ("role", "action", "data", "allowed"),
    [
        (READER, PULL, False, True),
        (READER, "Microsoft.ContainerRegistry/registries/write", False, False),
        (READER, CONTENT, True, False),
        (CONTRIBUTOR, "Microsoft.ContainerRegistry/registries/write", False, True),
        (CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/write", False, False),
        (CONTRIBUTOR, "microsoft.authorization/roleassignments/delete", False, False),
        (OWNER, "Microsoft.Authorization/roleAssignments/write", False, True),
        (ACR_PULL, PULL, False, True),
        (ACR_PULL, "Microsoft.ContainerRegistry/registries/read", False, False),
        (REPOSITORY_READER, CONTENT, True, True),
        (REPOSITORY_READER, PULL, False, False),
        (RBAC_ADMINISTRATOR, "Microsoft.Authorization/roleAssignments/write", False, True),
        (RBAC_ADMINISTRATOR, "Microsoft.Authorization/locks/write", False, False),
    ],
)
def test_built_in_roles_carry_what_azure_says(
    role: str, action: str, data: bool, allowed: bool
) -> None:
    estate = Estate()
    here = lab(estate)
    estate.assign(APP, role, here.registry)
    world = lab(estate).simulator.world

    assert access.allows(world, APP, here.registry, action, data=data) is allowed


def test_a_role_reaches_down_from_group_subscription_and_management_group_only() -> None:
    above = (
        "/providers/Microsoft.Management/managementGroups/corp",
        Estate().subscription,
        f"{Estate().subscription}/resourceGroups/PLATFORM",
    )

    for scope in above:
        estate = Estate()
        estate.assign(APP, ACR_PULL, scope)
        here = lab(estate)
        assert access.allows(here.simulator.world, APP, here.registry, PULL)

    estate = Estate()
    estate.assign(APP, ACR_PULL, f"{estate.subscription}/resourceGroups/plat")
    assert not access.allows(lab(estate).simulator.world, APP, lab().registry, PULL)


def test_a_role_reaches_a_principal_through_nested_groups() -> None:
    estate = Estate()
    inner, outer = guid("inner"), guid("outer")
    estate.add(f"/groups/{inner}", "Microsoft.Graph/groups", {"members": [APP]})
    estate.add(f"/groups/{outer}", "Microsoft.Graph/groups", {"members": [inner]})
    estate.assign(outer, ACR_PULL, estate.subscription)
    here = lab(estate)

    assert access.allows(here.simulator.world, APP, here.registry, PULL)
    found = here.roles.role_assignments.list_for_scope(here.registry, filter=f"assignedTo('{APP}')")
    assert [one.principal_id for one in found] == [outer]


def test_a_new_pull_role_counts_only_after_it_has_propagated() -> None:
    here = lab(owner=True, propagation={"role": 600})
    world = here.simulator.world

    _assign(here, ACR_PULL)

    assert not access.allows(world, APP, here.registry, PULL)
    world.advance(599)
    assert not access.allows(world, APP, here.registry, PULL)
    world.advance(1)
    assert access.allows(world, APP, here.registry, PULL)


def test_a_conditioned_healer_can_hand_out_the_pull_role_and_no_other() -> None:
    estate = Estate()
    here = lab(estate)
    estate.assign(HEALER, RBAC_ADMINISTRATOR, here.registry, condition=PULL_ROLE_ONLY)
    here = lab(estate)

    _assign(here, ACR_PULL)
    with pytest.raises(HttpResponseError) as refused:
        _assign(here, CONTRIBUTOR)
    here.roles.role_assignments.delete(here.registry, guid("x", ACR_PULL))

    assert "does not have authorization or an ABAC condition not fulfilled" in str(refused.value)
    assert [one.split(" ")[0] for one in here.simulator.writes] == ["PUT", "DELETE"]


def test_a_repository_condition_is_judged_by_the_repository_asked_for() -> None:
    estate = Estate()
    attribute = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]"
    condition = (
        f"((!(ActionMatches{{'{CONTENT}'}})) OR ({attribute} StringStartsWithIgnoreCase 'team/'))"
    )
    estate.assign(APP, REPOSITORY_READER, estate.subscription, condition=condition)
    here = lab(estate)

    def may_pull(**attributes: str) -> bool:
        return access.allows(
            here.simulator.world, APP, here.registry, CONTENT, data=True, attributes=attributes
        )

    assert may_pull(**{attribute: "Team/app"})
    assert not may_pull(**{attribute: "team-x/app"})
    assert not may_pull()


def test_a_condition_nobody_can_evaluate_refuses_instead_of_being_true() -> None:
    estate = Estate(healer_actions=("*/read",))
    estate.assign(HEALER, OWNER, estate.subscription, condition="@Request[a:b] NumericEquals 1")
    here = lab(estate)

    with pytest.raises(HttpResponseError) as refused:
        _assign(here, ACR_PULL)

    assert refused.value.status_code == 501
    assert "NumericEquals" in str(refused.value)


def test_a_deny_assignment_outweighs_every_role() -> None:
    estate = Estate()
    denied = {
        "denyAssignmentName": "managed",
        "permissions": [{"actions": ["*/write"], "notActions": []}],
        "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
        "excludePrincipals": [{"id": guid("platform team"), "type": "ServicePrincipal"}],
    }
    kind = "Microsoft.Authorization/denyAssignments"
    estate.add(f"{estate.subscription}/providers/{kind}/{guid('deny')}", kind, denied)
    here = lab(estate, owner=True)

    with pytest.raises(HttpResponseError) as refused:
        here.open_firewall()

    assert refused.value.error is not None
    assert refused.value.error.code == "DenyAssignmentAuthorizationFailed"
    assert "the deny assignment with name 'managed'" in str(refused.value)


@pytest.mark.parametrize(
    ("level", "write", "delete"), [("ReadOnly", False, False), ("CanNotDelete", True, False)]
)
def test_locks_stop_what_their_level_says_below_their_scope(
    level: str, write: bool, delete: bool
) -> None:
    estate = Estate()
    kind = "Microsoft.Authorization/locks"
    estate.add(f"{estate.subscription}/providers/{kind}/keep", kind, {"level": level})
    here = lab(estate, owner=True)
    owned = next(
        one.name for one in here.roles.role_assignments.list_for_scope(here.registry) if one.name
    )

    def works(act: Callable[[], object]) -> bool:
        try:
            act()
        except ResourceExistsError as refusal:
            return refusal.error is None or refusal.error.code != "ScopeLocked"
        return True

    assert works(here.open_firewall) is write
    assert works(lambda: here.roles.role_assignments.delete(here.registry, owned)) is delete


def test_a_readonly_lock_also_stops_reading_passwords() -> None:
    estate = Estate()
    kind = "Microsoft.Authorization/locks"
    estate.add(f"{estate.subscription}/providers/{kind}/keep", kind, {"level": "ReadOnly"})
    here = lab(estate, owner=True)

    answer = here.ask(f"{here.registry}/listCredentials?api-version=2025-11-01", method="POST")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "ScopeLocked"
