"""
Estates around a private endpoint: what stands, and what is missing of the way to it.

In:  the host, and what is special.
Out: scenarios. Unless told otherwise the registry is closed to public networks, and the path
     stands: endpoint, zone, link and records; image pulls use the workload's network.
"""

import copy
from typing import Any

from tests.simulator.estates import ways_out
from tests.simulator.estates.cases import OFFICE, OUTBOUND
from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.estates.ground import SHARED
from tests.simulator.estates.sites import FUNCTIONS, LINUX, WINDOWS
from tests.simulator.world import Resource

Scenario = dict[str, Any]
REGISTRY = "contosoclosed"
_NET = "Microsoft.Network"
_KINDS = {"site": LINUX, "slot": LINUX, "functions": FUNCTIONS, "windows": WINDOWS}


def private(
    host: str = "site",
    *,
    routed: bool = True,
    linked: bool = True,
    recorded: bool = True,
    public: bool = False,
    network: bool = True,
    nat: tuple[str, ...] = (),
    **options: Any,
) -> Scenario:
    """A workload and a registry with a private endpoint in one network. `public`: the registry
    admits listed addresses, and the workload's is not among them."""
    return private_estate(
        host,
        routed=routed,
        linked=linked,
        recorded=recorded,
        public=public,
        network=network,
        nat=nat,
        **options,
    ).scenario()


def private_estate(
    host: str = "site",
    *,
    routed: bool = True,
    linked: bool = True,
    recorded: bool = True,
    public: bool = False,
    network: bool = True,
    nat: tuple[str, ...] = (),
    **options: Any,
) -> Estate:
    """The same, still open to changes."""
    estate = Estate(**options)
    acr = estate.registry(REGISTRY, deny=True, public=public, allow=OFFICE)
    subnet = estate.subnet("apps", nat=nat) if network else None
    estate.private_endpoint(acr, linked=linked, recorded=recorded)
    workload = _workload(estate, host, acr, subnet, routed)
    estate.assign(workload["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate


def closed(host: str = "site", *, network: bool = False, **options: Any) -> Scenario:
    """A workload, and a registry closed to public networks that has no private endpoint at all."""
    estate = Estate(**options)
    acr = estate.registry(REGISTRY, deny=True, public=False)
    subnet = estate.subnet("apps") if network else None
    workload = _workload(estate, host, acr, subnet, routed=network)
    estate.assign(workload["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def waiting(host: str = "site", status: str = "Pending", **options: Any) -> Scenario:
    """The endpoint stands, and the registry's owner has not approved its connection."""
    estate = private_estate(host, **options)
    kind = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
    of(estate, kind)["properties"]["privateLinkServiceConnectionState"]["status"] = status
    endpoint = of(estate, f"{_NET}/privateEndpoints")["properties"]
    for connection in endpoint["privateLinkServiceConnections"]:
        connection["properties"]["privateLinkServiceConnectionState"]["status"] = status
    return estate.scenario()


def elsewhere(
    host: str = "site", *, peered: tuple[bool, bool] = (False, False), **options: Any
) -> Scenario:
    """The endpoint stands in a hub network, peered with the workload's as told: (here, there)."""
    estate = private_estate(host, **options)
    spoke = of(estate, f"{_NET}/virtualNetworks")
    hub = copy.deepcopy(spoke)
    hub["id"], hub["name"] = estate.id(spoke["type"], "hub", SHARED), "hub"
    hub["properties"]["addressSpace"] = {"addressPrefixes": ["10.30.0.0/16"]}
    at = f"{hub['id']}/subnets/endpoints"
    hub["properties"]["subnets"] = [
        {**one, "id": at} for one in hub["properties"]["subnets"] if one["name"] == "endpoints"
    ]
    estate.resources.append(hub)
    of(estate, f"{_NET}/privateEndpoints")["properties"]["subnet"] = {"id": at}
    for one, other, wanted in ((spoke, hub, peered[0]), (hub, spoke, peered[1])):
        if wanted:
            one["properties"]["virtualNetworkPeerings"] = [_peering(one, other)]
    return estate.scenario()


def behind_a_firewall(host: str = "site", *, entra: bool = True, **options: Any) -> Scenario:
    """What leaves the network passes a hub's Azure Firewall, which lets tokens through or not."""
    estate = private_estate(host, **options)
    network = of(estate, f"{_NET}/virtualNetworks")
    ways_out.hub(estate, hosts=ways_out.HOSTS if entra else ("*.azurecr.io",))
    at = f"{network['id']}/subnets/apps"
    ways_out.routes(estate, at, ("0.0.0.0/0", "VirtualAppliance", ways_out.FIREWALL))
    return estate.scenario()


def two_minds(**options: Any) -> Scenario:
    """The site property keeps pulls out of the network, and an app setting asks for them there."""
    estate = private_estate(routed=False, **options)
    site = of(estate, "Microsoft.Web/sites")
    estate.settings(site, WEBSITE_PULL_IMAGE_OVER_VNET="1")
    return estate.scenario()


def own_name_servers(host: str = "site", server: str = "10.99.0.4", **options: Any) -> Scenario:
    """The network asks a DNS server of the customer's own."""
    estate = private_estate(host, **options)
    network = of(estate, f"{_NET}/virtualNetworks")
    network["properties"]["dhcpOptions"] = {"dnsServers": [server]}
    return estate.scenario()


def resolver(host: str = "site", **options: Any) -> Scenario:
    """The network asks the inbound endpoint of an Azure DNS Private Resolver of its own."""
    estate = private_estate(host, **options)
    network = of(estate, f"{_NET}/virtualNetworks")
    network["properties"]["dhcpOptions"] = {"dnsServers": ["10.20.7.4"]}
    type_ = f"{_NET}/dnsResolvers"
    id = estate.id(type_, "resolver", SHARED)
    estate.add(id, type_, {"virtualNetwork": {"id": network["id"]}}, location="westeurope")
    properties = {
        "ipConfigurations": [
            {
                "subnet": {"id": f"{network['id']}/subnets/resolver"},
                "privateIpAddress": "10.20.7.4",
                "privateIpAllocationMethod": "Dynamic",
            }
        ],
        "provisioningState": "Succeeded",
    }
    kind = f"{type_}/inboundEndpoints"
    estate.add(f"{id}/inboundEndpoints/in", kind, properties, location="westeurope")
    return estate.scenario()


def no_data_record(host: str = "site", **options: Any) -> Scenario:
    """The zone knows the login server, and not the host of its layers."""
    estate = private_estate(host, **options)
    estate.resources[:] = [
        one
        for one in estate.resources
        if not (one["type"] == f"{_NET}/privateDnsZones/A" and ".data" in one["name"])
    ]
    return estate.scenario()


def stale_record(host: str = "site", **options: Any) -> Scenario:
    """The zone still answers with the address of an endpoint that is gone."""
    estate = private_estate(host, **options)
    record = next(one for one in estate.resources if one["type"] == f"{_NET}/privateDnsZones/A")
    record["properties"]["aRecords"] = [{"ipv4Address": "10.20.9.99"}]
    return estate.scenario()


def no_zone(host: str = "site", **options: Any) -> Scenario:
    """The endpoint stands, and nobody made a private DNS zone."""
    estate = private_estate(host, **options)
    estate.resources[:] = [
        one for one in estate.resources if f"{_NET}/privateDnsZones" not in one["type"]
    ]
    return estate.scenario()


def shared_zone(host: str = "site", **options: Any) -> Scenario:
    """The zone is not linked, and answers for another team's registry as well."""
    estate = private_estate(host, linked=False, **options)
    zone = of(estate, f"{_NET}/privateDnsZones")
    properties = {"ttl": 10, "aRecords": [{"ipv4Address": "10.40.0.4"}]}
    estate.add(f"{zone['id']}/A/fabrikam", f"{_NET}/privateDnsZones/A", properties)
    return estate.scenario()


def of(estate: Estate, type: str) -> Resource:
    """The first resource of a type."""
    return next(one for one in estate.resources if one["type"].lower() == type.lower())


def _workload(
    estate: Estate, host: str, acr: Resource, subnet: str | None, routed: bool
) -> Resource:
    platform = "windows/amd64" if host == "windows" else "linux/amd64"
    image = estate.image(acr, "shop/web", "4.2.1", platforms=[platform])
    if host in ("app", "job"):
        environment = estate.environment("apps-env", subnet=subnet)
        make = estate.container_app if host == "app" else estate.job
        return make("shop", environment, image=image, registry=acr)
    site = estate.site(
        "shop", image=image, outbound=OUTBOUND, subnet=subnet, routed=routed, kind=_KINDS[host]
    )
    if host != "slot":
        return site
    site["properties"]["virtualNetworkSubnetId"] = None
    site["properties"]["outboundVnetRouting"]["imagePullTraffic"] = False
    slot = estate.slot(site, "staging", image=image, outbound=OUTBOUND)
    slot["properties"]["virtualNetworkSubnetId"] = subnet
    slot["properties"]["outboundVnetRouting"]["imagePullTraffic"] = bool(subnet) and routed
    return slot


def _peering(one: Resource, other: Resource) -> dict[str, Any]:
    name = f"to-{other['name']}"
    return {
        "id": f"{one['id']}/virtualNetworkPeerings/{name}",
        "name": name,
        "type": f"{_NET}/virtualNetworks/virtualNetworkPeerings",
        "properties": {
            "provisioningState": "Succeeded",
            "peeringState": "Connected",
            "peeringSyncLevel": "FullyInSync",
            "remoteVirtualNetwork": {"id": other["id"]},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": False,
            "allowGatewayTransit": False,
            "useRemoteGateways": False,
        },
    }
