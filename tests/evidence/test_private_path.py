"""The private path read from a simulated Azure: what holds, what does not, what nobody can know."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import evidence
from shared.model.evidence import Unread
from shared.model.private_path import LegName, PrivatePath
from tests.clinic import Clinic
from tests.evidence.examining import examine, find
from tests.simulator.estates import private_cases as cases
from tests.simulator.services import resourcegraph

Scenario = dict[str, Any]
HOST, DATA = "contosoclosed.azurecr.io", "contosoclosed.westeurope.data.azurecr.io"
_NET = "Microsoft.Network"


def path_of(scenario: Scenario, place: Path, name: str = "shop") -> PrivatePath:
    found = examine(scenario, place, name).private_path
    assert isinstance(found, PrivatePath)
    return found


def holds(path: PrivatePath) -> dict[str, bool | None]:
    """The legs that are not simply true."""
    return {leg.name.value: leg.holds for leg in path.legs if leg.holds is not True}


@pytest.mark.parametrize(
    ("host", "cloud"),
    [
        ("site", "AzureCloud"),
        ("app", "AzureCloud"),
        ("job", "AzureChinaCloud"),
        ("functions", "AzureUSGovernment"),
    ],
)
def test_a_path_that_stands_is_proven(host: str, cloud: str, tmp_path: Path) -> None:
    path = path_of(cases.private(host, cloud=cloud), tmp_path)

    assert (holds(path), path.proven) == ({}, True)
    assert len(path.legs) == len(LegName)


@pytest.mark.parametrize(
    ("build", "lacking"),
    [
        (lambda: cases.private(routed=False), {"routed": False}),
        (lambda: cases.private(linked=False), {"zone-link": False}),
        (lambda: cases.private(recorded=False), {"records": False}),
        (cases.no_data_record, {"records": False}),
        (cases.stale_record, {"records": False}),
        (cases.no_zone, {"zone-link": None, "records": None}),
        (cases.own_name_servers, {"zone-link": None, "records": None}),
        (cases.resolver, {}),
        (lambda: cases.elsewhere(peered=(True, True)), {}),
    ],
)
def test_what_is_missing_is_the_leg_that_does_not_hold(
    build: Callable[[], Scenario], lacking: dict[str, Any], tmp_path: Path
) -> None:
    assert holds(path_of(build(), tmp_path)) == lacking


@pytest.mark.parametrize("peered", [(False, False), (True, False), (False, True)])
def test_a_peering_counts_when_both_sides_have_it(
    peered: tuple[bool, bool], tmp_path: Path
) -> None:
    path = path_of(cases.elsewhere(peered=peered), tmp_path)

    assert path.leg(LegName.ENDPOINT).holds is False
    assert not path.proven


@pytest.mark.parametrize("status", ["Pending", "Rejected", "Disconnected"])
def test_an_endpoint_nobody_approved_is_named(status: str, tmp_path: Path) -> None:
    path = path_of(cases.waiting(status=status), tmp_path)

    assert path.leg(LegName.ENDPOINT).holds is False
    assert path.waiting is not None
    assert status in path.leg(LegName.ENDPOINT).because


def test_two_endpoints_in_one_network_are_not_relied_on(tmp_path: Path) -> None:
    estate = cases.private_estate()
    acr = cases.of(estate, "Microsoft.ContainerRegistry/registries")
    second = {**cases.of(estate, f"{_NET}/privateEndpoints")}
    second["id"] += "-2"
    estate.resources.append(second)
    kind = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
    held = cases.of(estate, kind)["properties"]
    connection = f"{acr['id']}/privateEndpointConnections/second"
    estate.add(connection, kind, {**held, "privateEndpoint": {"id": second["id"]}})

    path = path_of(estate.scenario(), tmp_path)

    assert path.leg(LegName.ENDPOINT).holds is None
    assert "2 private endpoints" in path.leg(LegName.ENDPOINT).because


def test_a_replica_without_an_address_is_not_served(tmp_path: Path) -> None:
    estate = cases.private_estate()
    acr = cases.of(estate, "Microsoft.ContainerRegistry/registries")
    far = "contosoclosed.northeurope.data.azurecr.io"
    acr["properties"]["dataEndpointHostNames"].append(far)

    path = path_of(estate.scenario(), tmp_path)

    assert path.leg(LegName.ADDRESSES).holds is False
    assert far in path.leg(LegName.ADDRESSES).because
    assert path.missing_records == (far,)


def test_a_site_with_name_servers_of_its_own_asks_those(tmp_path: Path) -> None:
    scenario = cases.private()
    site = find(scenario, "/sites/shop")
    scenario["appSettings"] = {site["id"]: {"WEBSITE_DNS_SERVER": "10.99.0.4"}}

    path = path_of(scenario, tmp_path)

    assert path.leg(LegName.ZONE_LINK).holds is None
    assert "10.99.0.4" in path.leg(LegName.ZONE_LINK).because


def test_a_forwarding_ruleset_leaves_the_names_open(tmp_path: Path) -> None:
    estate = cases.private_estate()
    network = cases.of(estate, f"{_NET}/virtualNetworks")["id"]
    kind = f"{_NET}/dnsForwardingRulesets/virtualNetworkLinks"
    ruleset = estate.id(f"{_NET}/dnsForwardingRulesets", "corp", "platform")
    properties = {"virtualNetwork": {"id": network}}
    estate.add(f"{ruleset}/virtualNetworkLinks/spoke", kind, properties, location="westeurope")

    path = path_of(estate.scenario(), tmp_path)

    assert path.leg(LegName.ZONE_LINK).holds is None


def test_a_zone_out_of_sight_may_be_linked_and_is_not_called_missing(tmp_path: Path) -> None:
    estate = cases.private_estate()
    endpoint = cases.of(estate, f"{_NET}/privateEndpoints")["id"]
    zone = cases.of(estate, f"{_NET}/privateDnsZones")["id"]
    hub = zone.replace(zone.split("/")[2], "11111111-2222-4333-8444-555555555555")
    configuration = {"name": "registry", "properties": {"privateDnsZoneId": hub}}
    estate.add(
        f"{endpoint}/privateDnsZoneGroups/default",
        f"{_NET}/privateEndpoints/privateDnsZoneGroups",
        {"privateDnsZoneConfigs": [configuration]},
    )
    link = cases.of(estate, f"{_NET}/privateDnsZones/virtualNetworkLinks")
    estate.resources.remove(link)

    path = path_of(estate.scenario(), tmp_path)

    assert path.leg(LegName.ZONE_LINK).holds is None
    assert "not visible from here" in path.leg(LegName.ZONE_LINK).because


def test_a_zone_that_does_not_know_the_registry_is_not_the_one_to_link(tmp_path: Path) -> None:
    path = path_of(cases.private(linked=False, recorded=False), tmp_path)

    assert path.leg(LegName.ZONE_LINK).holds is None
    assert path.linkable


def test_a_network_outside_the_settings_subscriptions_is_not_read(tmp_path: Path) -> None:
    estate = cases.private_estate(routed=False)
    elsewhere = "11111111-2222-4333-8444-555555555555"
    site = next(one for one in estate.resources if one["type"] == "Microsoft.Web/sites")
    subnet = site["properties"]["virtualNetworkSubnetId"]
    own = subnet.split("/")[2]
    site["properties"]["virtualNetworkSubnetId"] = subnet.replace(own, elsewhere)
    clinic = Clinic(estate.scenario(), tmp_path, subscriptions=(own,))

    seen = evidence.gather(clinic.signal(clinic.find("shop")), azure=clinic.azure())

    assert isinstance(seen.private_path, Unread)
    asked = [one["liveRequest"]["url"] for one in clinic.simulator.traffic]
    assert not [url for url in asked if elsewhere in url]


def test_a_zone_of_data_hosts_alone_answers_for_them(tmp_path: Path) -> None:
    estate = cases.private_estate()
    zone = cases.of(estate, f"{_NET}/privateDnsZones")
    data = next(one for one in estate.resources if one["name"] == DATA.removesuffix(".azurecr.io"))
    link = cases.of(estate, f"{_NET}/privateDnsZones/virtualNetworkLinks")
    name = "westeurope.data.privatelink.azurecr.io"
    own = zone["id"].replace("privatelink.azurecr.io", name)
    estate.add(own, zone["type"], {}, location="global")
    estate.add(f"{own}/A/contosoclosed", data["type"], data["properties"])
    estate.add(f"{own}/virtualNetworkLinks/spoke", link["type"], link["properties"])
    estate.resources.remove(data)

    path = path_of(estate.scenario(), tmp_path)

    assert path.proven


@pytest.mark.parametrize(
    ("rule", "leg"),
    [
        ({"destinationAddressPrefix": "10.20.9.0/24"}, "way"),
        ({"destinationAddressPrefix": "AzureActiveDirectory"}, "sign-in"),
    ],
)
def test_a_security_rule_in_the_way_is_named(
    rule: dict[str, Any], leg: str, tmp_path: Path
) -> None:
    estate = cases.private_estate()
    group = estate.id(f"{_NET}/networkSecurityGroups", "guard", "platform")
    said = {
        "priority": 100,
        "direction": "Outbound",
        "access": "Deny",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "443",
        **rule,
    }
    rules = [{"id": f"{group}/securityRules/no", "name": "no-tls", "properties": said}]
    estate.add(group, f"{_NET}/networkSecurityGroups", {"securityRules": rules}, location="x")
    network = cases.of(estate, f"{_NET}/virtualNetworks")
    network["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] = {"id": group}

    path = path_of(estate.scenario(), tmp_path)

    assert holds(path) == {leg: False}
    assert "no-tls" in path.leg(LegName(leg)).because


@pytest.mark.parametrize(("entra", "lacking"), [(True, {}), (False, {"sign-in": False})])
def test_a_firewall_on_the_way_to_entra_is_asked_what_it_lets_through(
    entra: bool, lacking: dict[str, Any], tmp_path: Path
) -> None:
    scenario = cases.behind_a_firewall(routed=False, entra=entra)

    path = path_of(scenario, tmp_path)

    assert holds(path) == {"routed": False} | lacking


@pytest.mark.parametrize(("hop", "way"), [("None", False), ("VirtualAppliance", None)])
def test_a_route_of_its_own_leads_elsewhere(hop: str, way: bool | None, tmp_path: Path) -> None:
    estate = cases.private_estate()
    table = estate.id(f"{_NET}/routeTables", "detour", "platform")
    told = {"addressPrefix": "10.20.9.4/32", "nextHopType": hop, "nextHopIpAddress": "10.20.8.4"}
    routes = [{"id": f"{table}/routes/odd", "name": "odd", "properties": told}]
    estate.add(table, f"{_NET}/routeTables", {"routes": routes}, location="x")
    network = cases.of(estate, f"{_NET}/virtualNetworks")
    network["properties"]["subnets"][0]["properties"]["routeTable"] = {"id": table}

    assert holds(path_of(estate.scenario(), tmp_path)) == {"way": way}


@pytest.mark.parametrize(
    ("refused", "leg"),
    [
        (r"/virtualNetworks/spoke\?", "network"),
        (r"/privateEndpoints/", "endpoint"),
        (r"/networkInterfaces/", "addresses"),
        (r"/virtualNetworkLinks/", "zone-link"),
        (r"/privateDnsZones/[^/]+/A", "zone-link"),
        (r"ResourceGraph", "zone-link"),
    ],
)
@pytest.mark.parametrize("how", [{"status": 403}, {"status": 200, "body": {"odd": True}}])
def test_a_refused_or_senseless_read_leaves_its_leg_unknown(
    refused: str, leg: str, how: dict[str, Any], tmp_path: Path
) -> None:
    clinic = Clinic(cases.private(routed=False), tmp_path)
    clinic.simulator.faults.add({"match": {"path": refused}, "times": 99, **how})

    seen = evidence.gather(clinic.signal(clinic.find("shop")), azure=clinic.azure())

    path = seen.private_path
    assert isinstance(path, PrivatePath)
    assert path.leg(LegName(leg)).holds is None
    assert not path.proven
    assert any(fact.fact == f"private path: {leg}" for fact in seen.facts)


def test_an_index_that_lags_is_not_believed(tmp_path: Path) -> None:
    clinic = Clinic(cases.private(), tmp_path)
    world = clinic.simulator.world
    resourcegraph.freeze(world)
    kind = f"{_NET}/privateDnsZones/virtualNetworkLinks"
    (link,) = list(world.resources.of_type(kind))
    world.resources.delete(link["id"])
    azure, shop = clinic.azure(), clinic.find("shop")

    gone = evidence.gather(clinic.signal(shop), azure=azure).private_path
    world.resources.put(link)
    resourcegraph.thaw(world)
    world.resources.delete(link["id"])
    resourcegraph.freeze(world)
    world.resources.put(link)
    back = evidence.gather(clinic.signal(shop), azure=clinic.azure()).private_path

    assert isinstance(gone, PrivatePath)
    assert isinstance(back, PrivatePath)
    assert (gone.leg(LegName.ZONE_LINK).holds, back.leg(LegName.ZONE_LINK).holds) == (False, True)


@pytest.mark.parametrize(
    ("build", "asked"),
    [
        (lambda: cases.closed(network=True), False),
        (lambda: cases.private(network=False), False),
        (lambda: cases.private(routed=False), True),
        (lambda: cases.private(), True),
    ],
)
def test_it_is_asked_only_where_the_answer_matters(
    build: Callable[[], Scenario], asked: bool, tmp_path: Path
) -> None:
    assert (examine(build(), tmp_path, "shop").private_path is not None) is asked


def test_the_whole_path_costs_few_requests(tmp_path: Path) -> None:
    clinic = Clinic(cases.private("app"), tmp_path)
    azure = clinic.azure()

    evidence.gather(clinic.signal(clinic.find("shop")), azure=azure)

    assert azure.calls.reads <= 24
