"""
Entra ID's sign-in hosts and the App Service identity endpoint: where tokens come from.

In:  discovery requests, client-credentials sign-ins, managed-identity requests.
Out: discovery documents, tokens, and Entra's own error form. Other grants are refused (501).

A scenario holds no client secrets, so any secret or assertion of a known application is accepted.
"""

from typing import Any
from urllib.parse import parse_qsl

from tests.simulator import clouds, identity
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response

routes = Routes()


@routes.on("msi", "GET", "/msi/token")
def managed_identity(call: Call) -> Response:
    return identity.managed_identity(call.world, call.request)


@routes.on("entra", "GET", "/common/discovery/instance")
def instance_discovery(call: Call) -> Response:
    """Which names one cloud's sign-in has; clients ask before they trust an authority."""
    cloud = _cloud(call)
    endpoint = f"https://{cloud.login}/{call.world.tenant}/v2.0/.well-known/openid-configuration"
    return Response(
        body={
            "tenant_discovery_endpoint": endpoint,
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": cloud.login,
                    "preferred_cache": cloud.login,
                    "aliases": list(cloud.logins),
                }
            ],
        }
    )


@routes.on("entra", "GET", "/{tenant}/v2.0/.well-known/openid-configuration")
@routes.on("entra", "GET", "/{tenant}/.well-known/openid-configuration")
def openid_configuration(call: Call) -> Response:
    asked, tenant = call.params["tenant"].lower(), call.world.tenant
    if asked not in (tenant.lower(), "common", "organizations"):
        return _error(
            400,
            "invalid_tenant",
            f"AADSTS90002: Tenant '{asked}' not found. Check to make sure you have the correct "
            "tenant ID and are signing into the correct cloud.",
        )
    base = f"{call.request.origin}/{tenant}"
    return Response(
        body={
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": _cloud(call).login.removeprefix("login."),
        }
    )


@routes.on("entra", "POST", "/{tenant}/oauth2/v2.0/token")
def token(call: Call) -> Response:
    form = dict(parse_qsl(call.request.body.decode(errors="replace"), keep_blank_values=True))
    grant = form.get("grant_type", "")
    if grant != "client_credentials":
        raise Refusal(501, "NotImplemented", f"The grant '{grant}' is not simulated.")
    client = form.get("client_id", "").lower()
    directory = identity.principals(call.world)
    principal = next((oid for oid, app in directory.items() if app and app == client), None)
    if principal is None:
        return _error(
            400,
            "unauthorized_client",
            f"AADSTS700016: Application with identifier '{client}' was not found in the directory "
            f"'{call.world.tenant}'.",
        )
    if not form.get("client_secret") and not form.get("client_assertion"):
        return _error(
            401,
            "invalid_client",
            "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the "
            "'client_credentials' grant type.",
        )
    scope = form.get("scope", "")
    if not scope.endswith("/.default"):
        return _error(
            400,
            "invalid_scope",
            f"AADSTS1002012: The provided value for scope {scope} is not valid. Client credential "
            "flows must have a scope value with /.default suffixed to the resource identifier.",
        )
    audience = scope.removesuffix(".default").rstrip("/") + "/"
    body = {
        "token_type": "Bearer",
        "expires_in": identity.LIFETIME - 1,
        "ext_expires_in": identity.LIFETIME - 1,
        "access_token": identity.token_for(call.world, principal, audience=audience),
    }
    return Response(body=body)


def _cloud(call: Call) -> clouds.Cloud:
    found = clouds.locate(call.request.host, clouds.named(call.world.cloud))
    assert found is not None, "the request was routed by this very look-up"
    return found[0]


def _error(status: int, code: str, description: str) -> Response:
    body: dict[str, Any] = {"error": code, "error_description": description}
    return Response(status=status, body=body)
