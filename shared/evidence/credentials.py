"""
Whether stored credentials are those the registry accepts.

In:  the evidence read so far.
Out: the aspect `credentials`; None where the workload signs in with an identity or with nothing.

Passwords are read and compared here, and stay here: what leaves is whether they match. A value
that a Key Vault holds is not read at all, only whether it arrives: App Service tells for each
reference (`configreferences`), Container Apps only in its system log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from shared.clients import stored
from shared.clients.azure import Azure
from shared.evidence import tokens, vault
from shared.evidence.reading import attempt, whole
from shared.model.credentials import Credentials, Token
from shared.model.evidence import Evidence, Fact, PullAuth, PullMode, Registry, Unread
from shared.model.ids import ResourceId


def read(azure: Azure, evidence: Evidence) -> Credentials | Unread | None:
    """Compare, where there is something to compare; then ask what a change would touch."""
    auth, registry = evidence.workload.auth, evidence.registry
    if not isinstance(auth, PullAuth) or auth.mode is not PullMode.CREDENTIALS:
        return None
    if not isinstance(registry, Registry):
        return None
    if auth.secret is None and (auth.username or "").lower() == registry.id.name.lower():
        hidden = Unread("not readable: where the password is stored is not shown by Azure")
        return Credentials(place="", matches=hidden)
    if auth.username and auth.username.lower() != registry.id.name.lower():
        return _of_another_user(azure, evidence, auth, registry)
    return _of_the_admin(azure, evidence, auth, registry)


def _of_another_user(
    azure: Azure, evidence: Evidence, auth: PullAuth, registry: Registry
) -> Credentials | Unread:
    """A token's or a service principal's password cannot be read back; the token itself can."""
    repository = evidence.image.repository if evidence.image else ""
    answers = azure.together(
        token=lambda: tokens.of(azure, registry, auth.username or "", repository),
        kept=lambda: (
            _of_the_admin(azure, evidence, auth, registry)
            if auth.secret and (auth.vaulted or not _is_site(evidence))
            else Credentials(place=auth.secret or "")
        ),
    )
    kept: Credentials | Unread = answers["kept"]
    return kept if isinstance(kept, Unread) else replace(kept, token=answers["token"])


def _of_the_admin(
    azure: Azure, evidence: Evidence, auth: PullAuth, registry: Registry
) -> Credentials | Unread:
    site = _is_site(evidence)
    found = _site(azure, evidence, auth, registry) if site else _app(azure, evidence, registry)
    if isinstance(found, Unread) or found.matches is not False:
        return found
    return _what_hangs_on_it(azure, evidence, found)


def _site(
    azure: Azure, evidence: Evidence, auth: PullAuth, registry: Registry
) -> Credentials | Unread:
    site, name = evidence.workload.id, auth.secret or ""
    if auth.vaulted:
        return vault.of_site(azure, site, name, auth.vaulted)
    if not _comparable(auth, registry):
        return Credentials(place=name)
    answers = azure.together(
        settings=lambda: attempt(lambda: stored.app_settings(azure, site)),
        login=lambda: attempt(lambda: stored.registry_login(azure, registry.id)),
    )
    settings, login = answers["settings"], answers["login"]
    if isinstance(settings, Unread):
        return settings
    spelled = [key for key in settings if key.upper() == name.upper()]
    if len(spelled) > 1:
        return Unread(f"not readable: there are {len(spelled)} settings of the name {name}")
    if not spelled:
        return Credentials(place=name, stored=False, matches=False)
    return Credentials(place=spelled[0], matches=_matches(settings[spelled[0]], login))


def _app(azure: Azure, evidence: Evidence, registry: Registry) -> Credentials | Unread:
    """A container app or job: the secret its `registries[]` entry names."""
    app, auth = evidence.workload.id, evidence.workload.auth
    assert isinstance(auth, PullAuth)
    name = auth.secret or ""
    comparable = _comparable(auth, registry)
    answers = azure.together(
        secrets=lambda: attempt(lambda: stored.app_secrets(azure, app)),
        login=lambda: (
            attempt(lambda: stored.registry_login(azure, registry.id)) if comparable else None
        ),
    )
    secrets, login = answers["secrets"], answers["login"]
    if isinstance(secrets, Unread):
        return secrets
    item = next((one for one in secrets if one.get("name") == name), None)
    if item is None:
        return Credentials(place=name, stored=False, matches=False if comparable else None)
    if item.get("keyVaultUrl"):
        return vault.of_app(azure, evidence, item)
    if login is None:
        return Credentials(place=name)
    return Credentials(place=name, matches=_matches(str(item.get("value") or ""), login))


def _is_site(evidence: Evidence) -> bool:
    return evidence.workload.id.type.startswith("microsoft.web/")


def _comparable(auth: PullAuth, registry: Registry) -> bool:
    """Only the admin user's passwords can be read back, and only while it is on (ACR docs)."""
    admin = (auth.username or "").lower() == registry.id.name.lower()
    return admin and registry.admin_enabled is not False


def _matches(value: str, login: stored.Login | Unread) -> bool | Unread:
    return login if isinstance(login, Unread) else login.named(value) is not None


def _what_hangs_on_it(azure: Azure, evidence: Evidence, found: Credentials) -> Credentials:
    """Who else uses the place that would be written."""
    id = evidence.workload.id
    if id.type.startswith("microsoft.web/"):
        sticky = attempt(lambda: _sticky(azure, id, found.place))
        return replace(found, slot_sticky=sticky, shared_by=_other_containers(evidence))
    entries = attempt(lambda: _entries(azure, id))
    if isinstance(entries, Unread):
        return replace(found, matches=entries)
    host = evidence.image.host if evidence.image else ""
    others = tuple(
        str(entry.get("server"))
        for entry in entries
        if entry.get("passwordSecretRef") == found.place
        and str(entry.get("server") or "").lower() != host
    )
    return replace(found, shared_by=others)


def _sticky(azure: Azure, site: ResourceId, name: str) -> bool:
    """`slotConfigNames` belongs to the site and holds for all its slots (Microsoft.Web)."""
    operations = azure.web(site.subscription).web_apps
    with azure.asking(f"read the slot settings of {site}"):
        answer = operations.list_slot_configuration_names(site.group, site.names[0]).as_dict()
    names = (answer.get("properties") or {}).get("appSettingNames") or ()
    return name.upper() in {str(one).upper() for one in names}


def _other_containers(evidence: Evidence) -> tuple[str, ...]:
    """Hosts of containers beside this one that sign in with the same setting."""
    auth, image = evidence.workload.auth, evidence.image
    mine = auth.secret if isinstance(auth, PullAuth) else None
    hosts = {one.container: one.host for one in evidence.workload.images}
    return tuple(
        hosts.get(name, name)
        for name, other in (evidence.workload.sign_ins or {}).items()
        if isinstance(other, PullAuth)
        and other.secret == mine
        and image is not None
        and hosts.get(name) != image.host
    )


def _entries(azure: Azure, app: ResourceId) -> list[Mapping[str, Any]]:
    client = azure.apps(app.subscription)
    with azure.asking(f"read the registries of {app}"):
        model = (
            client.jobs.get(app.group, app.name)
            if app.type == "microsoft.app/jobs"
            else client.container_apps.get(app.group, app.name)
        )
        properties = whole(model.as_dict(), str(app))["properties"]
    return list((properties.get("configuration") or {}).get("registries") or ())


def facts(evidence: Evidence) -> Iterator[Fact]:
    """Where the password is, whether it is right, whether it arrives."""
    found, id = evidence.credentials, evidence.workload.id
    if isinstance(found, Unread):
        yield Fact(fact="stored credentials", value=found.because, source=str(id))
    if not isinstance(found, Credentials):
        return
    where = f"{id} {found.place}".strip()
    if found.vault is not None:
        yield Fact(
            fact="password comes from", value=found.vault, source=f"{id} {found.vault_place}"
        )
    if found.vault_status is not None:
        yield Fact(fact="Key Vault reference", value=_said(found.vault_status), source=where)
    if found.vault_detail:
        yield Fact(fact="the platform says", value=found.vault_detail, source=where)
    if found.matches is not None:
        told = {True: "one of the registry's two", False: "none of the registry's two"}
        if not found.stored:
            told[False] = "nothing is stored"
        value = found.matches.because if isinstance(found.matches, Unread) else told[found.matches]
        yield Fact(fact="stored password", value=value, source=f"{where} and listCredentials")
    if isinstance(found.slot_sticky, bool):
        said = "stays with its slot" if found.slot_sticky else "moves with a slot swap"
        yield Fact(fact="slot setting", value=said, source=f"{id} slotConfigNames")
    if isinstance(found.token, Token):
        yield Fact(fact="token", value=_token(found.token), source=f"{id} sign-in, registry tokens")
    elif isinstance(found.token, Unread):
        yield Fact(fact="token", value=found.token.because, source="registry tokens")
    for other in found.shared_by:
        yield Fact(fact="same password also sent to", value=other, source=where)


def _token(token: Token) -> str:
    if not token.exists:
        return f"{token.name}: the registry has no token of that name"
    said = {True: "enabled", False: "disabled", None: "status not reported"}[token.enabled]
    if token.expired:
        said += f", no password good since {token.expired:%Y-%m-%d %H:%M} UTC"
    reads = {True: "lets it read", False: "does not let it read", None: "not readable for"}
    return f"{token.name}: {said}; scope map {token.scope_map} {reads[token.reads]} the repository"


def _said(value: str | Unread) -> str:
    return value.because if isinstance(value, Unread) else value
