"""
What a subnet lets through and where it sends it.

In:  the World, a subnet's id, and a destination.
Out: whether the network security group lets TCP 443 pass, the next hop, and the public addresses
     the traffic leaves from.

Rules: "Azure network security groups overview" (lowest priority number first, then the default
rules), "Virtual network traffic routing" (longest prefix wins), NAT gateway before the platform's
own addresses.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.simulator.world import Resource, World

#: Service tags that stand for "any public address", as far as a rule is concerned.
_PUBLIC = ("*", "internet", "0.0.0.0/0")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a packet goes. `tags` are the service tags that cover it; no `address`: public."""

    tags: tuple[str, ...] = ()
    address: str | None = None


def subnet(world: World, id: str) -> Resource | None:
    """A subnet: a resource of its own, or a member of its virtual network's body."""
    found = world.resources.get(id)
    if found is not None:
        return found
    network = world.resources.get(network_id(id))
    for item in (network or {}).get("properties", {}).get("subnets") or []:
        if str(item.get("id", "")).lower() == id.lower() or item.get("name") == id.split("/")[-1]:
            return dict(item)
    return None


def network_id(subnet_id: str) -> str:
    return subnet_id.lower().split("/subnets/", 1)[0]


def lets_out(world: World, subnet_id: str, destination: Destination) -> bool:
    """Whether the subnet's security group allows TCP 443 to the destination."""
    return _passes(world, subnet_id, "Outbound", destination)


def lets_in(world: World, subnet_id: str) -> bool:
    """Whether a private endpoint's subnet admits TCP 443 from the virtual network.

    Security groups apply to private endpoints only when the subnet's network policies say so.
    """
    found = subnet(world, subnet_id)
    policies = str((found or {}).get("properties", {}).get("privateEndpointNetworkPolicies", ""))
    if policies not in ("Enabled", "NetworkSecurityGroupEnabled"):
        return True
    return _passes(world, subnet_id, "Inbound", Destination(tags=("VirtualNetwork",)))


def next_hop(world: World, subnet_id: str, destination: Destination) -> tuple[str, str]:
    """The next hop's type and address by the subnet's own routes; ("", "") when none applies."""
    best: tuple[int, dict[str, Any]] | None = None
    for route in _routes(world, subnet_id):
        length = _match(str(route.get("addressPrefix", "")), destination)
        if length is not None and (best is None or length > best[0]):
            best = (length, route)
    if best is None:
        return "", ""
    return str(best[1].get("nextHopType", "")), str(best[1].get("nextHopIpAddress") or "")


def nat_addresses(world: World, subnet_id: str) -> tuple[str, ...]:
    """Public addresses of the subnet's NAT gateway, prefixes written out; empty without one."""
    found = subnet(world, subnet_id)
    reference = ((found or {}).get("properties") or {}).get("natGateway") or {}
    gateway = world.resources.get(str(reference.get("id", "")))
    return _addresses(world, gateway) if gateway else ()


def firewall_addresses(world: World, private_address: str) -> tuple[str, ...]:
    """Public addresses of the Azure Firewall that has this private address; empty if none has."""
    for firewall in world.resources.of_type("Microsoft.Network/azureFirewalls"):
        configurations = firewall["properties"].get("ipConfigurations") or []
        held = [item.get("properties", {}) for item in configurations]
        if any(item.get("privateIPAddress") == private_address for item in held):
            ids = [(item.get("publicIPAddress") or {}).get("id", "") for item in held]
            return tuple(_address(world, id) for id in ids if _address(world, id))
    return ()


def _addresses(world: World, gateway: Resource) -> tuple[str, ...]:
    properties = gateway["properties"]
    singles = [_address(world, item["id"]) for item in properties.get("publicIpAddresses") or []]
    ranges = []
    for item in properties.get("publicIpPrefixes") or []:
        prefix = (world.resources.get(item["id"]) or {}).get("properties", {}).get("ipPrefix")
        ranges += [str(address) for address in ipaddress.ip_network(prefix)] if prefix else []
    return tuple(address for address in [*singles, *ranges] if address)


def _address(world: World, id: str) -> str:
    return str((world.resources.get(id) or {}).get("properties", {}).get("ipAddress") or "")


def _routes(world: World, subnet_id: str) -> Iterator[dict[str, Any]]:
    found = subnet(world, subnet_id)
    reference = ((found or {}).get("properties") or {}).get("routeTable") or {}
    table = world.resources.get(str(reference.get("id", "")))
    for route in (table or {}).get("properties", {}).get("routes") or []:
        yield route.get("properties", {})


def _match(prefix: str, destination: Destination) -> int | None:
    """How exactly a route's prefix covers the destination; None when it does not."""
    if destination.address is None:
        if prefix in destination.tags:
            return 33  # a service tag stands for prefixes more exact than a default route
        return 0 if prefix == "0.0.0.0/0" else None
    try:
        network = ipaddress.ip_network(prefix)
    except ValueError:
        return None
    # A private endpoint brings its own /32 route: only an equally exact one overrides it.
    covers = network.prefixlen == 32 and ipaddress.ip_address(destination.address) in network
    return 32 if covers else None


def _passes(world: World, subnet_id: str, direction: str, destination: Destination) -> bool:
    found = subnet(world, subnet_id)
    reference = ((found or {}).get("properties") or {}).get("networkSecurityGroup") or {}
    group = world.resources.get(str(reference.get("id", "")))
    rules = [
        rule["properties"]
        for rule in (group or {}).get("properties", {}).get("securityRules") or []
    ]
    for rule in sorted(rules, key=lambda item: int(item.get("priority", 4096))):
        if str(rule.get("direction", "")).lower() != direction.lower():
            continue
        if _is_https(rule) and _is_for(rule, destination):
            return str(rule.get("access")) == "Allow"
    return True  # the default rules let 443 out, and in from the virtual network


def _is_https(rule: dict[str, Any]) -> bool:
    if str(rule.get("protocol", "*")).lower() not in ("*", "tcp"):
        return False
    ports = [rule.get("destinationPortRange"), *(rule.get("destinationPortRanges") or [])]
    for port in filter(None, ports):
        low, _, high = str(port).partition("-")
        if low == "*" or int(low) <= 443 <= int(high or low):
            return True
    return False


def _is_for(rule: dict[str, Any], destination: Destination) -> bool:
    side = "destination" if str(rule.get("direction")).lower() == "outbound" else "source"
    single, many = rule.get(f"{side}AddressPrefix"), rule.get(f"{side}AddressPrefixes") or []
    for prefix in filter(None, [single, *many]):
        text = str(prefix).lower()
        if text == "*" or any(_same_tag(text, tag) for tag in destination.tags):
            return True
        if destination.address is None:
            if text in _PUBLIC:
                return True
        elif contains(text, destination.address):
            return True
    return False


def _same_tag(text: str, tag: str) -> bool:
    return text == tag.lower() or text.startswith(tag.lower() + ".")


def contains(prefix: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        return False
