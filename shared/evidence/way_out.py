"""
The way out of a workload: whether pulls go over a network of its own, and which addresses the
registry sees.

In:  the properties of a site, or of a container app and its environment; the app settings.
Out: routing as yes, no or Unread; a Leaving: the Egress, and the ground it stands on.

On a Premium V4 plan ARM reports no outbound addresses, because they change (Inbound and outbound IP
addresses in App Service, January 2026). An App Service Environment has addresses of its own
(`networkingConfiguration`). A container environment's `staticIp` is its inbound address, and its
`outboundIpAddresses` are a pool nobody promises to keep (Networking in Container Apps).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.evidence import network
from shared.evidence.reading import attempt, id_in, same
from shared.model.evidence import Egress, Unread, Via
from shared.model.ground import Ground
from shared.model.ids import ResourceId

#: The api-version azure-mgmt-web 11.0.1 sends.
_WEB_VERSION = "2025-05-01"
_BY_THE_PLATFORM = (
    "Container Apps promises no fixed outbound address unless the environment's subnet has a NAT "
    "gateway"
)


def subnet(properties: Mapping[str, Any]) -> ResourceId | None:
    return id_in(properties.get("virtualNetworkSubnetId"))


def routed(properties: Mapping[str, Any], settings: Mapping[str, str] | Unread) -> bool | Unread:
    """Whether pulls go over the VNet. Route-all alone does not do it: image pulls are
    configuration traffic, switched on by themselves (Configure VNet integration routing)."""
    if properties.get("hostingEnvironmentProfile"):
        return True  # in an App Service Environment pulls always use its network
    if not properties.get("virtualNetworkSubnetId"):
        return False
    routing = properties.get("outboundVnetRouting") or {}
    if routing.get("imagePullTraffic") or routing.get("allTraffic"):
        return True
    if properties.get("vnetImagePullEnabled"):
        return True
    if isinstance(settings, Unread):
        return Unread(
            f"an app setting may route pulls over the VNet, and settings are {settings.because}"
        )
    if settings.get("WEBSITE_PULL_IMAGE_OVER_VNET", "").lower() in ("1", "true"):
        return Unread(
            "the app setting WEBSITE_PULL_IMAGE_OVER_VNET asks for pulls over the VNet while the "
            "site property says no"
        )
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """How a workload's pulls leave. `subnet`: the one that has a say, if any has."""

    egress: Egress | Unread
    subnet: ResourceId | None = None
    ground: Ground | Unread | None = None  # None: no network of the customer's own


def of_site(azure: Azure, properties: Mapping[str, Any], over_vnet: bool | Unread) -> Leaving:
    """A web app, slot or function app."""
    profile = properties.get("hostingEnvironmentProfile")
    if profile:
        return _of_environment(azure, id_in(profile.get("id")), properties)
    own = subnet(properties)
    if isinstance(over_vnet, Unread):
        return Leaving(egress=over_vnet, subnet=own)
    if not over_vnet or own is None:
        return Leaving(egress=_platform(properties), subnet=own)
    way = network.way(azure, own)
    return Leaving(egress=way.egress or _platform(properties), subnet=own, ground=way.ground)


def _platform(properties: Mapping[str, Any]) -> Egress:
    outbound = addresses(properties.get("outboundIpAddresses"))
    return Egress(
        via=Via.PLATFORM,
        addresses=outbound,
        possible=addresses(properties.get("possibleOutboundIpAddresses")),
        stable=bool(outbound),
        because="pulls leave through the platform's shared outbound addresses"
        if outbound
        else "the platform reports no outbound addresses for this app; on a Premium V4 plan they "
        "are dynamic",
    )


def _of_environment(
    azure: Azure, environment: ResourceId | None, site: Mapping[str, Any]
) -> Leaving:
    """An App Service Environment: its subnet's own way out, else the addresses it alone has."""
    if environment is None or not azure.reaches(environment):
        where = environment or "it does not name"
        return Leaving(
            egress=Egress(
                via=Via.UNKNOWN,
                stable=False,
                because=f"the app lives in an App Service Environment ({where}) out of our sight",
            )
        )
    workers = "linux" if site.get("reserved") else "windows"
    told = attempt(lambda: _environment(azure, environment, workers))
    if isinstance(told, Unread):
        return Leaving(egress=told)
    own, addresses = told
    way = network.way(azure, own)
    egress = way.egress or _own_addresses(environment, addresses)
    return Leaving(egress=egress, subnet=own, ground=way.ground)


def _environment(azure: Azure, id: ResourceId, workers: str) -> tuple[ResourceId, tuple[str, ...]]:
    """The subnet an environment stands in, and the outbound addresses of its workers of that kind
    (`reserved` of a site means Linux)."""
    with azure.asking(f"read the App Service Environment {id}"):
        properties = same(azure.arm.get(id.text, _WEB_VERSION), id)["properties"]
    profile = properties.get("virtualNetwork") or {}
    found = id_in(profile.get("id"))
    if found and found.type == "microsoft.network/virtualnetworks" and profile.get("subnet"):
        found = id_in(f"{found}/subnets/{profile['subnet']}")
    if found is None or found.type != "microsoft.network/virtualnetworks/subnets":
        raise Refused(f"Azure's answer about {id} names no subnet")
    told = (properties.get("networkingConfiguration") or {}).get("properties") or {}
    listed = told.get(f"{workers}OutboundIpAddresses") or ()
    return found, tuple(dict.fromkeys(str(address) for address in listed if address))


def _own_addresses(id: ResourceId, addresses: tuple[str, ...]) -> Egress:
    return Egress(
        via=Via.ENVIRONMENT,
        addresses=addresses,
        stable=bool(addresses),
        owner=id,
        because=f"pulls leave through the addresses of the App Service Environment {id.name}"
        + (
            ""
            if addresses
            else f", which reports none (az appservice ase list-addresses --name {id.name})"
        ),
    )


def of_app(
    azure: Azure, properties: Mapping[str, Any], environment: Mapping[str, Any] | Unread
) -> Leaving:
    """A container app or job. An app of an Express environment brings its own subnet
    (`networking.outboundVnetSubnetId`, azure-mgmt-appcontainers 5.1.0); others stand in that of
    their environment, where routes and NAT gateways count with workload profiles alone."""
    if isinstance(environment, Unread):
        return Leaving(
            egress=Unread(f"the way out depends on the environment, which is {environment.because}")
        )
    listed = tuple(str(one) for one in properties.get("outboundIpAddresses") or ())
    express = str(environment.get("environmentMode") or "").lower() == "express"
    profiles = bool(environment.get("workloadProfiles"))
    own = id_in(
        (properties.get("networking") or {}).get("outboundVnetSubnetId")
        if express
        else (environment.get("vnetConfiguration") or {}).get("infrastructureSubnetId")
    )
    why = _BY_THE_PLATFORM
    if express and not own:
        why += ", and this app of an Express environment has no subnet of its own"
    elif not express and not profiles:
        why += ", and a consumption-only environment cannot have one"
    pool = Egress(via=Via.PLATFORM, possible=listed, stable=False, because=why)
    if own is None:
        return Leaving(egress=pool)
    way = network.way(azure, own, obeys_routes=express or profiles)
    return Leaving(egress=way.egress or pool, subnet=own, ground=way.ground)


def addresses(text: object) -> tuple[str, ...]:
    """The addresses in a list as App Service writes them."""
    parts = [part.strip() for part in str(text or "").split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
