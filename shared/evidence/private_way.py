"""
What stands between a workload's subnet and a private endpoint: security groups and routes.

In:  the subnet, its network, the endpoint within reach.
Out: the legs WAY and SIGN_IN.

Security groups and routes apply at the endpoint's end only where its subnet's network policies say
so; the endpoint's own /32 route is overridden by an equally exact one, and with route policies on
by any that is no wider than the network (Manage network policies for private endpoints). What is
behind an appliance is not visible from here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import routes, security_groups
from shared.evidence.destinations import SIGN_IN, Destination, as_block, endpoint
from shared.evidence.private_endpoints import Reach, Wire
from shared.evidence.reading import attempt, id_in
from shared.evidence.routes import Table
from shared.evidence.security_groups import Allowed, Rule
from shared.model.evidence import Unread
from shared.model.ids import ResourceId
from shared.model.private_path import Leg, LegName

_PORT = 443
_NSG_POLICIES = frozenset({"enabled", "networksecuritygroupenabled"})
_ROUTE_POLICIES = frozenset({"enabled", "routetableenabled"})

#: True: gets through; False or None with the reason.
Answer = tuple[bool | None, str]


def legs(
    azure: Azure,
    subnet: ResourceId | None,
    own: Wire | Unread,
    reach: Reach,
    hosts: Sequence[str],
    *,
    signs_in: bool,
    obeys_routes: bool,
    beyond: Callable[[], Answer],
) -> tuple[Leg, Leg]:
    """Both legs, from at most three reads. Where routes are not obeyed they are not read.

    `beyond` is asked about Microsoft Entra where a route leads to an appliance.
    """
    if isinstance(own, Unread) or subnet is None:
        return _unseen("the workload's network is not known", subnet)
    here = _subnet(own, subnet)
    there = _subnet(reach.far or own, reach.subnet) if reach.subnet else None
    if here is None:
        return _unseen(f"its subnet {subnet.name} is not in the network any more", subnet)
    told = azure.together(
        group=lambda: _group(azure, here),
        table=lambda: _table(azure, here) if obeys_routes else None,
        door=lambda: _group(azure, there) if _policy(there) in _NSG_POLICIES else (),
    )
    way = _way(told, own, here, there, reach, hosts)
    if signs_in:
        entra = _out(told["group"], told["table"], SIGN_IN)
        if entra[0] is None and isinstance(told["table"], Table):
            entra = beyond()
        free = "nothing in its subnet stands between it and Microsoft Entra"
    else:
        entra, free = (True, ""), "signing in takes no token from Microsoft Entra"
    entra = (entra[0], entra[1] or free)
    return _leg(LegName.WAY, way, subnet), _leg(LegName.SIGN_IN, entra, subnet)


def _unseen(because: str, subnet: ResourceId | None) -> tuple[Leg, Leg]:
    answer = (None, f"not looked at, because {because}")
    return _leg(LegName.WAY, answer, subnet), _leg(LegName.SIGN_IN, answer, subnet)


def _way(
    told: Mapping[str, Any],
    own: Wire,
    here: Wire,
    there: Wire | None,
    reach: Reach,
    hosts: Sequence[str],
) -> Answer:
    addresses = sorted({one for host in hosts for one in reach.hosts.get(host, ())})
    if not addresses:
        return None, "not looked at, because there is no address to go to"
    exact = _exact(reach.far or own) if _policy(there) in _ROUTE_POLICIES else 32
    answers = [_out(told["group"], told["table"], endpoint(one), exact) for one in addresses]
    answers += [_in(told["door"], endpoint(one), here) for one in addresses]
    worst = next((one for one in answers if one[0] is False), None)
    worst = worst or next((one for one in answers if one[0] is None), None)
    return worst or (True, "no security group or route stands between them")


def _out(
    group: tuple[Rule, ...] | Unread | None,
    table: Table | Unread | None,
    destination: Destination,
    exact: int = 32,
) -> Answer:
    """Out of the workload's subnet: the security group, then the route."""
    if isinstance(group, Unread):
        return None, f"the security group of its subnet is {group.because}"
    if isinstance(table, Unread):
        return None, f"the route table of its subnet is {table.because}"
    answer = _passes(group, destination, inbound=False)
    if answer[0] is not True or table is None:
        return answer
    route = routes.towards(table.routes, destination, exact=exact)
    if route is None or not isinstance(route, routes.Route):
        return (True, "") if route is None else (None, route.because)
    if route.hop == "none":
        return False, f"the route {route.name} sends what is for {destination.name} nowhere"
    if route.hop in ("internet", "vnetlocal"):
        return True, ""
    return None, f"the route {route.name} sends what is for {destination.name} to {route.where}"


def _in(group: tuple[Rule, ...] | Unread | None, destination: Destination, here: Wire) -> Answer:
    """Into the endpoint's subnet."""
    if isinstance(group, Unread):
        return None, f"the security group of the endpoint's subnet is {group.because}"
    return _passes(group, destination, inbound=True, source=_prefixes(here))


def _passes(
    rules: tuple[Rule, ...] | None,
    destination: Destination,
    *,
    inbound: bool,
    source: Sequence[str] = (),
) -> Answer:
    if not rules:
        return True, ""
    said = security_groups.verdict(rules, destination, _PORT, source=source, inbound=inbound)
    if isinstance(said, Allowed):
        return True, ""
    if isinstance(said, security_groups.Denied):
        return False, f"the security rule {said.by} stops what is for {destination.name}"
    return None, said.because


def _group(azure: Azure, subnet: Wire | None) -> tuple[Rule, ...] | Unread | None:
    id = _id((subnet or {}).get("networkSecurityGroup"))
    return attempt(lambda: security_groups.read(azure, id)) if id else None


def _table(azure: Azure, subnet: Wire) -> Table | Unread | None:
    id = _id(subnet.get("routeTable"))
    return attempt(lambda: routes.read(azure, id)) if id else None


def _subnet(network: Wire, id: ResourceId) -> Wire | None:
    """The subnet as its network shows it."""
    for item in network.get("subnets") or ():
        if id_in(item.get("id")) == id:
            properties: Wire = item.get("properties") or {}
            return properties
    return None


def _policy(subnet: Wire | None) -> str:
    return str((subnet or {}).get("privateEndpointNetworkPolicies", "")).lower()


def _exact(network: Wire) -> int:
    """How long a prefix must be to be no wider than the network."""
    blocks = (as_block(text) for text in _space(network))
    return min((block.prefixlen for block in blocks if block), default=0)


def _space(network: Wire) -> tuple[str, ...]:
    return tuple((network.get("addressSpace") or {}).get("addressPrefixes") or ())


def _prefixes(subnet: Wire) -> tuple[str, ...]:
    return tuple(
        str(one)
        for one in (subnet.get("addressPrefix"), *(subnet.get("addressPrefixes") or ()))
        if one
    )


def _leg(name: LegName, answer: Answer, source: ResourceId | None) -> Leg:
    return Leg(name=name, holds=answer[0], because=answer[1], source=str(source or ""))


def _id(item: Any) -> ResourceId | None:
    return id_in(item.get("id")) if isinstance(item, Mapping) else None
