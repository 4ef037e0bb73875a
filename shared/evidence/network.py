"""
The way out: which addresses a registry sees when a workload pulls.

In:  what ARM says about a subnet: its route table, NAT gateway and their public addresses.
Out: an Egress. Addresses come from ARM alone; where the way out cannot be proven, `stable` is
     False and `because` says what stands in the way.

A route for public addresses wins over a NAT gateway (Virtual network traffic routing
documentation); a NAT gateway's addresses are all its public IPs and prefixes. Networking is read
through plain ARM calls: the SDK for it would double the app's memory.
"""

from collections.abc import Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.evidence.reading import attempt, id_in, whole
from shared.model import networks
from shared.model.evidence import Egress, Unread, Via
from shared.model.ids import ResourceId

_NETWORK_VERSION = "2026-03-01"
#: Next hops that leave the way out as it is.
_STRAIGHT = ("internet", "vnetlocal")


def subnet_egress(azure: Azure, subnet: ResourceId) -> Egress | Unread | None:
    """The fixed way out of a subnet, or None when it has neither NAT gateway nor appliance."""
    return attempt(lambda: _subnet_egress(azure, subnet))


def _subnet_egress(azure: Azure, subnet: ResourceId) -> Egress | None:
    with azure.asking(f"read the subnet {subnet}"):
        properties = _properties(azure, subnet)
    table = _id(properties.get("routeTable"))
    if table and (detour := _detour(azure, table)):
        return Egress(
            via=Via.FIREWALL,
            stable=False,
            because=f"the route table {table.name} sends {detour}, and which public address is "
            "used from there is not known here",
        )
    gateway = _id(properties.get("natGateway"))
    if gateway and not azure.reaches(gateway):
        return Egress(
            via=Via.NAT_GATEWAY,
            stable=False,
            owner=gateway,
            because=f"the NAT gateway {gateway} is in a subscription that MEDIC_SUBSCRIPTIONS does "
            "not name",
        )
    return _nat(azure, gateway) if gateway else None


def _detour(azure: Azure, table: ResourceId) -> str | None:
    """Where a route takes traffic for public addresses, other than straight out; None: nowhere.

    The registry has public addresses nobody lists, so any route for some of them may be the one:
    all of them (0.0.0.0/0), half of them, or a service tag such as AzureContainerRegistry.
    """
    with azure.asking(f"read the route table {table}"):
        routes = _properties(azure, table).get("routes")
    for route in routes or ():
        properties = route.get("properties") or {}
        hop = str(properties.get("nextHopType") or "an unnamed next hop")
        prefix = str(properties.get("addressPrefix") or "")
        if hop.lower() in _STRAIGHT or _private(prefix):
            continue
        return f"{prefix or 'some traffic'} to {properties.get('nextHopIpAddress') or hop}"
    return None


def _private(prefix: str) -> bool:
    network = networks.parse(prefix)
    return network is not None and network.is_private


def _nat(azure: Azure, gateway: ResourceId) -> Egress:
    with azure.asking(f"read the NAT gateway {gateway}"):
        properties = _properties(azure, gateway)
    addresses = [
        _public(azure, item, "ipAddress") for item in properties.get("publicIpAddresses") or ()
    ]
    addresses += [
        _public(azure, item, "ipPrefix") for item in properties.get("publicIpPrefixes") or ()
    ]
    found = tuple(address for address in addresses if address)
    return Egress(
        via=Via.NAT_GATEWAY,
        addresses=found,
        stable=bool(found),
        owner=gateway,
        because=f"the subnet's NAT gateway {gateway.name} is the way out"
        + ("" if found else ", but it has no public IPv4 address"),
    )


def _public(azure: Azure, item: Any, member: str) -> str | None:
    identifier = _id(item)
    if identifier is None:
        return None
    with azure.asking(f"read the public address {identifier}"):
        properties = _properties(azure, identifier)
    if str(properties.get("publicIPAddressVersion", "IPv4")).lower() != "ipv4":
        return None
    return properties.get(member)


def _properties(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    return whole(azure.arm.get(id.text, _NETWORK_VERSION), str(id))["properties"]


def _id(item: Any) -> ResourceId | None:
    return id_in(item.get("id")) if isinstance(item, dict) else None
