"""
The way out of a web app: whether pulls go over the VNet, and which addresses the registry sees.

In:  the site's properties, its app settings and, for a routed site, its subnet.
Out: routing as yes, no or Unread; an Egress.

On a Premium V4 plan ARM reports no outbound addresses, because they change (Inbound and outbound IP
addresses in App Service, January 2026).
"""

from collections.abc import Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import network
from shared.evidence.reading import id_in
from shared.model.evidence import Egress, Unread, Via
from shared.model.ids import ResourceId


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


def egress(
    azure: Azure,
    properties: Mapping[str, Any],
    over_vnet: bool | Unread,
    own_subnet: ResourceId | None,
) -> Egress | Unread:
    if isinstance(over_vnet, Unread):
        return over_vnet
    if over_vnet and own_subnet is None:
        return Egress(
            via=Via.UNKNOWN,
            stable=False,
            because="the app lives in an App Service Environment and pulls through its network",
        )
    if over_vnet and own_subnet is not None:
        fixed = network.subnet_egress(azure, own_subnet)
        if fixed is not None:
            return fixed
    outbound = _addresses(properties.get("outboundIpAddresses"))
    return Egress(
        via=Via.PLATFORM,
        addresses=outbound,
        possible=_addresses(properties.get("possibleOutboundIpAddresses")),
        stable=bool(outbound),
        because="pulls leave through the platform's shared outbound addresses"
        if outbound
        else "the platform reports no outbound addresses for this app; on a Premium V4 plan they "
        "are dynamic",
    )


def _addresses(text: object) -> tuple[str, ...]:
    parts = [part.strip() for part in str(text or "").split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
