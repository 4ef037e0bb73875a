"""
Who may do what inside a registry: its token server, and the tokens it hands out.

In:  an Entra token, the admin user's password, or nothing; then a scope that is asked for.
Out: a refresh token; an access token that lists only what is granted, "Azure AD OAuth 2.0 flow with
     ACR" of the Azure/acr documents; or the actions a presented token carries.

A token is given even where nothing is granted: its `access` then holds no actions, and the refusal
comes with the request that uses it. Signatures are only for show; audience and age are checked.
"""

import base64
import json
import time
from typing import Any

from tests.simulator import access, clouds, identity, pull
from tests.simulator.wire import Request
from tests.simulator.world import Resource, World

#: What the healer's own requests come from, unless the scenario's `healer` has an `address`.
HEALER_ADDRESS = "20.101.7.5"
ANONYMOUS, ADMIN = "anonymous", "admin"

_REFRESH_LIFETIME, _ACCESS_LIFETIME = 3 * 3600, 75 * 60
_ACTIONS = "Microsoft.ContainerRegistry/registries"
_METADATA = f"{_ACTIONS}/repositories/metadata/read"
_CATALOG = f"{_ACTIONS}/catalog/read"
_DELETED = f"{_ACTIONS}/deleted/read"


def address(world: World) -> str:
    """The address a registry sees when the healer asks it something."""
    return world.healer.get("address") or HEALER_ADDRESS


def refresh_token(
    world: World, registry: Resource, host: str, entra: str
) -> tuple[str | None, str]:
    """(token, "") for an Entra token the registry takes, else (None, what is wrong with it)."""
    claims = identity.decode(entra)
    principal = str(claims.get("oid") or "").lower()
    if str(claims.get("tid", "")).lower() != world.tenant.lower() or not principal:
        return None, "token validation failed"
    if float(claims.get("exp", 0)) < time.time():
        return None, "token validation failed"
    audience = str(claims.get("aud", "")).rstrip("/")
    if audience != clouds.ACR_AUDIENCE and not _takes_arm_audience(world, registry, audience):
        return None, "token validation failed"
    if principal not in identity.principals(world):
        return None, "token validation failed"
    return _token(host, principal, _REFRESH_LIFETIME, grant_type="refresh_token"), ""


def holder(host: str, token: str, kind: str) -> str | None:
    """Whose a token of this registry is; None when it is not one, or too old."""
    claims = identity.decode(token)
    if claims.get("aud") != host or claims.get("grant_type") != kind:
        return None
    return str(claims["sub"]) if float(claims.get("exp", 0)) > time.time() else None


def access_token(world: World, registry: Resource, host: str, who: str, scopes: list[str]) -> str:
    """A token with what of the scopes is granted: `repository:{name}:{action},{action}`."""
    granted = []
    for scope in " ".join(scopes).split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        wanted = actions.split(",")
        allowed = rights(world, registry, who, name if kind == "repository" else "")
        if kind == "registry":
            given = ["*"] if name in allowed else []
        else:
            given = [action for action in wanted if action in allowed]
        granted.append({"type": kind, "name": name, "actions": given})
    return _token(host, who, _ACCESS_LIFETIME, grant_type="access_token", access=granted)


def rights(world: World, registry: Resource, who: str, repository: str) -> set[str]:
    """What somebody may do with a repository; "catalog" for the list of repositories."""
    if who == ADMIN:
        return {"pull", "push", "metadata_read", "metadata_write", "delete", "catalog"} | {
            "deleted_read"
        }
    given = {"pull", "metadata_read"} if _is_open(registry) else set()
    if who == ANONYMOUS:
        return given
    id, about = registry["id"], {pull.REPOSITORY: repository}
    if registry["properties"].get("roleAssignmentMode") == "AbacRepositoryPermissions":
        if access.allows(world, who, id, pull.READ_CONTENT, data=True, attributes=about):
            given.add("pull")
        if access.allows(world, who, id, _METADATA, data=True, attributes=about):
            given.add("metadata_read")
        if not repository and access.allows(world, who, id, _CATALOG, data=True):
            given.add("catalog")
    elif access.allows(world, who, id, pull.PULL):
        given |= {"pull", "metadata_read", "catalog"}
    if access.allows(world, who, id, _DELETED):
        given |= {"deleted_read", "deleted_catalog"}
    return given


def carried(token: str) -> list[dict[str, Any]]:
    """What an access token grants."""
    return list(identity.decode(token).get("access") or [])


def granted(
    world: World, registry: Resource, host: str, request: Request
) -> list[dict[str, Any]] | None:
    """What a request's credentials grant, in the form of a token's `access`; None without any."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and holder(host, value, "access_token") is not None:
        return carried(value)
    if scheme.lower() == "basic" and is_admin(world, registry, value):
        return [{"type": "*", "name": "*", "actions": sorted(rights(world, registry, ADMIN, ""))}]
    return None


def is_admin(world: World, registry: Resource, basic: str) -> bool:
    """Whether the value of a Basic header is the admin user's."""
    try:
        name, _, password = base64.b64decode(basic).decode().partition(":")
    except ValueError:
        return False
    return knows_password(world, registry, name, password)


def knows_password(world: World, registry: Resource, name: str, password: str) -> bool:
    enabled = bool(registry["properties"].get("adminUserEnabled"))
    known = world.passwords.get(registry["id"].lower(), [])
    same = name.lower() == str(registry["name"]).lower()
    return enabled and same and bool(password) and password in known


def _is_open(registry: Resource) -> bool:
    basic = str(registry.get("sku", {}).get("name", "")).lower() == "basic"
    return bool(registry["properties"].get("anonymousPullEnabled")) and not basic


def _takes_arm_audience(world: World, registry: Resource, audience: str) -> bool:
    policies = registry["properties"].get("policies") or {}
    status = (policies.get("azureADAuthenticationAsArmPolicy") or {}).get("status", "enabled")
    return status == "enabled" and audience in clouds.named(world.cloud).audiences


def _token(host: str, who: str, lifetime: int, **claims: Any) -> str:
    now = int(time.time())
    body = {
        "sub": who,
        "iss": "Azure Container Registry",
        "aud": host,
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "version": "1.0",
        **claims,
    }
    parts = ({"typ": "JWT", "alg": "RS256", "kid": "simulated"}, body)
    return ".".join(_encoded(part) for part in parts) + "." + "c2ltdWxhdGVk" * 8


def _encoded(part: dict[str, Any]) -> str:
    raw = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
