"""
Azure Firewall: which one a route leads to, and from which public addresses traffic leaves it.

In:  the next hop's private address and the virtual network the route stands in.
Out: an Egress, and the Firewall when one was found. Where the addresses cannot be proven it is not
     stable and says why: another vendor's appliance, a hub of Virtual WAN, forced tunnelling.

A firewall uses any of its public addresses for a connection, so all of them count; a NAT gateway on
its subnet takes their place (Scale SNAT ports with Azure NAT Gateway). Private addresses repeat
from network to network: only a firewall in the route's own network or one peered with it is meant.

Resource Graph finds the firewall and may lag; each public address says itself, to the resource
manager, whose it is now, and the subnet which NAT gateway and routes it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import (
    firewall_rules,
    graph,
    nat_gateway,
    public_addresses,
    routes,
    virtual_network,
)
from shared.evidence.destinations import REGISTRY, as_block
from shared.evidence.reading import attempt, id_in
from shared.model.evidence import Egress, Unread, Via
from shared.model.ground import Firewall, Route, Subnet, VirtualNetwork
from shared.model.ids import ResourceId

SUBNET = "AzureFirewallSubnet"
_TYPE = "microsoft.network/azurefirewalls"

Wire = Mapping[str, Any]


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


def _found(azure: Azure, address: str, home: VirtualNetwork) -> Wire | Unread:
    """The one firewall of that network with that address."""
    rows = attempt(lambda: _searched(azure, "ipConfigurations", address))
    if isinstance(rows, Unread):
        return Unread(f"whose it is, is {rows.because}")
    near = [one for one in rows if _has(one, address, home.id)]
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


def _searched(azure: Azure, member: str, address: str) -> list[Wire]:
    """Firewalls that Resource Graph connects with the address."""
    if as_block(address) is None:
        return []
    query = (
        f"resources | where type =~ '{_TYPE}' "
        f"| where tostring(properties.{member}) contains '\"{address}\"' "
        "| project id, properties"
    )
    found = graph.rows(azure, query, f"the firewall {address}")
    return [row for row in found if (id := id_in(row.get("id"))) and azure.reaches(id)]


def _in_hub(azure: Azure, address: str) -> ResourceId | None:
    """The firewall of a Virtual WAN hub with this private address."""
    rows = attempt(lambda: _searched(azure, "hubIPAddresses", address))
    return None if isinstance(rows, Unread) else next((id_in(row["id"]) for row in rows), None)


def _has(firewall: Wire, address: str, network: ResourceId) -> bool:
    """Whether it has this private address, in this very network."""
    for held in _configurations(firewall):
        subnet = _reference(held, "subnet")
        if held.get("privateIPAddress") == address and subnet and subnet.parent == network:
            return True
    return False


def _configurations(firewall: Wire) -> list[Wire]:
    properties = firewall.get("properties") or {}
    items = properties.get("ipConfigurations") or ()
    return [item.get("properties") or {} for item in items if isinstance(item, dict)]


def _reference(held: Wire, member: str) -> ResourceId | None:
    item = held.get(member)
    return id_in(item.get("id")) if isinstance(item, dict) else None


def _leaving(azure: Azure, found: Wire, home: VirtualNetwork) -> Exit:
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
    addresses = public_addresses.read(azure, held, holder=id)
    egress = Egress(
        via=Via.FIREWALL,
        addresses=addresses,
        stable=bool(addresses),
        owner=id,
        because=f"pulls leave through the Azure Firewall {id.name}"
        + ("" if addresses else ", which has no public IPv4 address"),
    )
    return Exit(egress=egress, firewall=firewall)


def _tunnelled(azure: Azure, properties: Wire, subnet: Subnet, home: VirtualNetwork) -> str | None:
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
