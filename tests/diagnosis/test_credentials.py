"""Signing in with credentials, or with nothing at all."""

from typing import Any

import pytest

from shared.diagnosis import diagnose
from shared.model.credentials import Credentials, Token
from shared.model.evidence import Attached, PullAuth, PullMode, Unread
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName
from tests.diagnosis import given

F = FindingName
SERVER = "https://contoso.azurecr.io"
PLACE = "DOCKER_REGISTRY_SERVER_PASSWORD"


def auth(**members: Any) -> PullAuth:
    return PullAuth(
        **{
            "mode": PullMode.CREDENTIALS,
            "username": "contoso",
            "server": SERVER,
            "secret": PLACE,
        }
        | members
    )


def of(
    sign_in: PullAuth,
    credentials: Credentials | Unread | None = None,
    *,
    admin: bool | None = True,
    cause: Cause = Cause.UNAUTHORIZED,
    **members: Any,
) -> Diagnosis:
    seen = given.evidence(
        **{
            "workload": given.workload(auth=sign_in),
            "access": None,
            "registry": given.registry(admin_enabled=admin),
            "credentials": credentials,
        }
        | members
    )
    return diagnose(given.signal(), given.reading(cause), seen)


def stored(**members: Any) -> Credentials:
    return Credentials(**{"place": PLACE} | members)


#: sign-in, comparison, admin user, what is found, words that say why
TABLE: dict[str, tuple[PullAuth, Credentials | Unread | None, bool | None, FindingName, str]] = {
    "rotated": (auth(), stored(matches=False), True, F.CREDENTIALS_STALE, "rotated"),
    "nothing stored": (
        auth(),
        stored(matches=False, stored=False),
        True,
        F.CREDENTIALS_STALE,
        "no password is stored",
    ),
    "right": (auth(), stored(matches=True), True, F.UNDETERMINED, ""),
    "not compared": (auth(), None, True, F.UNDETERMINED, "not compared"),
    "passwords refused": (
        auth(),
        stored(matches=Unread("not readable: 403")),
        True,
        F.UNDETERMINED,
        "not readable: 403",
    ),
    "settings refused": (auth(), Unread("not readable: 403"), True, F.UNDETERMINED, "403"),
    "admin off": (auth(), stored(), False, F.CREDENTIALS_ADMIN_DISABLED, "switched off"),
    "admin unknown": (auth(), stored(matches=True), None, F.UNDETERMINED, "admin user is on"),
    "token": (auth(username="ci"), stored(), True, F.CREDENTIALS_NOT_ADMIN, "a token"),
    "token disabled": (
        auth(username="ci-token"),
        stored(token=Token(name="ci-token", enabled=False)),
        True,
        F.CREDENTIALS_NOT_ADMIN,
        "which is disabled",
    ),
    "token expired": (
        auth(username="ci-token"),
        stored(token=Token(name="ci-token", enabled=True, expired=given.NOW)),
        True,
        F.CREDENTIALS_NOT_ADMIN,
        "whose passwords expired (2026-08-01)",
    ),
    "token for others": (
        auth(username="ci-token"),
        stored(token=Token(name="ci-token", enabled=True, scope_map="ci", reads=False)),
        True,
        F.CREDENTIALS_NOT_ADMIN,
        "whose scope map ci does not let it read shop",
    ),
    "no such token": (
        auth(username="ci-token"),
        stored(token=Token(name="ci-token", exists=False)),
        True,
        F.CREDENTIALS_NOT_ADMIN,
        "neither an admin user nor a token of that name",
    ),
    "token in order": (
        auth(username="ci-token"),
        stored(token=Token(name="ci-token", enabled=True, reads=True)),
        True,
        F.CREDENTIALS_NOT_ADMIN,
        "refused the user ci-token",
    ),
    "service principal": (
        auth(username="0f6c2d1e-7f0b-4a53-9a57-3f1c6b1d2e90"),
        stored(),
        True,
        F.CREDENTIALS_NOT_ADMIN,
        "a service principal",
    ),
    "vault broken": (
        auth(keyvault=True, vaulted=(PLACE,)),
        stored(vault="kv/secrets/acr", vault_status="SecretNotFound", vault_identity="id"),
        True,
        F.KEYVAULT_REFERENCE_BROKEN,
        "kv/secrets/acr, fetched with id, and does not arrive: the vault has no such secret",
    ),
    "vault broken, token": (
        auth(username="ci", keyvault=True, vaulted=(PLACE,)),
        stored(vault="kv/secrets/acr", vault_status="AccessToKeyVaultDenied"),
        True,
        F.KEYVAULT_REFERENCE_BROKEN,
        "AccessToKeyVaultDenied",
    ),
    "vault holds the old one": (
        auth(keyvault=True, vaulted=(PLACE,)),
        stored(vault="kv/secrets/acr", vault_status="Resolved"),
        True,
        F.CREDENTIALS_STALE,
        "the vault holds the old one",
    ),
    "vault unread": (
        auth(keyvault=True, vaulted=(PLACE,)),
        stored(vault="a Key Vault", vault_status=Unread("not readable: 403")),
        True,
        F.UNDETERMINED,
        "not readable: 403",
    ),
    "vault silent": (
        auth(keyvault=True, vaulted=(PLACE,)),
        stored(vault="kv/secrets/acr"),
        True,
        F.CREDENTIALS_STALE,
        "nothing tells",
    ),
    "place hidden": (
        auth(secret=None, server=None),
        stored(place="", matches=Unread("not readable: not shown")),
        True,
        F.CREDENTIALS_STALE,
        "is not shown",
    ),
    "vault not asked": (
        auth(keyvault=True, vaulted=(PLACE,)),
        None,
        True,
        F.UNDETERMINED,
        "state was not read",
    ),
    "user from a vault": (
        auth(username=None, vaulted=("DOCKER_REGISTRY_SERVER_USERNAME",)),
        stored(vault="kv/secrets/user", vault_status="Resolved"),
        True,
        F.UNDETERMINED,
        "whose it is cannot be told",
    ),
    "for another registry": (
        auth(server="https://other.azurecr.io"),
        None,
        True,
        F.IDENTITY_NOT_USED,
        "its credentials are for https://other.azurecr.io",
    ),
    "for no registry": (
        auth(server=""),
        None,
        True,
        F.IDENTITY_NOT_USED,
        "DOCKER_REGISTRY_SERVER_URL is missing",
    ),
    "nothing at all": (
        PullAuth(mode=PullMode.ANONYMOUS),
        None,
        True,
        F.IDENTITY_NOT_USED,
        "neither an identity nor credentials",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_each_way_to_sign_in_has_its_own_finding(case: str) -> None:
    sign_in, credentials, admin, finding, words = TABLE[case]

    diagnosis = of(sign_in, credentials, admin=admin)

    assert diagnosis.finding is finding, diagnosis.summary
    assert words in " ".join((diagnosis.summary, *diagnosis.doubts))


def test_a_right_password_is_ruled_out_in_words() -> None:
    diagnosis = of(auth(), stored(matches=True))

    assert {one.finding: one.because for one in diagnosis.ruled_out}[F.CREDENTIALS_STALE] == (
        "the stored password is one of the registry's two"
    )


@pytest.mark.parametrize("cause", [Cause.NETWORK_TIMEOUT, Cause.UNKNOWN_PULL_FAILURE])
def test_what_cannot_be_compared_is_found_only_where_the_registry_itself_refused_it(
    cause: Cause,
) -> None:
    for sign_in, credentials in (
        (auth(username="ci"), stored()),
        (auth(vaulted=(PLACE,)), stored(vault="kv/secrets/acr", vault_status="Resolved")),
    ):
        diagnosis = of(sign_in, credentials, cause=cause)

        assert diagnosis.finding is F.UNDETERMINED
        assert "cannot be compared" in " ".join(diagnosis.doubts)


def test_an_identity_that_may_pull_but_is_not_used_is_found() -> None:
    sign_in = PullAuth(mode=PullMode.ANONYMOUS, principal=given.PRINCIPAL)

    diagnosis = of(sign_in, access=given.access(given.role()))

    assert diagnosis.finding is F.IDENTITY_NOT_USED
    assert "not told to use it" in diagnosis.summary


def test_an_idle_user_identity_that_may_pull_is_found_beside_a_dead_admin() -> None:
    idle = (
        Attached(principal="one", pulls=False),
        Attached(principal="two", client="c", pulls=True),
    )

    diagnosis = of(auth(), stored(), admin=False, idle=idle)

    assert diagnosis.finding is F.IDENTITY_NOT_USED
    assert diagnosis.also == (F.CREDENTIALS_ADMIN_DISABLED,)


def test_idle_identities_that_may_not_pull_change_nothing() -> None:
    idle = (Attached(principal="one", pulls=None), Attached(principal="two", pulls=Unread("403")))

    diagnosis = of(auth(), stored(), admin=False, idle=idle)

    assert diagnosis.finding is F.CREDENTIALS_ADMIN_DISABLED


def test_signing_in_with_nothing_is_fine_where_anonymous_pulls_are() -> None:
    diagnosis = of(PullAuth(mode=PullMode.ANONYMOUS), registry=given.registry(anonymous_pull=True))

    assert diagnosis.finding is F.UNDETERMINED


@pytest.mark.parametrize(
    ("server", "sent"),
    [
        (None, True),
        ("", False),
        ("https://contoso.azurecr.io", True),
        ("https://CONTOSO.azurecr.io/", True),
        ("contoso.azurecr.io/v2/", True),
        ("https://contoso.westeurope.geo.azurecr.io", True),
        ("https://contoso.azurecr.io.evil.example", False),
        ("https://contoso.azurecr.cn", False),
        ("https://contoso.azurecr.io@evil.example", False),
        ("https://index.docker.io/v1", False),
    ],
)
def test_credentials_are_sent_only_to_the_registry_they_name(
    server: str | None, sent: bool
) -> None:
    assert auth(server=server).sent_to("contoso.azurecr.io") is sent


@pytest.mark.parametrize("cause", [Cause.NETWORK_TIMEOUT, Cause.UNKNOWN_PULL_FAILURE])
def test_a_disabled_token_is_found_whatever_the_text_says(cause: Cause) -> None:
    token = Token(name="ci-token", enabled=False)

    diagnosis = of(auth(username="ci-token"), stored(token=token), cause=cause)

    assert diagnosis.finding is F.CREDENTIALS_NOT_ADMIN
