"""Signing in to the simulated Azure: tokens, clouds, the identity endpoint, Entra itself."""

import pytest

from tests.simulator import clouds, identity
from tests.simulator.estates import ACR_PULL, Estate, guid
from tests.simulator.wire import Request
from tests.simulator_tests.core_estate import ARM, HEALER, Lab, lab

pytestmark = pytest.mark.usefixtures("off_the_record")
SUBSCRIPTIONS = "/subscriptions?api-version=2022-12-01"


@pytest.fixture
def here() -> Lab:
    return lab()


def test_without_a_token_the_challenge_names_the_tenant(here: Lab) -> None:
    answer = here.ask(SUBSCRIPTIONS, signed_in=False)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationFailed"
    tenant = here.simulator.world.tenant
    assert f"login.microsoftonline.com/{tenant}" in answer.headers["WWW-Authenticate"]


def test_tokens_for_others_and_of_strangers_are_refused(here: Lab) -> None:
    world = here.simulator.world

    def code(token: str) -> str:
        header = {"Authorization": f"Bearer {token}"}
        answer = here.ask(SUBSCRIPTIONS, signed_in=False, headers=header)
        return str(answer.json()["error"]["code"])

    assert code("rubbish") == "InvalidAuthenticationToken"
    assert code(identity.token_for(world, guid("a stranger"))) == "InvalidAuthenticationToken"
    registry_token = identity.token_for(world, HEALER, audience=clouds.ACR_AUDIENCE)
    assert code(registry_token) == "InvalidAuthenticationTokenAudience"
    elsewhere = lab().simulator.world
    elsewhere.tenant = guid("another tenant")
    assert code(identity.token_for(elsewhere, HEALER)) == "InvalidAuthenticationTokenTenant"


def test_another_clouds_resource_manager_does_not_take_this_clouds_tokens(here: Lab) -> None:
    answer = here.ask(f"https://management.usgovcloudapi.net{SUBSCRIPTIONS}")

    assert answer.status_code == 401


@pytest.mark.parametrize("cloud", ["AzureCloud", "AzureChinaCloud", "AzureUSGovernment"])
def test_every_cloud_has_its_own_hosts_and_audiences(cloud: str) -> None:
    here, home = lab(cloud=cloud), clouds.named(cloud)
    token = here.credential.get_token(f"{home.audiences[0]}/.default").token

    answer = here.ask(
        f"https://{home.arm}{SUBSCRIPTIONS}", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 200
    metadata = here.ask(f"https://{home.arm}/metadata/endpoints?api-version=2022-09-01").json()
    assert metadata["authentication"]["loginEndpoint"] == f"https://{home.login}"
    assert metadata["suffixes"]["acrLoginServer"] == home.registry_suffix.lstrip(".")


def test_subscriptions_are_listed_to_those_with_a_role_there(here: Lab) -> None:
    estate = Estate()
    app = guid("an app")
    estate.assign(app, ACR_PULL, here.registry)
    other = lab(estate)
    outsider = {"identity": {"principalId": guid("outsider")}, "id": "/x", "type": "x/y"}
    other.simulator.world.resources.put(outsider)

    def seen(principal: str) -> int:
        token = identity.token_for(other.simulator.world, principal)
        header = {"Authorization": f"Bearer {token}"}
        return len(other.ask(SUBSCRIPTIONS, headers=header).json()["value"])

    assert (seen(HEALER), seen(app), seen(guid("outsider"))) == (1, 1, 0)


def _msi(here: Lab, query: str, *, secret: str = identity.HEADER_SECRET) -> tuple[int, dict]:  # type: ignore[type-arg]
    answer = here.simulator.handle(
        Request(
            method="GET",
            url=f"http://127.0.0.1/msi/token?api-version=2019-08-01&{query}",
            headers={"x-identity-header": secret},
            kind="msi",
        )
    )
    return answer.status, answer.body


def test_the_identity_endpoint_gives_the_healers_token(here: Lab) -> None:
    status, body = _msi(here, f"resource={ARM}/")

    assert (status, body["token_type"], body["resource"]) == (200, "Bearer", f"{ARM}/")
    claims = identity.decode(body["access_token"])
    assert (claims["oid"], claims["aud"]) == (HEALER, f"{ARM}/")
    assert str(claims["exp"]) == body["expires_on"]


def test_the_identity_endpoint_knows_user_assigned_identities() -> None:
    estate = Estate()
    spare = estate.user_identity("spare")["properties"]
    here = lab(estate)

    status, body = _msi(here, f"resource={ARM}&client_id={spare['clientId']}")

    assert status == 200
    assert identity.decode(body["access_token"])["oid"] == spare["principalId"]


@pytest.mark.parametrize(
    ("query", "secret", "status"),
    [
        (f"resource={ARM}", "guessed", 401),
        ("resource=https://example.com", identity.HEADER_SECRET, 400),
        (f"resource={ARM}&client_id={guid('nobody')}", identity.HEADER_SECRET, 400),
        (f"resource={ARM}&api-version=2010-01-01", identity.HEADER_SECRET, 400),
    ],
)
def test_the_identity_endpoint_refuses(here: Lab, query: str, secret: str, status: int) -> None:
    assert _msi(here, query, secret=secret)[0] == status


def test_an_application_signs_in_with_its_secret(here: Lab) -> None:
    url = f"https://login.microsoftonline.com/{here.simulator.world.tenant}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": guid("healer", "client"),
        "client_secret": "open sesame",
        "scope": f"{ARM}/.default",
    }

    token = here.ask(url, method="POST", signed_in=False, data=form).json()["access_token"]
    stranger = here.ask(url, method="POST", signed_in=False, data={**form, "client_id": "x"})
    password = here.ask(url, method="POST", signed_in=False, data={"grant_type": "password"})

    header = {"Authorization": f"Bearer {token}"}
    assert here.ask(SUBSCRIPTIONS, signed_in=False, headers=header).status_code == 200
    assert "AADSTS700016" in stranger.json()["error_description"]
    assert password.status_code == 501
    assert "open sesame" not in str(here.simulator.traffic)
