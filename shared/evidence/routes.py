"""
Route tables: which next hop a subnet's traffic for a destination takes.

In:  a table's routes as ARM returns them, a Destination.
Out: the Route that decides, None where the table has none for it (Azure's own routes then apply),
     or Unknown with the route that leaves it open.

The longest prefix wins; where service tags are used a regional tag comes before the tag itself,
and both before AzureCloud (Virtual network traffic routing). A private endpoint brings a /32 route
of its own, which only an equally exact one overrides, unless the endpoint's subnet applies network
policies to routes (Manage network policies for private endpoints).
"""

from collections.abc import Mapping, Sequence
from ipaddress import collapse_addresses
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.evidence.destinations import Destination, as_block, named
from shared.evidence.reading import whole
from shared.evidence.security_groups import Unknown
from shared.model.ground import Route, Table
from shared.model.ids import ResourceId

__all__ = ["Route", "Table", "read", "towards", "understood"]

VERSION = "2026-03-01"


def read(azure: Azure, table: ResourceId) -> Table:
    """A table as it is now. Raises when it cannot be read or makes no sense."""
    with azure.asking(f"read the route table {table}"):
        properties = whole(azure.arm.get(table.text, VERSION), str(table))["properties"]
    return Table(
        routes=tuple(understood(item) for item in properties.get("routes") or ()),
        learns=properties.get("disableBgpRoutePropagation") is not True,
    )


def understood(item: Any) -> Route:
    """One route of ARM's answer; Refused when it is none."""
    try:
        told: Mapping[str, Any] = item["properties"]
        return Route(
            name=str(item["name"]),
            prefix=str(told["addressPrefix"]),
            hop=str(told["nextHopType"]).lower(),
            address=str(told["nextHopIpAddress"]) if told.get("nextHopIpAddress") else None,
        )
    except (KeyError, TypeError) as error:
        raise Refused("Azure's answer holds a route without sense") from error


def towards(
    routes: Sequence[Route], destination: Destination, *, exact: int = 32
) -> Route | Unknown | None:
    """The route that decides. `exact`: how long a prefix must be to count for a private address."""
    if destination.address is not None:
        return _to_address(routes, destination.address, exact)
    sure: list[tuple[int, Route]] = []
    perhaps: list[Route] = []
    for route in routes:
        match named([route.prefix], destination):
            case True:
                sure.append((_rank(route), route))
            case None:
                perhaps.append(route)
    sure += [(1, halves[0]) for halves in _halves(perhaps)]
    best = max(sure, key=lambda ranked: ranked[0])[1] if sure else None
    for route in perhaps:
        if best is None or route.way != best.way:
            return Unknown(f"the route {route.name} ({route.prefix}) may cover {destination.name}")
    return best


def _to_address(routes: Sequence[Route], address: str, exact: int) -> Route | None:
    own = as_block(address)
    found = [
        (block.prefixlen, route)
        for route in routes
        if own and (block := as_block(route.prefix)) and own.subnet_of(block)
    ]
    found = [(length, route) for length, route in found if length >= exact]
    return max(found, key=lambda ranked: ranked[0])[1] if found else None


def _rank(route: Route) -> int:
    """Everything < AzureCloud < AzureCloud.region < a service's tag < its regional tag."""
    if as_block(route.prefix) is not None:
        return 0
    tag, _, region = route.prefix.lower().partition(".")
    return (2 if tag == "azurecloud" else 4) + bool(region)


def _halves(routes: Sequence[Route]) -> list[list[Route]]:
    """Routes of one way whose blocks together cover everything: 0.0.0.0/1 and 128.0.0.0/1."""
    by_way: dict[tuple[str, str | None], list[Route]] = {}
    for route in routes:
        by_way.setdefault(route.way, []).append(route)
    return [group for group in by_way.values() if _everything(group)]


def _everything(group: Sequence[Route]) -> bool:
    blocks = [block for route in group if (block := as_block(route.prefix))]
    return [block.prefixlen for block in collapse_addresses(blocks)] == [0]
