"""A pull over a private endpoint: zones, links, records, peerings, approval."""

from typing import Any

import pytest

from tests.simulator import estates, pull, workloads
from tests.simulator.pull import Pull
from tests.simulator.world import World
from tests.simulator_tests.asking import change, of

REGISTRY = "Microsoft.ContainerRegistry/registries"


def attempt(scenario: dict[str, Any]) -> Pull:
    """Load the scenario and let its first workload pull; the deciding pull."""
    world = World.load(scenario)
    workload = workloads.find(world, estates.workloads_of(scenario)[0])
    assert workload is not None
    return pull.attempt(world, workload)[-1]


def test_a_private_endpoint_with_zone_and_records_lets_a_closed_registry_be_reached() -> None:
    seen = attempt(estates.private_web_app())

    assert (seen.ok, seen.client) == (True, None)


def test_without_routed_pulls_the_private_endpoint_does_not_help() -> None:
    seen = attempt(estates.private_web_app(routed=False))

    assert (seen.stage, seen.why) == ("network-rules", "closed")


def test_without_the_zone_link_the_name_leads_to_the_closed_public_side() -> None:
    assert attempt(estates.private_web_app(linked=False)).stage == "network-rules"


def test_a_linked_zone_without_the_record_knows_no_such_host() -> None:
    seen = attempt(estates.private_web_app(recorded=False))

    assert (seen.stage, seen.why) == ("dns", "lookup contosoclosed.azurecr.io: no such host")


def test_a_link_that_redirects_falls_back_to_the_public_name() -> None:
    scenario = estates.private_web_app(recorded=False)
    link = of(scenario, "Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    change(link, resolutionPolicy="NxDomainRedirect")

    assert attempt(scenario).stage == "network-rules"


def test_a_missing_record_of_the_data_endpoint_stops_the_layers() -> None:
    scenario = estates.private_web_app()
    records = [item for item in scenario["resources"] if item["type"].endswith("privateDnsZones/A")]
    scenario["resources"].remove(next(item for item in records if ".data" in item["name"]))

    seen = attempt(scenario)

    assert seen.stage == "data-endpoint"
    assert "contosoclosed.westeurope.data.azurecr.io: no such host" in seen.why


@pytest.mark.parametrize("state", ["Pending", "Rejected", "Disconnected"])
def test_an_endpoint_that_is_not_approved_does_not_answer(state: str) -> None:
    scenario = estates.private_web_app()
    connection = of(scenario, f"{REGISTRY}/privateEndpointConnections")
    connection["properties"]["privateLinkServiceConnectionState"]["status"] = state

    assert attempt(scenario).stage == "route"


def test_an_endpoint_in_a_network_that_is_not_peered_is_out_of_reach() -> None:
    scenario = estates.private_web_app()
    endpoint = of(scenario, "Microsoft.Network/privateEndpoints")
    network = of(scenario, "Microsoft.Network/virtualNetworks")
    hub = {**network, "id": network["id"].replace("spoke", "hub"), "name": "hub"}
    hub["properties"] = {**network["properties"], "subnets": []}
    scenario["resources"].append(hub)
    endpoint["properties"]["subnet"] = {"id": f"{hub['id']}/subnets/endpoints"}
    alone = attempt(scenario).stage

    for one, other in ((network, hub), (hub, network)):
        one["properties"]["virtualNetworkPeerings"] = [
            {
                "name": "peering",
                "properties": {
                    "remoteVirtualNetwork": {"id": other["id"]},
                    "peeringState": "Connected",
                    "allowVirtualNetworkAccess": True,
                },
            }
        ]

    assert alone == "route"
    assert attempt(scenario).ok


def test_a_custom_dns_server_answers_from_the_network_it_stands_in() -> None:
    scenario = estates.private_web_app()
    network = of(scenario, "Microsoft.Network/virtualNetworks")
    network["properties"]["dhcpOptions"] = {"dnsServers": ["10.99.0.4"]}

    assert attempt(scenario).stage == "network-rules"  # a server outside: the public name

    network["properties"]["dhcpOptions"] = {"dnsServers": ["10.20.0.4"]}
    assert attempt(scenario).ok
