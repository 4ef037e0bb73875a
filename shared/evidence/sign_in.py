"""
How a web app, slot or sidecar container signs in to its registry.

In:  the site, its `config/web`, its app settings (values of secrets already dropped), its sidecars.
Out: a PullAuth naming the identity's object id, which is what role assignments name.

`acrUserManagedIdentityID` is a *client* id, unlike Container Apps, which name a resource id; with
the flag on and no client id the system identity pulls (App Service, managed identity for pulls).
Sidecars carry their own `authType` and ignore the site's flag (Sitecontainers in Microsoft.Web).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.model.evidence import PullAuth, PullMode, Unread


def of_site(
    site: Mapping[str, Any], web: Mapping[str, Any], settings: Mapping[str, str] | Unread
) -> PullAuth | Unread:
    """The site-level flag decides; leftover settings beside it do not (azure-cli, appservice)."""
    if web.get("acrUseManagedIdentityCreds"):
        client = web.get("acrUserManagedIdentityID")
        return _user(site, client) if client else _system(site)
    if isinstance(settings, Unread):
        return settings
    if "DOCKER_REGISTRY_SERVER_USERNAME" in settings:
        return PullAuth(
            mode=PullMode.CREDENTIALS,
            server=settings.get("DOCKER_REGISTRY_SERVER_URL"),
            username=settings["DOCKER_REGISTRY_SERVER_USERNAME"],
            principal=_own_principal(site),
            keyvault=settings.get("DOCKER_REGISTRY_SERVER_PASSWORD") == "@keyvault",
        )
    return PullAuth(mode=PullMode.ANONYMOUS, principal=_own_principal(site))


def of_container(site: Mapping[str, Any], containers: Sequence[Mapping[str, Any]]) -> PullAuth:
    """The main container's sign-in; the first container's where none is marked as main."""
    all_properties = [item.get("properties") or {} for item in containers]
    mains = [properties for properties in all_properties if properties.get("isMain")]
    main = (mains or all_properties or [{}])[0]
    match str(main.get("authType") or "").lower():
        case "systemidentity":
            return _system(site)
        case "userassigned":
            return _user(site, str(main.get("userManagedIdentityClientId") or ""))
        case "usercredentials":
            return PullAuth(
                mode=PullMode.CREDENTIALS,
                username=main.get("userName"),
                principal=_own_principal(site),
            )
        case _:
            return PullAuth(mode=PullMode.ANONYMOUS, principal=_own_principal(site))


def _own_principal(site: Mapping[str, Any]) -> str | None:
    return (site.get("identity") or {}).get("principalId")


def _system(site: Mapping[str, Any]) -> PullAuth:
    principal = _own_principal(site)
    return PullAuth(mode=PullMode.SYSTEM_IDENTITY, principal=principal, attached=bool(principal))


def _user(site: Mapping[str, Any], client: str) -> PullAuth:
    identities = (site.get("identity") or {}).get("userAssignedIdentities") or {}
    attached = [
        item
        for item in identities.values()
        if str((item or {}).get("clientId", "")).lower() == client.lower()
    ]
    return PullAuth(
        mode=PullMode.USER_IDENTITY,
        identity=client,
        principal=attached[0].get("principalId") if attached else None,
        attached=bool(attached),
    )
