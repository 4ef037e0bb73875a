"""What every request meets at the simulated Azure's door: versions, tokens, faults, the traffic."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from tests.simulator import clouds, identity, masking
from tests.simulator.estates import ACR_PULL, Estate, guid
from tests.simulator.wire import Request
from tests.simulator_tests.core_estate import ARM, HEALER, Lab, lab

SUBSCRIPTIONS = "/subscriptions?api-version=2022-12-01"


@pytest.fixture
def here() -> Lab:
    return lab()


def _code(here: Lab, path: str, **more: object) -> tuple[int, str]:
    answer = here.ask(path, **more)  # type: ignore[arg-type]
    return answer.status_code, answer.json()["error"]["code"]


def test_an_operation_nobody_simulates_is_named(here: Lab) -> None:
    path = f"{here.registry}/replications/westus?api-version=1999-01-01"

    answer = here.ask(path.replace("registries", "galaxies"), method="PUT")

    assert answer.status_code == 501
    assert "PUT" in answer.json()["error"]["message"]
    assert "galaxies" in answer.json()["error"]["message"]


def test_api_versions_are_asked_for_and_checked(here: Lab) -> None:
    assert _code(here, here.registry) == (400, "MissingApiVersionParameter")
    assert _code(here, f"{here.registry}?api-version=2001-01-01") == (
        400,
        "NoRegisteredProviderFound",
    )
    assert _code(here, "/subscriptions?api-version=2001-01-01") == (
        400,
        "InvalidApiVersionParameter",
    )


def test_places_that_are_not_there_are_not_found(here: Lab) -> None:
    group = f"{here.estate.subscription}/resourceGroups/nowhere"
    nobody = guid("no subscription")

    assert _code(here, f"{group}?api-version=2022-12-01") == (404, "ResourceGroupNotFound")
    assert _code(here, f"/subscriptions/{nobody}?api-version=2022-12-01") == (
        404,
        "SubscriptionNotFound",
    )
    assert _code(here, "/subscriptions/shop?api-version=2022-12-01") == (
        400,
        "InvalidSubscriptionId",
    )


def test_without_a_token_the_challenge_names_the_tenant(here: Lab) -> None:
    answer = here.ask(SUBSCRIPTIONS, signed_in=False)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationFailed"
    tenant = here.simulator.world.tenant
    assert f"login.microsoftonline.com/{tenant}" in answer.headers["WWW-Authenticate"]


def test_tokens_for_others_and_of_strangers_are_refused(here: Lab) -> None:
    world = here.simulator.world

    def code(token: str) -> str:
        return _code(
            here, SUBSCRIPTIONS, signed_in=False, headers={"Authorization": f"Bearer {token}"}
        )[1]

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


def test_a_fault_answers_instead_of_azure_as_often_as_told(here: Lab) -> None:
    here.simulator.faults.add(
        {
            "match": {"method": "GET", "path": "^/subscriptions$", "nth": 2},
            "times": 2,
            "status": 429,
        }
    )

    statuses = [here.ask(SUBSCRIPTIONS).status_code for _ in range(4)]

    assert statuses == [200, 429, 429, 200]
    throttled = here.simulator.traffic[1]["liveResponse"]
    assert throttled["headers"]["Retry-After"] == "1"
    assert set(throttled["body"]["error"]) == {"code", "message"}


def test_a_delay_passes_in_simulated_time(here: Lab) -> None:
    here.simulator.faults.add({"match": {}, "delay_ms": 90_000, "headers": {"x-slow": "yes"}})
    before = here.simulator.world.clock.now()

    answer = here.ask(SUBSCRIPTIONS)

    assert (answer.status_code, answer.headers["x-slow"]) == (200, "yes")
    assert (here.simulator.world.clock.now() - before).total_seconds() == 90


def test_a_line_cut_before_leaves_azure_as_it_was_and_after_does_not(here: Lab) -> None:
    here.simulator.faults.add({"match": {"method": "PATCH"}, "drop": "before"})
    with pytest.raises(ServiceRequestError):
        here.open_firewall()
    assert here.simulator.writes == []

    here.simulator.faults.clear()
    here.simulator.faults.add({"match": {"method": "PATCH"}, "drop": "after"})
    with pytest.raises(ServiceResponseError):
        here.open_firewall()
    assert here.simulator.writes == [f"PATCH {here.registry}"]
    assert here.simulator.traffic[-1]["liveResponse"] is None


@pytest.mark.parametrize(
    "said",
    [
        "no object",
        {"match": {"path": "("}},
        {"match": {"host": "x"}},
        {"drop": "sometimes"},
        {"status": "429"},
        {"state": 429},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(here: Lab, said: object) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        here.simulator.faults.add(said)

    assert here.simulator.faults.items == []


def test_the_traffic_shows_everything_but_credentials() -> None:
    here = lab(owner=True, admin=("first-pass", "second-pass"))

    answer = here.ask(f"{here.registry}/listCredentials?api-version=2025-11-01", method="POST")
    exchange = here.simulator.traffic[-1]

    assert "first-pass" in answer.text
    assert [one["value"] for one in exchange["liveResponse"]["body"]["passwords"]] == ["***", "***"]
    assert exchange["liveRequest"]["headers"]["authorization"] == "Bearer ***"
    assert "-pass" not in str(exchange)


@pytest.mark.parametrize(
    ("path", "sent", "shown"),
    [
        (
            "/sites/shop/config/appsettings/list",
            {"properties": {"WEBSITES_PORT": "80", "DOCKER_REGISTRY_SERVER_PASSWORD": "hush"}},
            {"properties": {"WEBSITES_PORT": "***", "DOCKER_REGISTRY_SERVER_PASSWORD": "***"}},
        ),
        (
            "/containerApps/api",
            {"secrets": [{"name": "acr", "value": "hush"}], "passwordSecretRef": "acr"},
            {"secrets": [{"name": "acr", "value": "***"}], "passwordSecretRef": "acr"},
        ),
        (
            "/containerApps/api/listSecrets",
            {"value": [{"name": "acr", "value": "hush"}]},
            {"value": [{"name": "acr", "value": "***"}]},
        ),
        (
            "/registries/contosoimages",
            {"ipRules": [{"action": "Allow", "value": "198.51.100.7"}]},
            {"ipRules": [{"action": "Allow", "value": "198.51.100.7"}]},
        ),
    ],
)
def test_bodies_are_masked_where_secrets_live_and_nowhere_else(
    path: str, sent: dict[str, object], shown: dict[str, object]
) -> None:
    assert masking.body(path, json.dumps(sent).encode(), "application/json") == shown


def test_many_threads_may_share_one_simulator(here: Lab) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: here.ask(SUBSCRIPTIONS).status_code, range(64)))

    assert statuses == [200] * 64
    assert [one["n"] for one in here.simulator.traffic] == list(range(1, 65))


def test_somebody_else_changes_azure_with_just_the_rights_they_have(here: Lab) -> None:
    patch = b'{"tags": {"medic": "off"}}'
    simulator = here.simulator

    by_an_admin = simulator.change("PATCH", here.registry, patch)
    by_the_healer = simulator.change("DELETE", here.registry, b"", principal=HEALER)

    assert by_an_admin.status == 200
    assert by_the_healer.status == 403
    assert simulator.world.activity_log[0]["caller"] == identity.ADMINISTRATOR
    assert (simulator.traffic, simulator.writes) == ([], [])


def test_a_scenario_survives_its_own_snapshot(here: Lab) -> None:
    state = here.simulator.world.snapshot()

    here.simulator.replace(state)

    assert here.simulator.world.snapshot() == state


def test_a_refused_call_is_an_error_of_the_sdk_with_azures_code(here: Lab) -> None:
    with pytest.raises(HttpResponseError) as refused:
        here.registries.registries.get("platform", "nosuch")

    assert refused.value.error is not None
    assert refused.value.error.code == "ResourceNotFound"
