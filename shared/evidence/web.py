"""
A web app, slot or function app as App Service configures and sees it.

In:  the id of a `Microsoft.Web/sites` or `…/sites/slots`.
Out: a Workload. NotFound or PermissionMissing when the site itself cannot be read; every other
     refused read becomes Unread.

Of the app settings only names and five values that are no secrets are kept; everything else is
dropped here. `siteConfig` inside a site is mostly empty, so `config/web` is read (recorded
traffic). Slots have their own identity, settings, image and routing. Windows sites have no site
status; their log rows must do. A function app on Container Apps is configured as a site and runs,
leaves and logs as a container app (kind `azurecontainerapps`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.clients.azure import Azure
from shared.errors import NotFound
from shared.evidence import container_app, images, sign_in, site_network, way_out
from shared.evidence.blocking import unblocks
from shared.evidence.reading import attempt, id_in, known, same, whole
from shared.model.discretion import discreet
from shared.model.evidence import (
    Instance,
    PullAuth,
    Unread,
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
    sidecars = fx.lower().startswith("sitecontainers")
    containers = _sitecontainers(azure, id) if sidecars else None
    uses, note = images.from_fx(fx, containers if isinstance(containers, list) else ())
    if isinstance(config, Unread):
        note = f"the site's configuration is {config.because}"
    home = container_app.environment_id(properties) if _on_container_apps(site) else None
    if home is None:
        routed = way_out.routed(properties, answers["settings"])
        leaving = way_out.of_site(azure, properties, routed)
    else:
        held = attempt(lambda: container_app.environment(azure, properties))
        leaving = way_out.of_app(azure, properties, held)
        routed = container_app.over_vnet(held, leaving.subnet)
    return Workload(
        id=id_in(site.get("id")) or id,
        host=_host(site, id),
        windows="windows" in str(site.get("kind", "")).lower() or bool(web.get("windowsFxVersion")),
        images=tuple(uses),
        auth=_auth(site, config, containers, answers["settings"]),
        sign_ins=_sign_ins(site, containers, answers["settings"]),
        egress=leaving.egress,
        subnet=leaving.subnet,
        ground=leaving.ground,
        pulls_over_vnet=routed,
        routing=site_network.routing(properties),
        dns_servers=site_network.dns_servers(properties, answers["settings"]),
        instances=answers["instances"],
        serving=_serving(properties, answers["instances"]),
        tags=site.get("tags") or {},
        environment=home.name if home else "",
        environment_id=home,
        note=note,
    )


def instances(azure: Azure, id: ResourceId) -> tuple[Instance, ...]:
    """`siteStatus`: the platform's own word on every instance (App Service team blog, June 2026).

    `lastError` is sticky: it stays after the instance recovered, so its time stamp matters. None
    where there is no such thing: that the site itself is there is read beside it.
    """
    try:
        with azure.asking(f"read the site status of {id}"):
            answer = azure.arm.get(f"{id}/siteStatus", _STATUS_VERSION)
    except NotFound:
        return ()
    rows = answer.get("properties", answer.get("value"))
    rows = rows if isinstance(rows, list) else [rows] if isinstance(rows, dict) else []
    return tuple(_instance(row.get("properties", row)) for row in rows if isinstance(row, dict))


def _instance(row: Mapping[str, Any]) -> Instance:
    return Instance(
        name=str(row.get("instanceId") or row.get("name") or "?"),
        state=str(row.get("state") or "Unknown"),
        last_error=str(row.get("lastError") or ""),
        details=discreet(str(row.get("lastErrorDetails") or row.get("details") or "")),
        at=_moment(row.get("lastErrorTimestamp")),
        unblocks=unblocks(row.get("details")),
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
    if (listed := _listed(azure, id)) is not None:
        return listed
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the site {id}"):
        model = (
            operations.get_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get(id.group, id.name)
        )
    return same(model.as_dict(), id)


def _listed(azure: Azure, id: ResourceId) -> Mapping[str, Any] | None:
    """In company, the site out of one list of its resource group; slots are in no such list."""
    if not azure.in_company or len(id.names) == 2:
        return None
    sites = attempt(lambda: azure.once(("sites", id.group_id.lower()), lambda: _group(azure, id)))
    return None if isinstance(sites, Unread) else sites.get(id)


def _group(azure: Azure, id: ResourceId) -> dict[ResourceId, Mapping[str, Any]]:
    with azure.asking(f"listed the sites of {id.group_id}"):
        found = [
            model.as_dict()
            for model in azure.web(id.subscription).web_apps.list_by_resource_group(id.group)
        ]
    named = {id_in(site.get("id")): site for site in found}
    return {key: whole(site, str(key)) for key, site in named.items() if key is not None}


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
        kept[name.upper()] = "@keyvault" if reference else "" if secret else discreet(str(value))
    return kept


_HARMLESS = frozenset(
    {
        "DOCKER_REGISTRY_SERVER_URL",
        "DOCKER_REGISTRY_SERVER_USERNAME",
        "WEBSITE_PULL_IMAGE_OVER_VNET",
        "WEBSITE_DNS_SERVER",
        "WEBSITE_DNS_ALT_SERVER",
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


def _on_container_apps(site: Mapping[str, Any]) -> bool:
    return "azurecontainerapps" in str(site.get("kind", "")).lower()


def _sign_ins(
    site: Mapping[str, Any],
    containers: list[Mapping[str, Any]] | Unread | None,
    settings: Mapping[str, str] | Unread,
) -> dict[str, PullAuth | Unread] | None:
    """How each container of a sidecar app signs in; None where all sign in as the site does."""
    if not isinstance(containers, list):
        return None
    return {
        str(item.get("name") or "?"): sign_in.of_sidecar(
            site, item.get("properties") or {}, settings
        )
        for item in containers
    }


def _auth(
    site: Mapping[str, Any],
    config: Mapping[str, Any] | Unread,
    containers: list[Mapping[str, Any]] | Unread | None,
    settings: Mapping[str, str] | Unread,
) -> PullAuth | Unread:
    """Sidecar apps sign in container by container; every other site as a whole."""
    for unread in (config, containers):
        if isinstance(unread, Unread):
            return unread
    if isinstance(containers, list):
        return sign_in.of_container(site, containers, settings)
    return sign_in.of_site(site, known(config, {}), settings)


def _serving(properties: Mapping[str, Any], seen: tuple[Instance, ...] | Unread) -> bool | None:
    if str(properties.get("state", "")).lower() == "stopped":
        return False
    if isinstance(seen, Unread) or not seen:
        return None
    return all(instance.state == "Started" for instance in seen)
