"""
How a web app uses its virtual network: which kinds of traffic, and whose name servers.

In:  the site's properties and its app settings.
Out: the routing switches, all five or none; the site's own DNS servers.

Since api-version 2024-11-01 `outboundVnetRouting` holds five switches (azure-mgmt-web 11.0.1). A
site's `dnsConfiguration`, and before it the settings WEBSITE_DNS_SERVER and WEBSITE_DNS_ALT_SERVER,
take the place of its network's DNS servers (Name resolution in App Service). Pure.
"""

from collections.abc import Mapping
from typing import Any

from shared.model.evidence import Unread

#: Every member of `outboundVnetRouting`; `allTraffic` overrides the others to on.
SWITCHES = (
    "allTraffic",
    "applicationTraffic",
    "backupRestoreTraffic",
    "contentShareTraffic",
    "imagePullTraffic",
)
_SETTINGS = ("WEBSITE_DNS_SERVER", "WEBSITE_DNS_ALT_SERVER")


def routing(properties: Mapping[str, Any]) -> Mapping[str, bool] | None:
    """All five switches, or None where the answer does not hold each of them."""
    told = properties.get("outboundVnetRouting")
    if not isinstance(told, Mapping) or any(
        not isinstance(told.get(one), bool) for one in SWITCHES
    ):
        return None
    return {one: bool(told[one]) for one in SWITCHES}


def dns_servers(
    properties: Mapping[str, Any], settings: Mapping[str, str] | Unread
) -> tuple[str, ...] | Unread:
    """The site's own name servers; () where it has none and its network's apply."""
    configured = (properties.get("dnsConfiguration") or {}).get("dnsServers") or ()
    if configured:
        return tuple(str(server) for server in configured)
    if isinstance(settings, Unread):
        return Unread(f"an app setting may name DNS servers, and settings are {settings.because}")
    return tuple(settings[name] for name in _SETTINGS if settings.get(name))
