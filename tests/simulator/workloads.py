"""
What pulls: a workload as the platform sees it when it starts a container.

In:  the World and the id of a web app, slot, container app or job.
Out: a Workload: its images, the credential each is pulled with, and where its traffic leaves.

Reads the state; judges nothing. Whether the pull works is `pull.py`'s business.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.simulator import vault
from tests.simulator.world import Resource, World

SITE, SLOT = "microsoft.web/sites", "microsoft.web/sites/slots"
APP, JOB = "microsoft.app/containerapps", "microsoft.app/jobs"
KINDS = {SITE: "web-app", SLOT: "slot", APP: "container-app", JOB: "job"}


@dataclass(frozen=True, kw_only=True)
class Credential:
    """How a workload signs in to the registry.

    kind "identity": `principal` is the object id; None: the configured one is not attached.
    kind "password": user name and password as the workload holds them.
    kind "none": it does not sign in.
    """

    kind: str
    principal: str | None = None
    identity: str = ""  # as configured: "system", a client id or a resource id
    username: str = ""
    password: str = ""


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
        return self.kind in ("web-app", "slot")


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
    if not properties.get("virtualNetworkSubnetId"):
        return False
    if properties.get("hostingEnvironmentProfile"):
        return True
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
    listed = str(properties.get("outboundIpAddresses") or "")
    servers = (properties.get("dnsConfiguration") or {}).get("dnsServers") or [
        settings[name]
        for name in ("WEBSITE_DNS_SERVER", "WEBSITE_DNS_ALT_SERVER")
        if settings.get(name)
    ]
    return Workload(
        resource=site,
        kind=kind,
        subnet=properties["virtualNetworkSubnetId"] if pulls_over_vnet(world, site) else None,
        customer_routing=True,
        addresses=tuple(part.strip() for part in listed.split(",") if part.strip()),
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
        yield _image("main", rest, _site_credential(world, site, config, settings, host))
    elif form.upper() == "COMPOSE":
        for name, text in _compose(rest):
            credential = _site_credential(world, site, config, settings, split(text)[0])
            yield _image(name, text, credential)
    elif form.lower() == "sitecontainers":
        type_ = f"{site['type']}/sitecontainers"
        for item in world.resources.of_type(type_, site["id"]):
            properties = item["properties"]
            name = item["name"].split("/")[-1]
            yield _image(name, properties["image"], _sidecar_credential(site, properties))


def _compose(encoded: str) -> list[tuple[str, str]]:
    try:
        document = yaml.safe_load(base64.b64decode(encoded))
    except (binascii.Error, yaml.YAMLError):
        return []
    services = document.get("services") or {} if isinstance(document, dict) else {}
    return [(name, str(item["image"])) for name, item in services.items() if item.get("image")]


def _site_credential(
    world: World, site: Resource, config: dict[str, Any], settings: dict[str, str], host: str
) -> Credential:
    if config.get("acrUseManagedIdentityCreds"):
        client = str(config.get("acrUserManagedIdentityID") or "")
        principal = _by_client_id(site, client) if client else _system(site)
        return Credential(kind="identity", identity=client or "system", principal=principal)
    server = re.sub(r"^https?://", "", settings.get("DOCKER_REGISTRY_SERVER_URL", "")).rstrip("/")
    if server.lower() == host.lower() and settings.get("DOCKER_REGISTRY_SERVER_USERNAME"):
        return Credential(
            kind="password",
            username=vault.resolve(world, site, settings["DOCKER_REGISTRY_SERVER_USERNAME"]),
            password=vault.resolve(
                world, site, settings.get("DOCKER_REGISTRY_SERVER_PASSWORD", "")
            ),
        )
    return Credential(kind="none")


def _sidecar_credential(site: Resource, properties: dict[str, Any]) -> Credential:
    kind = str(properties.get("authType") or "Anonymous").lower()
    if kind == "systemidentity":
        return Credential(kind="identity", identity="system", principal=_system(site))
    if kind == "userassigned":
        client = str(properties.get("userManagedIdentityClientId") or "")
        return Credential(kind="identity", identity=client, principal=_by_client_id(site, client))
    if kind == "usercredentials":
        return Credential(
            kind="password",
            username=str(properties.get("userName") or ""),
            password=str(properties.get("passwordSecret") or ""),
        )
    return Credential(kind="none")


def _app(world: World, app: Resource, kind: str) -> Workload:
    properties = app["properties"]
    environment = world.resources.get(
        str(properties.get("environmentId") or properties.get("managedEnvironmentId") or "")
    )
    held = (environment or {}).get("properties", {})
    network = held.get("vnetConfiguration") or {}
    template = properties.get("template") or {}
    containers = [*(template.get("initContainers") or []), *(template.get("containers") or [])]
    return Workload(
        resource=app,
        kind=kind,
        subnet=network.get("infrastructureSubnetId"),
        customer_routing=bool(held.get("workloadProfiles")),
        addresses=tuple(properties.get("outboundIpAddresses") or ()),
        dns_servers=(),
        windows=False,
        images=tuple(
            _image(item["name"], item["image"], _app_credential(world, app, item["image"]))
            for item in containers
        ),
    )


def _app_credential(world: World, app: Resource, image: str) -> Credential:
    host = split(image)[0].lower()
    for entry in (app["properties"].get("configuration") or {}).get("registries") or []:
        if str(entry.get("server", "")).lower() != host:
            continue
        identity = str(entry.get("identity") or "")
        if identity.lower() == "system":
            return Credential(kind="identity", identity="system", principal=_system(app))
        if identity:
            principal = _by_resource_id(world, app, identity)
            return Credential(kind="identity", identity=identity, principal=principal)
        stored = world.secrets.get(app["id"].lower(), {})
        return Credential(
            kind="password",
            username=str(entry.get("username") or ""),
            password=stored.get(str(entry.get("passwordSecretRef") or ""), ""),
        )
    return Credential(kind="none")


def _system(resource: Resource) -> str | None:
    identity = resource.get("identity") or {}
    attached = "systemassigned" in str(identity.get("type", "")).lower()
    return identity.get("principalId") if attached else None


def _by_client_id(resource: Resource, client: str) -> str | None:
    for item in ((resource.get("identity") or {}).get("userAssignedIdentities") or {}).values():
        if str(item.get("clientId", "")).lower() == client.lower():
            return str(item["principalId"])
    return None


def _by_resource_id(world: World, resource: Resource, id: str) -> str | None:
    attached = (resource.get("identity") or {}).get("userAssignedIdentities") or {}
    for key, item in attached.items():
        if key.lower() != id.lower():
            continue
        known = world.resources.get(id)
        return (item or {}).get("principalId") or (known or {}).get("properties", {}).get(
            "principalId"
        )
    return None


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
