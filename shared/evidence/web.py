"""
A web app, slot or function app as App Service configures and sees it.

In:  the id of a `Microsoft.Web/sites` or `…/sites/slots`.
Out: a Workload. NotFound or PermissionMissing when the site itself cannot be read; every other
     refused read becomes Unread.

Of the app settings only names and three values that are no secrets are kept; everything else is
dropped here. `siteConfig` inside a site is mostly empty, so `config/web` is read (recorded
traffic). Slots have their own identity, settings, image and routing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import images, network
from shared.evidence.reading import attempt, known, whole
from shared.model.evidence import (
    Egress,
    Instance,
    PullAuth,
    PullMode,
    Unread,
    Via,
    Workload,
)
from shared.model.ids import ResourceId
from shared.model.words import Host

_STATUS_VERSION = "2024-11-01"
_NEVER = "0001-01-01"


def read(azure: Azure, id: ResourceId) -> Workload:
    """Read everything App Service says about the site, side by side."""
    answers = azure.together(
        site=lambda: _site(azure, id),
        config=lambda: attempt(lambda: _config(azure, id)),
        settings=lambda: attempt(lambda: _settings(azure, id)),
        instances=lambda: attempt(lambda: instances(azure, id)),
    )
    site, config = answers["site"], answers["config"]
    properties = site.get("properties") or {}
    web = known(config, {}) or properties.get("siteConfig") or {}
    fx = web.get("linuxFxVersion") or web.get("windowsFxVersion") or ""
    containers = _sitecontainers(azure, id) if fx.lower().startswith("sitecontainers") else []
    uses, note = images.from_fx(fx, known(containers, []))
    if isinstance(config, Unread):
        note = f"the site's configuration is {config.because}"
    routed = _routed(properties, answers["settings"])
    subnet = _subnet(properties)
    return Workload(
        id=ResourceId.parse(site.get("id") or id.text),
        host=_host(site, id),
        windows="windows" in str(site.get("kind", "")).lower() or bool(web.get("windowsFxVersion")),
        images=tuple(uses),
        auth=config if isinstance(config, Unread) else _auth(site, web, answers["settings"]),
        egress=_egress(azure, properties, routed, subnet),
        subnet=subnet,
        pulls_over_vnet=routed,
        instances=answers["instances"],
        serving=_serving(properties, answers["instances"]),
        tags=site.get("tags") or {},
        note=note,
    )


def instances(azure: Azure, id: ResourceId) -> tuple[Instance, ...]:
    """`siteStatus`: the platform's own word on every instance (App Service team blog, June 2026).

    `lastError` is sticky: it stays after the instance recovered, so its time stamp matters.
    """
    with azure.asking(f"read the site status of {id}"):
        answer = azure.arm.get(f"{id}/siteStatus", _STATUS_VERSION)
    rows = answer.get("properties", answer.get("value"))
    rows = rows if isinstance(rows, list) else [rows] if isinstance(rows, dict) else []
    return tuple(_instance(row.get("properties", row)) for row in rows if isinstance(row, dict))


def _instance(row: Mapping[str, Any]) -> Instance:
    return Instance(
        name=str(row.get("instanceId") or row.get("name") or "?"),
        state=str(row.get("state") or "Unknown"),
        last_error=str(row.get("lastError") or ""),
        details=str(row.get("lastErrorDetails") or row.get("details") or ""),
        at=_moment(row.get("lastErrorTimestamp")),
    )


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or not text or text.startswith(_NEVER):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _site(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the site {id}"):
        model = (
            operations.get_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get(id.group, id.name)
        )
    return whole(model.as_dict(), str(id))


def _config(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the configuration of {id}"):
        model = (
            operations.get_configuration_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get_configuration(id.group, id.name)
        )
    return whole(model.as_dict(), f"the configuration of {id}")["properties"]


def _settings(azure: Azure, id: ResourceId) -> Mapping[str, str]:
    """Setting names; values only of those that decide how the pull is made and are no secrets."""
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"list the app settings of {id}"):
        model = (
            operations.list_application_settings_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.list_application_settings(id.group, id.name)
        )
    kept = {}
    for name, value in (model.as_dict().get("properties") or {}).items():
        secret = name.upper() not in _HARMLESS
        reference = str(value).startswith("@Microsoft.KeyVault(")
        kept[name.upper()] = "@keyvault" if reference else "" if secret else str(value)
    return kept


_HARMLESS = frozenset(
    {
        "DOCKER_REGISTRY_SERVER_URL",
        "DOCKER_REGISTRY_SERVER_USERNAME",
        "WEBSITE_PULL_IMAGE_OVER_VNET",
    }
)


def _sitecontainers(azure: Azure, id: ResourceId) -> list[Mapping[str, Any]] | Unread:
    def ask() -> list[Mapping[str, Any]]:
        operations = azure.web(id.subscription).web_apps
        with azure.asking(f"list the containers of {id}"):
            found = (
                operations.list_site_containers_slot(id.group, *id.names)
                if len(id.names) == 2
                else operations.list_site_containers(id.group, id.name)
            )
            return [model.as_dict() for model in found]

    return attempt(ask)


def _host(site: Mapping[str, Any], id: ResourceId) -> Host:
    if len(id.names) == 2:
        return Host.SLOT
    return Host.FUNCTIONS if "functionapp" in str(site.get("kind", "")).lower() else Host.WEB_APP


def _auth(
    site: Mapping[str, Any], web: Mapping[str, Any], settings: Mapping[str, str] | Unread
) -> PullAuth | Unread:
    identity = site.get("identity") or {}
    if web.get("acrUseManagedIdentityCreds"):
        client = web.get("acrUserManagedIdentityID")
        if not client:
            principal = identity.get("principalId")
            return PullAuth(
                mode=PullMode.SYSTEM_IDENTITY, principal=principal, attached=bool(principal)
            )
        attached = [
            item
            for item in (identity.get("userAssignedIdentities") or {}).values()
            if str((item or {}).get("clientId", "")).lower() == str(client).lower()
        ]
        return PullAuth(
            mode=PullMode.USER_IDENTITY,
            identity=client,
            principal=attached[0].get("principalId") if attached else None,
            attached=bool(attached),
        )
    if isinstance(settings, Unread):
        return settings
    if "DOCKER_REGISTRY_SERVER_USERNAME" in settings:
        return PullAuth(
            mode=PullMode.CREDENTIALS,
            server=settings.get("DOCKER_REGISTRY_SERVER_URL"),
            username=settings["DOCKER_REGISTRY_SERVER_USERNAME"],
            principal=identity.get("principalId"),
            keyvault=settings.get("DOCKER_REGISTRY_SERVER_PASSWORD") == "@keyvault",
        )
    return PullAuth(mode=PullMode.ANONYMOUS, principal=identity.get("principalId"))


def _subnet(properties: Mapping[str, Any]) -> ResourceId | None:
    text = properties.get("virtualNetworkSubnetId")
    return ResourceId.parse(text) if text else None


def _routed(properties: Mapping[str, Any], settings: Mapping[str, str] | Unread) -> bool | Unread:
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


def _egress(
    azure: Azure,
    properties: Mapping[str, Any],
    routed: bool | Unread,
    subnet: ResourceId | None,
) -> Egress | Unread:
    if isinstance(routed, Unread):
        return routed
    if routed and subnet is None:
        return Egress(
            via=Via.UNKNOWN,
            stable=False,
            because="the app lives in an App Service Environment and pulls through its network",
        )
    if routed and subnet is not None:
        fixed = network.subnet_egress(azure, subnet)
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


def _serving(properties: Mapping[str, Any], seen: tuple[Instance, ...] | Unread) -> bool | None:
    if str(properties.get("state", "")).lower() == "stopped":
        return False
    if isinstance(seen, Unread) or not seen:
        return None
    return all(instance.state == "Started" for instance in seen)
