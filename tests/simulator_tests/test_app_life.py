"""Microsoft.App over time: images looked at before deployment, executions, sleep, revisions."""

import json
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator import estates, platform
from tests.simulator.azure import Simulator
from tests.simulator.estates import Estate
from tests.simulator.estates.containerapps import EXPRESS
from tests.simulator.systemrows import SYSTEM_OLD
from tests.simulator_tests.asking import APP, ask, of
from tests.simulator_tests.test_app import arranged, client

TYPE, JOB = "Microsoft.App/containerApps", "Microsoft.App/jobs"


def open_app(**options: Any) -> tuple[Simulator, str]:
    """A container app whose registry admits everybody and whose identity may pull."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages")
    image = estate.image(acr, "basket/api", "1.8.0")
    app = estate.container_app("basket", estate.environment("apps-env"), image=image, registry=acr)
    estate.assign(app["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    return Simulator(estate.scenario()), app["id"]


def with_image(simulator: Simulator, id: str, image: str) -> dict[str, Any]:
    body = ask(simulator, "GET", id, version=APP).body
    template = body["properties"]["template"]
    template["containers"][0]["image"] = image
    return {"location": body["location"], "properties": {"template": template}}


def test_an_image_that_is_not_there_fails_the_whole_deployment() -> None:
    simulator, id = open_app(
        healer_actions=("*/read", "Microsoft.App/containerApps/write"),
    )
    change: Any = with_image(simulator, id, "contosoimages.azurecr.io/basket/api:1.9.0")

    with pytest.raises(HttpResponseError) as refused:
        client(simulator).container_apps.begin_update(
            "web-shop", "basket", change, polling_interval=0
        ).result()
    simulator.world.advance(5)
    app = ask(simulator, "GET", id, version=APP).body["properties"]

    assert "MANIFEST_UNKNOWN" in str(refused.value)
    assert (app["provisioningState"], app["latestRevisionName"]) == ("Failed", "basket--0000001")
    assert simulator.world.tables == {}, "nothing of it reaches the system log"
    last = simulator.world.activity_log[-1]
    assert last["status"]["value"] == "Failed"
    assert "basket/api:1.9.0" in json.loads(last["properties"]["statusMessage"])["error"]["message"]


def test_a_registry_that_does_not_answer_the_provider_stops_no_deployment() -> None:
    simulator, id = arranged()
    image = "contosoimages.azurecr.io/basket/api:1.9.0"

    answer = ask(simulator, "PATCH", id, with_image(simulator, id, image), version=APP)
    app = ask(simulator, "GET", id, version=APP).body["properties"]

    assert answer.status == 202
    assert app["provisioningState"] == "Succeeded"
    assert app["latestRevisionName"] != app["latestReadyRevisionName"]
    assert simulator.world.tables[SYSTEM_OLD]


def test_a_refusal_by_address_names_the_providers_own() -> None:
    scenario = estates.blocked_container_app()
    of(scenario, TYPE)["tags"] = {"image-validation": "strict"}
    simulator, id = arranged(scenario)
    image = "contosoimages.azurecr.io/basket/api:1.9.0"

    ask(simulator, "PATCH", id, with_image(simulator, id, image), version=APP)
    simulator.world.advance(5)

    said = simulator.world.activity_log[-1]["properties"]["statusMessage"]
    assert "client with IP '20.93.250.17' is not allowed access" in said
    assert "20.93.250.17" not in estates.POOL


def test_an_app_is_made_by_put_and_its_operation_can_be_followed() -> None:
    simulator, id = open_app()
    body = ask(simulator, "GET", id, version=APP).body
    made = {key: body[key] for key in ("location", "identity")} | {
        "properties": {
            "environmentId": body["properties"]["environmentId"],
            "configuration": {"registries": []},
            "template": {"containers": [{"name": "new", "image": "contosoimages.azurecr.io/x:1"}]},
        }
    }

    answer = ask(simulator, "PUT", id.replace("basket", "fresh"), made, version=APP)
    where = answer.headers["Azure-AsyncOperation"]
    status = ask(
        simulator,
        "GET",
        "/subscriptions" + where.split("/subscriptions")[1].split("?")[0],
        version=APP,
    )
    app = ask(simulator, "GET", id.replace("basket", "fresh"), version=APP).body["properties"]

    assert answer.status == 201
    assert status.body["status"] == "Failed"
    assert "UNAUTHORIZED: authentication required" in status.body["error"]["message"]
    assert (app["provisioningState"], app["latestRevisionName"]) == ("Failed", None)


def test_an_app_never_deployed_is_deployed_when_its_image_is_there() -> None:
    estate = Estate()
    acr = estate.registry("contosoimages")
    missing = "contosoimages.azurecr.io/basket/api:1.9.0"
    app = estate.container_app(
        "basket", estate.environment("apps-env"), image=missing, registry=acr
    )
    estate.assign(app["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    estate.not_deployed(app)
    simulator = Simulator(estate.scenario())

    before = platform.pull(simulator.world, app["id"])
    none = ask(simulator, "GET", f"{app['id']}/revisions", version=APP).body["value"]
    simulator.world.images = {"contosoimages.azurecr.io": {"basket/api": {"1.9.0": {}}}}
    after = platform.pull(simulator.world, app["id"])

    assert (before["ok"], before["stage"], before["logs"], none) == (False, "image", [], [])
    assert after["ok"]
    assert (
        ask(simulator, "GET", app["id"], version=APP).body["properties"]["latestRevisionName"]
        == "basket--0000001"
    )


def test_an_app_that_may_sleep_sleeps_and_wakes_when_called() -> None:
    simulator, id = open_app()
    app = simulator.world.resources.get(id)
    assert app is not None
    app["properties"]["template"]["scale"]["minReplicas"] = 0
    platform.pull(simulator.world, id)
    revision = f"{id}/revisions/basket--0000001"

    simulator.world.advance(400)
    asleep = ask(simulator, "GET", revision, version=APP).body["properties"]
    none = ask(simulator, "GET", f"{revision}/replicas", version=APP).body["value"]
    platform.pull(simulator.world, id)
    awake = ask(simulator, "GET", revision, version=APP).body["properties"]

    assert (asleep["replicas"], asleep["runningState"], none) == (0, "Stopped", [])
    assert (awake["replicas"], awake["runningState"]) == (1, "Running")


def test_a_stopped_app_pulls_nothing_until_it_is_started() -> None:
    simulator, id = arranged(estates.blocked_container_app() | {"retry": [30]})
    platform.pull(simulator.world, id)

    stopped = ask(simulator, "POST", f"{id}/stop", version=APP)
    simulator.world.advance(300)
    rows = len(simulator.world.tables[SYSTEM_OLD])
    ask(simulator, "POST", f"{id}/start", version=APP)

    assert stopped.status == 202
    assert rows == 3
    assert len(simulator.world.tables[SYSTEM_OLD]) == 6


def test_two_revisions_are_active_in_multiple_mode() -> None:
    simulator, id = open_app()
    configuration = {"properties": {"configuration": {"activeRevisionsMode": "Multiple"}}}
    ask(simulator, "PATCH", id, configuration, version=APP)
    template = {"properties": {"template": {"revisionSuffix": "two"}}}
    ask(simulator, "PATCH", id, template, version=APP)

    both = ask(simulator, "GET", f"{id}/revisions", version=APP).body["value"]
    ask(simulator, "POST", f"{id}/revisions/basket--0000001/deactivate", version=APP)
    one = ask(simulator, "GET", f"{id}/revisions", version=APP).body["value"]

    assert [each["properties"]["active"] for each in both] == [True, True]
    assert [each["properties"]["active"] for each in one] == [False, True]


def test_an_execution_tries_until_its_time_is_over_and_the_schedule_begins_the_next() -> None:
    scenario = estates.failing_job() | {"retry": [300]}
    simulator, job = Simulator(scenario), of(scenario, JOB)["id"]
    sdk = client(simulator)
    platform.pull(simulator.world, job)

    running = [one.status for one in sdk.jobs_executions.list("web-shop", "nightly")]
    simulator.world.advance(2000)
    over = [one.status for one in sdk.jobs_executions.list("web-shop", "nightly")]
    simulator.world.advance(17 * 3600)
    night = list(sdk.jobs_executions.list("web-shop", "nightly"))

    assert (running, over) == (["Running"], ["Failed"])
    assert [str(one.start_time)[:16] for one in night] == ["2026-08-03 09:00", "2026-08-04 02:00"]


def test_an_express_app_leaves_through_its_own_subnet() -> None:
    estate = Estate()
    acr = estate.registry("contosoimages", deny=True, allow=("20.61.18.42",))
    environment = estate.environment("quick", mode=EXPRESS)
    subnet = estate.subnet("apps", nat=("20.61.18.42",))
    image = estate.image(acr, "basket/api", "1.8.0")
    app = estate.container_app("basket", environment, image=image, registry=acr, subnet=subnet)
    estate.assign(app["identity"]["principalId"], estates.ACR_PULL, acr["id"])

    assert platform.pull(Simulator(estate.scenario()).world, app["id"])["ok"]
