"""The way out of a workload: followed through what ARM tells, and no further."""

import re
from pathlib import Path
from typing import Any

import pytest

from shared import evidence
from shared.model.evidence import Egress, Evidence, Unread, Via
from tests.clinic import Clinic
from tests.simulator.estates import Estate, ways_out
from tests.simulator.estates import wayout_cases as cases
from tests.simulator.estates.containerapps import EXPRESS
from tests.simulator.services import resourcegraph

Scenario = dict[str, Any]
PUBLIC = ways_out.HUB_PUBLIC


def look(scenario: Scenario, place: Path, *faults: dict[str, Any], **options: Any) -> Evidence:
    clinic = Clinic(scenario, place, **options)
    for fault in faults:
        clinic.simulator.faults.add({"times": 99, **fault})
    return evidence.gather(clinic.signal(clinic.find("shop")), azure=clinic.azure())


def way(scenario: Scenario, place: Path, *faults: dict[str, Any], **options: Any) -> Egress:
    found = look(scenario, place, *faults, **options).workload.egress
    assert isinstance(found, Egress)
    return found


def named(scenario: Scenario, name: str) -> Any:
    return next(item for item in scenario["resources"] if item["name"] == name)


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "AzureContainerRegistry", "AzureCloud"])
def test_a_route_to_an_azure_firewall_is_followed_to_its_addresses(
    prefix: str, tmp_path: Path
) -> None:
    egress = way(cases.firewall(prefix=prefix), tmp_path)

    assert (egress.via, egress.addresses, egress.stable) == (Via.FIREWALL, PUBLIC, True)
    assert egress.owner is not None
    assert egress.owner.name == "hub-firewall"


def test_two_halves_of_the_internet_lead_there_too(tmp_path: Path) -> None:
    scenario = cases.firewall(prefix="0.0.0.0/1")
    routes = named(scenario, "apps-routes")["properties"]["routes"]
    other = {**routes[0]["properties"], "addressPrefix": "128.0.0.0/1"}
    routes.append({**routes[0], "name": "other-half", "properties": other})

    assert way(scenario, tmp_path).addresses == PUBLIC


def test_a_route_for_registries_beside_the_firewall_leaves_by_the_nat_gateway(
    tmp_path: Path,
) -> None:
    estate = Estate()
    cases.add_firewall(estate, "site")
    subnet = ways_out.subnet(estate, estate._network()["properties"]["subnets"][0]["id"])
    subnet["natGateway"] = {"id": estate._nat("apps", ("20.61.18.42",), "")}
    scenario = estate.scenario()
    routes = named(scenario, "apps-routes")["properties"]["routes"]
    straight = {"addressPrefix": "AzureContainerRegistry", "nextHopType": "Internet"}
    routes.append({**routes[0], "name": "registries", "properties": straight})

    egress = way(scenario, tmp_path)

    assert (egress.via, egress.addresses) == (Via.NAT_GATEWAY, ("20.61.18.42",))


def test_all_addresses_of_a_firewall_count_however_many(tmp_path: Path) -> None:
    many = tuple(f"20.61.20.{number}" for number in range(1, 9))

    seen = look(cases.firewall(public=many), tmp_path)

    assert isinstance(seen.workload.egress, Egress)
    assert seen.workload.egress.addresses == many


def test_a_nat_gateway_behind_the_firewall_takes_its_place_and_is_named(tmp_path: Path) -> None:
    egress = way(cases.firewall(nat=("20.61.18.42",)), tmp_path)

    assert egress.addresses == ("20.61.18.42",)
    assert [owner.name for owner in (egress.owner, *egress.also) if owner] == [
        "hub-firewall",
        "hub-nat",
    ]


def test_a_firewall_in_the_workloads_own_network_needs_no_peering(tmp_path: Path) -> None:
    scenario = cases.firewall()
    spoke, hub = named(scenario, "spoke"), named(scenario, "hub")
    spoke["properties"]["addressSpace"]["addressPrefixes"].append("10.50.0.0/16")
    own = hub["properties"]["subnets"][0]
    own["id"] = f"{spoke['id']}/subnets/AzureFirewallSubnet"
    spoke["properties"]["subnets"].append(own)
    held = named(scenario, "hub-firewall")["properties"]["ipConfigurations"]
    held[0]["properties"]["subnet"] = {"id": own["id"]}
    spoke["properties"]["virtualNetworkPeerings"] = []

    assert way(scenario, tmp_path).addresses == PUBLIC


def test_what_resource_graph_still_believes_is_not_taken_for_true(tmp_path: Path) -> None:
    """The address was taken from the firewall a moment ago: it says itself whose it is."""
    clinic = Clinic(cases.firewall(), tmp_path)
    resourcegraph.freeze(clinic.simulator.world)
    firewall = clinic.simulator.world.resources.get(clinic.id("hub-firewall").text)
    assert firewall is not None
    firewall["properties"]["ipConfigurations"] = []

    seen = evidence.gather(clinic.signal(clinic.find("shop")), azure=clinic.azure())

    assert isinstance(seen.workload.egress, Unread)
    assert "does not say that" in seen.workload.egress.because


def _unpeered(scenario: Scenario) -> None:
    peering = named(scenario, "spoke")["properties"]["virtualNetworkPeerings"][0]
    peering["properties"]["peeringState"] = "Disconnected"


def _one_sided(scenario: Scenario) -> None:
    named(scenario, "hub")["properties"]["virtualNetworkPeerings"] = []


def _twice(scenario: Scenario) -> None:
    """Another firewall claims the same address in the same network."""
    firewall = named(scenario, "hub-firewall")
    scenario["resources"].append({**firewall, "id": firewall["id"] + "-2", "name": "second"})


def _overlapping(scenario: Scenario) -> None:
    peerings = named(scenario, "spoke")["properties"]["virtualNetworkPeerings"]
    peerings.append({**peerings[0], "name": "to-another"})


def _built_for_tunnelling(scenario: Scenario) -> None:
    """A management address, and a gateway in the hub that may announce a default route."""
    properties = named(scenario, "hub-firewall")["properties"]
    properties["managementIpConfiguration"] = {"name": "m", "properties": {}}
    hub = named(scenario, "hub")
    subnet = {"id": f"{hub['id']}/subnets/GatewaySubnet", "name": "GatewaySubnet", "properties": {}}
    hub["properties"]["subnets"].append(subnet)


def _without_addresses(scenario: Scenario) -> None:
    for held in named(scenario, "hub-firewall")["properties"]["ipConfigurations"]:
        held["properties"].pop("publicIPAddress")


def _half_elsewhere(scenario: Scenario) -> None:
    routes = named(scenario, "apps-routes")["properties"]["routes"]
    block = {"addressPrefix": "20.0.0.0/8", "nextHopType": "Internet"}
    routes.append({**routes[0], "name": "block", "properties": block})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_unpeered, "no network connected with spoke holds that address"),
        (_overlapping, "several networks connected with spoke"),
        (_one_sided, "not peered back"),
        (_twice, "2 firewalls claim that address"),
        (_built_for_tunnelling, "built for forced tunnelling"),
        (_without_addresses, "no public IPv4 address"),
        (_half_elsewhere, "leaves open which way pulls take"),
    ],
)
def test_where_arm_leaves_it_open_no_address_is_proven(
    change: Any, said: str, tmp_path: Path
) -> None:
    scenario = cases.firewall()
    change(scenario)

    egress = way(scenario, tmp_path)

    assert not egress.stable
    assert egress.addresses == ()
    assert said in egress.because


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/virtualNetworks/hub$", "the network .*hub it stands in is not readable"),
        ("/providers/Microsoft.ResourceGraph/", "whose it is, is not readable"),
        ("/virtualNetworks/spoke$", "the virtual network around it is not readable"),
    ],
)
def test_a_refused_read_on_the_way_proves_nothing(path: str, said: str, tmp_path: Path) -> None:
    egress = way(cases.firewall(), tmp_path, {"match": {"path": path}, "status": 403})

    assert not egress.stable
    assert egress.addresses == ()

    assert re.search(said, egress.because), egress.because


@pytest.mark.parametrize("path", ["/routeTables/", "/publicIPAddresses/hub-firewall-0"])
def test_a_refused_read_of_what_decides_is_told_as_not_readable(path: str, tmp_path: Path) -> None:
    seen = look(cases.firewall(), tmp_path, {"match": {"path": path}, "status": 403})

    assert isinstance(seen.workload.egress, Unread)


def test_a_subscription_the_settings_do_not_name_is_not_followed_into(tmp_path: Path) -> None:
    scenario = cases.firewall()
    peering = named(scenario, "spoke")["properties"]["virtualNetworkPeerings"][0]["properties"]
    far = "0a0a0a0a-0000-4000-8000-000000000001"
    remote = peering["remoteVirtualNetwork"]["id"].split("/")
    remote[2] = far
    peering["remoteVirtualNetwork"]["id"] = "/".join(remote)

    egress = way(scenario, tmp_path, subscriptions=(scenario["subscriptions"][0],))

    assert not egress.stable
    assert "MEDIC_SUBSCRIPTIONS" in egress.because


def test_what_a_gateway_may_announce_is_said_beside_the_nat_gateway(tmp_path: Path) -> None:
    scenario = cases.nat()
    spoke = named(scenario, "spoke")
    subnet = {"id": f"{spoke['id']}/subnets/GatewaySubnet", "name": "GatewaySubnet"}
    spoke["properties"]["subnets"].append({**subnet, "properties": {}})

    egress = way(scenario, tmp_path)

    assert egress.addresses == ("20.61.18.42",)
    assert "unless a gateway announces another one" in egress.because


def test_an_environment_of_ones_own_has_addresses_of_its_own(tmp_path: Path) -> None:
    egress = way(cases.environment(), tmp_path)

    assert (egress.via, egress.addresses) == (Via.ENVIRONMENT, cases.SEEN)
    assert egress.owner is not None
    assert egress.owner.name == "isolated"


def test_the_other_workers_of_an_environment_have_addresses_that_are_not_ours(
    tmp_path: Path,
) -> None:
    scenario = cases.environment()
    told = named(scenario, "isolated")["properties"]["networkingConfiguration"]["properties"]
    told["windowsOutboundIpAddresses"] = ["20.70.8.8"]

    assert way(scenario, tmp_path).addresses == cases.SEEN


def test_a_subnet_in_a_subscription_the_settings_do_not_name_does_not_exist_for_us(
    tmp_path: Path,
) -> None:
    scenario = cases.nat()
    site = named(scenario, "shop")["properties"]
    parts = site["virtualNetworkSubnetId"].split("/")
    parts[2] = "0a0a0a0a-0000-4000-8000-000000000001"
    site["virtualNetworkSubnetId"] = "/".join(parts)

    seen = look(scenario, tmp_path, subscriptions=(scenario["subscriptions"][0],))

    assert isinstance(seen.workload.egress, Unread)
    assert "MEDIC_SUBSCRIPTIONS" in seen.workload.egress.because


def test_an_environment_that_is_not_readable_proves_no_address(tmp_path: Path) -> None:
    hidden = {"match": {"path": "/hostingEnvironments/isolated$"}, "status": 403}

    seen = look(cases.environment(), tmp_path, hidden)

    assert isinstance(seen.workload.egress, Unread)


def test_an_environment_that_reports_no_addresses_proves_none(tmp_path: Path) -> None:
    egress = way(cases.environment(addresses=()), tmp_path)

    assert not egress.stable
    assert "reports none" in egress.because


def test_an_app_of_an_express_environment_leaves_by_its_own_subnet(tmp_path: Path) -> None:
    egress = way(cases.nat("app", mode=EXPRESS), tmp_path)

    assert egress.addresses == ("20.61.18.42",)


def test_a_prefix_counts_as_a_block_and_ipv6_as_nothing(tmp_path: Path) -> None:
    scenario = cases.nat(addresses=("20.61.18.42", "20.61.18.43"), prefix="20.61.30.4/30")
    six = next(one for one in scenario["resources"] if one["name"] == "apps-nat-1")
    six["properties"] |= {"publicIPAddressVersion": "IPv6", "ipAddress": "2603:1020:206::17"}

    assert way(scenario, tmp_path).addresses == ("20.61.18.42", "20.61.30.4/30")
