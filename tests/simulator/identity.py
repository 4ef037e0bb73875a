"""
Who is calling: access tokens, and the App Service endpoint that hands them out.

In:  a principal and an audience; or a bearer token.
Out: a token shaped like Entra's (a JWT with tid, oid, appid, aud, exp); or its checked claims.

Tokens live on the machine's own clock, not the scenario's: the clients that hold them do too.
The signature is only for show; what is checked is tenant, audience, expiry and the principal.
"""

import base64
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.simulator import clouds
from tests.simulator.wire import Refusal, Request, Response
from tests.simulator.world import World

LIFETIME = 24 * 3600  # seconds; what App Service hands out for a managed identity
HEADER_SECRET = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a"  # the IDENTITY_HEADER of the serving process

#: Somebody else, when nobody says who: the caller of a /change without "as".
ADMINISTRATOR = "ad111111-0000-4000-8000-00000000000a"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A signed-in principal: object id, and the application id its refusals name.

    A `trusted` one may do everything that locks and policies allow.
    """

    principal: str
    client: str
    trusted: bool = False


def principals(world: World) -> dict[str, str]:
    """Every principal the directory knows: object id → client id, both lower-case."""
    known: dict[str, str] = {}
    if world.healer.get("principalId"):
        known[world.healer["principalId"].lower()] = world.healer.get("clientId", "").lower()
    for item in world.resources:
        identity = item.get("identity") or {}
        if identity.get("principalId"):
            known.setdefault(identity["principalId"].lower(), "")
        properties = item.get("properties") or {}
        if str(item.get("type", "")).lower() == "microsoft.managedidentity/userassignedidentities":
            client = str(properties.get("clientId", "")).lower()
            known[str(properties.get("principalId", "")).lower()] = client
        elif str(item.get("type", "")).lower() == "microsoft.authorization/roleassignments":
            known.setdefault(str(properties.get("principalId", "")).lower(), "")
    known.pop("", None)
    return known


def token_for(world: World, principal: str, *, audience: str = "") -> str:
    """A bearer token; the audience defaults to the resource manager of the scenario's cloud."""
    now = int(time.time())
    directory = principals(world)
    client = directory.get(principal.lower()) or principal
    issuer = f"https://sts.windows.net/{world.tenant}/"
    claims = {
        "aud": audience or clouds.named(world.cloud).audiences[0],
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": client,
        "appidacr": "2",
        "idp": issuer,
        "idtyp": "app",
        "oid": principal,
        "sub": principal,
        "tid": world.tenant,
        "ver": "1.0",
    }
    head = {"typ": "JWT", "alg": "RS256", "kid": "simulated"}
    return ".".join(_encode(part) for part in (head, claims)) + "." + "c2ltdWxhdGVk" * 8


def authenticate(world: World, request: Request, kind: str, cloud: clouds.Cloud) -> Caller:
    """The caller of a request, or the 401 Azure gives. `kind` is the front end it came to."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        missing = "Authentication failed. The 'Authorization' header is missing."
        raise _unauthenticated(world, cloud, "AuthenticationFailed", missing)
    claims = decode(token)
    wrong = _wrong(world, claims, clouds.audiences(kind, cloud))
    if wrong is not None:
        raise _unauthenticated(world, cloud, *wrong)
    principal = str(claims["oid"]).lower()
    return Caller(principal=principal, client=str(claims.get("appid") or principal))


def _wrong(
    world: World, claims: dict[str, Any], accepted: tuple[str, ...]
) -> tuple[str, str] | None:
    """What is wrong with a token's claims: Azure's code and message; None when all is well."""
    principal, audience, tenant = claims.get("oid"), claims.get("aud"), claims.get("tid")
    if not principal:
        return "InvalidAuthenticationToken", "The access token is invalid."
    if float(claims.get("exp", 0)) < time.time():
        return (
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time has passed; get a new token and try again.",
        )
    if str(audience).rstrip("/") not in accepted:
        return (
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource "
            f"'{audience}'. It should exactly match with one of the allowed audiences "
            f"'{', '.join(f'{one}/' for one in accepted)}'.",
        )
    if str(tenant).lower() != world.tenant.lower():
        return (
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer 'https://sts.windows.net/{tenant}/'. It "
            f"must match the tenant 'https://sts.windows.net/{world.tenant}/' associated with this "
            "subscription.",
        )
    if not _exists(world, str(principal).lower()):
        return (
            "InvalidAuthenticationToken",
            f"The received access token is not valid: the principal '{principal}' does not exist "
            f"in the tenant '{world.tenant}'.",
        )
    return None


def _exists(world: World, principal: str) -> bool:
    healer = world.healer.get("principalId", "").lower()
    return principal == healer or principal in principals(world)


def decode(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; empty when it is not one."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def managed_identity(world: World, request: Request) -> Response:
    """GET {IDENTITY_ENDPOINT}?resource=&api-version=2019-08-01[&client_id=], as App Service does.

    Source: "How to use managed identities for App Service", REST endpoint reference.
    """
    if request.headers.get("x-identity-header") != HEADER_SECRET:
        return _msi_error(401, "The X-IDENTITY-HEADER header is missing or does not match.")
    if request.method != "GET":
        return _msi_error(405, f"{request.method} is not supported here.")
    if request.query.get("api-version") not in ("2019-08-01", "2025-03-30"):
        return _msi_error(400, "Unsupported api-version; use 2019-08-01.")
    resource = request.query.get("resource", "")
    if resource.rstrip("/") not in _resources(clouds.named(world.cloud)):
        return _msi_error(
            400,
            f"AADSTS500011: The resource principal named {resource} was not found in the tenant "
            f"named {world.tenant}.",
        )
    principal = _chosen(world, request.query)
    if principal is None:
        return _msi_error(
            400,
            "No User Assigned or Delegated Managed Identity found for specified "
            "ClientId/ResourceId/PrincipalId.",
        )
    token = token_for(world, principal, audience=resource)
    claims = decode(token)
    body = {
        "access_token": token,
        "expires_on": str(claims["exp"]),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": str(UUID(claims["appid"])).upper(),
    }
    return Response(body=body, headers={"Content-Type": "application/json; charset=utf-8"})


def _resources(cloud: clouds.Cloud) -> set[str]:
    """What a token can be for in this cloud."""
    fronts = ("arm", "loganalytics", "graph")
    return {one for kind in fronts for one in clouds.audiences(kind, cloud)} | {clouds.ACR_AUDIENCE}


def _chosen(world: World, query: dict[str, str]) -> str | None:
    """The principal asked for: the healer unless one of its user-assigned identities is named."""
    client = query.get("client_id", query.get("clientid", "")).lower()
    wanted = query.get("principal_id", query.get("object_id", "")).lower()
    resource = query.get("mi_res_id", "").lower()
    if resource:
        identity = world.resources.get(resource)
        return str(identity["properties"]["principalId"]) if identity else None
    directory = principals(world)
    if client:
        return next((oid for oid, app in directory.items() if app == client), None)
    if wanted:
        return wanted if wanted in directory else None
    return world.healer.get("principalId")


def _msi_error(status: int, message: str) -> Response:
    body = {"statusCode": status, "message": message}
    return Response(
        status=status, body=body, headers={"Content-Type": "application/json; charset=utf-8"}
    )


def _unauthenticated(world: World, cloud: clouds.Cloud, code: str, message: str) -> Refusal:
    authority = f"https://{cloud.login}/{world.tenant}"
    challenge = (
        f'Bearer authorization_uri="{authority}", error="invalid_token", '
        f'error_description="{message}"'
    )
    return Refusal(401, code, message, headers={"WWW-Authenticate": challenge})


def _encode(part: dict[str, Any]) -> str:
    raw = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
