"""
Advice about credentials: rotated, of a token, from a Key Vault, or of an admin user that is off.

In:  a Subject.  Out: a text for a person.

Never the admin user as a way out, and never a password in a command: a placeholder stands for it.
Commands: `az acr credential`, `az acr token`, `az keyvault`, `az webapp`, `az containerapp`. Pure.
"""

import re

from shared.model.credentials import Credentials, Token
from shared.planning.advice.sign_in import leftovers, to_identity
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


def credentials_admin_disabled(s: Subject) -> str:
    if any(one.pulls is True for one in s.evidence.idle):
        return f"The admin user of {s.host} is off, and that is good practice: leave it off."
    return (
        f"The admin user of {s.host} is off, and that is good practice: leave it off. Let the "
        f"workload pull with its managed identity:{commands(*to_identity(s))}" + leftovers(s)
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
    return _token(s, whose, name) + "\nA managed identity needs no such password at all."


def _token(s: Subject, whose: str, name: str) -> str:
    """By what is the matter with the token; where nothing is known, how to look."""
    found = s.evidence.credentials
    token = found.token if isinstance(found, Credentials) else None
    of = f"--registry {s.registry_name} --name {name}"
    new = f"az acr token credential generate {of} --password1 --expiration-in-days 90"
    if not isinstance(token, Token):
        return (
            f"{whose} is a repository token or somebody else's user. Its owner has to look whether "
            "it is expired or disabled and issue a new password; nobody can read the old one back. "
            f"For a token:{commands(f'az acr token show {of}', new)}"
        )
    if not token.exists:
        return (
            f"{whose} is neither the admin user of {s.host} nor one of its tokens: it was deleted, "
            "or the name belongs to another registry. See which tokens there are:"
            + commands(f"az acr token list --registry {s.registry_name} --output table")
        )
    if token.enabled is False:
        return (
            f"{whose} is a token that somebody disabled. If that was not meant for this workload, "
            f"its owner enables it again:{commands(f'az acr token update {of} --status enabled')}"
        )
    if token.reads is False:
        scope = f"--registry {s.registry_name} --name {quoted(token.scope_map)}"
        add = f"--add-repository {quoted(s.repository)} content/read metadata/read"
        return (
            f"{whose} is a token for other repositories. Its owner adds this one to its scope map, "
            f"or gives the workload a token of its own:"
            f"{commands(f'az acr scope-map update {scope} {add}')}"
        )
    return (
        f"{whose} is a token whose password {_became(token)}; "
        "nobody can read a token's password back. Its owner makes a new one, which then goes where "
        f"the workload reads it:{commands(new, _store(s, None))}"
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
        else f"By hand: put the present password of {s.host} where the workload reads it:"
    )
    lines = [read, _store(s, vault)]
    if not s.is_site and not s.is_job:
        lines.append(f"az containerapp revision restart {s.app_args} --revision '<revision>'")
    return (
        first
        + commands(*lines)
        + "\nBetter, let it pull with its managed identity and be done with passwords:"
        + commands(*to_identity(s))
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


def _became(token: Token) -> str:
    return "expired" if token.expired else "is another one now"
