"""The registry: found by its exact login server, read as it is, surrounded by what may refuse."""

from pathlib import Path
from typing import Any

import pytest

from shared import evidence
from shared.model.evidence import Registry, Unread
from tests.clinic import Clinic
from tests.evidence.examining import examine, find, told
from tests.simulator import estates


def registry_of(scenario: dict[str, Any]) -> dict[str, Any]:
    return find(scenario, "/registries/contosoimages")


def test_a_registry_is_joined_by_its_login_server_and_never_by_its_name(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    registry_of(scenario)["properties"]["loginServer"] = "contosoimages-a1b2c3.azurecr.io"

    seen = examine(scenario, tmp_path)

    assert seen.registry is None
    assert "no registry with this login server" in told(seen, "registry contosoimages.azurecr.io")


def test_a_host_with_capitals_or_a_region_still_finds_its_registry(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    config = find(scenario, "/sites/shop/config/web")["properties"]
    config["linuxFxVersion"] = "DOCKER|ContosoImages.westeurope.geo.azurecr.io/shop/web:4.2.1"

    seen = examine(scenario, tmp_path)

    assert isinstance(seen.registry, Registry)
    assert seen.registry.login_server == "contosoimages.azurecr.io"


def test_a_registry_that_only_a_lagging_search_still_names_does_not_exist(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app(propagation={"resourcegraph": 300})
    clinic = Clinic(scenario, tmp_path)
    registry = clinic.id("contosoimages")
    clinic.simulator.change("DELETE", registry.text, b"")

    seen = evidence.gather(clinic.signal(clinic.only("sites")), azure=clinic.azure())

    assert seen.registry is None
    assert told(seen, "registry name") == "nobody in Azure has it"


def test_an_image_from_elsewhere_asks_for_no_registry(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    find(scenario, "/sites/shop/config/web")["properties"]["linuxFxVersion"] = "DOCKER|nginx:1"

    seen = examine(scenario, tmp_path)

    assert seen.registry is None
    assert seen.image is not None
    assert not seen.image.acr


def test_a_member_the_api_version_does_not_return_is_unknown_and_not_a_default(
    tmp_path: Path,
) -> None:
    scenario = estates.blocked_web_app()
    properties = registry_of(scenario)["properties"]
    for name in ("roleAssignmentMode", "policies"):
        properties.pop(name, None)

    registry = examine(scenario, tmp_path).registry

    assert isinstance(registry, Registry)
    assert registry.mode is None
    assert registry.arm_audience is None


def assignment(scenario: dict[str, Any], definition: str, **properties: Any) -> dict[str, Any]:
    subscription = f"/subscriptions/{scenario['subscriptions'][0]}"
    name = "close-it"
    return {
        "id": f"{subscription}/providers/Microsoft.Authorization/policyAssignments/{name}",
        "name": name,
        "type": "Microsoft.Authorization/policyAssignments",
        "properties": {
            "displayName": "Registries stay private",
            "policyDefinitionId": definition,
            "scope": subscription,
            "enforcementMode": "Default",
            "parameters": {},
            **properties,
        },
    }


BUILT_IN = (
    "/providers/Microsoft.Authorization/policyDefinitions/a3701552-92ea-433e-9d17-33b7f1208fc9"
)


@pytest.mark.parametrize(
    ("changes", "closing"),
    [
        ({}, 1),
        ({"enforcementMode": "DoNotEnforce"}, 0),
        ({"parameters": {"effect": {"value": "Disabled"}}}, 0),
    ],
)
def test_a_policy_that_would_close_the_registry_on_any_write_is_seen(
    changes: dict[str, Any], closing: int, tmp_path: Path
) -> None:
    scenario = estates.blocked_web_app()
    scenario["resources"].append(assignment(scenario, BUILT_IN, **changes))

    policies = examine(scenario, tmp_path).surroundings.closing_policies

    assert not isinstance(policies, Unread)
    assert len(policies) == closing


def test_a_policy_of_one_s_own_that_modifies_public_access_is_seen(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    subscription = f"/subscriptions/{scenario['subscriptions'][0]}"
    definition = f"{subscription}/providers/Microsoft.Authorization/policyDefinitions/ours"
    operation = {
        "operation": "addOrReplace",
        "field": "Microsoft.ContainerRegistry/registries/publicNetworkAccess",
        "value": "Disabled",
    }
    type_is = {"field": "type", "equals": "Microsoft.ContainerRegistry/registries"}
    scenario["resources"] += [
        {
            "id": definition,
            "name": "ours",
            "type": "Microsoft.Authorization/policyDefinitions",
            "properties": {
                "policyType": "Custom",
                "mode": "Indexed",
                "policyRule": {
                    "if": type_is,
                    "then": {"effect": "modify", "details": {"operations": [operation]}},
                },
            },
        },
        assignment(scenario, definition),
    ]

    policies = examine(scenario, tmp_path).surroundings.closing_policies

    assert policies == (f"Registries stay private ({scenario['resources'][-1]['id']})",)


def test_an_exempted_scope_is_not_closed(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    group = "/".join(registry_of(scenario)["id"].split("/")[:5])
    scenario["resources"].append(assignment(scenario, BUILT_IN, notScopes=[group]))

    assert examine(scenario, tmp_path).surroundings.closing_policies == ()


def test_locks_above_the_registry_are_seen(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    group = "/".join(registry_of(scenario)["id"].split("/")[:5])
    scenario["resources"].append(
        {
            "id": f"{group}/providers/Microsoft.Authorization/locks/freeze",
            "name": "freeze",
            "type": "Microsoft.Authorization/locks",
            "properties": {"level": "ReadOnly"},
        }
    )

    locks = examine(scenario, tmp_path).surroundings.locks

    assert not isinstance(locks, Unread)
    assert locks[0].startswith("ReadOnly ")


def test_tags_of_both_groups_are_read(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    find(scenario, "/resourceGroups/web-shop")["tags"] = {"medic": "off"}

    tags = examine(scenario, tmp_path).surroundings.group_tags

    assert tags
    assert not isinstance(tags, Unread)
    assert {"medic": "off"} in tags.values()
    assert len(tags) == 2
