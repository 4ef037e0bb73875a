"""Who may pull: roles, modes, conditions, groups and denials, judged from what ARM lists."""

from pathlib import Path
from typing import Any

import pytest

from shared.model.evidence import Access
from tests.evidence.examining import examine, find
from tests.simulator import estates

ROLES = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "AcrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Repository Reader": "b93aa761-3e63-49ed-ac28-beffa264f7ac",
    "Repository Writer": "2a1e307c-b015-4ebd-883e-5b7698a07328",
    "Website Contributor": "de139f84-1756-47ae-9be6-808fbbe84772",
}
EQUALS = (
    "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'})) OR "
    "(@Request[Microsoft.ContainerRegistry/registries/repositories:name] "
    "StringEqualsIgnoreCase '%s'))"
)
STARTS = EQUALS.replace("StringEqualsIgnoreCase", "StringStartsWithIgnoreCase")


def scenario_with(role: str, mode: str, condition: str | None = None) -> dict[str, Any]:
    """The blocked web app's identity holding this one role in this mode."""
    scenario = estates.blocked_web_app()
    registry = find(scenario, "/registries/contosoimages")
    registry["properties"]["roleAssignmentMode"] = mode
    site = find(scenario, "/providers/Microsoft.Web/sites/shop")
    mine = [
        item
        for item in scenario["resources"]
        if item["type"].lower().endswith("roleassignments")
        and item["properties"]["principalId"] == site["identity"]["principalId"]
    ]
    assert len(mine) == 1
    properties = mine[0]["properties"]
    prefix = properties["roleDefinitionId"].rsplit("/", 1)[0]
    properties["roleDefinitionId"] = f"{prefix}/{ROLES.get(role, role)}"
    if condition:
        properties |= {"condition": condition, "conditionVersion": "2.0"}
    return scenario


def pulls(scenario: dict[str, Any], place: Path) -> bool | None:
    access = examine(scenario, place).access
    assert isinstance(access, Access)
    return access.pulls


@pytest.mark.parametrize("role", ["AcrPull", "AcrPush", "Reader", "Contributor", "Owner"])
def test_classic_roles_pull_in_legacy_mode_only(role: str, tmp_path: Path) -> None:
    assert pulls(scenario_with(role, "LegacyRegistryPermissions"), tmp_path / "a") is True
    assert pulls(scenario_with(role, "AbacRepositoryPermissions"), tmp_path / "b") is False


@pytest.mark.parametrize("role", ["Repository Reader", "Repository Writer"])
def test_repository_roles_pull_in_abac_mode_only(role: str, tmp_path: Path) -> None:
    assert pulls(scenario_with(role, "LegacyRegistryPermissions"), tmp_path / "a") is False
    assert pulls(scenario_with(role, "AbacRepositoryPermissions"), tmp_path / "b") is True


def test_an_unrelated_role_does_not_pull(tmp_path: Path) -> None:
    assert (
        pulls(scenario_with("Website Contributor", "LegacyRegistryPermissions"), tmp_path) is False
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (EQUALS % "shop/web", True),
        (EQUALS % "SHOP/WEB", True),
        (EQUALS % "shop/api", False),
        (STARTS % "shop/", True),
        (STARTS % "other/", False),
        ("(@Principal[x] StringEquals 'y')", None),
    ],
)
def test_a_repository_condition_is_judged_and_any_other_left_open(
    condition: str, expected: bool | None, tmp_path: Path
) -> None:
    scenario = scenario_with("Repository Reader", "AbacRepositoryPermissions", condition)

    assert pulls(scenario, tmp_path) is expected


@pytest.mark.parametrize(
    ("actions", "excluded", "expected"),
    [
        (["Microsoft.ContainerRegistry/registries/pull/read"], [], True),
        (["Microsoft.ContainerRegistry/*/read"], [], True),
        (["*"], ["Microsoft.ContainerRegistry/registries/pull/*"], False),
        (["Microsoft.Web/*"], [], False),
    ],
)
def test_a_custom_role_is_judged_by_its_actions(
    actions: list[str], excluded: list[str], expected: bool, tmp_path: Path
) -> None:
    name = "3d1b6f5e-1111-4222-8333-944455556666"
    scenario = scenario_with(name, "LegacyRegistryPermissions")
    subscription = f"/subscriptions/{scenario['subscriptions'][0]}"
    scenario["resources"].append(
        {
            "id": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{name}",
            "name": name,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": "Image Puller",
                "type": "CustomRole",
                "description": "",
                "assignableScopes": [subscription],
                "permissions": [
                    {
                        "actions": actions,
                        "notActions": excluded,
                        "dataActions": [],
                        "notDataActions": [],
                    }
                ],
            },
        }
    )

    assert pulls(scenario, tmp_path) is expected


def test_an_inherited_assignment_counts(tmp_path: Path) -> None:
    scenario = scenario_with("AcrPull", "LegacyRegistryPermissions")
    site = find(scenario, "/providers/Microsoft.Web/sites/shop")
    registry = find(scenario, "/registries/contosoimages")
    group = "/".join(registry["id"].split("/")[:5])
    for item in scenario["resources"]:
        if item.get("properties", {}).get("principalId") == site["identity"]["principalId"]:
            item["properties"]["scope"] = group
            item["id"] = f"{group}/providers/Microsoft.Authorization/roleAssignments/{item['name']}"

    assert pulls(scenario, tmp_path) is True


def test_a_deny_assignment_that_covers_pulling_takes_it_away(tmp_path: Path) -> None:
    scenario = scenario_with("AcrPull", "LegacyRegistryPermissions")
    site = find(scenario, "/providers/Microsoft.Web/sites/shop")
    registry = find(scenario, "/registries/contosoimages")
    name = "9a1b6f5e-1111-4222-8333-944455556666"
    scenario["resources"].append(
        {
            "id": f"{registry['id']}/providers/Microsoft.Authorization/denyAssignments/{name}",
            "name": name,
            "type": "Microsoft.Authorization/denyAssignments",
            "properties": {
                "denyAssignmentName": "incident 4711",
                "scope": registry["id"],
                "permissions": [
                    {
                        "actions": ["Microsoft.ContainerRegistry/registries/pull/read"],
                        "notActions": [],
                        "dataActions": [],
                        "notDataActions": [],
                    }
                ],
                "principals": [{"id": site["identity"]["principalId"], "type": "ServicePrincipal"}],
                "excludePrincipals": [],
            },
        }
    )

    seen = examine(scenario, tmp_path)

    assert isinstance(seen.access, Access)
    assert seen.access.pulls is False
    assert "incident 4711" in seen.access.denials[0]
