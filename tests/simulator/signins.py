"""
How what pulls signs in to a registry, by the configuration of its host.

In:  the World, a site with its settings, a sidecar, or a container app or job; a registry's host.
Out: a Credential.

Reads the state; judges nothing. Whether the registry accepts it is `pull.py`'s business.
"""

import re
from dataclasses import dataclass
from typing import Any

from tests.simulator import appsecrets, vault
from tests.simulator.world import Resource, World


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


def of_site(
    world: World, site: Resource, config: dict[str, Any], settings: dict[str, str], host: str
) -> Credential:
    """How a site signs in to one host, unless its containers have ways of their own."""
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


def of_sidecar(
    world: World, site: Resource, properties: dict[str, Any], settings: dict[str, str]
) -> Credential:
    """`passwordSecret` names an app setting; without one of that name it is the password."""
    kind = str(properties.get("authType") or "Anonymous").lower()
    if kind == "systemidentity":
        return Credential(kind="identity", identity="system", principal=_system(site))
    if kind == "userassigned":
        client = str(properties.get("userManagedIdentityClientId") or "")
        return Credential(kind="identity", identity=client, principal=_by_client_id(site, client))
    if kind == "usercredentials":
        secret = str(properties.get("passwordSecret") or "")
        return Credential(
            kind="password",
            username=str(properties.get("userName") or ""),
            password=vault.resolve(world, site, settings.get(secret, secret)),
        )
    return Credential(kind="none")


def of_app(world: World, app: Resource, host: str) -> Credential:
    """How a container app or job signs in to one host."""
    for entry in (app["properties"].get("configuration") or {}).get("registries") or []:
        if str(entry.get("server", "")).lower() != host.lower():
            continue
        identity = str(entry.get("identity") or "")
        if identity.lower() == "system":
            return Credential(kind="identity", identity="system", principal=_system(app))
        if identity:
            principal = _by_resource_id(world, app, identity)
            return Credential(kind="identity", identity=identity, principal=principal)
        return Credential(
            kind="password",
            username=str(entry.get("username") or ""),
            password=appsecrets.used(world, app, str(entry.get("passwordSecretRef") or "")),
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
