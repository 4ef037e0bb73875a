"""
How a web app, slot or sidecar container signs in to its registry.

In:  the site, its `config/web`, its app settings (values of secrets already dropped), its sidecars.
Out: a PullAuth naming the identity's object id, which is what role assignments name.

`acrUserManagedIdentityID` is a *client* id, unlike Container Apps, which name a resource id; with
the flag on and no client id the system identity pulls (App Service, managed identity for pulls).
Credentials are sent only to the host that DOCKER_REGISTRY_SERVER_URL names, and without it to
Docker Hub (Configure a custom container). Sidecars carry their own `authType` and ignore all of
that (Sitecontainers in Microsoft.Web); their `passwordSecret` is taken for a name only when there
is an app setting of that name, for it might as well be the password itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.model.evidence import Attached, PullAuth, PullMode, Unread

URL = "DOCKER_REGISTRY_SERVER_URL"
USERNAME = "DOCKER_REGISTRY_SERVER_USERNAME"
PASSWORD = "DOCKER_REGISTRY_SERVER_PASSWORD"
#: What stands for a Key Vault reference where values of settings are dropped.
REFERENCE = "@keyvault"


def of_site(
    site: Mapping[str, Any], web: Mapping[str, Any], settings: Mapping[str, str] | Unread
) -> PullAuth | Unread:
    """The site-level flag decides; leftover settings beside it do not (azure-cli, appservice)."""
    if web.get("acrUseManagedIdentityCreds"):
        client = web.get("acrUserManagedIdentityID")
        return _user(site, client) if client else _system(site)
    if isinstance(settings, Unread):
        return settings
    named = str(web.get("acrUserManagedIdentityID") or "")
    own, spare = _own_principal(site), _spare(site, named)
    if USERNAME not in settings:
        return PullAuth(mode=PullMode.ANONYMOUS, principal=own, named=named, spare=spare)
    vaulted = tuple(name for name in (URL, USERNAME, PASSWORD) if settings.get(name) == REFERENCE)
    return PullAuth(
        mode=PullMode.CREDENTIALS,
        server=None if URL in vaulted else settings.get(URL, ""),
        username=None if USERNAME in vaulted else settings[USERNAME],
        principal=own,
        secret=PASSWORD,
        keyvault=PASSWORD in vaulted,
        vaulted=vaulted,
        named=named,
        spare=spare,
    )


def of_container(
    site: Mapping[str, Any],
    containers: Sequence[Mapping[str, Any]],
    settings: Mapping[str, str] | Unread,
) -> PullAuth:
    """The main container's sign-in; the first container's where none is marked as main."""
    all_properties = [item.get("properties") or {} for item in containers]
    mains = [properties for properties in all_properties if properties.get("isMain")]
    return of_sidecar(site, (mains or all_properties or [{}])[0], settings)


def of_sidecar(
    site: Mapping[str, Any], container: Mapping[str, Any], settings: Mapping[str, str] | Unread
) -> PullAuth:
    """One container's sign-in, by its properties."""
    match str(container.get("authType") or "").lower():
        case "systemidentity":
            return _system(site)
        case "userassigned":
            return _user(site, str(container.get("userManagedIdentityClientId") or ""))
        case "usercredentials":
            named = str(container.get("passwordSecret") or "").upper()
            known = {} if isinstance(settings, Unread) else settings
            vaulted = (named,) if known.get(named) == REFERENCE else ()
            return PullAuth(
                mode=PullMode.CREDENTIALS,
                username=container.get("userName"),
                principal=_own_principal(site),
                secret=named if named in known else None,
                keyvault=bool(vaulted),
                vaulted=vaulted,
                sidecar=True,
                spare=_spare(site, ""),
            )
        case _:
            return PullAuth(
                mode=PullMode.ANONYMOUS,
                principal=_own_principal(site),
                sidecar=True,
                spare=_spare(site, ""),
            )


def _own_principal(site: Mapping[str, Any]) -> str | None:
    return (site.get("identity") or {}).get("principalId")


def _system(site: Mapping[str, Any]) -> PullAuth:
    principal = _own_principal(site)
    return PullAuth(mode=PullMode.SYSTEM_IDENTITY, principal=principal, attached=bool(principal))


def _user(site: Mapping[str, Any], client: str) -> PullAuth:
    identities = (site.get("identity") or {}).get("userAssignedIdentities") or {}
    attached = [
        item for item in identities.values() if _same(str((item or {}).get("clientId", "")), client)
    ]
    return PullAuth(
        mode=PullMode.USER_IDENTITY,
        identity=client,
        principal=attached[0].get("principalId") if attached else None,
        attached=bool(attached),
    )


def _spare(site: Mapping[str, Any], preferred: str) -> tuple[Attached, ...]:
    """Every attached identity: the one already named first, then the system's, then the others."""
    own = _own_principal(site)
    users = (site.get("identity") or {}).get("userAssignedIdentities") or {}
    found = [Attached(principal=own)] if own else []
    found += [
        Attached(principal=str(item["principalId"]), client=str(item["clientId"]), id=str(id))
        for id, item in sorted(users.items())
        if (item or {}).get("principalId") and (item or {}).get("clientId")
    ]
    return tuple(sorted(found, key=lambda one: not (preferred and _same(one.client, preferred))))


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()
