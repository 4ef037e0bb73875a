"""Microsoft.App in the resource manager: apps, secrets, revisions, jobs."""

from typing import Any

from azure.mgmt.appcontainers import ContainerAppsAPIClient

from tests.simulator import estates, platform
from tests.simulator.azure import Simulator
from tests.simulator.systemrows import SYSTEM_OLD
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator_tests.asking import APP, ask, of

TYPE = "Microsoft.App/containerApps"


def arranged(scenario: dict[str, Any] | None = None) -> tuple[Simulator, str]:
    scenario = scenario or estates.blocked_container_app()
    return Simulator(scenario), of(scenario, TYPE)["id"]


def client(simulator: Simulator) -> ContainerAppsAPIClient:
    return ContainerAppsAPIClient(
        SimulatedCredential(simulator),
        simulator.world.subscriptions[0],
        transport=SimulatedTransport(simulator),
    )


def test_the_sdk_reads_app_environment_revision_and_replica() -> None:
    simulator, id = arranged()
    sdk = client(simulator)
    platform.pull(simulator.world, id)

    app = sdk.container_apps.get("web-shop", "basket")
    environment = sdk.managed_environments.get("web-shop", "apps-env")
    revisions = list(sdk.container_apps_revisions.list_revisions("web-shop", "basket"))
    replicas = sdk.container_apps_revision_replicas.list_replicas(
        "web-shop", "basket", "basket--0000001"
    )

    assert app.outbound_ip_addresses == list(estates.POOL)
    assert environment.static_ip not in estates.POOL
    assert [revision.health_state for revision in revisions] == ["Unhealthy"]
    assert replicas.value[0].containers is not None
    assert replicas.value[0].containers[0].running_state_details == "ImagePullBackOff"


def test_secrets_are_told_only_when_asked_for() -> None:
    scenario = estates.blocked_container_app()
    app = of(scenario, TYPE)
    app["properties"]["configuration"]["secrets"] = [{"name": "acr"}]
    scenario["secrets"] = {app["id"]: {"acr": "hidden"}}
    simulator, id = arranged(scenario)

    shown = ask(simulator, "GET", id, version=APP).body["properties"]["configuration"]["secrets"]
    listed = ask(simulator, "POST", f"{id}/listSecrets", version=APP).body["value"]

    assert shown == [{"name": "acr"}]
    assert listed == [{"name": "acr", "value": "hidden"}]


def test_a_patch_of_the_configuration_makes_no_revision_and_replaces_lists_whole() -> None:
    simulator, id = arranged()
    configuration = {
        "secrets": [{"name": "acr", "value": "fresh"}],
        "registries": [{"server": "other.azurecr.io", "username": "u", "passwordSecretRef": "acr"}],
    }

    answer = ask(
        simulator, "PATCH", id, {"properties": {"configuration": configuration}}, version=APP
    )
    app = ask(simulator, "GET", id, version=APP).body["properties"]

    assert answer.status == 202
    assert [one["server"] for one in app["configuration"]["registries"]] == ["other.azurecr.io"]
    assert app["configuration"]["activeRevisionsMode"] == "Single"
    assert app["configuration"]["secrets"] == [{"name": "acr"}]
    assert simulator.world.secrets[id.lower()]["acr"] == "fresh"
    assert app["latestRevisionName"] == "basket--0000001"
    assert simulator.world.tables == {}


def test_a_patch_of_the_template_makes_a_revision_that_pulls() -> None:
    scenario = estates.blocked_container_app(
        healer_actions=("*/read", "Microsoft.App/containerApps/write")
    )
    simulator, id = arranged(scenario)
    template = {"revisionSuffix": "again"}
    envelope: Any = {"location": "West Europe", "properties": {"template": template}}

    app = (
        client(simulator)
        .container_apps.begin_update("web-shop", "basket", envelope, polling_interval=0)
        .result()
    )
    listed = ask(simulator, "GET", f"{id}/revisions", version=APP).body["value"]

    assert app.latest_revision_name == "basket--again"
    assert [(one["name"], one["properties"]["active"]) for one in listed] == [
        ("basket--0000001", False),
        ("basket--again", True),
    ]
    last = simulator.world.tables[SYSTEM_OLD][-1]
    assert (last["RevisionName_s"], last["Reason_s"]) == ("basket--again", "ContainerTerminated")


def test_restarting_a_revision_pulls() -> None:
    simulator, id = arranged()

    answer = ask(simulator, "POST", f"{id}/revisions/basket--0000001/restart", version=APP)
    unknown = ask(simulator, "POST", f"{id}/revisions/basket--nope/restart", version=APP)

    assert answer.status == 200
    assert len(simulator.world.tables[SYSTEM_OLD]) == 3
    assert unknown.status == 404


def test_a_job_is_listed_with_what_its_last_execution_came_to() -> None:
    scenario = estates.failing_job()
    simulator, job = Simulator(scenario), of(scenario, "Microsoft.App/jobs")["id"]
    platform.pull(simulator.world, job)

    listed = list(client(simulator).jobs.list_by_subscription())
    executions = ask(simulator, "GET", f"{job}/executions", version=APP).body["value"]

    assert [one.name for one in listed] == ["nightly"]
    assert [one["properties"]["status"] for one in executions] == ["Failed"]


def test_a_deleted_app_is_not_found() -> None:
    simulator, id = arranged()

    deleted = ask(simulator, "DELETE", id, version=APP)

    assert deleted.status == 200
    assert ask(simulator, "GET", id, version=APP).status == 404
    assert ask(simulator, "DELETE", id, version=APP).status == 204
