"""What every request meets at the simulated Azure's door: versions, places, faults, the traffic."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from tests.simulator import identity, masking
from tests.simulator.estates import guid
from tests.simulator_tests.core_estate import HEALER, Lab, lab

pytestmark = pytest.mark.usefixtures("off_the_record")
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
