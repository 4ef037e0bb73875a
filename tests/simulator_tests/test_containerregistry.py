"""Microsoft.ContainerRegistry in the resource manager: what it shows, takes and refuses."""

from typing import Any

import pytest
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from tests.simulator import estates, platform
from tests.simulator.azure import Simulator
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator_tests.asking import ACR, ask, change, of

REGISTRY = "Microsoft.ContainerRegistry/registries"
OFFICE = {"action": "Allow", "value": "20.61.99.0/28"}


def arranged(**more: Any) -> tuple[Simulator, str]:
    """A simulator and the id of its registry, with other properties if given."""
    scenario = estates.blocked_web_app(propagation={"firewall": 60})
    registry = of(scenario, REGISTRY)
    change(registry, **more)
    return Simulator(scenario), registry["id"]


def patch_rules(simulator: Simulator, id: str, rules: Any, *, version: str = ACR) -> Any:
    body = {"properties": {"networkRuleSet": rules}}
    return ask(simulator, "PATCH", id, body, version=version)


def allow(*values: str) -> list[dict[str, str]]:
    return [{"action": "Allow", "value": value} for value in values]


def test_the_sdk_adds_rules_and_the_pull_works_once_they_arrived() -> None:
    simulator, _ = arranged()
    world = simulator.world
    site = estates.workloads_of({"resources": list(world.resources)})[0]
    client = ContainerRegistryManagementClient(
        SimulatedCredential(simulator),
        world.subscriptions[0],
        transport=SimulatedTransport(simulator),
    )
    rules = [OFFICE, *allow(*estates.OUTBOUND)]

    written = client.registries.begin_update(
        "platform",
        "contosoimages",
        {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": rules}}},
        polling_interval=0,
    ).result()
    at_once = platform.pull(world, site)["stage"]
    world.advance(60)

    assert written.properties is not None
    assert written.properties["networkRuleSet"]["ipRules"] == rules
    assert at_once == "network-rules"
    assert platform.pull(world, site)["ok"]
    assert simulator.writes == [
        "PATCH /subscriptions/5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d/resourceGroups/platform"
        "/providers/Microsoft.ContainerRegistry/registries/contosoimages"
    ]


def test_rules_left_out_stay_and_rules_given_replace() -> None:
    simulator, id = arranged()

    kept = patch_rules(simulator, id, {"defaultAction": "Deny"})
    replaced = patch_rules(simulator, id, {"defaultAction": "Deny", "ipRules": allow("20.1.2.3")})

    assert (kept.status, replaced.status) == (200, 200)
    assert kept.body["properties"]["networkRuleSet"]["ipRules"] == [OFFICE]
    assert replaced.body["properties"]["networkRuleSet"]["ipRules"] == allow("20.1.2.3")


def test_hidden_subnet_rules_survive_and_only_previews_show_them() -> None:
    subnet = {"action": "Allow", "virtualNetworkSubnetResourceId": "/subscriptions/s/subnets/a"}
    held = {"defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": [subnet]}
    simulator, id = arranged(networkRuleSet=held)

    written = patch_rules(simulator, id, {"defaultAction": "Deny", "ipRules": allow("20.1.2.3")})
    preview = ask(simulator, "GET", id, version="2026-09-01-preview")

    assert "virtualNetworkRules" not in written.body["properties"]["networkRuleSet"]
    assert preview.body["properties"]["networkRuleSet"]["virtualNetworkRules"] == [subnet]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"ipRules": allow("20.1.2.3")}, "InvalidRequestContent"),
        ({"defaultAction": "Deny", "ipRules": allow("2603:1020::1")}, "NetworkRuleValidationError"),
        ({"defaultAction": "Deny", "ipRules": allow("20.1.2.3/24")}, "NetworkRuleValidationError"),
        ({"defaultAction": "Deny", "ipRules": allow("somewhere")}, "NetworkRuleValidationError"),
        ({"defaultAction": "Deny", "ipRules": [{}]}, "NetworkRuleValidationError"),
        (
            {"defaultAction": "Deny", "ipRules": allow("20.1.2.3", "20.1.2.3/32")},
            "NetworkRuleValidationError",
        ),
        (
            {"defaultAction": "Deny", "ipRules": allow(*(f"20.9.0.{n}" for n in range(201)))},
            "BadRequest",
        ),
    ],
)
def test_rules_azure_would_refuse_are_refused_and_change_nothing(rules: Any, code: str) -> None:
    simulator, id = arranged()
    before = simulator.world.snapshot()["resources"]

    refused = patch_rules(simulator, id, rules)

    assert (refused.status, refused.body["error"]["code"]) == (400, code)
    assert simulator.world.snapshot()["resources"] == before


def test_two_hundred_rules_fit() -> None:
    simulator, id = arranged()
    values = [f"20.9.0.{number}" for number in range(200)]

    answer = patch_rules(simulator, id, {"defaultAction": "Deny", "ipRules": allow(*values)})
    usages = ask(simulator, "GET", f"{id}/listUsages", version=ACR).body["value"]

    assert answer.status == 200
    assert {"name": "IPRules", "limit": 200, "currentValue": 200, "unit": "Count"} in usages


@pytest.mark.parametrize("sku", ["Basic", "Standard"])
def test_network_rules_are_premium_only(sku: str) -> None:
    scenario = estates.blocked_web_app()
    of(scenario, REGISTRY)["sku"] = {"name": sku, "tier": sku}
    simulator, id = Simulator(scenario), of(scenario, REGISTRY)["id"]

    shown = ask(simulator, "GET", id, version=ACR).body["properties"]
    refused = patch_rules(simulator, id, {"defaultAction": "Allow", "ipRules": []})
    closed = {"properties": {"publicNetworkAccess": "Disabled"}}
    disabled = ask(simulator, "PATCH", id, closed, version=ACR)

    assert "networkRuleSet" not in shown
    assert (refused.status, refused.body["error"]["code"]) == (400, "NetworkRuleNotSupported")
    assert disabled.body["error"]["code"] == "DisablingPublicNetworkAccessNotSupported"


def test_a_registry_that_is_being_updated_takes_no_other_write() -> None:
    simulator, id = arranged(provisioningState="Updating")

    assert patch_rules(simulator, id, {"defaultAction": "Deny"}).status == 409


def test_versions_before_the_newest_do_not_tell_the_permission_mode() -> None:
    simulator, id = arranged()

    new, old = (
        ask(simulator, "GET", id, version=version).body["properties"]
        for version in ("2025-11-01", "2025-04-01")
    )

    assert new["roleAssignmentMode"] == "LegacyRegistryPermissions"
    assert "roleAssignmentMode" not in old


def test_changing_the_identity_answers_with_something_to_poll() -> None:
    simulator, id = arranged()

    answer = ask(simulator, "PATCH", id, {"identity": {"type": "None"}}, version=ACR)
    where = answer.headers["Azure-AsyncOperation"].removeprefix("https://management.azure.com")
    polled = ask(simulator, "GET", where.split("?")[0], version=ACR)

    assert answer.status == 201
    assert polled.body["status"] == "Succeeded"


def test_the_admin_users_passwords_are_told_only_while_it_is_on() -> None:
    simulator, id = arranged()
    off = ask(simulator, "POST", f"{id}/listCredentials", version=ACR)
    simulator.world.passwords[id.lower()] = ["one", "two"]

    ask(simulator, "PATCH", id, {"properties": {"adminUserEnabled": True}}, version=ACR)
    on = ask(simulator, "POST", f"{id}/listCredentials", version=ACR)
    renewed = ask(
        simulator, "POST", f"{id}/regenerateCredential", {"name": "password2"}, version=ACR
    )

    assert (off.status, off.body["error"]["code"]) == (400, "UnAuthorizedForCredentialOperations")
    assert on.body == {
        "username": "contosoimages",
        "passwords": [{"name": "password", "value": "one"}, {"name": "password2", "value": "two"}],
    }
    assert renewed.body["passwords"][0]["value"] == "one"
    assert renewed.body["passwords"][1]["value"] not in ("", "two")


def test_a_template_that_puts_the_registry_resets_what_it_leaves_out() -> None:
    simulator, id = arranged(anonymousPullEnabled=True)
    body = {"location": "westeurope", "sku": {"name": "Premium"}}

    answer = ask(simulator, "PUT", id, body, version=ACR)

    assert answer.status == 200
    assert answer.body["properties"]["loginServer"] == "contosoimages.azurecr.io"
    assert answer.body["properties"]["networkRuleSet"] == {"defaultAction": "Allow", "ipRules": []}
    assert answer.body["properties"]["anonymousPullEnabled"] is False


def test_a_deleted_registry_is_gone_with_everything_below_it() -> None:
    scenario = estates.private_web_app()
    simulator, id = Simulator(scenario), of(scenario, REGISTRY)["id"]

    answer = ask(simulator, "DELETE", id, version=ACR)

    assert answer.status == 200
    assert ask(simulator, "GET", id, version=ACR).status == 404
    assert not [one for one in simulator.world.resources if one["id"].startswith(f"{id}/")]


def test_private_endpoint_connections_are_told_in_the_registry_and_beside_it() -> None:
    scenario = estates.private_web_app()
    simulator, id = Simulator(scenario), of(scenario, REGISTRY)["id"]

    inside = ask(simulator, "GET", id, version=ACR).body["properties"]["privateEndpointConnections"]
    beside = ask(simulator, "GET", f"{id}/privateEndpointConnections", version=ACR).body["value"]

    assert inside == beside
    state = beside[0]["properties"]["privateLinkServiceConnectionState"]["status"]
    assert state == "Approved"


@pytest.mark.parametrize(("name", "free"), [("contosoimages", False), ("contosofresh", True)])
def test_names_that_are_taken_are_not_available(name: str, free: bool) -> None:
    simulator, id = arranged()
    path = id.split("/resourceGroups/")[0] + f"/providers/{REGISTRY.split('/')[0]}"

    answer = ask(
        simulator,
        "POST",
        f"{path}/checkNameAvailability",
        {"name": name, "type": REGISTRY},
        version=ACR,
    )

    assert answer.body["nameAvailable"] is free
