"""
The way from the workload to the registry: platform, NAT gateway, firewall, private endpoint.

In:  a Built estate.
Out: its subnet and what stands in it; the addresses the registry sees, admitted where it asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.estates.hosts import OUTBOUND, POOL
from tests.simulator.estates.ground import LOCATION, SHARED
from tests.simulator.world import Resource

if TYPE_CHECKING:
    from tests.estates.building import Built

OFFICE = ("20.61.99.0/28",)  # somebody else's rule, in every registry that lists addresses
NAT = ("20.61.18.42", "20.61.18.77")
PREFIX = "20.61.19.8/31"
PREMIUM = ("20.77.140.9", "20.77.141.33")
FIREWALL_PRIVATE, FIREWALL = "10.20.100.4", "20.61.20.9"
APPLIANCE = "20.61.21.3"
_NET = "Microsoft.Network"


def lead_out(built: Built) -> None:
    """The subnet, and what the traffic leaves by."""
    estate, way = built.estate, built.blueprint.way
    if way == "nat":
        built.subnet, built.addresses = estate.subnet("apps", nat=NAT), NAT
    elif way == "nat-prefix":
        built.subnet = estate.subnet("apps", nat_prefix=PREFIX)
        built.addresses = ("20.61.19.8", "20.61.19.9")
    elif way == "firewall":
        built.subnet, built.addresses = estate.subnet("apps"), (FIREWALL,)
        _firewall(built)
        route(built, "0.0.0.0/0", "VirtualAppliance", FIREWALL_PRIVATE)
    elif way == "private":
        built.subnet = estate.subnet("apps")
        estate.private_endpoint(built.registry)
        if built.blueprint.replica:
            _second_region(built)
    elif way == "premium-v4":
        built.addresses = PREMIUM
    else:
        built.addresses = OUTBOUND if built.blueprint.is_site else POOL


def admit(built: Built) -> None:
    """List the addresses where the registry lists any."""
    if built.blueprint.posture == "deny" and built.blueprint.way != "private":
        rules = built.registry["properties"]["networkRuleSet"]["ipRules"]
        wanted = [PREFIX] if built.blueprint.way == "nat-prefix" else built.addresses
        rules += [{"action": "Allow", "value": value} for value in wanted]


def subnet_of(built: Built) -> dict[str, Any]:
    """The body of the workload's subnet, inside its network."""
    networks = built.of_type(f"{_NET}/virtualNetworks")
    subnets = [each for network in networks for each in network["properties"]["subnets"]]
    return next(each for each in subnets if each["id"] == built.subnet)["properties"]


def route(built: Built, prefix: str, hop: str, address: str = "") -> None:
    """A route of the workload's subnet."""
    kind = f"{_NET}/routeTables"
    id = built.estate.id(kind, "apps-routes", SHARED)
    tables = [item for item in built.of_type(kind) if item["id"] == id]
    table = tables[0] if tables else _table(built, id, kind)
    subnet_of(built)["routeTable"] = {"id": id}
    held: dict[str, Any] = {"addressPrefix": prefix, "nextHopType": hop}
    if address:
        held["nextHopIpAddress"] = address
    held["provisioningState"] = "Succeeded"
    name = prefix.replace("/", "-").replace(".", "-").lower()
    routes = table["properties"]["routes"]
    routes[:] = [each for each in routes if each["name"] != name]
    routes.append({"id": f"{id}/routes/{name}", "name": name, "properties": held})


def _table(built: Built, id: str, kind: str) -> Resource:
    properties = {
        "provisioningState": "Succeeded",
        "disableBgpRoutePropagation": False,
        "routes": [],
    }
    return built.estate.add(id, kind, properties, location=LOCATION)


def deny(built: Built, tag: str) -> None:
    """A security rule of the workload's subnet: no TCP 443 to what the service tag stands for."""
    kind = f"{_NET}/networkSecurityGroups"
    id = built.estate.id(kind, "apps-rules", SHARED)
    groups = [item for item in built.of_type(kind) if item["id"] == id]
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "securityRules": [],
        "defaultSecurityRules": [],
    }
    group = groups[0] if groups else built.estate.add(id, kind, properties, location=LOCATION)
    subnet_of(built)["networkSecurityGroup"] = {"id": id}
    rules = group["properties"]["securityRules"]
    name = f"no-{tag.lower()}"
    rules.append(
        {
            "id": f"{id}/securityRules/{name}",
            "name": name,
            "properties": {
                "provisioningState": "Succeeded",
                "protocol": "Tcp",
                "sourcePortRange": "*",
                "destinationPortRange": "443",
                "sourceAddressPrefix": "*",
                "destinationAddressPrefix": tag,
                "access": "Deny",
                "priority": 200 + len(rules),
                "direction": "Outbound",
            },
        }
    )


def _firewall(built: Built) -> None:
    """An Azure Firewall with one public address, in a subnet of its own."""
    estate = built.estate
    subnet = estate.subnet("AzureFirewallSubnet")
    kind = f"{_NET}/publicIPAddresses"
    public = estate.add(
        estate.id(kind, "firewall", SHARED),
        kind,
        {
            "provisioningState": "Succeeded",
            "publicIPAddressVersion": "IPv4",
            "publicIPAllocationMethod": "Static",
            "ipAddress": FIREWALL,
        },
        location=LOCATION,
        sku={"name": "Standard"},
    )
    kind = f"{_NET}/azureFirewalls"
    configuration = {
        "name": "public",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": FIREWALL_PRIVATE,
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": subnet},
            "publicIPAddress": {"id": public["id"]},
        },
    }
    estate.add(
        estate.id(kind, "hub", SHARED),
        kind,
        {
            "provisioningState": "Succeeded",
            "sku": {"name": "AZFW_VNet", "tier": "Standard"},
            "threatIntelMode": "Alert",
            "ipConfigurations": [configuration],
            "networkRuleCollections": [_lets_all_through()],
            "applicationRuleCollections": [],
            "natRuleCollections": [],
        },
        location=LOCATION,
    )


def _lets_all_through() -> dict[str, Any]:
    rule = {
        "name": "out",
        "protocols": ["TCP"],
        "sourceAddresses": ["*"],
        "destinationAddresses": ["*"],
        "destinationPorts": ["443"],
    }
    held = {"priority": 100, "action": {"type": "Allow"}, "rules": [rule]}
    return {"name": "out", "properties": {"provisioningState": "Succeeded", **held}}


def _second_region(built: Built) -> None:
    """A replica's data host has its own address on the endpoint's card, and its own record."""
    card = built.of_type(f"{_NET}/networkInterfaces")[0]
    configurations = card["properties"]["ipConfigurations"]
    label, _, suffix = built.registry["properties"]["loginServer"].partition(".")
    first = configurations[0]["properties"]
    link = {
        "groupId": "registry",
        "requiredMemberName": "registry_data_northeurope",
        "fqdns": [f"{label}.northeurope.data.{suffix}"],
    }
    held = {**first, "privateIPAddress": "10.20.9.6", "privateLinkConnectionProperties": link}
    configurations.append({"name": "registry_data_northeurope", "properties": held})
    kind = f"{_NET}/privateDnsZones"
    zone = built.estate.id(kind, f"privatelink.{suffix}", SHARED)
    host = f"{label}.northeurope.data"
    body = {
        "ttl": 10,
        "fqdn": f"{host}.privatelink.{suffix}.",
        "isAutoRegistered": False,
        "aRecords": [{"ipv4Address": "10.20.9.6"}],
    }
    built.estate.add(f"{zone}/A/{host}", f"{kind}/A", body)
    names = built.registry["properties"]["dataEndpointHostNames"]
    names.append(f"{host}.{suffix}")
