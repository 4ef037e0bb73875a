"""
Azure Firewall: which one a route leads to, and from which public addresses traffic leaves it.

In:  the next hop's private address and the virtual network the route stands in.
Out: an Egress, and the Firewall when one was found. Where the addresses cannot be proven it is not
     stable and says why: another vendor's appliance, a hub of Virtual WAN, forced tunnelling.

A firewall uses any of its public addresses for a connection, so all of them count; a NAT gateway on
its subnet takes their place (Scale SNAT ports with Azure NAT Gateway). Private addresses repeat
from network to network: only a firewall in the route's own network or one peered with it is meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import firewall_rules, nat_gateway, public_addresses, routes, virtual_network
from shared.evidence.destinations import REGISTRY, as_block
from shared.evidence.reading import attempt, id_in, same
from shared.model.evidence import Egress, Unread, Via
from shared.model.ground import Firewall, Route, Subnet, VirtualNetwork
from shared.model.ids import ResourceId

VERSION = "2026-03-01"
SUBNET = "AzureFirewallSubnet"
_GRAPH_VERSION = "2021-03-01"
_TYPE = "microsoft.network/azurefirewalls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """The way out behind an appliance; `firewall` is known even where its addresses are not."""

    egress: Egress
    firewall: Firewall | None = None


def behind(azure: Azure, route: Route, network: VirtualNetwork | Unread) -> Exit:
    """Follow a route to the appliance it leads to."""
    address = str(route.address)
    if isinstance(network, Unread):
        return _unproven(route, f"the virtual network around it is {network.because}")
    home = _home(azure, address, network)
    if isinstance(home, Unread):
        return _unproven(route, home.because)
    found = _found(azure, address, home)
    if isinstance(found, Unread):
        return _unproven(route, found.because)
    return _leaving(azure, found, home)


def _unproven(route: Route, because: str) -> Exit:
    why = f"the route {route.name} ({route.prefix}) sends pulls to {route.where}, and {because}"
    return Exit(egress=Egress(via=Via.FIREWALL, stable=False, because=why))


def _home(azure: Azure, address: str, network: VirtualNetwork) -> VirtualNetwork | Unread:
    """The network that holds the address: this one, or the one peering it is reached by."""
    if _within(address, network.prefixes):
        return network
    near = [one for one in network.peerings if one.open and _within(address, one.prefixes)]
    if len(near) != 1:
        many = "several networks" if near else "no network"
        return Unread(f"{many} connected with {network.id.name} holds that address")
    remote = near[0].remote
    if not azure.reaches(remote):
        return Unread(
            f"the network {remote} it stands in is in a subscription that MEDIC_SUBSCRIPTIONS does "
            "not name"
        )
    seen = virtual_network.attempted(azure, remote)
    if isinstance(seen, Unread):
        if hub := _in_hub(azure, address):
            return Unread(_of_hub(hub))
        return Unread(f"the network {remote} it stands in is {seen.because}")
    if not any(back.open and back.remote == network.id for back in seen.peerings):
        return Unread(f"{seen.id.name}, which holds that address, is not peered back")
    return seen


def _of_hub(firewall: ResourceId) -> str:
    return (
        f"it is the firewall {firewall.name} of a Virtual WAN hub, whose routing decides from "
        "which address it leaves; that cannot be read here"
    )


def _within(address: str, prefixes: tuple[str, ...]) -> bool:
    own = as_block(address)
    blocks = [block for text in prefixes if (block := as_block(text))]
    return own is not None and any(own.subnet_of(block) for block in blocks)


def _found(azure: Azure, address: str, home: VirtualNetwork) -> Mapping[str, Any] | Unread:
    """The one firewall of that network with that address, as it is now.

    It stands in its network's resource group (Azure Firewall tutorial); where none is seen there,
    Resource Graph looks everywhere and the resource manager confirms.
    """
    path = f"{home.id.group_id}/providers/Microsoft.Network/azureFirewalls"
    listed = attempt(lambda: _list(azure, path))
    seen = [] if isinstance(listed, Unread) else listed
    near = [one for one in seen if _has(one, address, home.id)]
    if not near:
        near = [one for one in _searched(azure, address) if _has(one, address, home.id)]
    if len(near) == 1:
        return near[0]
    if near:
        return Unread(f"{len(near)} firewalls claim that address")
    own = home.subnet(SUBNET)
    if own and _within(address, own.prefixes):
        return Unread(f"the firewall of {home.id.name} it belongs to is not visible to us")
    return Unread(
        "no Azure Firewall visible to us has that address: another vendor's appliance may send "
        "traffic out from any"
    )


def _list(azure: Azure, path: str) -> list[Mapping[str, Any]]:
    with azure.asking(f"list {path}"):
        return [item for item in azure.arm.list(path, VERSION) if isinstance(item, dict)]


def _searched(azure: Azure, address: str) -> Iterator[Mapping[str, Any]]:
    """Firewalls that Resource Graph connects with the address, read anew one by one."""
    for id in _graph(azure, "ipConfigurations", address)[:2]:
        answer = attempt(partial(_get, azure, id))
        if not isinstance(answer, Unread):
            yield answer


def _get(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    with azure.asking(f"read the firewall {id}"):
        return same(azure.arm.get(id.text, VERSION), id)


def _in_hub(azure: Azure, address: str) -> ResourceId | None:
    """The firewall of a Virtual WAN hub with this private address, by Resource Graph's word."""
    return next(iter(_graph(azure, "hubIPAddresses", address)), None)


def _graph(azure: Azure, member: str, address: str) -> list[ResourceId]:
    if as_block(address) is None:
        return []
    query = (
        f"resources | where type =~ '{_TYPE}' "
        f"| where tostring(properties.{member}) contains '\"{address}\"' | project id"
    )
    body: dict[str, Any] = {"query": query, "options": {"resultFormat": "objectArray"}}
    if azure.subscriptions is not None:
        body["subscriptions"] = list(azure.subscriptions)

    def ask() -> list[ResourceId]:
        with azure.asking(f"searched Resource Graph for the firewall {address}"):
            path = "/providers/Microsoft.ResourceGraph/resources"
            rows = azure.arm.post(path, _GRAPH_VERSION, body).get("data") or []
        ids = (id_in(row.get("id")) for row in rows if isinstance(row, dict))
        return [id for id in ids if id and id.type == _TYPE and azure.reaches(id)]

    found = attempt(ask)
    return [] if isinstance(found, Unread) else found


def _has(firewall: Mapping[str, Any], address: str, network: ResourceId) -> bool:
    """Whether it has this private address, in this very network."""
    for held in _configurations(firewall):
        subnet = _reference(held, "subnet")
        if held.get("privateIPAddress") == address and subnet and subnet.parent == network:
            return True
    return False


def _configurations(firewall: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    properties = firewall.get("properties") or {}
    items = properties.get("ipConfigurations") or ()
    return [item.get("properties") or {} for item in items if isinstance(item, dict)]


def _reference(held: Mapping[str, Any], member: str) -> ResourceId | None:
    item = held.get(member)
    return id_in(item.get("id")) if isinstance(item, dict) else None


def _leaving(azure: Azure, found: Mapping[str, Any], home: VirtualNetwork) -> Exit:
    """From which addresses traffic leaves a firewall that was found."""
    id, properties = ResourceId.parse(found.get("id")), found["properties"]
    firewall = Firewall(
        id=id,
        policy=_reference(properties, "firewallPolicy"),
        classic=firewall_rules.classic(properties),
    )
    subnet = home.subnet(SUBNET) or Subnet(id=home.id.child("subnets", SUBNET))
    if tunnel := _tunnelled(azure, properties, subnet, home):
        egress = Egress(
            via=Via.FIREWALL,
            stable=False,
            owner=id,
            because=f"pulls leave through the Azure Firewall {id.name}, and {tunnel}",
        )
        return Exit(egress=egress, firewall=firewall)
    if subnet.nat:
        behind_it = nat_gateway.egress(azure, subnet.nat)
        egress = Egress(
            via=Via.FIREWALL,
            addresses=behind_it.addresses,
            stable=behind_it.stable,
            owner=id,
            also=(subnet.nat,),
            because=f"pulls leave through the Azure Firewall {id.name} and the NAT gateway "
            f"{subnet.nat.name} on its subnet"
            + ("" if behind_it.stable else f": {behind_it.because}"),
        )
        return Exit(egress=egress, firewall=firewall)
    held = [one["publicIPAddress"] for one in _configurations(found) if one.get("publicIPAddress")]
    addresses = public_addresses.read(azure, held)
    egress = Egress(
        via=Via.FIREWALL,
        addresses=addresses,
        stable=bool(addresses),
        owner=id,
        because=f"pulls leave through the Azure Firewall {id.name}"
        + ("" if addresses else ", which has no public IPv4 address"),
    )
    return Exit(egress=egress, firewall=firewall)


def _tunnelled(
    azure: Azure, properties: Mapping[str, Any], subnet: Subnet, home: VirtualNetwork
) -> str | None:
    """Why its traffic may go on elsewhere instead of leaving (Azure Firewall forced tunneling)."""
    if properties.get("virtualHub"):
        return "it belongs to a Virtual WAN hub, whose routing decides from which address it leaves"
    table = routes.read(azure, subnet.table) if subnet.table else None
    route = routes.towards(table.routes, REGISTRY) if table else None
    if isinstance(route, Route) and route.hop == "internet":
        return None
    if isinstance(route, Route):
        return f"its own route {route.name} sends that on to {route.where} (forced tunnelling)"
    if route is not None:
        return f"of its own routes it is not clear which counts: {route.because}"
    learns = home.learns and (table is None or table.learns)
    if properties.get("managementIpConfiguration") and learns:
        return "it is built for forced tunnelling, and a gateway may tell it where to send traffic"
    return None
