"""
From a workload to a registry's endpoint: the name, then the way.

In:  the World, a Workload, the registry and a host name of it.
Out: a Path: private, or public with the addresses the registry may see; or why there is none.

Facts: with a private endpoint the public name points to `{label}.privatelink.…`; a network without
the zone link still gets the public address, a linked zone without the record gets NXDOMAIN (page
"Connect privately to a registry"), unless the link's resolution policy falls back.
A custom DNS server is taken to forward to Azure DNS of the network it stands in.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulator import clouds, firewalls, registries, subnets
from tests.simulator.subnets import Destination
from tests.simulator.workloads import Workload
from tests.simulator.world import Resource, World

#: Where the public services stand in this world: one address each, so that blocks can be compared.
_REGISTRY_AT, _DATA_AT, _BLOBS_AT, _ENTRA_AT, _ELSEWHERE_AT = (
    "20.42.74.65",
    "20.42.74.80",
    "20.60.40.4",
    "20.190.160.1",
    "150.171.70.10",
)
_BLOBS = {
    "AzureCloud": "blob.core.windows.net",
    "AzureChinaCloud": "blob.core.chinacloudapi.cn",
    "AzureUSGovernment": "blob.core.usgovcloudapi.net",
}
_AZURE_DNS = "168.63.129.16"


@dataclass(frozen=True, kw_only=True)
class Path:
    """How a connection goes. `failure` names the failing stage, "" when it gets through."""

    failure: str = ""
    because: str = ""
    private: str | None = None  # the private address, when the way is private
    addresses: tuple[str, ...] = ()  # what the registry may see, when it is public


def to_registry(world: World, workload: Workload, registry: Resource) -> Path:
    """The way to the login server."""
    host = str(registry["properties"]["loginServer"]).lower()
    return _to(world, workload, registry, host, _REGISTRY_AT)


def to_layers(world: World, workload: Workload, registry: Resource) -> Path:
    """The way to the layers: the dedicated data endpoint if there is one, else blob storage."""
    host = data_host(world, workload, registry)
    if host is None:
        blobs = Destination(
            address=_BLOBS_AT,
            tags=("Storage", "AzureCloud"),
            region=_region(world, workload, registry),
            hosts=(f"weurmanaged21.{_BLOBS.get(world.cloud, 'blob.core.windows.net')}",),
        )
        return _public(world, workload, blobs)
    return _to(world, workload, registry, host, _DATA_AT)


def reaches_entra(world: World, workload: Workload) -> bool:
    """Whether a token for the identity can be fetched over the workload's network."""
    entra = Destination(
        address=_ENTRA_AT,
        tags=("AzureActiveDirectory", "AzureCloud"),
        hosts=(clouds.named(world.cloud).login,),
    )
    return workload.subnet is None or not _public(world, workload, entra).failure


def to_elsewhere(world: World, workload: Workload, host: str) -> Path:
    """The way to a registry that is no resource here, Microsoft's own (mcr) included."""
    if not _asks(world, workload):
        return Path(failure="dns", because=f"lookup {host}: no such host")
    tags = ("MicrosoftContainerRegistry",) if clouds.is_microsofts(host) else ()
    return _public(world, workload, Destination(address=_ELSEWHERE_AT, tags=tags, hosts=(host,)))


def data_host(world: World, workload: Workload, registry: Resource) -> str | None:
    """The dedicated data endpoint that serves this workload: its own region's, else the home's."""
    properties = registry["properties"]
    if not (properties.get("dataEndpointEnabled") or registries.connections(world, registry)):
        return None
    label, _, suffix = str(properties["loginServer"]).lower().partition(".")
    return f"{label}.{_region(world, workload, registry)}.data.{suffix}"


def _region(world: World, workload: Workload, registry: Resource) -> str:
    """Where the registry answers this workload: near by if it can, else at home."""
    known = registries.regions(world, registry)
    here = registries.region_label(str(workload.resource.get("location", "")))
    return here if here in known else known[0]


def _to(world: World, workload: Workload, registry: Resource, host: str, address: str) -> Path:
    found, private = _resolve(world, workload, registry, host)
    if not found:
        return Path(failure="dns", because=f"lookup {host}: no such host")
    if private is None:
        public = Destination(
            address=address,
            tags=("AzureContainerRegistry", "AzureCloud"),
            region=_region(world, workload, registry),
            hosts=(host,),
        )
        return _public(world, workload, public)
    return _private(world, workload, registry, private)


def _resolve(
    world: World, workload: Workload, registry: Resource, host: str
) -> tuple[bool, str | None]:
    """(found, private address or None for the public one)."""
    if not _asks(world, workload):
        return False, None
    if workload.subnet is None or not registries.connections(world, registry):
        return True, None
    link = next(_links(world, _resolving_networks(world, workload), host), None)
    if link is None:
        return True, None
    zone_id = link["id"].rsplit("/virtualNetworkLinks/", 1)[0]
    zone = zone_id.rsplit("/", 1)[-1].lower()
    name = host.removesuffix("." + zone.removeprefix("privatelink."))
    if ".data." in zone:  # a zone of its own for one region's data endpoints
        name = host.partition(".")[0]
    record = world.resources.get(f"{zone_id}/A/{name}")
    for item in (record or {}).get("properties", {}).get("aRecords") or []:
        return True, str(item["ipv4Address"])
    return link["properties"].get("resolutionPolicy") == "NxDomainRedirect", None


def _asks(world: World, workload: Workload) -> bool:
    """Whether the workload's network lets it ask a name server at all."""
    return workload.subnet is None or any(
        subnets.asks_names(world, workload.subnet, server)
        for server in _name_servers(world, workload) or [_AZURE_DNS]
    )


def _links(world: World, networks: set[str], host: str) -> Iterator[Resource]:
    """Links from the private zones that are in charge of a host to one of these networks."""
    suffix = host.partition(".")[2]
    zones = [f"privatelink.{suffix}"]
    region, data, rest = (*suffix.split(".", 2), "", "")[:3]
    if data == "data":
        zones = [f"{region}.data.privatelink.{rest}", f"privatelink.{rest}"]
    for zone in zones:
        for link in world.resources.of_type(
            "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
        ):
            named = link["id"].rsplit("/virtualNetworkLinks/", 1)[0].rsplit("/", 1)[-1].lower()
            target = str(link["properties"].get("virtualNetwork", {}).get("id", "")).lower()
            made = link["properties"].get("virtualNetworkLinkState") != "InProgress"
            if made and named == zone and target in networks:
                yield link


def _resolving_networks(world: World, workload: Workload) -> set[str]:
    """The virtual networks whose zone links answer this workload's questions."""
    custom = _name_servers(world, workload)
    if not custom:
        return {subnets.network_id(workload.subnet or "")}
    return {
        item["id"].lower()
        for item in world.resources.of_type("Microsoft.Network/virtualNetworks")
        if any(_holds(item, server) for server in custom)
    }


def _name_servers(world: World, workload: Workload) -> list[str]:
    """Servers of one's own that are asked for names; none means Azure's."""
    network = world.resources.get(subnets.network_id(workload.subnet or "")) or {}
    options = network.get("properties", {}).get("dhcpOptions") or {}
    servers = [*workload.dns_servers] or [*(options.get("dnsServers") or [])]
    return [server for server in servers if server != _AZURE_DNS]


def _holds(network: Resource, address: str) -> bool:
    prefixes = (network["properties"].get("addressSpace") or {}).get("addressPrefixes") or []
    return any(subnets.contains(prefix, address) for prefix in prefixes)


def _private(world: World, workload: Workload, registry: Resource, address: str) -> Path:
    timeout = Path(failure="route", because=f"dial tcp {address}:443: i/o timeout")
    subnet = workload.subnet or ""
    destination = Destination(tags=("VirtualNetwork",), address=address)
    hop, _ = subnets.next_hop(world, subnet, destination)
    if hop == "None" or not subnets.lets_out(world, subnet, destination):
        return timeout
    for connection in registries.connections(world, registry):
        endpoint = world.resources.get(
            str(connection["properties"].get("privateEndpoint", {}).get("id", ""))
        )
        if endpoint is None or registries.connection_status(connection) != "Approved":
            continue
        at = str(endpoint["properties"].get("subnet", {}).get("id", ""))
        if address not in _endpoint_addresses(world, endpoint):
            continue
        near = subnets.reachable(world, subnets.network_id(subnet), subnets.network_id(at))
        if near and subnets.lets_in(world, at):
            return Path(private=address)
    return timeout


def _endpoint_addresses(world: World, endpoint: Resource) -> set[str]:
    """A private endpoint's addresses: from its network interfaces, else its DNS configurations."""
    properties, found = endpoint["properties"], set()
    for reference in properties.get("networkInterfaces") or []:
        card = world.resources.get(reference["id"]) or {}
        for item in card.get("properties", {}).get("ipConfigurations") or []:
            found.add(str(item.get("properties", {}).get("privateIPAddress", "")))
    for item in properties.get("customDnsConfigs") or []:
        found.update(item.get("ipAddresses") or [])
    return found


def _public(world: World, workload: Workload, destination: Destination) -> Path:
    platform = tuple(world.egress.get(workload.id.lower()) or workload.addresses)
    if workload.subnet is None:
        return _leaving(platform)
    if subnets.subnet(world, workload.subnet) is None:
        return Path(failure="route", because="the subnet does not exist: i/o timeout")
    if not subnets.lets_out(world, workload.subnet, destination):
        return Path(failure="route", because="dial tcp: i/o timeout")
    if endpoint := subnets.service_endpoint(world, workload.subnet, destination):
        return Path(addresses=(endpoint,))
    if not workload.customer_routing:
        return _leaving(platform)
    hop, address = subnets.next_hop(world, workload.subnet, destination)
    if hop == "None":
        return Path(failure="route", because="dial tcp: i/o timeout")
    if hop == "VirtualAppliance":
        return _through(world, workload, address, destination)
    if hop == "VirtualNetworkGateway":
        return _leaving(_seen(world, workload))
    return _leaving(subnets.nat_addresses(world, workload.subnet) or platform)


def _through(world: World, workload: Workload, address: str, destination: Destination) -> Path:
    """Through the appliance that has this address. Of another vendor's nothing is known."""
    subnet = workload.subnet or ""
    firewall = firewalls.at(world, subnets.network_id(subnet), address)
    if firewall is None:
        return _leaving(_seen(world, workload))
    if not firewalls.passes(world, firewall, subnets.prefixes(world, subnet), destination):
        return Path(failure="route", because="read: connection reset by peer")
    return _leaving(firewalls.addresses(world, firewall) or _seen(world, workload))


def _seen(world: World, workload: Workload) -> tuple[str, ...]:
    """Addresses only the scenario knows: behind an appliance ARM does not tell."""
    return tuple(world.egress.get(workload.id.lower()) or ())


def _leaving(addresses: tuple[str, ...]) -> Path:
    if not addresses:
        return Path(failure="route", because="dial tcp: i/o timeout")
    return Path(addresses=addresses)
