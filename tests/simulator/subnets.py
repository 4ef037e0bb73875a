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

#: How exact a service tag counts beside prefixes: a service's own before AzureCloud, and each more
#: so for one region. A tag stands for blocks of about this length.
_TAG, _CLOUD = 24, 20


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a packet goes. `tags` are the service tags that cover a public one, `region` its Azure
    region, `hosts` the names it is asked by."""

    address: str
    tags: tuple[str, ...] = ()
    region: str = ""
    hosts: tuple[str, ...] = ()

    @property
    def private(self) -> bool:
        return ipaddress.ip_address(self.address).is_private


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
    inside = Destination(tags=("VirtualNetwork",), address="10.0.0.0")
    return _passes(world, subnet_id, "Inbound", inside)


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


def reachable(world: World, here: str, there: str) -> bool:
    """Whether traffic passes between two networks: the same, or peered from both sides."""
    here, there = here.lower(), there.lower()
    return here == there or (_peered(world, here, there) and _peered(world, there, here))


def _peered(world: World, here: str, there: str) -> bool:
    network = world.resources.get(here) or {}
    children = world.resources.of_type(
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", here
    )
    listed = network.get("properties", {}).get("virtualNetworkPeerings") or []
    for peering in [*children, *listed]:
        properties = peering["properties"]
        remote = str(properties.get("remoteVirtualNetwork", {}).get("id", "")).lower()
        if remote == there and properties.get("peeringState", "Connected") == "Connected":
            return bool(properties.get("allowVirtualNetworkAccess", True))
    return False


def prefixes(world: World, id: str) -> tuple[str, ...]:
    """A subnet's own address blocks."""
    properties = (subnet(world, id) or {}).get("properties", {})
    single = properties.get("addressPrefix")
    return tuple(properties.get("addressPrefixes") or ([single] if single else []))


def _addresses(world: World, gateway: Resource) -> tuple[str, ...]:
    properties = gateway["properties"]
    singles = [
        public_address(world, item["id"]) for item in properties.get("publicIpAddresses") or []
    ]
    ranges = []
    for item in properties.get("publicIpPrefixes") or []:
        prefix = (world.resources.get(item["id"]) or {}).get("properties", {}).get("ipPrefix")
        ranges += [str(address) for address in ipaddress.ip_network(prefix)] if prefix else []
    return tuple(address for address in [*singles, *ranges] if address)


def public_address(world: World, id: str) -> str:
    return str((world.resources.get(id) or {}).get("properties", {}).get("ipAddress") or "")


def _routes(world: World, subnet_id: str) -> Iterator[dict[str, Any]]:
    found = subnet(world, subnet_id)
    reference = ((found or {}).get("properties") or {}).get("routeTable") or {}
    table = world.resources.get(str(reference.get("id", "")))
    for route in (table or {}).get("properties", {}).get("routes") or []:
        yield route.get("properties", {})


def _match(prefix: str, destination: Destination) -> int | None:
    """How exactly a route's prefix covers the destination; None when it does not."""
    tag, _, region = prefix.lower().partition(".")
    known = {name.lower() for name in destination.tags}
    if tag in known and not prefix[0].isdigit():
        if region and region != destination.region.lower():
            return None
        return (_CLOUD if tag == "azurecloud" else _TAG) + bool(region)
    try:
        network = ipaddress.ip_network(prefix)
    except ValueError:
        return None
    if ipaddress.ip_address(destination.address) not in network:
        return None
    # A private endpoint brings its own /32 route: only an equally exact one overrides it.
    return None if destination.private and network.prefixlen < 32 else network.prefixlen


def service_endpoint(world: World, id: str, destination: Destination) -> str | None:
    """The private address a registry sees through a service endpoint of the subnet, if it has one
    ("Virtual Network service endpoints": source addresses switch from public to private)."""
    held = (subnet(world, id) or {}).get("properties", {}).get("serviceEndpoints") or ()
    services = {str(item.get("service", "")).lower() for item in held}
    if "AzureContainerRegistry" in destination.tags and "microsoft.containerregistry" in services:
        return str(ipaddress.ip_network(prefixes(world, id)[0])[4])
    return None


def asks_names(world: World, subnet_id: str, server: str) -> bool:
    """Whether questions for names get from the subnet to this name server.

    Rules do not apply to Azure's own servers unless they name their tag.
    """
    azure = server == "168.63.129.16"
    to = Destination(address=server, tags=("AzurePlatformDNS",) if azure else ("VirtualNetwork",))
    return _passes(world, subnet_id, "Outbound", to, port=53, by_tag=azure)


def _passes(
    world: World,
    subnet_id: str,
    direction: str,
    destination: Destination,
    *,
    port: int = 443,
    by_tag: bool = False,
) -> bool:
    found = subnet(world, subnet_id)
    reference = ((found or {}).get("properties") or {}).get("networkSecurityGroup") or {}
    group = world.resources.get(str(reference.get("id", "")))
    own = prefixes(world, subnet_id) if direction == "Outbound" else ()
    rules = [
        rule["properties"]
        for rule in (group or {}).get("properties", {}).get("securityRules") or []
        if sent_from(rule["properties"], own)
    ]
    for rule in sorted(rules, key=lambda item: int(item.get("priority", 4096))):
        if str(rule.get("direction", "")).lower() != direction.lower():
            continue
        if by_tag and str(rule.get("destinationAddressPrefix")) not in destination.tags:
            continue
        if _is_about(rule, port) and _is_for(rule, destination):
            return str(rule.get("access")) == "Allow"
    return True  # the default rules let 443 out, and in from the virtual network


def sent_from(rule: dict[str, Any], own: tuple[str, ...]) -> bool:
    """Whether an outbound rule counts for these senders; no senders: whoever it is."""
    single, many = rule.get("sourceAddressPrefix"), rule.get("sourceAddressPrefixes") or []
    said = [str(prefix).lower() for prefix in filter(None, [single, *many])]
    if not said or not own or {"*", "virtualnetwork"} & set(said):
        return True
    senders = [block.partition("/")[0] for block in own]
    return any(contains(prefix, sender) for prefix in said for sender in senders)


def _is_about(rule: dict[str, Any], port: int) -> bool:
    """Whether it counts for the port: by TCP for images, by UDP for names."""
    if str(rule.get("protocol", "*")).lower() not in ("*", "udp" if port == 53 else "tcp"):
        return False
    ports = [rule.get("destinationPortRange"), *(rule.get("destinationPortRanges") or [])]
    for said in filter(None, ports):
        low, _, high = str(said).partition("-")
        if low == "*" or int(low) <= port <= int(high or low):
            return True
    return False


def _is_for(rule: dict[str, Any], destination: Destination) -> bool:
    side = "destination" if str(rule.get("direction")).lower() == "outbound" else "source"
    single, many = rule.get(f"{side}AddressPrefix"), rule.get(f"{side}AddressPrefixes") or []
    return any(covers(str(prefix), destination) for prefix in filter(None, [single, *many]))


def covers(prefix: str, destination: Destination) -> bool:
    """Whether a rule's prefix or service tag names the destination."""
    text = prefix.lower()
    if text == "*" or (text == "internet" and not destination.private):
        return True
    tag, _, region = text.partition(".")
    if tag in {name.lower() for name in destination.tags}:
        return not region or region == destination.region.lower()
    return contains(text, destination.address)


def contains(prefix: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        return False
