"""
A glimpse of a workload: what a survey's page says about how it pulls.

In:  a Survey and the id of a workload in it.
Out: a Glimpse: its images, who may be pulling, and the way its pulls leave. What no page tells is
     said as such, never guessed.

A site's row names neither its app settings nor its sidecars, and of its identities not which one
pulls (`siteConfig` of a site is mostly empty, see `web.py`): then every identity it has may be it.
The deprecated app setting that routes pulls over the VNet is not seen either. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shared.evidence import container_app, images, routes, site_network, way_out
from shared.evidence.destinations import REGISTRY
from shared.evidence.network import STRAIGHT
from shared.evidence.reading import id_in
from shared.evidence.security_groups import Unknown
from shared.evidence.survey import SITES, Survey, Wire, plan_of
from shared.model.evidence import ImageUse, PullAuth, PullMode, Unread
from shared.model.ids import ResourceId

_REGISTRY_SERVICE = "microsoft.containerregistry"
_ADDRESSES = {
    "microsoft.network/publicipaddresses": "ipAddress",
    "microsoft.network/publicipprefixes": "ipPrefix",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How pulls leave: by these addresses, or by none that a page tells (`unknown` says why).
    `network`: the virtual network they go through first, if they do. `unsure`: why they might take
    yet another way."""

    addresses: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    network: ResourceId | None = None
    own_dns: bool = False
    unknown: str = ""
    unsure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """A workload as the pages show it. Compare Workload, which the resource manager answers for."""

    id: ResourceId
    images: tuple[ImageUse, ...]
    unseen: str  # why its images are not all known
    way: Way
    row: Wire
    plan: ResourceId | None
    written: datetime | None  # when its configuration was written last, if a page says
    unready: str  # what the host says of a deployment that is not up

    @property
    def pulls_from_registries(self) -> tuple[ImageUse, ...]:
        return tuple(use for use in self.images if use.acr)

    def mode(self, host: str) -> PullMode | None:
        """How it signs in at the host; None where no page tells."""
        if self.id.type in SITES:
            return PullMode.SYSTEM_IDENTITY if _by_identity(self.row) else None
        told = container_app.sign_in(self.row, host)
        return told.mode if isinstance(told, PullAuth) else None

    def username(self, host: str) -> str | None:
        """The name it signs in with, where it has a password and a page tells."""
        if self.id.type in SITES:
            return None
        told = container_app.sign_in(self.row, host)
        return told.username if isinstance(told, PullAuth) else None

    def principals(self, host: str) -> tuple[str, ...]:
        """The identities one of which pulls from the host."""
        if self.id.type in SITES:
            return tuple(_everyone(self.row.get("identity"))) if _by_identity(self.row) else ()
        told = container_app.sign_in(self.row, host)
        if isinstance(told, Unread) or told.mode not in _IDENTITIES or not told.principal:
            return ()
        return (told.principal.lower(),)


_IDENTITIES = (PullMode.SYSTEM_IDENTITY, PullMode.USER_IDENTITY)


def of(survey: Survey, id: ResourceId) -> Glimpse:
    """One workload of the survey."""
    row = survey.rows[id]
    properties = survey.properties(id) or {}
    site = id.type in SITES
    uses, unseen = _site_images(properties) if site else _app_images(properties)
    return Glimpse(
        id=id,
        images=tuple(uses),
        unseen=unseen,
        way=_site_way(survey, properties) if site else _app_way(survey, properties),
        row=row,
        plan=plan_of(row) if site else None,
        written=_moment(properties.get("lastModifiedTimeUtc")) if site else None,
        unready="" if site else _unready(properties),
    )


def _config(properties: Wire) -> Wire:
    told = properties.get("siteConfig")
    return told if isinstance(told, Mapping) else {}


def _site_images(properties: Wire) -> tuple[list[ImageUse], str]:
    told = _config(properties)
    fx = str(told.get("linuxFxVersion") or told.get("windowsFxVersion") or "")
    if fx.lower().startswith("sitecontainers"):
        return [], "its sidecars are in no page"
    return images.from_fx(fx, ())[0], "" if fx else "no page tells its image"


def _app_images(properties: Wire) -> tuple[list[ImageUse], str]:
    template = properties.get("template") or {}
    listed = [*(template.get("initContainers") or ()), *(template.get("containers") or ())]
    uses, _ = images.named((str(one.get("name")), str(one.get("image"))) for one in listed)
    return uses, "" if listed else "no page tells its images"


def _by_identity(row: Wire) -> bool:
    return bool(_config(row.get("properties") or {}).get("acrUseManagedIdentityCreds"))


def _everyone(identity: Any) -> Iterator[str]:
    told = identity if isinstance(identity, Mapping) else {}
    users = told.get("userAssignedIdentities")
    users = users.values() if isinstance(users, Mapping) else ()
    for one in (told, *(user for user in users if isinstance(user, Mapping))):
        if one.get("principalId"):
            yield str(one["principalId"]).lower()


def _unready(properties: Wire) -> str:
    """Container Apps names the newest revision and the newest that came up."""
    state = str(properties.get("provisioningState") or "")
    if state.lower() in ("failed", "canceled"):
        return f"its last deployment ended as {state}"
    newest, ready = (properties.get(f"latest{one}Name") for one in ("Revision", "ReadyRevision"))
    if newest and newest != ready:
        return f"its newest revision {newest} is not ready"
    return ""


def _site_way(survey: Survey, properties: Wire) -> Way:
    if properties.get("managedEnvironmentId"):
        return _app_way(survey, properties)
    if properties.get("hostingEnvironmentProfile"):
        return Way(unknown="it stands in an App Service Environment, whose way out no page tells")
    listed = way_out.addresses(properties.get("outboundIpAddresses"))
    possible = way_out.addresses(properties.get("possibleOutboundIpAddresses"))
    platform = Way(
        addresses=listed,
        possible=possible,
        unknown="" if listed else "Azure lists no outbound addresses of it",
    )
    subnet = way_out.subnet(properties)
    if subnet is None:
        return platform
    if way_out.routed(properties, {}) is not True:
        return _either(platform, _through(survey, subnet, platform))
    own_dns = bool(site_network.dns_servers(properties, {}))
    return _through(survey, subnet, platform, own_dns=own_dns)


def _either(platform: Way, inside: Way) -> Way:
    """The platform's way, unless an app setting that no page shows sends pulls over the network."""
    might = "an app setting might send its pulls over its network"
    return replace(
        platform,
        possible=(*platform.possible, *inside.addresses, *inside.possible),
        unsure=f"{might}: {inside.unknown}" if inside.unknown else "",
    )


def _app_way(survey: Survey, properties: Wire) -> Way:
    listed = tuple(str(one) for one in properties.get("outboundIpAddresses") or ())
    pool = Way(possible=listed, unknown="Container Apps promises no fixed outbound address")
    home = survey.properties(container_app.environment_id(properties))
    if home is None:
        return Way(possible=listed, unknown="no page holds its environment")
    subnet = id_in((home.get("vnetConfiguration") or {}).get("infrastructureSubnetId"))
    if str(home.get("environmentMode") or "").lower() == "express":
        subnet = id_in((properties.get("networking") or {}).get("outboundVnetSubnetId"))
    elif not home.get("workloadProfiles"):
        return Way(possible=listed, network=subnet and subnet.parent, unknown=pool.unknown)
    return pool if subnet is None else _through(survey, subnet, pool)


def _through(survey: Survey, subnet: ResourceId, platform: Way, *, own_dns: bool = False) -> Way:
    """The way out of a subnet: its routes, its NAT gateway, else the platform's own."""
    network = subnet.parent
    told = survey.properties(network)
    own = next(
        (one for one in (told or {}).get("subnets") or () if id_in(one.get("id")) == subnet), None
    )
    if told is None or own is None:
        return Way(network=network, own_dns=own_dns, unknown="no page holds its subnet")
    own_dns = own_dns or bool((told.get("dhcpOptions") or {}).get("dnsServers"))
    own = own.get("properties") or {}
    here = _led(survey, own, platform)
    return Way(
        addresses=here.addresses,
        possible=here.possible,
        network=network,
        own_dns=own_dns,
        unknown=here.unknown,
    )


def _led(survey: Survey, subnet: Wire, platform: Way) -> Way:
    services = {str(one.get("service")).lower() for one in subnet.get("serviceEndpoints") or ()}
    if _REGISTRY_SERVICE in services:
        return Way(unknown="its subnet has a service endpoint for registries")
    table = id_in((subnet.get("routeTable") or {}).get("id"))
    if table is not None:
        told = survey.properties(table)
        if told is None:
            return Way(unknown="no page holds its route table")
        listed = [routes.understood(item) for item in told.get("routes") or ()]
        route = routes.towards(listed, REGISTRY)
        if isinstance(route, Unknown) or (route is not None and route.hop not in STRAIGHT):
            return Way(unknown=f"the route table {table.name} may send its pulls elsewhere")
    gateway = id_in((subnet.get("natGateway") or {}).get("id"))
    return _behind(survey, gateway) if gateway else platform


def _behind(survey: Survey, gateway: ResourceId) -> Way:
    """Every public IPv4 address and block of a NAT gateway."""
    told = survey.properties(gateway)
    if told is None:
        return Way(unknown=f"no page holds the NAT gateway {gateway.name}")
    found = []
    for one in (*(told.get("publicIpAddresses") or ()), *(told.get("publicIpPrefixes") or ())):
        id = id_in(one.get("id"))
        held = survey.properties(id)
        if id is None or held is None:
            return Way(unknown=f"no page holds an address of the NAT gateway {gateway.name}")
        address = held.get(_ADDRESSES.get(id.type, ""))
        if address and str(held.get("publicIPAddressVersion", "IPv4")).lower() == "ipv4":
            found.append(str(address))
    return Way(
        addresses=tuple(found),
        unknown="" if found else f"the NAT gateway {gateway.name} has no address",
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
