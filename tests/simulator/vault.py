"""
Key Vault references of an app: `@Microsoft.KeyVault(...)` in an app setting.

In:  the World, the site and the setting's value.
Out: what the platform hands to the container, and the reference's status as configreferences tells.

A vault is a `Microsoft.KeyVault/vaults` resource, a secret a `…/vaults/secrets` child whose
`properties.value` holds the value. A reference that cannot be resolved is passed on as its own
literal text: that is how App Service does it, and why it ends in a 401 at the registry.
"""

import re
from dataclasses import dataclass

from tests.simulator import access
from tests.simulator.world import Resource, World

READ_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
_REFERENCE = re.compile(r"@Microsoft\.KeyVault\((?P<inside>.*)\)\Z", re.IGNORECASE | re.DOTALL)
_URI = re.compile(r"https://(?P<vault>[^./]+)\.[^/]+/secrets/(?P<secret>[^/]+)/?(?P<version>.*)")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One reference and how it resolves. `status` is a word of App Service's closed list."""

    text: str
    status: str
    vault: str = ""
    secret: str = ""
    version: str = ""
    value: str | None = None


def is_reference(value: str) -> bool:
    return value.lower().startswith("@microsoft.keyvault(")


def resolve(world: World, site: Resource, value: str) -> str:
    """The value the container gets."""
    if not is_reference(value):
        return value
    reference = look_up(world, site, value)
    return value if reference.value is None else reference.value


def look_up(world: World, site: Resource, text: str) -> Reference:
    match = _REFERENCE.match(text)
    named = _names(match["inside"]) if match else None
    if named is None:
        return Reference(text=text, status="InvalidSyntax")
    vault, secret, version = named
    principal = _fetcher(site)
    status, value = _read(world, principal, vault, secret)
    return Reference(
        text=text, status=status, vault=vault, secret=secret, version=version, value=value
    )


def fetched(world: World, app: Resource, secret: dict[str, str]) -> tuple[str, str | None]:
    """A container app's secret that a vault holds: the status, and the value if it arrives."""
    match = _URI.match(secret["keyVaultUrl"])
    if match is None:
        return "InvalidSyntax", None
    name = str(secret.get("identity") or "")
    identity = app.get("identity") or {}
    if name.lower() == "system":
        principal = identity.get("principalId")
    else:
        attached = {
            key.lower(): item
            for key, item in (identity.get("userAssignedIdentities") or {}).items()
        }
        principal = (attached.get(name.lower()) or {}).get("principalId")
    return _read(world, principal, match["vault"], match["secret"])


def _names(inside: str) -> tuple[str, str, str] | None:
    parts = {
        key.strip().lower(): value.strip()
        for key, _, value in (part.partition("=") for part in inside.split(";"))
    }
    if "secreturi" in parts:
        match = _URI.match(parts["secreturi"])
        return (match["vault"], match["secret"], match["version"]) if match else None
    if "vaultname" in parts and "secretname" in parts:
        return parts["vaultname"], parts["secretname"], parts.get("secretversion", "")
    return None


def _fetcher(site: Resource) -> str | None:
    """The principal that fetches: `keyVaultReferenceIdentity`, else the system identity."""
    identity = site.get("identity") or {}
    name = str(site["properties"].get("keyVaultReferenceIdentity") or "SystemAssigned")
    if name.lower() == "systemassigned":
        return identity.get("principalId")
    attached = {
        key.lower(): item for key, item in (identity.get("userAssignedIdentities") or {}).items()
    }
    return (attached.get(name.lower()) or {}).get("principalId")


def _read(world: World, principal: str | None, vault: str, secret: str) -> tuple[str, str | None]:
    if not principal:
        return "MSINotEnabled", None
    for found in world.resources.of_type("Microsoft.KeyVault/vaults"):
        if found["name"].lower() == vault.lower():
            break
    else:
        return "VaultNotFound", None
    id = f"{found['id']}/secrets/{secret}"
    stored = world.resources.get(id)
    if stored is None:
        return "SecretNotFound", None
    if not access.allows(world, principal, id, READ_SECRET, data=True):
        return "AccessToKeyVaultDenied", None
    return "Resolved", str(stored["properties"].get("value", ""))
