"""
A virtual network as ARM returns it: its subnets with what is attached to them, DNS, peerings.

In:  the id of a network, or of a subnet in it.
Out: a VirtualNetwork, and for a subnet also the Subnet; errors for the caller to judge.

A network's answer repeats its subnets whole (Virtual Networks - Get), so one read answers for both.
Who may read a subnet but not its network still gets the subnet, and the network as Unread.
"""

from collections.abc import Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.errors import PermissionMissing, Refused
from shared.evidence.reading import attempt, id_in, same
from shared.model.evidence import Unread
from shared.model.ground import Peering, Subnet, VirtualNetwork
from shared.model.ids import ResourceId

VERSION = "2026-03-01"


def read(azure: Azure, network: ResourceId) -> VirtualNetwork:
    """The network as it is now. Raises when it cannot be read or makes no sense."""
    with azure.asking(f"read the virtual network {network}"):
        answer = same(azure.arm.get(network.text, VERSION), network)
    return understood(network, answer["properties"])


def around(azure: Azure, subnet: ResourceId) -> tuple[Subnet, VirtualNetwork | Unread]:
    """A subnet and its network. Raises when not even the subnet can be read."""
    parent = subnet.parent
    if parent is None:
        raise Refused(f"{subnet} is not a subnet")
    try:
        network = read(azure, parent)
    except PermissionMissing as refusal:
        because = f"not readable: {refusal}"
        return _alone(azure, subnet), Unread(because)
    found = network.subnet(subnet.name)
    return (found, network) if found else (_alone(azure, subnet), network)


def _alone(azure: Azure, subnet: ResourceId) -> Subnet:
    with azure.asking(f"read the subnet {subnet}"):
        answer = same(azure.arm.get(subnet.text, VERSION), subnet)
    return _subnet(subnet, answer["properties"])


def understood(id: ResourceId, properties: Mapping[str, Any]) -> VirtualNetwork:
    """A network's answer in our nouns."""
    try:
        return VirtualNetwork(
            id=id,
            prefixes=_texts((properties.get("addressSpace") or {}).get("addressPrefixes")),
            dns_servers=_texts((properties.get("dhcpOptions") or {}).get("dnsServers")),
            subnets=tuple(
                _subnet(id.child("subnets", str(item["name"])), item.get("properties") or {})
                for item in properties.get("subnets") or ()
            ),
            peerings=tuple(
                found
                for item in properties.get("virtualNetworkPeerings") or ()
                if (found := _peering(item.get("properties") or {}))
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(f"Azure's answer about {id} is not a virtual network") from error


def _subnet(id: ResourceId, properties: Mapping[str, Any]) -> Subnet:
    prefixes = properties.get("addressPrefixes") or [properties.get("addressPrefix")]
    return Subnet(
        id=id,
        prefixes=_texts(prefixes),
        group=_reference(properties, "networkSecurityGroup"),
        table=_reference(properties, "routeTable"),
        nat=_reference(properties, "natGateway"),
        services=tuple(
            str(item.get("service"))
            for item in properties.get("serviceEndpoints") or ()
            if item.get("provisioningState") in (None, "Succeeded")
        ),
        policies=tuple(
            found
            for item in properties.get("serviceEndpointPolicies") or ()
            if (found := id_in(item.get("id")))
        ),
    )


def _peering(properties: Mapping[str, Any]) -> Peering | None:
    remote = _reference(properties, "remoteVirtualNetwork")
    if remote is None:
        return None
    space = properties.get("remoteVirtualNetworkAddressSpace") or properties.get(
        "remoteAddressSpace"
    )
    return Peering(
        remote=remote,
        open=properties.get("peeringState") == "Connected"
        and properties.get("allowVirtualNetworkAccess") is not False,
        prefixes=_texts((space or {}).get("addressPrefixes")),
        remote_gateway=properties.get("useRemoteGateways") is True,
    )


def _reference(properties: Mapping[str, Any], member: str) -> ResourceId | None:
    """The id a member refers to; Refused when it is there and is no id, for it may not be none."""
    item = properties.get(member)
    if not item:
        return None
    found = id_in(item.get("id")) if isinstance(item, dict) else None
    if found is None:
        raise Refused(f"Azure's answer names a {member} without sense")
    return found


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values or () if value)


def attempted(azure: Azure, network: ResourceId) -> VirtualNetwork | Unread:
    """Like `read`, with a refusal as a fact."""
    return attempt(lambda: read(azure, network))
