"""
Checks on signing in without an identity: with credentials, or with nothing at all.

In:  a Case whose registry was read.
Out: an Answer per finding.

Only configuration decides, and of passwords only the comparison: the registry's admin user has two
that can be read back (Azure Container Registry authentication). A token's or a service principal's
cannot, and what a Key Vault holds is not ours to read; there the registry's own refusal is the only
word there is, once nothing before it is wrong. Pure.
"""

from shared.diagnosis.case import Answer, Case, excluded, found, unknown
from shared.model.credentials import DELIVERED, PENDING, Credentials, Token
from shared.model.evidence import Access, PullAuth, PullMode, Registry, Unread
from shared.model.words import Cause, FindingName

#: What App Service's words for a reference that does not resolve mean (ResolveStatus).
_STATUS = {
    "InvalidSyntax": "its text is not a valid reference",
    "MSINotEnabled": "the workload has no identity to fetch it with",
    "VaultNotFound": "there is no such vault",
    "SecretNotFound": "the vault has no such secret",
    "SecretVersionNotFound": "the secret has no such version",
    "AccessToKeyVaultDenied": "the vault refuses the workload's identity, or its network",
    "UnauthorizedClient": "the vault refuses the workload's identity",
    "FetchTimedOut": "the vault did not answer in time",
    "OtherReasons": "App Service gives no reason",
}


def identity_not_used(case: Case) -> Answer:
    """The workload signs in with nothing, or with dead credentials, beside a usable identity."""
    name = FindingName.IDENTITY_NOT_USED
    auth, server = case.auth, case.registry.login_server
    if isinstance(auth, Unread):
        return unknown(name, f"how the workload signs in is {auth.because}")
    if case.uses_identity:
        return excluded(name, "the workload pulls with its identity")
    dead = auth.mode is PullMode.CREDENTIALS and _admin_switched_off(case, auth)
    nothing = _nothing_sent(auth, server)
    if not nothing and not dead:
        return excluded(name, "the workload is configured with credentials")
    if case.registry.anonymous_pull:
        return excluded(name, "the registry allows anonymous pulls")
    if _an_identity_is_able(case):
        return found(
            name,
            f"The workload's own identity may already pull from {server}, but the workload is not "
            f"told to use it{f': {nothing}' if nothing else ''}",
        )
    if dead:
        return excluded(name, "no identity of the workload is shown to have pull permission")
    return found(
        name,
        f"The workload signs in to {server} with nothing: {nothing}, and the registry does not "
        "serve strangers",
    )


def credentials_admin_disabled(case: Case) -> Answer:
    """Admin credentials are configured and the registry's admin user is off."""
    name = FindingName.CREDENTIALS_ADMIN_DISABLED
    if answer := _needs_credentials(case, name):
        return answer
    auth = _auth(case)
    if _is_admin(case.registry, auth) and case.registry.admin_enabled is None:
        return unknown(name, "Azure did not report whether the registry's admin user is on")
    if _admin_switched_off(case, auth):
        return found(
            name,
            f"The workload signs in as the admin user of {case.registry.login_server}, and that "
            "user is switched off",
        )
    if auth.username is None:
        return unknown(name, "the user name comes from a Key Vault, so whose it is cannot be told")
    return excluded(name, "the admin user is on, or is not the one used")


def keyvault_reference_broken(case: Case) -> Answer:
    """A part of the sign-in comes from a Key Vault and does not arrive."""
    name = FindingName.KEYVAULT_REFERENCE_BROKEN
    if answer := _needs_credentials(case, name):
        return answer
    seen = case.evidence.credentials
    if isinstance(seen, Unread) and _auth(case).vaulted:
        return unknown(name, f"whether the Key Vault reference resolves is {seen.because}")
    if not isinstance(seen, Credentials) or seen.vault is None:
        if _auth(case).keyvault:
            return unknown(name, "the password is a Key Vault reference, whose state was not read")
        return excluded(name, "the password is no Key Vault reference")
    place, status = seen.vault_place or seen.place, seen.vault_status
    if isinstance(status, Unread):
        return unknown(name, f"whether {place} arrives from {seen.vault} is {status.because}")
    if status is None or status == PENDING:
        return unknown(name, f"nothing tells whether {place} arrives from {seen.vault}")
    if status == DELIVERED:
        return excluded(name, f"{place} arrives from {seen.vault}")
    who = f", fetched with {seen.vault_identity}" if seen.vault_identity else ""
    return found(
        name,
        f"{place} should come from the Key Vault secret {seen.vault}{who}, and does not arrive: "
        f"{_STATUS.get(status, 'the platform could not fetch it')} ({status})",
    )


def credentials_not_admin(case: Case) -> Answer:
    """Credentials of a token or a service principal were refused; only their owner can help."""
    name = FindingName.CREDENTIALS_NOT_ADMIN
    if answer := _needs_credentials(case, name):
        return answer
    auth, server = _auth(case), case.registry.login_server
    if _is_admin(case.registry, auth):
        return excluded(name, "the workload signs in as the registry's admin user")
    if auth.username is None:
        return unknown(name, "the user name comes from a Key Vault, so whose it is cannot be told")
    if keyvault_reference_broken(case).verdict == "found":
        return excluded(name, "the credentials do not arrive at the workload, whoever's they are")
    if answer := _token(case, name):
        return answer
    who = _kind(auth.username)
    if case.claim is Cause.UNAUTHORIZED:
        return found(
            name,
            f"The registry {server} refused the user {auth.username}, {who} whose secret nobody "
            "can read back or compare",
        )
    return unknown(name, f"the user {auth.username} is {who}, which cannot be compared")


def credentials_stale(case: Case) -> Answer:
    """The stored password of the admin user is none of the two that the registry accepts."""
    name = FindingName.CREDENTIALS_STALE
    if answer := _needs_credentials(case, name):
        return answer
    auth, seen = _auth(case), case.evidence.credentials
    if auth.username is None:
        return unknown(name, "the user name comes from a Key Vault, so whose it is cannot be told")
    if not _is_admin(case.registry, auth) or case.registry.admin_enabled is False:
        return excluded(name, "the workload does not use working admin credentials")
    if isinstance(seen, Unread):
        return unknown(name, f"the stored admin password is {seen.because}")
    if isinstance(seen, Credentials) and seen.vault is not None:
        return _stale_in_the_vault(case, name, seen)
    if seen is None or seen.matches is None:
        return unknown(
            name, "the stored admin password was not compared with the registry's two passwords"
        )
    if isinstance(seen.matches, Unread) and not seen.place and case.claim is Cause.UNAUTHORIZED:
        return found(
            name,
            f"The registry {case.registry.login_server} refused its admin user's password; where "
            "this workload keeps it is not shown, so it cannot be compared",
        )
    if isinstance(seen.matches, Unread):
        return unknown(
            name, f"the stored admin password cannot be compared: it is {seen.matches.because}"
        )
    if seen.matches:
        return excluded(name, "the stored password is one of the registry's two")
    if not seen.stored:
        return found(
            name,
            f"The workload signs in to {case.registry.login_server} as its admin user, and no "
            f"password is stored as {seen.place}",
        )
    return found(
        name,
        f"The password stored as {seen.place} is neither of the two that "
        f"{case.registry.login_server} accepts for its admin user: they were rotated",
    )


def _token(case: Case, name: FindingName) -> Answer | None:
    """What the resource manager says about the token itself; None where that decides nothing."""
    seen, server = case.evidence.credentials, case.registry.login_server
    token = seen.token if isinstance(seen, Credentials) else None
    if not isinstance(token, Token):
        return None
    whose = f"The workload signs in to {server} with the token {token.name}"
    if not token.exists:
        return found(
            name,
            f"The workload signs in as {token.name}, and {server} has neither an admin user nor a "
            "token of that name",
        )
    if token.enabled is False:
        return found(name, f"{whose}, which is disabled")
    if token.expired is not None:
        return found(name, f"{whose}, whose passwords expired ({token.expired:%Y-%m-%d})")
    if token.reads is False:
        repository = case.image.repository if case.image else "the repository"
        return found(
            name,
            f"{whose}, whose scope map {token.scope_map} does not let it read {repository}",
        )
    return None


def _stale_in_the_vault(case: Case, name: FindingName, seen: Credentials) -> Answer:
    """A password that a vault holds: whether it is the right one, only the registry can tell."""
    place, server = seen.vault_place or seen.place, case.registry.login_server
    if seen.vault_status not in (DELIVERED, None):
        return unknown(name, f"the password in {seen.vault} cannot be compared")
    if case.claim is not Cause.UNAUTHORIZED:
        return unknown(name, f"the password in {seen.vault} cannot be compared")
    arrives = "arrives as" if seen.vault_status else "is not said to be missing as"
    return found(
        name,
        f"The Key Vault secret {seen.vault} {arrives} {place}, and {server} refuses it: it was "
        "rotated, and the vault holds the old one",
    )


def _needs_credentials(case: Case, name: FindingName) -> Answer | None:
    if isinstance(case.auth, Unread):
        return unknown(name, f"how the workload signs in is {case.auth.because}")
    if case.auth.mode is not PullMode.CREDENTIALS:
        return excluded(name, "the workload does not sign in with a user name and password")
    if not case.auth.sent_to(case.registry.login_server):
        return excluded(name, "the stored credentials are for another registry, and are not sent")
    return None


def _nothing_sent(auth: PullAuth, server: str) -> str:
    """Why no credentials reach the registry, or ""."""
    if auth.mode is PullMode.ANONYMOUS:
        return "neither an identity nor credentials are configured for it"
    if auth.sent_to(server):
        return ""
    if not auth.server:
        return "its credentials name no registry (DOCKER_REGISTRY_SERVER_URL is missing)"
    return f"its credentials are for {auth.server}, so they are not sent here"


def _an_identity_is_able(case: Case) -> bool:
    if any(one.pulls is True for one in case.evidence.idle):
        return True
    return isinstance(case.access, Access) and case.access.pulls is True


def _kind(username: str) -> str:
    """A service principal's user name is its client id, a GUID; a token's is its name."""
    parts = [len(part) for part in username.split("-")]
    guid = parts == [8, 4, 4, 4, 12]
    return "a service principal" if guid else "a token (or another registry's user)"


def _auth(case: Case) -> PullAuth:
    assert isinstance(case.auth, PullAuth)
    return case.auth


def _is_admin(registry: Registry, auth: PullAuth) -> bool:
    return (auth.username or "").lower() == registry.id.name.lower()


def _admin_switched_off(case: Case, auth: PullAuth) -> bool:
    admin = _is_admin(case.registry, auth) and auth.sent_to(case.registry.login_server)
    return admin and case.registry.admin_enabled is False
