"""A pull's way: names, routes, private endpoints, the registry's network rules."""

from typing import Any

import pytest

from tests.simulator import estates, pull, workloads
from tests.simulator.pull import Pull
from tests.simulator.world import World
from tests.simulator_tests.asking import change, of

REGISTRY = "Microsoft.ContainerRegistry/registries"


def attempt(scenario: dict[str, Any], number: int = 0) -> Pull:
    """Load the scenario and let its first (or other) workload pull; the deciding pull."""
    world = World.load(scenario)
    workload = workloads.find(world, estates.workloads_of(scenario)[number])
    assert workload is not None
    return pull.attempt(world, workload)[-1]


def test_an_address_the_rules_do_not_know_is_denied() -> None:
    seen = attempt(estates.blocked_web_app())

    assert (seen.stage, seen.client) == ("network-rules", estates.OUTBOUND[0])


def test_admitted_addresses_pull() -> None:
    seen = attempt(estates.healthy_web_app())

    assert seen.ok
    assert seen.digest
    assert seen.digest.startswith("sha256:")


def test_the_registry_sees_one_address_after_the_other() -> None:
    scenario = estates.blocked_web_app()
    world = World.load(scenario)
    workload = workloads.find(world, estates.workloads_of(scenario)[0])
    assert workload is not None

    seen = [pull.attempt(world, workload)[0].client for _ in range(5)]

    assert seen == [*estates.OUTBOUND, estates.OUTBOUND[0]]


def test_a_half_known_app_fails_and_works_in_turn() -> None:
    scenario = estates.blocked_web_app()
    rules = [{"action": "Allow", "value": f"{estates.OUTBOUND[1]}/32"}]
    change(of(scenario, REGISTRY), networkRuleSet={"defaultAction": "Deny", "ipRules": rules})
    world = World.load(scenario)
    workload = workloads.find(world, estates.workloads_of(scenario)[0])
    assert workload is not None

    seen = [pull.attempt(world, workload)[0].ok for _ in range(4)]

    assert seen == [False, True, False, False]


def test_a_registry_closed_to_the_public_ignores_its_rules() -> None:
    scenario = estates.healthy_web_app()
    change(of(scenario, REGISTRY), publicNetworkAccess="Disabled")

    seen = attempt(scenario)

    assert (seen.stage, seen.why) == ("network-rules", "closed")


def test_an_ipv6_client_matches_no_rule() -> None:
    scenario = estates.healthy_web_app()
    scenario["egress"] = {estates.workloads_of(scenario)[0]: ["2603:1020:206::17"]}

    seen = attempt(scenario)

    assert (seen.stage, seen.client) == ("network-rules", "2603:1020:206::17")


def test_a_basic_registry_has_no_rules_to_deny_with() -> None:
    scenario = estates.blocked_web_app()
    of(scenario, REGISTRY)["sku"] = {"name": "Basic", "tier": "Basic"}

    assert attempt(scenario).ok


def test_premium_v4_leaves_from_addresses_only_the_scenario_knows() -> None:
    assert attempt(estates.premium_v4_web_app()).client == "20.77.140.9"


def test_a_nat_gateway_is_what_the_registry_sees() -> None:
    assert attempt(estates.nat_web_app()).client == estates.NAT


def test_every_address_of_a_nat_prefix_takes_its_turn() -> None:
    estate = estates.Estate()
    estates.add_nat_web_app(estate, nat=(), prefix="20.61.30.4/31")
    scenario = estate.scenario()
    world = World.load(scenario)
    workload = workloads.find(world, estates.workloads_of(scenario)[0])
    assert workload is not None

    seen = [pull.attempt(world, workload)[0].client for _ in range(3)]

    assert seen == ["20.61.30.4", "20.61.30.5", "20.61.30.4"]


def test_without_image_pull_routing_the_nat_gateway_is_not_used() -> None:
    scenario = estates.nat_web_app()
    site = of(scenario, "Microsoft.Web/sites")
    site["properties"]["outboundVnetRouting"] = {"imagePullTraffic": False, "allTraffic": False}

    assert attempt(scenario).client == estates.OUTBOUND[0]


@pytest.mark.parametrize(
    ("routing", "setting", "over_vnet"),
    [
        ({"allTraffic": True, "imagePullTraffic": False}, "", True),
        ({"applicationTraffic": True}, "", False),
        (None, "true", True),
        (None, "1", True),
        (None, "", False),
        ({"imagePullTraffic": False}, "true", False),  # the site property wins
    ],
)
def test_what_routes_an_image_pull(routing: Any, setting: str, over_vnet: bool) -> None:
    scenario = estates.nat_web_app()
    site = of(scenario, "Microsoft.Web/sites")
    site["properties"]["outboundVnetRouting"] = routing
    scenario["appSettings"] = {site["id"]: {"WEBSITE_PULL_IMAGE_OVER_VNET": setting}}

    assert (attempt(scenario).client == estates.NAT) is over_vnet


def with_routes(scenario: dict[str, Any], *routes: dict[str, str]) -> dict[str, Any]:
    """Give the app's subnet a route table."""
    id = f"{scenario['resources'][0]['id']}/providers/Microsoft.Network/routeTables/way"
    table = {
        "id": id,
        "name": "way",
        "type": "Microsoft.Network/routeTables",
        "properties": {"routes": [{"name": "r", "properties": one} for one in routes]},
    }
    scenario["resources"].append(table)
    network = of(scenario, "Microsoft.Network/virtualNetworks")
    network["properties"]["subnets"][0]["properties"]["routeTable"] = {"id": id}
    return scenario


TO_APPLIANCE = {
    "addressPrefix": "0.0.0.0/0",
    "nextHopType": "VirtualAppliance",
    "nextHopIpAddress": "10.20.200.4",
}


def test_behind_an_unknown_appliance_only_the_scenario_knows_the_address() -> None:
    scenario = with_routes(estates.nat_web_app(), TO_APPLIANCE)
    scenario["egress"] = {estates.workloads_of(scenario)[0]: ["20.70.7.7"]}

    assert attempt(scenario).client == "20.70.7.7"


def test_a_route_into_the_void_times_out() -> None:
    scenario = with_routes(
        estates.nat_web_app(), {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}
    )

    seen = attempt(scenario)

    assert (seen.stage, seen.client) == ("route", None)
    assert "i/o timeout" in seen.why


def with_rule(scenario: dict[str, Any], *rules: tuple[int, str, str]) -> dict[str, Any]:
    """Give the app's subnet outbound rules (priority, access, destination)."""
    group = {
        "id": "/nsg",
        "name": "nsg",
        "type": "Microsoft.Network/networkSecurityGroups",
        "properties": {
            "securityRules": [
                {
                    "properties": {
                        "priority": priority,
                        "access": access,
                        "direction": "Outbound",
                        "protocol": "Tcp",
                        "destinationPortRange": "443",
                        "destinationAddressPrefix": destination,
                    }
                }
                for priority, access, destination in rules
            ]
        },
    }
    scenario["resources"].append(group)
    network = of(scenario, "Microsoft.Network/virtualNetworks")
    network["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] = {"id": "/nsg"}
    return scenario


@pytest.mark.parametrize(
    ("rules", "stage"),
    [
        ([(100, "Deny", "Internet")], "route"),
        ([(100, "Deny", "AzureContainerRegistry.WestEurope")], "route"),
        ([(100, "Allow", "AzureContainerRegistry"), (200, "Deny", "Internet")], "identity"),
        (
            [
                (100, "Allow", "AzureContainerRegistry"),
                (110, "Allow", "AzureActiveDirectory"),
                (200, "Deny", "Internet"),
            ],
            "data-endpoint",
        ),
        ([(100, "Deny", "Storage")], "data-endpoint"),
        ([(100, "Deny", "Sql")], None),
    ],
)
def test_what_a_security_group_stops(rules: list[tuple[int, str, str]], stage: str | None) -> None:
    scenario = with_rule(estates.nat_web_app(), *rules)
    change(of(scenario, REGISTRY), networkRuleSet={"defaultAction": "Allow", "ipRules": []})

    assert attempt(scenario).stage == stage


@pytest.mark.parametrize(
    ("rules", "stage"),
    [
        ([(100, "Deny", "Internet")], "route"),
        ([(100, "Allow", "MicrosoftContainerRegistry"), (200, "Deny", "Internet")], None),
    ],
)
def test_the_way_to_a_public_registry_can_be_blocked_too(
    rules: list[tuple[int, str, str]], stage: str | None
) -> None:
    scenario = with_rule(estates.nat_web_app(), *rules)
    image = {"linuxFxVersion": "DOCKER|mcr.microsoft.com/appsvc/staticsite:latest"}
    change(of(scenario, "Microsoft.Web/sites/config"), **image)

    assert attempt(scenario).stage == stage


def test_a_registry_that_is_gone_has_no_host() -> None:
    scenario = estates.healthy_web_app()
    scenario["resources"].remove(of(scenario, REGISTRY))
    scenario["images"] = {}

    assert attempt(scenario).stage == "dns"


def test_a_consumption_only_environment_cannot_use_the_nat_gateway() -> None:
    scenario = estates.blocked_container_app(nat=True)
    with_nat = attempt(scenario).client
    of(scenario, "Microsoft.App/managedEnvironments")["properties"]["workloadProfiles"] = None

    assert with_nat == estates.NAT
    assert attempt(scenario).client == estates.POOL[0]
