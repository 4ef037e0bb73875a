"""
Whether a password that a Key Vault holds arrives at the workload.

In:  the site, or the secret of a container app; never the vault itself, which is not ours to read.
Out: Credentials naming the vault, the identity that fetches, and the status.

App Service tells for each reference: `configreferences/appsettings` (ResolveStatus of Microsoft.Web
2025-05-01). Container Apps says so in its system log alone, under FetchingKeyVaultSecretFailed. A
reference that does not resolve is handed to the container as its own text, and the registry
answers that with 401.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from shared.clients.azure import Azure
from shared.errors import TransientError
from shared.evidence.reading import attempt
from shared.model.credentials import DELIVERED, Credentials
from shared.model.discretion import discreet
from shared.model.evidence import Evidence, Unread
from shared.model.ids import ResourceId

_LOOK_BACK = timedelta(hours=2)  # Container Apps fetches a secret anew every half hour
_LONGEST = 300


def of_site(
    azure: Azure, site: ResourceId, place: str, vaulted: Sequence[str]
) -> Credentials | Unread:
    """The references among the sign-in's settings; the first that does not arrive speaks."""
    found = attempt(lambda: _references(azure, site))
    if isinstance(found, Unread):
        return Credentials(
            place=place, vault="a Key Vault", vault_place=vaulted[0], vault_status=found
        )
    mine = [(name, found[name]) for name in vaulted if name in found]
    if not mine:
        missing = Unread("not readable: Azure lists no such reference")
        return Credentials(
            place=place, vault="a Key Vault", vault_place=vaulted[0], vault_status=missing
        )
    broken = [one for one in mine if one[1].get("status") != DELIVERED]
    name, reference = (broken or mine)[0]
    identity = (reference.get("identityType") or {}).get("type") or ""
    users = list((reference.get("identityType") or {}).get("userAssignedIdentities") or ())
    return Credentials(
        place=place,
        vault=_named(reference),
        vault_place=name,
        vault_status=str(reference.get("status") or "not reported"),
        vault_detail=discreet(str(reference.get("details") or ""))[:_LONGEST],
        vault_identity=users[0] if users else _identity(str(identity)),
    )


def of_app(azure: Azure, evidence: Evidence, secret: Mapping[str, Any]) -> Credentials:
    """A secret of a container app or job that is fetched from a vault."""
    workload = evidence.workload
    rows: Any
    try:
        rows = attempt(lambda: _undelivered(azure, workload.id, workload.environment))
    except TransientError as error:  # losing the workspace never stops a diagnosis
        rows = Unread(f"not readable: {error}")
    status: str | Unread | None
    detail = ""
    if isinstance(rows, Unread):
        status = rows
    else:
        own = [row for row in rows if evidence.pulled is None or row.at > evidence.pulled]
        status = own[0].reason if own else None
        detail = discreet(own[0].text)[:_LONGEST] if own else ""
    return Credentials(
        place=str(secret.get("name")),
        vault=_without_version(str(secret.get("keyVaultUrl"))),
        vault_place=str(secret.get("name")),
        vault_status=status,
        vault_detail=detail,
        vault_identity=_identity(str(secret.get("identity") or "")),
    )


def _references(azure: Azure, site: ResourceId) -> dict[str, Mapping[str, Any]]:
    """Every Key Vault reference of the app settings, by the setting's name in upper case."""
    operations = azure.web(site.subscription).web_apps
    with azure.asking(f"read the Key Vault references of {site}"):
        pages = (
            operations.get_app_settings_key_vault_references_slot(site.group, *site.names)
            if len(site.names) == 2
            else operations.get_app_settings_key_vault_references(site.group, site.name)
        )
        found = [model.as_dict() for model in pages]
    return {
        str(item.get("name") or item.get("id")).rsplit("/", 1)[-1].upper(): item.get("properties")
        or {}
        for item in found
    }


def _undelivered(azure: Azure, app: ResourceId, environment: str) -> Sequence[Any]:
    with azure.asking(f"queried the logs of {app}"):
        since = azure.now() - _LOOK_BACK
        return azure.logs.undelivered_secrets(app, since, environment=environment)


def _named(reference: Mapping[str, Any]) -> str:
    """`vault/secret`, without the version; the reference's own text where it could not be read."""
    vault, secret = reference.get("vaultName"), reference.get("secretName")
    if vault and secret:
        return f"{vault}/secrets/{secret}"
    return discreet(str(reference.get("reference") or "a Key Vault"))[:_LONGEST]


def _without_version(url: str) -> str:
    """`https://{vault}/secrets/{name}` of a secret identifier."""
    head, marker, rest = url.partition("/secrets/")
    return discreet(f"{head}{marker}{rest.split('/', 1)[0].split('?', 1)[0]}")[:_LONGEST]


def _identity(name: str) -> str | None:
    if not name:
        return None
    return "the system identity" if name.lower() in ("system", "systemassigned") else name
