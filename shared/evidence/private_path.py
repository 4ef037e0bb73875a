"""
The private path between a workload and a registry, leg by leg.

In:  the evidence read so far.
Out: the aspect `private_path`: every leg as true, false or unknown; None where it leaves no
     question open, because the registry has no private endpoint, the workload no network, or its
     pulls neither use that network nor need to.

    private_endpoints.py   which endpoint is within reach, and what it serves
    private_zones.py       zones, links, records        private_names.py   who answers, and rightly?
    private_way.py         security groups and routes between them
    private_sign_in.py     whether an appliance on the way lets the token through

Resource Graph finds, the resource manager proves: whatever a leg says was read from ARM just now.
"""

from collections.abc import Iterator
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import private_endpoints, private_names, private_way, private_zones
from shared.evidence.private_endpoints import Wire
from shared.evidence.private_sign_in import past_the_appliance
from shared.evidence.reading import attempt
from shared.model.evidence import Evidence, Fact, PullMode, Registry, Unread, Workload
from shared.model.ground import Ground
from shared.model.ids import ResourceId
from shared.model.private_path import Leg, LegName, PrivatePath

_SAID = {True: "yes", False: "no", None: "not known"}


def read(azure: Azure, evidence: Evidence) -> PrivatePath | Unread | None:
    """Prove what can be proven; None where nothing hangs on it."""
    registry, workload = evidence.registry, evidence.workload
    if not isinstance(registry, Registry) or workload.subnet is None:
        return None
    network = workload.subnet.parent
    if network is None or not _matters(workload, registry):
        return None
    if not azure.reaches(network):
        return Unread(
            f"not read: {network} is in a subscription that MEDIC_SUBSCRIPTIONS does not name"
        )
    return attempt(lambda: _path(azure, evidence, registry, network))


def facts(evidence: Evidence) -> Iterator[Fact]:
    """Each leg, so that an unproven path can be mended item by item."""
    path = evidence.private_path
    if isinstance(path, Unread):
        yield Fact(fact="private path", value=path.because, source="virtual network and zones")
    if not isinstance(path, PrivatePath):
        return
    for leg in path.legs:
        yield Fact(
            fact=f"private path: {leg.name.value}",
            value=f"{_SAID[leg.holds]}: {leg.because}",
            source=leg.source or str(path.network),
        )


def _matters(workload: Workload, registry: Registry) -> bool:
    """Whether the pull's fate hangs on it: it goes that way, or has no other."""
    if not registry.private_endpoints:
        return False
    restricted = registry.public_access is not True or registry.default_allow is False
    return workload.pulls_over_vnet is not False or restricted


def _path(azure: Azure, evidence: Evidence, registry: Registry, network: ResourceId) -> PrivatePath:
    workload = evidence.workload
    first = azure.together(
        network=lambda: attempt(lambda: private_endpoints.read(azure, network)),
        found=lambda: attempt(lambda: private_zones.find(azure, registry)),
    )
    own, found = first["network"], first["found"]
    known = found if isinstance(found, Unread) else (found.endpoints or {})
    reach = private_endpoints.reach(azure, registry, network, own, known)
    hosts = private_endpoints.hosts_of(registry)
    hosts = tuple(dict.fromkeys((*hosts, *(one for one in reach.hosts if ".data." in one))))
    second = azure.together(
        names=lambda: private_names.ask(
            azure, registry, network, _servers(workload, own), found, reach, hosts
        ),
        way=lambda: private_way.legs(
            azure,
            workload.subnet,
            own,
            reach,
            hosts,
            signs_in=_signs_in(workload),
            obeys_routes=not isinstance(workload.ground, Ground) or workload.ground.obeys_routes,
            beyond=lambda: past_the_appliance(azure, evidence, workload.subnet or network),
        ),
    )
    names = second["names"]
    return PrivatePath(
        legs=(_network(network, own), *reach.legs, *names.legs, *_around(workload, second["way"])),
        network=network,
        endpoint=reach.endpoint,
        waiting=reach.waiting,
        zone=names.zone,
        link=names.link,
        linkable=names.linkable,
        servers=_own_servers(_servers(workload, own)),
        falls_back=names.falls_back,
        missing_records=names.missing,
        wrong_records=names.wrong,
        hosts={host: reach.hosts.get(host, ()) for host in hosts},
    )


def _around(workload: Workload, way: tuple[Leg, Leg]) -> tuple[Leg, Leg, Leg]:
    """The legs in the order a packet meets them."""
    return way[0], _routed(workload), way[1]


def _network(network: ResourceId, own: Wire | Unread) -> Leg:
    if isinstance(own, Unread):
        because = f"the virtual network {network.name} is {own.because}"
        return Leg(name=LegName.NETWORK, holds=None, because=because, source=str(network))
    because = f"the workload stands in the virtual network {network.name}"
    return Leg(name=LegName.NETWORK, holds=True, because=because, source=str(network))


def _servers(workload: Workload, own: Wire | Unread) -> tuple[str, ...] | Unread:
    """The DNS servers asked: the site's own, else the network's; () means Azure's."""
    if isinstance(workload.dns_servers, Unread) or workload.dns_servers:
        return workload.dns_servers
    if isinstance(own, Unread):
        return own
    options: Any = own.get("dhcpOptions") or {}
    return tuple(str(server) for server in options.get("dnsServers") or ())


def _own_servers(servers: tuple[str, ...] | Unread) -> tuple[str, ...]:
    known = () if isinstance(servers, Unread) else servers
    return tuple(server for server in known if server != private_zones.AZURE_DNS)


def _routed(workload: Workload) -> Leg:
    routed, source = workload.pulls_over_vnet, f"{workload.id} outboundVnetRouting"
    if isinstance(routed, Unread):
        return Leg(name=LegName.ROUTED, holds=None, because=routed.because, source=source)
    because = (
        "image pulls use the workload's network" if routed else "image pulls do not use its network"
    )
    return Leg(name=LegName.ROUTED, holds=routed, because=because, source=source)


def _signs_in(workload: Workload) -> bool:
    """Whether pulling takes a token from Microsoft Entra."""
    auth = workload.auth
    return isinstance(auth, Unread) or auth.mode in (
        PullMode.SYSTEM_IDENTITY,
        PullMode.USER_IDENTITY,
    )
