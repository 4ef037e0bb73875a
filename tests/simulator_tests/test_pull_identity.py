"""Who pulls, and whether the registry lets them: identities, roles, passwords, references."""

from typing import Any

import pytest

from tests.simulator import estates, pull, workloads
from tests.simulator.pull import Pull
from tests.simulator.world import World
from tests.simulator_tests.asking import change, of

REGISTRY = "Microsoft.ContainerRegistry/registries"
READ = "Microsoft.ContainerRegistry/registries/repositories/content/read"


def pulls(scenario: dict[str, Any]) -> list[Pull]:
    world = World.load(scenario)
    workload = workloads.find(world, estates.workloads_of(scenario)[0])
    assert workload is not None
    return pull.attempt(world, workload)


def attempt(scenario: dict[str, Any]) -> Pull:
    return pulls(scenario)[-1]


def config(scenario: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = of(scenario, "Microsoft.Web/sites/config")["properties"]
    return properties


def test_a_deleted_pull_role_stops_the_pull() -> None:
    assert attempt(estates.lost_role()).stage == "role"


@pytest.mark.parametrize(
    ("role", "legacy", "abac"),
    [
        (estates.ACR_PULL, True, False),
        ("acdd72a7-3385-48ef-bd42-f606fba81ae7", True, False),  # Reader
        ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", True, False),  # Owner
        (estates.REPOSITORY_READER, False, True),
    ],
)
def test_which_role_pulls_depends_on_the_registrys_mode(
    role: str, legacy: bool, abac: bool
) -> None:
    for mode, works in (("LegacyRegistryPermissions", legacy), ("AbacRepositoryPermissions", abac)):
        estate = estates.Estate()
        acr = estate.registry("contosoimages")
        change(acr, roleAssignmentMode=mode)
        site = estate.site(
            "shop", image=estate.image(acr, "shop/web", "1"), outbound=("20.50.2.1",)
        )
        estate.assign(site["identity"]["principalId"], role, acr["id"])

        assert attempt(estate.scenario()).ok is works, mode


@pytest.mark.parametrize(("repository", "works"), [("shop/web", True), ("billing/api", False)])
def test_a_condition_narrows_the_role_to_a_repository(repository: str, works: bool) -> None:
    estate = estates.Estate()
    acr = estate.registry("contosoimages", abac=True)
    site = estate.site("shop", image=estate.image(acr, repository, "1"), outbound=("20.50.2.1",))
    condition = (
        f"((!(ActionMatches{{'{READ}'}})) OR "
        "(@Request[Microsoft.ContainerRegistry/registries/repositories:name] "
        "StringStartsWithIgnoreCase 'shop/'))"
    )
    estate.assign(
        site["identity"]["principalId"], estates.REPOSITORY_READER, acr["id"], condition=condition
    )

    assert attempt(estate.scenario()).ok is works


def test_a_fresh_assignment_counts_after_a_while() -> None:
    estate = estates.Estate(propagation={"role": 120})
    acr = estate.registry("contosoimages")
    site = estate.site("shop", image=estate.image(acr, "shop/web", "1"), outbound=("20.50.2.1",))
    estate.assign(
        site["identity"]["principalId"], estates.ACR_PULL, acr["id"], at="2026-08-03T09:00:00Z"
    )
    world = World.load(estate.scenario())
    workload = workloads.find(world, site["id"])
    assert workload is not None

    before = pull.attempt(world, workload)[-1].stage
    world.advance(120)

    assert before == "role"
    assert pull.attempt(world, workload)[-1].ok


def test_a_user_identity_is_named_by_its_client_id_and_must_be_attached() -> None:
    estate = estates.Estate()
    acr = estate.registry("contosoimages")
    site = estate.site("shop", image=estate.image(acr, "shop/web", "1"), outbound=("20.50.2.1",))
    puller = estate.user_identity("puller")
    estate.assign(puller["properties"]["principalId"], estates.ACR_PULL, acr["id"])
    scenario = estate.scenario()
    config(scenario)["acrUserManagedIdentityID"] = puller["properties"]["clientId"]
    loose = attempt(scenario)

    site["identity"] = {
        "type": "SystemAssigned, UserAssigned",
        "principalId": site["identity"]["principalId"],
        "userAssignedIdentities": {
            puller["id"]: {
                "principalId": puller["properties"]["principalId"],
                "clientId": puller["properties"]["clientId"],
            }
        },
    }

    assert (loose.stage, loose.why) == ("identity", "not-attached")
    assert attempt(scenario).ok


def test_a_container_apps_user_identity_is_named_by_its_resource_id() -> None:
    scenario = estates.blocked_container_app()
    change(of(scenario, REGISTRY), networkRuleSet={"defaultAction": "Allow", "ipRules": []})
    app = of(scenario, "Microsoft.App/containerApps")
    identity = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/x/Puller"
    app["properties"]["configuration"]["registries"][0]["identity"] = identity
    loose = attempt(scenario).stage

    app["identity"]["userAssignedIdentities"] = {
        identity.lower(): {"principalId": app["identity"]["principalId"], "clientId": "c"}
    }

    assert loose == "identity"
    assert attempt(scenario).ok


def test_refused_arm_audience_tokens_stop_every_identity() -> None:
    scenario = estates.healthy_web_app()
    policies = of(scenario, REGISTRY)["properties"]["policies"]
    policies["azureADAuthenticationAsArmPolicy"]["status"] = "disabled"

    seen = attempt(scenario)

    assert (seen.stage, seen.why) == ("identity", "arm-audience")


def test_an_app_that_is_not_told_to_use_its_identity_comes_without_credentials() -> None:
    scenario = estates.healthy_web_app()
    config(scenario)["acrUseManagedIdentityCreds"] = False

    seen = attempt(scenario)

    assert (seen.stage, seen.why) == ("credential", "anonymous")


def test_an_open_registry_lets_anybody_pull_unless_it_is_basic() -> None:
    scenario = estates.healthy_web_app()
    config(scenario)["acrUseManagedIdentityCreds"] = False
    registry = of(scenario, REGISTRY)
    change(registry, anonymousPullEnabled=True)
    standard = attempt(scenario).ok

    registry["sku"] = {"name": "Basic", "tier": "Basic"}

    assert standard
    assert attempt(scenario).stage == "credential"


def test_the_admin_user_pulls_with_either_password_while_it_is_on() -> None:
    scenario = estates.rotated_password()
    site = of(scenario, "Microsoft.Web/sites")
    stages = []
    for password in ("an-older-password", "first-password", "second-password"):
        scenario["appSettings"][site["id"]]["DOCKER_REGISTRY_SERVER_PASSWORD"] = password
        stages.append(attempt(scenario).stage)
    change(of(scenario, REGISTRY), adminUserEnabled=False)

    assert stages == ["credential", None, None]
    assert attempt(scenario).stage == "credential"


def test_a_key_vault_reference_that_does_not_resolve_is_sent_as_it_is_written() -> None:
    scenario = estates.rotated_password()
    site = of(scenario, "Microsoft.Web/sites")
    reference = "@Microsoft.KeyVault(VaultName=contoso-vault;SecretName=acr)"
    scenario["appSettings"][site["id"]]["DOCKER_REGISTRY_SERVER_PASSWORD"] = reference
    world = World.load(scenario)

    workload = workloads.find(world, site["id"])

    assert workload is not None
    assert workload.images[0].credential.password == reference
    assert pull.attempt(world, workload)[-1].stage == "credential"


def test_a_resolved_reference_pulls() -> None:
    scenario = estates.rotated_password()
    site = of(scenario, "Microsoft.Web/sites")
    site["identity"] = {
        "type": "SystemAssigned",
        "principalId": "11111111-0000-4000-8000-000000000001",
    }
    group = site["id"].split("/providers/")[0]
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/contoso-vault"
    scenario["resources"] += [
        {
            "id": vault,
            "name": "contoso-vault",
            "type": "Microsoft.KeyVault/vaults",
            "properties": {},
        },
        {
            "id": f"{vault}/secrets/acr",
            "name": "acr",
            "type": "Microsoft.KeyVault/vaults/secrets",
            "properties": {"value": "first-password"},
        },
    ]
    reference = "@Microsoft.KeyVault(SecretUri=https://contoso-vault.vault.azure.net/secrets/acr/)"
    scenario["appSettings"][site["id"]]["DOCKER_REGISTRY_SERVER_PASSWORD"] = reference
    denied = attempt(scenario).stage

    estate = estates.Estate()
    secrets_user = "4633458b-17de-408a-b874-0445c86b69e6"
    scenario["resources"] += [
        estate.assign(site["identity"]["principalId"], secrets_user, vault),
        {
            "id": f"/providers/Microsoft.Authorization/roleDefinitions/{secrets_user}",
            "name": secrets_user,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "permissions": [
                    {
                        "actions": [],
                        "dataActions": ["Microsoft.KeyVault/vaults/secrets/getSecret/action"],
                    }
                ]
            },
        },
    ]

    assert denied == "credential"
    assert attempt(scenario).ok


def test_a_container_apps_password_comes_from_its_secrets() -> None:
    scenario = estates.blocked_container_app()
    registry = of(scenario, REGISTRY)
    change(
        registry,
        networkRuleSet={"defaultAction": "Allow", "ipRules": []},
        adminUserEnabled=True,
    )
    scenario["passwords"] = {registry["id"]: ["right", "also-right"]}
    app = of(scenario, "Microsoft.App/containerApps")
    entry = app["properties"]["configuration"]["registries"][0]
    entry.update(identity="", username=registry["name"], passwordSecretRef="acr")

    missing = attempt(scenario).stage
    scenario["secrets"] = {app["id"]: {"acr": "right"}}

    assert missing == "credential"
    assert attempt(scenario).ok


def test_a_registries_entry_for_another_server_sends_no_credentials() -> None:
    scenario = estates.blocked_container_app()
    change(of(scenario, REGISTRY), networkRuleSet={"defaultAction": "Allow", "ipRules": []})
    app = of(scenario, "Microsoft.App/containerApps")
    app["properties"]["configuration"]["registries"][0]["server"] = "other.azurecr.io"

    assert (attempt(scenario).stage, attempt(scenario).why) == ("credential", "anonymous")
