"""
What pulls: a workload as the platform sees it when it starts a container.

In:  the World and the id of a web app, slot, container app or job.
Out: a Workload: its images, the credential each is pulled with, and where its traffic leaves.

Reads the state; judges nothing. Whether the pull works is `pull.py`'s business.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.simulator import isolated, signins
from tests.simulator.signins import Credential
from tests.simulator.world import Resource, World

__all__ = ["Credential", "Image", "Workload", "find", "pulls_over_vnet", "site_config", "split"]

SITE, SLOT = "microsoft.web/sites", "microsoft.web/sites/slots"
APP, JOB = "microsoft.app/containerapps", "microsoft.app/jobs"
KINDS = {SITE: "web-app", SLOT: "slot", APP: "container-app", JOB: "job"}


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image reference of a workload, taken apart."""

    container: str
    text: str
    host: str
    repository: str
    tag: str | None
    digest: str | None
    credential: Credential

    @property
    def reference(self) -> str:
        return self.digest or self.tag or "latest"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A thing that pulls. `subnet` is set only when image pulls leave through that subnet."""

    resource: Resource
    kind: str
    subnet: str | None
    customer_routing: bool  # NAT gateways and route tables of the subnet apply
    addresses: tuple[str, ...]  # the platform's own egress addresses
    dns_servers: tuple[str, ...]
    windows: bool
    images: tuple[Image, ...]

    @property
    def id(self) -> str:
        return str(self.resource["id"])

    @property
    def is_site(self) -> bool:
        return self.kind in ("web-app", "slot") and not self.on_container_apps

    @property
    def on_container_apps(self) -> bool:
        """True for a function app that App Service configures and Container Apps runs."""
        return "azurecontainerapps" in str(self.resource.get("kind", "")).lower()

    @property
    def is_app(self) -> bool:
        """True for what has revisions of its own in the resource manager."""
        return self.kind == "container-app"


def find(world: World, id: str) -> Workload | None:
    """The workload with this id, or None when there is no such thing that pulls."""
    resource = world.resources.get(id)
    kind = KINDS.get(str(resource.get("type", "")).lower()) if resource else None
    if resource is None or kind is None:
        return None
    return (
        _site(world, resource, kind) if kind in ("web-app", "slot") else _app(world, resource, kind)
    )


def site_config(world: World, site: Resource) -> dict[str, Any]:
    """The properties of a site's config/web: the child resource, else what the site body holds."""
    child = world.resources.get(f"{site['id']}/config/web")
    if child is not None:
        return dict(child.get("properties") or {})
    return dict(site["properties"].get("siteConfig") or {})


def pulls_over_vnet(world: World, site: Resource) -> bool:
    """Whether a site's image pulls leave through its subnet.

    The site property wins over the app setting; in an App Service Environment it is always so.
    """
    properties = site["properties"]
    if properties.get("hostingEnvironmentProfile"):
        return True
    if not properties.get("virtualNetworkSubnetId"):
        return False
    routing = properties.get("outboundVnetRouting") or {}
    if routing.get("allTraffic") or routing.get("imagePullTraffic"):
        return True
    if routing.get("imagePullTraffic") is not None or "vnetImagePullEnabled" in properties:
        return bool(properties.get("vnetImagePullEnabled"))
    setting = world.app_settings.get(site["id"].lower(), {}).get("WEBSITE_PULL_IMAGE_OVER_VNET", "")
    return setting.lower() in ("true", "1")


def _site(world: World, site: Resource, kind: str) -> Workload:
    properties, config = site["properties"], site_config(world, site)
    settings = world.app_settings.get(site["id"].lower(), {})
    if "azurecontainerapps" in str(site.get("kind", "")).lower():
        images = tuple(_site_images(world, site, config, settings))
        return _in_environment(world, site, kind, images)
    listed = str(properties.get("outboundIpAddresses") or "")
    servers = (properties.get("dnsConfiguration") or {}).get("dnsServers") or [
        settings[name]
        for name in ("WEBSITE_DNS_SERVER", "WEBSITE_DNS_ALT_SERVER")
        if settings.get(name)
    ]
    return Workload(
        resource=site,
        kind=kind,
        subnet=(isolated.subnet(world, site) or properties["virtualNetworkSubnetId"])
        if pulls_over_vnet(world, site)
        else None,
        customer_routing=True,
        addresses=isolated.addresses(world, site)
        or tuple(part.strip() for part in listed.split(",") if part.strip()),
        dns_servers=tuple(servers),
        windows="windows" in str(site.get("kind", "")),
        images=tuple(_site_images(world, site, config, settings)),
    )


def _site_images(
    world: World, site: Resource, config: dict[str, Any], settings: dict[str, str]
) -> Iterator[Image]:
    form, _, rest = str(
        config.get("linuxFxVersion") or config.get("windowsFxVersion") or ""
    ).partition("|")
    if form.upper() == "DOCKER" and rest:
        host = split(rest)[0]
        yield _image("main", rest, signins.of_site(world, site, config, settings, host))
    elif form.upper() == "COMPOSE":
        for name, text in _compose(rest):
            credential = signins.of_site(world, site, config, settings, split(text)[0])
            yield _image(name, text, credential)
    elif form.lower() == "sitecontainers":
        type_ = f"{site['type']}/sitecontainers"
        for item in world.resources.of_type(type_, site["id"]):
            properties = item["properties"]
            name = item["name"].split("/")[-1]
            yield _image(
                name, properties["image"], signins.of_sidecar(world, site, properties, settings)
            )


def _compose(encoded: str) -> list[tuple[str, str]]:
    try:
        document = yaml.safe_load(base64.b64decode(encoded))
    except (binascii.Error, yaml.YAMLError):
        return []
    services = document.get("services") or {} if isinstance(document, dict) else {}
    return [(name, str(item["image"])) for name, item in services.items() if item.get("image")]


def _app(world: World, app: Resource, kind: str) -> Workload:
    template = app["properties"].get("template") or {}
    containers = [*(template.get("initContainers") or []), *(template.get("containers") or [])]
    images = tuple(
        _image(item["name"], item["image"], signins.of_app(world, app, split(item["image"])[0]))
        for item in containers
    )
    return _in_environment(world, app, kind, images)


def _in_environment(world: World, app: Resource, kind: str, images: tuple[Image, ...]) -> Workload:
    """What runs in a Container Apps environment leaves through its subnet; in an Express one
    through a subnet of its own, if it has one."""
    properties = app["properties"]
    environment = world.resources.get(
        str(properties.get("environmentId") or properties.get("managedEnvironmentId") or "")
    )
    held = (environment or {}).get("properties", {})
    express = held.get("environmentMode") == "Express"
    subnet = (held.get("vnetConfiguration") or {}).get("infrastructureSubnetId")
    if express:
        subnet = (properties.get("networking") or {}).get("outboundVnetSubnetId")
    listed = properties.get("outboundIpAddresses") or ()
    return Workload(
        resource=app,
        kind=kind,
        subnet=subnet,
        customer_routing=express or bool(held.get("workloadProfiles")),
        addresses=() if isinstance(listed, str) else tuple(listed),
        dns_servers=(),
        windows=False,
        images=images,
    )


def split(reference: str) -> tuple[str, str, str | None, str | None]:
    """An image reference as host, repository, tag and digest. No host means Docker Hub."""
    text, _, digest = reference.partition("@")
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, path = first, rest
    else:
        host, path = "docker.io", text if slash else f"library/{text}"
    repository, _, tag = path.partition(":")
    return host, repository, tag or None, digest or None


def _image(container: str, text: str, credential: Credential) -> Image:
    host, repository, tag, digest = split(text)
    return Image(
        container=container,
        text=text,
        host=host,
        repository=repository,
        tag=tag if tag or digest else "latest",
        digest=digest,
        credential=credential,
    )
