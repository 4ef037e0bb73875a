"""
Private endpoints of a registry, as far as one workload's network can reach them.

In:  the registry, the workload's virtual network, and what Resource Graph knows of the endpoints.
Out: the one endpoint within reach with its hosts and addresses, and the two legs it proves.

An endpoint is within reach when its subnet lies in the workload's network or in one peered with it,
"Connected" and with access on both sides (Virtual network peering). Its network interface names
every host it serves, one address each (container-registry-private-endpoints); with a DNS zone
group its own `customDnsConfigs` is empty, so the interface is what counts. More than one endpoint
of a registry in one network makes its names unreliable (`az acr check-health --vnet`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.clients.azure import Azure
from shared.evidence.reading import attempt, id_in, same
from shared.model.evidence import Registry, Unread
from shared.model.ids import ResourceId
from shared.model.private_path import Leg, LegName

VERSION = "2026-03-01"
_MOST = 4  # endpoints read one by one because Resource Graph does not know them
_APPROVED = "approved"

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection of the registry, and where its endpoint stands."""

    endpoint: ResourceId
    status: str
    subnet: ResourceId | None = None  # None: not known

    @property
    def network(self) -> ResourceId | None:
        return self.subnet.parent if self.subnet else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the workload's network reaches. `far` is the endpoint's network where it is another."""

    legs: tuple[Leg, ...]
    endpoint: ResourceId | None = None
    waiting: ResourceId | None = None
    subnet: ResourceId | None = None  # the endpoint's
    far: Wire | None = None
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # addresses by host name


def hosts_of(registry: Registry) -> tuple[str, ...]:
    """The login server and every region's data host, as the registry itself names them."""
    named = (registry.snapshot.get("properties") or {}).get("dataEndpointHostNames") or ()
    return tuple(dict.fromkeys((registry.login_server, *(str(host).lower() for host in named))))


def read(azure: Azure, id: ResourceId) -> Wire:
    """One resource of Microsoft.Network, as it is now."""
    with azure.asking(f"read {id}"):
        return same(azure.arm.get(id.text, VERSION), id)["properties"]  # type: ignore[no-any-return]


def reach(
    azure: Azure,
    registry: Registry,
    network: ResourceId,
    own: Wire | Unread,
    known: Mapping[str, ResourceId] | Unread,
) -> Reach:
    """Find the endpoint within reach and read it. `known`: subnets by lower-case endpoint id."""
    connections = _connections(azure, registry, {} if isinstance(known, Unread) else known)
    near = [one for one in connections if one.network == network]
    far_network: Wire | None = None
    if not any(_approved(one) for one in near):
        others = {one.network for one in connections if one.network and one.network != network}
        for peer in _peers(own, {other for other in others if azure.reaches(other)}):
            told = attempt(lambda peer=peer: read(azure, peer))  # type: ignore[misc]
            if isinstance(told, Unread):
                return _open(f"the peered network {peer.name} is {told.because}", str(peer))
            if _lets_through(told, network):
                near += [one for one in connections if one.network == peer]
                far_network = told
    approved = [one for one in near if _approved(one)]
    if len(approved) == 1:
        return _served(azure, registry, approved[0], far_network)
    if approved:
        names = ", ".join(one.endpoint.name for one in approved)
        return _open(
            f"{len(approved)} private endpoints of the registry are within reach ({names}), and "
            "which of them the name leads to is not reliable",
            str(registry.id),
        )
    return _none_near(registry, network, own, connections, near)


def _connections(
    azure: Azure, registry: Registry, known: Mapping[str, ResourceId]
) -> list[Connection]:
    """Every connection; where Resource Graph does not say where its endpoint is, ask for it."""
    told: list[tuple[ResourceId, str]] = []
    for entry in registry.private_endpoints:
        text, _, status = entry.rpartition(" ")
        if (id := id_in(text)) is not None:
            told.append((id, status))
    unknown = [id for id, _ in told if id.key not in known and azure.reaches(id)][:_MOST]
    asked = azure.together(
        **{id.key: (lambda id=id: attempt(lambda: read(azure, id))) for id in unknown}
    )
    found = dict(known)
    for key, properties in asked.items():
        subnet = None if isinstance(properties, Unread) else _id(properties.get("subnet"))
        if subnet is not None:
            found[key] = subnet
    return [Connection(endpoint=id, status=status, subnet=found.get(id.key)) for id, status in told]


def _approved(connection: Connection) -> bool:
    return connection.status.lower() == _APPROVED


def _peers(own: Wire | Unread, others: set[ResourceId]) -> Iterator[ResourceId]:
    """Those of the other networks that the workload's own says it is peered with, and reaches."""
    if isinstance(own, Unread):
        return
    for remote in sorted(others, key=lambda id: id.key):
        if _lets_through(own, remote):
            yield remote


def _lets_through(network: Wire, remote: ResourceId) -> bool:
    for peering in network.get("virtualNetworkPeerings") or ():
        told = peering.get("properties") or {}
        if _id(told.get("remoteVirtualNetwork")) == remote:
            connected = str(told.get("peeringState", "")).lower() == "connected"
            return connected and told.get("allowVirtualNetworkAccess") is not False
    return False


def _served(azure: Azure, registry: Registry, connection: Connection, far: Wire | None) -> Reach:
    """The endpoint's own word, and its network interface's."""
    id = connection.endpoint
    endpoint = attempt(lambda: read(azure, id))
    if isinstance(endpoint, Unread):
        return _open(f"the private endpoint {id.name} is {endpoint.because}", str(id))
    if _id(endpoint.get("subnet")) != connection.subnet:
        return _open(f"where the private endpoint {id.name} stands is told differently", str(id))
    if trouble := _unfit(endpoint, registry):
        return Reach(
            legs=(
                Leg(name=LegName.ENDPOINT, holds=False, because=trouble, source=str(id)),
                _unasked(LegName.ADDRESSES, "there is no endpoint to ask"),
            ),
            subnet=connection.subnet,
            far=far,
        )
    cards = [_id(card) for card in endpoint.get("networkInterfaces") or ()]
    told = [attempt(lambda card=card: read(azure, card)) for card in cards if card]  # type: ignore[misc]
    hosts = dict(pair for card in told if not isinstance(card, Unread) for pair in _hosts(card))
    unread = next((card for card in told if isinstance(card, Unread)), None)
    where = "the workload's own network" if far is None else "a peered network"
    stands = f"the approved private endpoint {id.name} stands in {where}"
    return Reach(
        legs=(
            Leg(name=LegName.ENDPOINT, holds=True, because=stands, source=str(id)),
            _addresses(registry, hosts, unread, str(cards[0] if cards else id)),
        ),
        endpoint=id,
        subnet=connection.subnet,
        far=far,
        hosts=hosts,
    )


def _unfit(endpoint: Wire, registry: Registry) -> str:
    """Why this endpoint does not serve the registry, or ""."""
    state = str(endpoint.get("provisioningState", ""))
    if state.lower() != "succeeded":
        return f"its private endpoint is {state or 'in an unknown state'}"
    for kind in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        for connection in endpoint.get(kind) or ():
            told = connection.get("properties") or {}
            if _id({"id": told.get("privateLinkServiceId")}) != registry.id:
                continue
            groups = [str(group).lower() for group in told.get("groupIds") or ()]
            return "" if "registry" in groups else "its private endpoint is not for the registry"
    return "its private endpoint names another registry"


def _hosts(card: Wire) -> Iterator[tuple[str, tuple[str, ...]]]:
    found: dict[str, list[str]] = {}
    for configuration in card.get("ipConfigurations") or ():
        told = configuration.get("properties") or {}
        address = told.get("privateIPAddress")
        for host in (told.get("privateLinkConnectionProperties") or {}).get("fqdns") or ():
            if address:
                found.setdefault(str(host).lower(), []).append(str(address))
    yield from ((host, tuple(sorted(addresses))) for host, addresses in found.items())


def _addresses(
    registry: Registry, hosts: Mapping[str, tuple[str, ...]], unread: Unread | None, source: str
) -> Leg:
    """Does the interface serve the login server and each region's data host?"""
    wanted = hosts_of(registry)
    if unread is not None:
        because = f"the network interface of the private endpoint is {unread.because}"
        return Leg(name=LegName.ADDRESSES, holds=None, because=because, source=source)
    absent = [host for host in wanted if host not in hosts]
    if absent:
        because = f"the private endpoint has no address for {', '.join(absent)}"
        return Leg(name=LegName.ADDRESSES, holds=False, because=because, source=source)
    if len(wanted) == 1 and not any(".data." in host for host in hosts):
        because = "neither the registry nor the endpoint names a data host for the layers"
        return Leg(name=LegName.ADDRESSES, holds=None, because=because, source=source)
    served = ", ".join(f"{host} is {'/'.join(hosts[host])}" for host in wanted)
    return Leg(name=LegName.ADDRESSES, holds=True, because=served, source=source)


def _none_near(
    registry: Registry,
    network: ResourceId,
    own: Wire | Unread,
    connections: Sequence[Connection],
    near: Sequence[Connection],
) -> Reach:
    """No approved endpoint is within reach, or it is not known whether there is one."""
    lost = [one for one in connections if one.subnet is None and _approved(one)]
    if near:
        because = f"its private endpoint {near[0].endpoint.name} is {near[0].status}, not Approved"
        return _closed(because, str(near[0].endpoint), waiting=near[0].endpoint)
    if lost or isinstance(own, Unread):
        what = f"the private endpoint {lost[0].endpoint.name}" if lost else f"{network.name}"
        return _open(f"where {what} stands could not be read", str(registry.id))
    there = sorted({one.network.name for one in connections if one.network})
    because = (
        f"the registry's private endpoints are in {', '.join(there) or 'no network we see'}, which "
        f"{network.name} does not reach: neither the same network nor peered with it both ways"
    )
    return _closed(because, str(registry.id))


def _closed(because: str, source: str, waiting: ResourceId | None = None) -> Reach:
    leg = Leg(name=LegName.ENDPOINT, holds=False, because=because, source=source)
    return Reach(legs=(leg, _unasked(LegName.ADDRESSES, "there is no endpoint")), waiting=waiting)


def _open(because: str, source: str) -> Reach:
    leg = Leg(name=LegName.ENDPOINT, holds=None, because=because, source=source)
    return Reach(legs=(leg, _unasked(LegName.ADDRESSES, "the endpoint is not known")))


def _unasked(name: LegName, because: str) -> Leg:
    return Leg(name=name, holds=None, because=f"not looked at, because {because}")


def _id(item: Any) -> ResourceId | None:
    return id_in(item.get("id")) if isinstance(item, Mapping) else None
