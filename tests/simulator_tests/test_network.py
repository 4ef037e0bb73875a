"""Microsoft.Network, private DNS and identities in the resource manager: a pull's way."""

from typing import Any

import pytest

from tests.simulator import estates, platform
from tests.simulator.azure import Simulator
from tests.simulator_tests.asking import ACR, DNS, NET, ask, of

LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"


@pytest.mark.parametrize(
    "type",
    [
        "virtualNetworks",
        "natGateways",
        "publicIPAddresses",
        "publicIPPrefixes",
        "privateEndpoints",
        "networkInterfaces",
    ],
)
@pytest.mark.parametrize("version", [NET, "2024-05-01"])
def test_what_exists_is_read_and_listed(type: str, version: str) -> None:
    estate = estates.Estate()
    estates.add_nat_web_app(estate, prefix="20.61.30.4/31")
    estate.private_endpoint(estate.registry("contosoclosed"))
    scenario = estate.scenario()
    wanted = of(scenario, f"Microsoft.Network/{type}")
    simulator = Simulator(scenario)
    group, subscription = wanted["id"].split("/providers/")[0], estate.subscription

    one = ask(simulator, "GET", wanted["id"], version=version)
    lists = [
        ask(simulator, "GET", f"{scope}/providers/Microsoft.Network/{type}", version=version)
        for scope in (group, subscription)
    ]

    assert one.body["id"] == wanted["id"]
    assert [item["id"] for answer in lists for item in answer.body["value"]] == [wanted["id"]] * 2


def test_a_subnet_inside_its_network_is_a_resource_of_its_own_too() -> None:
    scenario = estates.nat_web_app()
    network = of(scenario, "Microsoft.Network/virtualNetworks")
    simulator = Simulator(scenario)

    subnet = ask(simulator, "GET", f"{network['id']}/subnets/apps", version=NET)
    listed = ask(simulator, "GET", f"{network['id']}/subnets", version=NET)
    missing = ask(simulator, "GET", f"{network['id']}/subnets/none", version=NET)

    assert subnet.body["properties"]["natGateway"]["id"].endswith("/natGateways/apps-nat")
    assert listed.body["value"] == [subnet.body]
    assert missing.status == 404


def test_a_subnet_somebody_puts_wins_over_the_one_inside() -> None:
    scenario = estates.nat_web_app()
    network = of(scenario, "Microsoft.Network/virtualNetworks")
    simulator = Simulator(scenario)
    body = {"properties": {"addressPrefix": "10.20.0.0/24"}}

    answer = ask(simulator, "PUT", f"{network['id']}/subnets/apps", body, version=NET)
    whole = ask(simulator, "GET", network["id"], version=NET).body

    assert answer.status == 200
    assert ["natGateway" in one["properties"] for one in whole["properties"]["subnets"]] == [False]
    seen = platform.pull(simulator.world, estates.workloads_of(scenario)[0])
    assert estates.OUTBOUND[0] in str(seen["logs"])


def test_linking_the_zone_heals_the_name() -> None:
    scenario = estates.private_web_app(linked=False)
    zone = of(scenario, "Microsoft.Network/privateDnsZones")["id"]
    network = of(scenario, "Microsoft.Network/virtualNetworks")["id"]
    site = estates.workloads_of(scenario)[0]
    simulator = Simulator(scenario)
    body: dict[str, Any] = {
        "location": "global",
        "properties": {"virtualNetwork": {"id": network}, "registrationEnabled": False},
    }

    made = ask(simulator, "PUT", f"{zone}/virtualNetworkLinks/apps", body, version=DNS)
    at_work = ask(simulator, "GET", f"{zone}/virtualNetworkLinks/apps", version=DNS)
    before = platform.pull(simulator.world, site)["stage"]
    simulator.world.advance(5)
    done = ask(simulator, "GET", f"{zone}/virtualNetworkLinks/apps", version=DNS)
    after = platform.pull(simulator.world, site)["stage"]
    removed = ask(simulator, "DELETE", f"{zone}/virtualNetworkLinks/apps", version=DNS)
    simulator.world.advance(5)

    assert (made.status, made.body, removed.status) == (202, None, 202)
    assert "/privateDnsOperationStatuses/" in made.headers["Azure-AsyncOperation"]
    states = [one.body["properties"]["virtualNetworkLinkState"] for one in (at_work, done)]
    assert states == ["InProgress", "Completed"]
    assert (before, after) == ("network-rules", None)
    assert platform.pull(simulator.world, site)["stage"] == "network-rules"


def test_whoever_links_a_network_must_be_allowed_to_join_it() -> None:
    scenario = estates.private_web_app(linked=False, healer_actions=("*/read", f"{LINK}/write"))
    zone = of(scenario, "Microsoft.Network/privateDnsZones")["id"]
    network = of(scenario, "Microsoft.Network/virtualNetworks")["id"]
    simulator = Simulator(scenario)
    body = {"location": "global", "properties": {"virtualNetwork": {"id": network}}}
    healer = scenario["healer"]["principalId"]

    answer = ask(
        simulator,
        "PUT",
        f"{zone}/virtualNetworkLinks/apps",
        body,
        version=DNS,
        principal=healer,
    )

    assert (answer.status, answer.body["error"]["code"]) == (403, "LinkedAuthorizationFailed")


def test_a_zone_group_writes_the_records_and_takes_them_away_with_it() -> None:
    scenario = estates.private_web_app(recorded=False)
    endpoint = of(scenario, "Microsoft.Network/privateEndpoints")["id"]
    zone = of(scenario, "Microsoft.Network/privateDnsZones")["id"]
    site = estates.workloads_of(scenario)[0]
    simulator = Simulator(scenario)
    configuration = {"name": "registry", "properties": {"privateDnsZoneId": zone}}
    body = {"properties": {"privateDnsZoneConfigs": [configuration]}}

    before = platform.pull(simulator.world, site)["stage"]
    made = ask(simulator, "PUT", f"{endpoint}/privateDnsZoneGroups/default", body, version=NET)
    after = platform.pull(simulator.world, site)["stage"]
    names = [one["name"] for one in ask(simulator, "GET", f"{zone}/A", version=DNS).body["value"]]
    ask(simulator, "DELETE", f"{endpoint}/privateDnsZoneGroups/default", version=NET)

    assert (before, made.status, after) == ("dns", 201, None)
    assert names == ["contosoclosed", "contosoclosed.westeurope.data"]
    assert platform.pull(simulator.world, site)["stage"] == "dns"


def test_a_network_is_linked_to_one_zone_of_a_name() -> None:
    scenario = estates.private_web_app()
    zone = of(scenario, "Microsoft.Network/privateDnsZones")
    twin = {**zone, "id": zone["id"].replace("/platform/", "/web-shop/")}
    scenario["resources"].append(twin)
    network = of(scenario, "Microsoft.Network/virtualNetworks")["id"]
    simulator = Simulator(scenario)
    body = {"location": "global", "properties": {"virtualNetwork": {"id": network}}}

    answer = ask(simulator, "PUT", f"{twin['id']}/virtualNetworkLinks/again", body, version=DNS)

    assert (answer.status, answer.body["error"]["code"]) == (409, "Conflict")


def test_a_connection_is_approved_on_both_sides_and_a_rejected_one_never_again() -> None:
    scenario = estates.private_web_app()
    kind = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
    connection = of(scenario, kind)
    endpoint = of(scenario, "Microsoft.Network/privateEndpoints")["id"]
    connection["properties"]["privateLinkServiceConnectionState"]["status"] = "Pending"
    simulator = Simulator(scenario)

    answers = [
        ask(
            simulator,
            "PUT",
            connection["id"],
            {"properties": {"privateLinkServiceConnectionState": {"status": status}}},
            version=ACR,
        ).status
        for status in ("Approved", "Rejected", "Approved")
    ]

    (own,) = ask(simulator, "GET", endpoint, version=NET).body["properties"][
        "privateLinkServiceConnections"
    ]
    assert answers == [200, 200, 400]
    assert own["properties"]["privateLinkServiceConnectionState"]["status"] == "Rejected"


def test_records_are_read_written_and_removed() -> None:
    scenario = estates.private_web_app(recorded=False)
    zone = of(scenario, "Microsoft.Network/privateDnsZones")["id"]
    simulator = Simulator(scenario)
    body = {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.20.9.4"}]}}

    missing = ask(simulator, "GET", f"{zone}/A/contosoclosed", version=DNS)
    made = ask(simulator, "PUT", f"{zone}/A/contosoclosed", body, version=DNS)
    listed = ask(simulator, "GET", f"{zone}/A", version=DNS).body["value"]
    ask(simulator, "DELETE", f"{zone}/A/contosoclosed", version=DNS)

    assert (missing.status, missing.body["code"]) == (404, "NotFound")
    assert made.body["properties"]["fqdn"] == "contosoclosed.privatelink.azurecr.io."
    assert [one["name"] for one in listed] == ["contosoclosed"]
    assert ask(simulator, "GET", f"{zone}/A", version=DNS).body["value"] == []


def test_user_assigned_identities_are_read_and_listed() -> None:
    estate = estates.Estate()
    wanted = estate.user_identity("puller")
    simulator = Simulator(estate.scenario())
    below = f"{estate.subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"

    one = ask(simulator, "GET", wanted["id"], version="2024-11-30")
    listed = ask(simulator, "GET", below, version="2024-11-30")

    assert one.body["properties"]["clientId"] == wanted["properties"]["clientId"]
    assert [item["name"] for item in listed.body["value"]] == ["puller"]
