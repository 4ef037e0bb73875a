"""
Private DNS as it is: zones of registries, their links and records, resolvers.

In:  a registry, and the network whose DNS answers.
Out: what Resource Graph knows, for finding; zones, links and records as they are now.

A network is linked to one zone of a name at most. DNS servers of the customer's own answer as they
like, except the inbound endpoint of an Azure DNS Private Resolver, which answers as the network it
stands in (Private DNS and Private Resolver documentation).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clients.azure import Azure
from shared.errors import NotFound, Refused
from shared.evidence import graph
from shared.evidence.reading import attempt, id_in, same
from shared.model.evidence import Registry, Unread
from shared.model.ids import ResourceId

VERSION = "2024-06-01"
RESOLVERS = "2022-07-01"
NETWORK = "2026-03-01"
AZURE_DNS = "168.63.129.16"
_NET = "microsoft.network"
_MOST_ZONES = 3

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What Resource Graph knows: where to look, never what to say."""

    zones: tuple[ResourceId, ...] = ()
    links: Mapping[ResourceId, ResourceId] | None = None  # link → network
    resolvers: Mapping[str, ResourceId] | None = None  # inbound address → the inbound endpoint
    forwarded: frozenset[ResourceId] = frozenset()  # networks with a forwarding ruleset
    endpoints: Mapping[str, ResourceId] | None = None  # private endpoint → its subnet


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone as it is now. `link` is the one to the network that asks, if there is one."""

    id: ResourceId
    records: Mapping[str, tuple[str, ...]]  # addresses by record name
    link: Wire | None = None
    link_id: ResourceId | None = None


def suffix(registry: Registry) -> str:
    """`privatelink.azurecr.io`, or what it is called in the registry's cloud."""
    return f"privatelink.{registry.login_server.partition('.')[2]}"


def find(azure: Azure, registry: Registry) -> Found:
    """One query for all that may matter, made of names ARM itself gave."""
    zone = suffix(registry)
    query = f"""
resources
| where (type =~ '{_NET}/privatednszones' and name endswith '{zone}')
    or (type =~ '{_NET}/privatednszones/virtualnetworklinks' and id contains '{zone}/')
    or (type =~ '{_NET}/privateendpoints' and tostring(properties) contains '{registry.id}')
    or type =~ '{_NET}/dnsresolvers/inboundendpoints'
    or type =~ '{_NET}/dnsforwardingrulesets/virtualnetworklinks'
| project id, type, properties
| order by id asc
"""
    return _understood(list(graph.rows(azure, query, f"the private zone {zone}")))


def _understood(rows: Sequence[Wire]) -> Found:
    zones: list[ResourceId] = []
    links: dict[ResourceId, ResourceId] = {}
    resolvers: dict[str, ResourceId] = {}
    endpoints: dict[str, ResourceId] = {}
    forwarded: set[ResourceId] = set()
    for row in rows:
        id, kind = id_in(row.get("id")), str(row.get("type", "")).lower()
        told = row.get("properties") if isinstance(row.get("properties"), Mapping) else {}
        if id is None:
            continue
        network = _id((told or {}).get("virtualNetwork"))
        if kind.endswith("/privatednszones"):
            zones.append(id)
        elif kind.endswith("/privatednszones/virtualnetworklinks") and network:
            links[id] = network
        elif kind.endswith("/dnsforwardingrulesets/virtualnetworklinks") and network:
            forwarded.add(network)
        elif kind.endswith("/inboundendpoints"):
            resolvers.update((address, id) for address, _ in _inbound(told or {}))
        elif kind.endswith("/privateendpoints") and (at := _id((told or {}).get("subnet"))):
            endpoints[id.key] = at
    return Found(
        zones=tuple(zones),
        links=links,
        resolvers=resolvers,
        forwarded=frozenset(forwarded),
        endpoints=endpoints,
    )


def _inbound(told: Wire) -> Iterator[tuple[str, ResourceId]]:
    for configuration in told.get("ipConfigurations") or ():
        subnet = _id(configuration.get("subnet"))
        if subnet and subnet.parent and configuration.get("privateIpAddress"):
            yield str(configuration["privateIpAddress"]), subnet.parent


def asking_from(
    azure: Azure, servers: Sequence[str], network: ResourceId, found: Found
) -> ResourceId | str:
    """The network whose links decide, or why that is not known."""
    own = [server for server in servers if server != AZURE_DNS]
    known = found.resolvers or {}
    if strange := [server for server in own if server not in known]:
        return (
            f"names are asked of DNS servers of its own ({', '.join(strange)}), and what these "
            "answer is not visible from here"
        )
    networks = {network} if len(own) < len(servers) or not own else set()
    for server in own:
        at = attempt(lambda server=server: _stands(azure, known[server], server))  # type: ignore[misc]
        if not isinstance(at, ResourceId):
            said = at.because if isinstance(at, Unread) else "not there any more"
            return f"the DNS resolver behind {server} is {said}"
        networks.add(at)
    if len(networks) > 1:
        return "its DNS servers stand in several networks, which may answer differently"
    asking = networks.pop()
    if asking in found.forwarded:
        return f"a DNS forwarding ruleset is linked to {asking.name}, and its rules are not read"
    return asking


def _stands(azure: Azure, endpoint: ResourceId, server: str) -> ResourceId | None:
    """The network of a resolver's inbound endpoint, if it still has this address."""
    with azure.asking(f"read {endpoint}"):
        told = same(azure.arm.get(endpoint.text, RESOLVERS), endpoint)["properties"]
    return dict(_inbound(told)).get(server)


def zones(azure: Azure, registry: Registry, asking: ResourceId, found: Found) -> list[Zone]:
    """The zones linked to the network that asks; where there is none, those that could be."""
    links = {
        id: network
        for id, network in (found.links or {}).items()
        if network == asking and id.parent and _is_ours(id.parent, registry)
    }
    if links:
        return _together(
            azure,
            {
                id.parent.key: (lambda id=id: _linked(azure, id, asking))
                for id in links
                if id.parent
            },
        )
    candidates = [
        zone
        for zone in found.zones
        if zone.name.lower() == suffix(registry) and azure.reaches(zone)
    ]
    if len(candidates) > _MOST_ZONES:
        raise Refused(f"{len(candidates)} zones are called {suffix(registry)}; none is read")
    return _together(
        azure, {zone.key: (lambda zone=zone: _looked(azure, zone, asking)) for zone in candidates}
    )


def _together(azure: Azure, reads: Mapping[str, Any]) -> list[Zone]:
    return list(azure.together(**reads).values())


def _is_ours(zone: ResourceId, registry: Registry) -> bool:
    """The registry's zone, or that of one region's data hosts."""
    name = zone.name.lower()
    return name == suffix(registry) or name.endswith(f".data.{suffix(registry)}")


def _linked(azure: Azure, link: ResourceId, asking: ResourceId) -> Zone:
    """A zone by a link Resource Graph knows of; the link as it is now."""
    zone = link.parent
    assert zone is not None
    try:
        told = azure.together(
            link=lambda: _read(azure, link)["properties"], records=lambda: _records(azure, zone)
        )
    except NotFound:  # the index lags: the link is gone
        return _looked(azure, zone, asking)
    return Zone(id=zone, records=told["records"], link=told["link"], link_id=link)


def _looked(azure: Azure, zone: ResourceId, asking: ResourceId) -> Zone:
    """A zone nobody says is linked: its own list of links decides, for the index lags."""
    told = azure.together(
        links=lambda: links_of(azure, zone), records=lambda: _records(azure, zone)
    )
    for one in told["links"]:
        if _id(one["properties"].get("virtualNetwork")) == asking:
            link, id = one["properties"], id_in(one["id"])
            return Zone(id=zone, records=told["records"], link=link, link_id=id)
    return Zone(id=zone, records=told["records"])


def links_of(azure: Azure, zone: ResourceId) -> list[Wire]:
    """Every virtual network link of a zone, as it is now."""
    with azure.asking(f"listed the links of the zone {zone}"):
        found = list(azure.arm.list(f"{zone}/virtualNetworkLinks", VERSION))
        return [one for one in found if isinstance(one["properties"], Mapping)]


def kept_by(azure: Azure, endpoint: ResourceId) -> tuple[ResourceId, ...]:
    """The zones in which a private endpoint keeps its records itself: its DNS zone groups."""
    with azure.asking(f"listed the DNS zone groups of {endpoint}"):
        groups = list(azure.arm.list(f"{endpoint}/privateDnsZoneGroups", NETWORK))
        zones = [
            id_in((one.get("properties") or {}).get("privateDnsZoneId"))
            for group in groups
            for one in group["properties"].get("privateDnsZoneConfigs") or ()
        ]
    return tuple(zone for zone in zones if zone)


def _records(azure: Azure, zone: ResourceId) -> dict[str, tuple[str, ...]]:
    with azure.asking(f"listed the records of the zone {zone}"):
        found = list(azure.arm.list(f"{zone}/A", VERSION))
        return {
            str(one["name"]).lower(): tuple(
                sorted(str(a["ipv4Address"]) for a in one["properties"].get("aRecords") or ())
            )
            for one in found
        }


def _read(azure: Azure, id: ResourceId) -> Wire:
    with azure.asking(f"read {id}"):
        return same(azure.arm.get(id.text, VERSION), id)


def _id(item: Any) -> ResourceId | None:
    return id_in(item.get("id")) if isinstance(item, Mapping) else None
