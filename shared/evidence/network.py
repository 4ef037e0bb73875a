"""
The way out of a subnet: what stands around it, and which addresses a registry sees behind it.

In:  the id of a subnet pulls leave from.
Out: a Way: the Ground as read, and an Egress (None: nothing of the customer's own decides).
     Addresses come from ARM alone; where the way out cannot be proven, the Egress is not stable.

A route for the registry wins over a NAT gateway, and that over the platform's own addresses
(Virtual network traffic routing). Networking is read through plain ARM calls: the SDK for it would
double the app's memory. What gateways announce (BGP) is nowhere to be read.
"""

from dataclasses import dataclass, replace
from functools import partial

from shared.clients.azure import Azure
from shared.evidence import azure_firewall, nat_gateway, routes, security_groups, virtual_network
from shared.evidence.destinations import REGISTRY
from shared.evidence.reading import attempt
from shared.evidence.security_groups import Unknown
from shared.model.evidence import Egress, Unread, Via
from shared.model.ground import Ground, Route, Rule, Subnet, Table, VirtualNetwork
from shared.model.ids import ResourceId

#: Next hops that leave the way out as it is.
STRAIGHT = ("internet", "vnetlocal")
_REGISTRIES = "microsoft.containerregistry"
_ANNOUNCED = "unless a gateway announces another one, which cannot be read here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How pulls leave. `egress` None: by the platform's own addresses."""

    ground: Ground | Unread
    egress: Egress | Unread | None


def way(azure: Azure, subnet: ResourceId, *, obeys_routes: bool = True) -> Way:
    """Everything that decides about pulls from this subnet."""
    around = _around(azure, subnet)
    if isinstance(around, Unread):
        return Way(ground=around, egress=around)
    own, network = around
    answers = azure.together(
        rules=partial(_rules, azure, own.group),
        table=partial(_table, azure, own.table if obeys_routes else None),
    )
    found: Table | Unread = answers["table"]
    ground = Ground(
        subnet=own,
        network=network,
        rules=answers["rules"],
        routes=found if isinstance(found, Unread) else found.routes,
        obeys_routes=obeys_routes,
    )
    if _REGISTRIES in {service.lower() for service in own.services}:
        return Way(ground=ground, egress=_by_service_endpoint(own))
    if not obeys_routes:
        return Way(ground=ground, egress=None)
    learns = isinstance(found, Table) and found.learns
    return _leaving(azure, ground, learns=learns)


def _around(azure: Azure, subnet: ResourceId) -> tuple[Subnet, VirtualNetwork | Unread] | Unread:
    if not azure.reaches(subnet):
        return Unread(f"{subnet} is in a subscription that MEDIC_SUBSCRIPTIONS does not name")
    return attempt(lambda: virtual_network.around(azure, subnet))


def _by_service_endpoint(own: Subnet) -> Egress:
    """A service endpoint makes the registry see the subnet's private addresses, not those of a NAT
    gateway (Virtual network service endpoints)."""
    return Egress(
        via=Via.UNKNOWN,
        stable=False,
        because=f"the subnet {own.id.name} has a service endpoint for registries, so pulls arrive "
        "from its private addresses, which no address rule can name",
    )


def _rules(azure: Azure, group: ResourceId | None) -> tuple[Rule, ...] | Unread:
    return attempt(lambda: security_groups.read(azure, group)) if group else ()


def _table(azure: Azure, table: ResourceId | None) -> Table | Unread:
    return attempt(lambda: routes.read(azure, table)) if table else Table(routes=())


def _leaving(azure: Azure, ground: Ground, *, learns: bool) -> Way:
    own, network, table = ground.subnet, ground.network, ground.routes
    if isinstance(table, Unread):
        return Way(ground=ground, egress=table)
    route = routes.towards(table, REGISTRY)
    if isinstance(route, Unknown):
        return Way(ground=ground, egress=_open_question(own, route))
    if route is None or route.hop in STRAIGHT:
        nat = own.nat
        egress = attempt(lambda: nat_gateway.egress(azure, nat)) if nat else None
        if isinstance(egress, Egress) and route is None and learns and _learns(network):
            egress = replace(egress, because=f"{egress.because}, {_ANNOUNCED}")
        return Way(ground=ground, egress=egress)
    return _detour(azure, ground, route, network)


def _learns(network: VirtualNetwork | Unread) -> bool:
    return isinstance(network, VirtualNetwork) and network.learns


def _detour(azure: Azure, ground: Ground, route: Route, network: VirtualNetwork | Unread) -> Way:
    """A route sends pulls elsewhere: to an appliance, through a gateway, or nowhere."""
    if route.hop != "virtualappliance" or route.address is None:
        return Way(ground=ground, egress=_sent_away(ground.subnet, route))
    found = attempt(lambda: azure_firewall.behind(azure, route, network))
    if isinstance(found, Unread):
        return Way(ground=ground, egress=found)
    return Way(ground=replace(ground, firewall=found.firewall), egress=found.egress)


def _sent_away(own: Subnet, route: Route) -> Egress:
    table = own.table.name if own.table else "of the subnet"
    which = f"the route {route.name} ({route.prefix}) of the route table {table}"
    why = f"{which} sends pulls to {route.where}, and which public address they get from there is "
    why += "not known here"
    because = f"{which} drops pulls" if route.hop == "none" else why
    return Egress(via=Via.FIREWALL, stable=False, because=because)


def _open_question(own: Subnet, question: Unknown) -> Egress:
    table = own.table.name if own.table else "of the subnet"
    return Egress(
        via=Via.UNKNOWN,
        stable=False,
        because=f"the route table {table} leaves open which way pulls take: {question.because}",
    )
