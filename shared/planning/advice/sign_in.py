"""
Advice about how a workload signs in: an identity that is not attached or not used, credentials.

In:  a Subject.  Out: a text for a person.

Never the admin user as a way out, and never a password in a command: a placeholder stands for
it. Commands: `az webapp`, `az containerapp`, `az acr credential`, `az keyvault` references. Pure.
"""

import re

from shared.model.credentials import Credentials
from shared.model.evidence import Access, Attached, PullMode
from shared.planning.advice.identity import grant
from shared.planning.advice.subject import Subject, commands, plain, quoted

_PASSWORD = "DOCKER_REGISTRY_SERVER_PASSWORD"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: What to look at, by App Service's word for why a reference does not resolve.
_LOOK_AT = {
    "InvalidSyntax": "The setting's text is not a valid reference; compare it with "
    "@Microsoft.KeyVault(VaultName=<vault>;SecretName=<secret>).",
    "MSINotEnabled": "The app has no identity that could fetch it; switch one on and let it read "
    "the secret.",
    "VaultNotFound": "There is no vault of that name, or it was deleted; it may be recoverable.",
    "SecretNotFound": "The vault has no secret of that name, or it was deleted; it may be "
    "recoverable.",
    "SecretVersionNotFound": "The reference names a version that is gone; without a version it "
    "follows the newest.",
    "AccessToKeyVaultDenied": "The vault does not let the identity read the secret, or its network "
    "rules do not let the app in.",
    "UnauthorizedClient": "The vault does not let the identity read the secret.",
    "FetchTimedOut": "The vault did not answer in time; look at its network rules and the app's "
    "routing.",
}


def identity_not_attached(s: Subject) -> str:
    auth = s.auth
    if auth and auth.mode is PullMode.SYSTEM_IDENTITY:
        switch_on = (
            f"az webapp identity assign {s.site_args}"
            if s.is_site
            else f"{s.app} identity assign {s.app_args} --system-assigned"
        )
        return (
            "Switch the workload's system identity on. It will be a new identity without any role, "
            f"so the pull role has to be granted to it afterwards:{commands(switch_on)}"
        )
    named = auth.identity if auth and auth.identity else "<client id of the identity>"
    attach = (
        (
            f"az identity list --query {_with_client_id(named)} --output tsv",
            f"az webapp identity assign {s.site_args} --identities '<the id it printed>'",
        )
        if s.is_site
        else (f"{s.app} identity assign {s.app_args} --user-assigned {quoted(named)}",)
    )
    return (
        f"The workload is told to pull with {plain(named)}, and that identity is not attached to "
        "it. Attach it, or configure one that is. It takes somebody who may hand that identity out "
        f"(Managed Identity Operator), so it is not done for you:{commands(*attach)}"
    )


def identity_not_used(s: Subject) -> str:
    able = [one for one in s.evidence.idle if one.pulls is True]
    access = s.evidence.access
    ready = bool(able) or (isinstance(access, Access) and access.pulls is True)
    chosen = able[0] if able else None
    if not ready:
        return (
            _right_address(s)
            + "Let the workload pull with its managed identity; that needs the pull role first:"
            + commands(*_to_identity(s))
            + f"\n{_counts(s)}"
        )
    several = ""
    if len(able) > 1:
        names = ", ".join(plain(one.id or "its system identity") for one in able)
        several = f" (it has several that may pull: {names}; choose one)"
    return (
        f"The identity has the right already{several}; tell the workload to pull with it:"
        + commands(use_identity(s, chosen))
        + f"\n{_counts(s)}"
        + _leftovers(s)
    )


def credentials_admin_disabled(s: Subject) -> str:
    if any(one.pulls is True for one in s.evidence.idle):
        return f"The admin user of {s.host} is off, and that is good practice: leave it off."
    return (
        f"The admin user of {s.host} is off, and that is good practice: leave it off. Let the "
        f"workload pull with its managed identity:{commands(*_to_identity(s))}" + _leftovers(s)
    )


def credentials_not_admin(s: Subject) -> str:
    name = quoted(s.username or "<name of the token>")
    whose = f"The user {s.username}" if s.username else "The configured user"
    if _GUID.fullmatch(s.username):
        return (
            f"{whose} is a service principal. See whether its secret has expired (a year is the "
            "default), and give the workload a new one; nobody can read the old one back:"
            + commands(
                f"az ad app credential list --id {name}",
                f"az role assignment list --assignee {name} --scope {s.registry_id} "
                "--include-inherited",
            )
            + "\nA managed identity needs no such secret at all."
        )
    return (
        f"{whose} is a repository token or somebody else's user. Its owner has to look whether it "
        "is expired or disabled and issue a new password; nobody can read the old one back. For a "
        "token:"
        + commands(
            f"az acr token show --registry {s.registry_name} --name {name}",
            f"az acr token credential generate --registry {s.registry_name} --name {name} "
            "--password1 --expiration-in-days 90",
        )
        + "\nA managed identity needs no such password at all."
    )


def credentials_stale(s: Subject) -> str:
    found = s.evidence.credentials
    vault = found.vault if isinstance(found, Credentials) else None
    read = (
        f"az acr credential show --name {s.registry_name} --query 'passwords[0].value' --output tsv"
    )
    first = (
        f"Whoever looks after the Key Vault puts the present password of {s.host} there, as a new "
        "version of the secret; the setting stays as it is:"
        if vault
        else f"Put the present password of {s.host} where the workload reads it:"
    )
    lines = [read, _store(s, vault)]
    if not s.is_site and not s.is_job:
        lines.append(f"az containerapp revision restart {s.app_args} --revision '<revision>'")
    return (
        first
        + commands(*lines)
        + "\nBetter, let it pull with its managed identity and be done with passwords:"
        + commands(*_to_identity(s))
    )


def keyvault_reference_broken(s: Subject) -> str:
    found = s.evidence.credentials
    if not isinstance(found, Credentials) or not found.vault:
        look = (
            f"az webapp config appsettings list {s.site_args} --query \"[?name=='{_PASSWORD}']\""
            if s.is_site
            else f"{s.app} secret list {s.app_args}"
        )
        return (
            "The registry password is taken from a Key Vault and does not arrive. See which vault "
            "and secret it is, then ask the vault's owner whether the secret, its version and the "
            f"workload's access to it are still there:{commands(look)}"
        )
    vault, secret = _vault(found.vault)
    status = found.vault_status if isinstance(found.vault_status, str) else ""
    who = plain(found.vault_identity or "an identity nobody named")
    return (
        f"The secret {plain(found.vault)} is fetched by {who} and does not arrive "
        f"({plain(status) or 'no status'}). {_LOOK_AT.get(status, '')}".rstrip()
        + " Its owner can see what is there and who may read it:"
        + commands(
            f"az keyvault secret show --vault-name {quoted(vault)} --name {quoted(secret)} "
            "--query attributes",
            f"az keyvault show --name {quoted(vault)} --query properties.networkAcls",
            f"az role assignment create --role 'Key Vault Secrets User' "
            f"--assignee-object-id {_fetcher(s, found)} "
            f"--assignee-principal-type ServicePrincipal --scope '<resource id of the secret>'",
        )
        + "\nThe last one only where the identity may not read it yet. "
        + ("Then restart the app: references are" if s.is_site else "The platform fetches it anew")
        + (" resolved at the start." if s.is_site else " within half an hour.")
    )


def use_identity(s: Subject, chosen: Attached | None = None) -> str:
    """The command that makes the workload pull with an identity."""
    if s.is_site:
        if s.auth and s.auth.sidecar:
            return (
                f"az webapp sitecontainers update {s.site_args} --container-name "
                f"{quoted(s.evidence.image.container if s.evidence.image else '<container>')} "
                "--system-assigned-identity true"
            )
        client = ""
        if chosen and chosen.client:
            client = f" properties.acrUserManagedIdentityID={quoted(chosen.client)}"
        return (
            f"az resource update --ids {quoted(f'{s.workload}/config/web')} "
            f"--set properties.acrUseManagedIdentityCreds=true{client}"
        )
    return (
        f"{s.app} registry set {s.app_args} --server {quoted(s.host)} "
        f"--identity {quoted(chosen.id) if chosen and chosen.id else 'system'}"
    )


def _with_client_id(client: str) -> str:
    """A query that may stand in a shell as it is: a GUID needs no further quoting."""
    if _GUID.fullmatch(client):
        return f"\"[?clientId=='{client}'].id\""
    return quoted(f"[?clientId=='{plain(client)}'].id")


def _to_identity(s: Subject) -> tuple[str, ...]:
    """What it takes to pull with the system identity: have one, let it in, use it."""
    known = s.auth is not None and bool(s.auth.principal)
    switch_on = (
        f"az webapp identity assign {s.site_args}"
        if s.is_site
        else f"{s.app} identity assign {s.app_args} --system-assigned"
    )
    return (*(() if known else (switch_on,)), grant(s), use_identity(s))


def _counts(s: Subject) -> str:
    """When a changed sign-in counts."""
    if s.is_site:
        return "This restarts the workload."
    if s.is_job:
        return "It counts from the next execution on."
    return "It counts for the next replica; restart the failing revision to have it tried at once."


def _right_address(s: Subject) -> str:
    """For credentials that another registry gets, or none."""
    if not s.is_site or not s.auth or s.auth.mode is not PullMode.CREDENTIALS:
        return ""
    setting = quoted(f"DOCKER_REGISTRY_SERVER_URL=https://{s.host}")
    return (
        "If the stored credentials are this registry's, name it in their address:"
        + commands(f"az webapp config appsettings set {s.site_args} --settings {setting}")
        + "\nBetter: "
    )


def _store(s: Subject, vault: str | None) -> str:
    found = s.evidence.credentials
    place = found.place if isinstance(found, Credentials) and found.place else ""
    if vault:
        name, secret = _vault(vault)
        return (
            f"az keyvault secret set --vault-name {quoted(name)} --name {quoted(secret)} "
            "--value '<present-password>'"
        )
    if s.auth and s.auth.sidecar and not place:
        name = s.evidence.image.container if s.evidence.image else "<container>"
        return (
            f"az webapp sitecontainers update {s.site_args} --container-name {quoted(name)} "
            f"--registry-username {quoted(s.username)} --registry-password '<present-password>'"
        )
    if s.is_site:
        setting = quoted(f"{place or _PASSWORD}=<present-password>")
        return f"az webapp config appsettings set {s.site_args} --settings {setting}"
    secret = quoted(f"{place or '<secret>'}=<present-password>")
    return f"{s.app} secret set {s.app_args} --secrets {secret}"


def _vault(text: str) -> tuple[str, str]:
    """Vault and secret of `vault/secrets/name` or `https://vault.…/secrets/name`."""
    host, _, secret = text.partition("/secrets/")
    return host.partition("://")[2].partition(".")[0] or host, secret or "<secret>"


def _fetcher(s: Subject, found: Credentials) -> str:
    system = found.vault_identity == "the system identity"
    known = s.auth.principal if s.auth and system else None
    return quoted(known) if known else "'<object id of that identity>'"


def _leftovers(s: Subject) -> str:
    """The settings nobody needs any more once an identity pulls."""
    if not s.is_site or not s.auth or s.auth.mode is not PullMode.CREDENTIALS or s.auth.sidecar:
        return ""
    names = "DOCKER_REGISTRY_SERVER_USERNAME DOCKER_REGISTRY_SERVER_PASSWORD"
    return "\nOnce it pulls, the user name and password can go:" + commands(
        f"az webapp config appsettings delete {s.site_args} --setting-names {names}"
    )
