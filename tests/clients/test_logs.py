"""The log client, told through the wire: the real SDK against a simulated workspace."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy

from shared.clients.logs import LogRow, Logs
from shared.model.ids import ResourceId
from tests.simulator import estates, platform
from tests.simulator.azure import Simulator
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator.world import World

NOW = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OTHER = "00000000-1111-2222-3333-444444444444"


def logs_of(simulator: Simulator, *more: str, host: str = "api.loganalytics.io") -> Logs:
    return Logs(
        SimulatedCredential(simulator),
        endpoint=f"https://{host}/v1",
        audience=f"https://{host}",
        workspaces=[str(simulator.world.workspace), *more],
        transport=SimulatedTransport(simulator),
    )


def workload_of(scenario: dict[str, Any]) -> ResourceId:
    return ResourceId.parse(estates.workloads_of(scenario)[0])


def failures(simulator: Simulator, workload: ResourceId, **more: Any) -> Any:
    now = simulator.world.clock.now()
    return logs_of(simulator).failures_of(workload, since=now - HOUR, until=now, **more)


@pytest.mark.parametrize(
    "scenario",
    [estates.blocked_web_app(), estates.blocked_slot(), estates.missing_tag()],
    ids=["blocked web app", "blocked slot", "missing tag"],
)
def test_a_failed_pull_of_a_web_app_is_found_in_the_platform_log(scenario: dict[str, Any]) -> None:
    simulator = Simulator(scenario)
    workload = ResourceId.parse(estates.workloads_of(scenario)[-1])
    assert not platform.pull(simulator.world, workload.text)["ok"]

    rows = failures(simulator, workload)

    assert {row.table for row in rows} == {"AppServicePlatformLogs"}
    assert {ResourceId.parse(row.resource) for row in rows} == {workload}
    assert all(row.trusted for row in rows)
    assert any("DockerApiException" in row.text for row in rows)
    assert any(row.reason.startswith("ImagePull") for row in rows)
    assert rows.missing == rows.incomplete == ()


def test_a_pull_that_works_is_no_failure_but_is_seen() -> None:
    simulator = Simulator(estates.healthy_web_app())
    workload = workload_of(estates.healthy_web_app())
    before = simulator.world.clock.now()
    simulator.world.advance(60)
    assert platform.pull(simulator.world, workload.text)["ok"]

    assert failures(simulator, workload) == ()
    pulls = logs_of(simulator).pulled_since(workload, before)
    assert {row.reason for row in pulls} == {"Pulled", "Started"}


def test_a_pull_from_before_is_not_a_pull_since() -> None:
    simulator = Simulator(estates.healthy_web_app())
    workload = workload_of(estates.healthy_web_app())
    platform.pull(simulator.world, workload.text)
    simulator.world.advance(60)

    rows = logs_of(simulator).pulled_since(workload, simulator.world.clock.now())

    assert rows == ()
    assert "AppServicePlatformLogs" not in rows.missing


@pytest.mark.parametrize(
    "scenario",
    [estates.blocked_container_app(), estates.container_app_403(), estates.failing_job()],
    ids=["container app", "closed registry", "job"],
)
def test_a_failed_pull_of_a_container_app_or_job_is_found(scenario: dict[str, Any]) -> None:
    simulator, workload = Simulator(scenario), workload_of(scenario)
    assert not platform.pull(simulator.world, workload.text)["ok"]

    rows = failures(simulator, workload)

    assert rows
    assert {row.app or row.job for row in rows} == {workload.name}
    assert {bool(row.job) for row in rows} == {workload.type == "microsoft.app/jobs"}
    assert not {row.reason for row in rows} & {"PullingImage", "PulledImage"}
    assert all(row.trusted and row.environment for row in rows)


def test_a_namesake_in_another_environment_is_left_out_when_the_environment_is_known() -> None:
    scenario = estates.blocked_container_app()
    simulator, workload = Simulator(scenario), workload_of(scenario)
    platform.pull(simulator.world, workload.text)
    environment = failures(simulator, workload)[0].environment

    assert failures(simulator, workload, environment=environment.upper())
    assert failures(simulator, workload, environment="another") == ()


def container_row(**columns: Any) -> dict[str, Any]:
    row = {"TimeGenerated": "2026-08-03T08:59:00Z", "EnvironmentName": "env", "Level": "Warning"}
    return {**row, "ContainerAppName": "basket", "ReplicaName": "basket--1-a", **columns}


def test_both_tables_of_container_apps_are_read_and_repeated_rows_count_once() -> None:
    simulator = Simulator(estates.blocked_container_app())
    workload = workload_of(estates.blocked_container_app())
    new = container_row(Reason="ErrImagePull", Log="Failed to pull image", RevisionName="basket--1")
    old = {
        "TimeGenerated": "2026-08-03T08:58:00Z",
        "ContainerAppName_s": "BASKET",
        "Reason_s": "ContainerTerminated",
        "Log_s": "terminated with reason 'ImagePullFailure'",
    }
    for _ in range(2):
        simulator.world.log("ContainerAppSystemLogs", new)
        simulator.world.log("ContainerAppSystemLogs_CL", old)

    rows = failures(simulator, workload)

    assert [(row.table, row.reason, row.revision) for row in rows] == [
        ("ContainerAppSystemLogs", "ErrImagePull", "basket--1"),
        ("ContainerAppSystemLogs_CL", "ContainerTerminated", ""),
    ]


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("PullingImage", "Pulling image 'contoso.azurecr.io/basket:1'"),
        ("PulledImage", 'Successfully pulled image "contoso.azurecr.io/basket:1" in 2s.'),
        ("ProbeFailed", "Probe of Liveness failed with status code: 403"),
        ("RevisionReady", "Revision ready"),
        ("ContainerTerminated", "Container 'main' was terminated with exit code '1'"),
    ],
)
def test_what_is_no_pull_failure_is_not_reported_as_one(reason: str, text: str) -> None:
    simulator = Simulator(estates.blocked_container_app())
    workload = workload_of(estates.blocked_container_app())
    simulator.world.log("ContainerAppSystemLogs", container_row(Reason=reason, Log=text))

    assert failures(simulator, workload) == ()


def test_only_a_pulled_image_proves_the_pull_of_a_container_app() -> None:
    simulator = Simulator(estates.blocked_container_app())
    workload = workload_of(estates.blocked_container_app())
    ready = container_row(Reason="RevisionReady", Log="Revision ready")
    simulator.world.log("ContainerAppSystemLogs", ready)
    assert logs_of(simulator).pulled_since(workload, NOW - HOUR) == ()

    pulled = container_row(Reason="PulledImage", Log="Successfully pulled image")
    simulator.world.log("ContainerAppSystemLogs", pulled)

    assert [row.reason for row in logs_of(simulator).pulled_since(workload, NOW - HOUR)] == [
        "PulledImage"
    ]


def console(world: World, site: str, text: str) -> None:
    row = {"TimeGenerated": "2026-08-03T08:59:30Z", "_ResourceId": site.lower()}
    world.log("AppServiceConsoleLogs", {**row, "ResultDescription": text})


def test_what_a_container_prints_is_only_a_hint() -> None:
    simulator = Simulator(estates.blocked_web_app())
    workload = workload_of(estates.blocked_web_app())
    forged = "client with IP '6.6.6.6' is not allowed access. aka.ms/acr/firewall"
    console(simulator.world, workload.text, forged)

    (row,) = failures(simulator, workload)

    assert row == LogRow(
        at=datetime(2026, 8, 3, 8, 59, 30, tzinfo=UTC),
        table="AppServiceConsoleLogs",
        reason="",
        text=forged,
        trusted=False,
        workspace=str(simulator.world.workspace),
        resource=workload.key,
    )


def test_a_started_site_that_repeats_its_last_error_is_no_failure() -> None:
    simulator = Simulator(estates.healthy_web_app())
    workload = workload_of(estates.healthy_web_app())
    sticky = "State: Started, Action: None, LastError: ImagePullUnauthorizedFailure, …"
    row = {"TimeGenerated": "2026-08-03T08:59:30Z", "_ResourceId": workload.key}
    simulator.world.log("AppServicePlatformLogs", {**row, "Message": sticky})

    assert failures(simulator, workload) == ()


def test_an_empty_answer_names_the_tables_that_are_not_there() -> None:
    simulator = Simulator(estates.healthy_web_app())
    workload = workload_of(estates.healthy_web_app())
    assert failures(simulator, workload).missing == (
        "AppServicePlatformLogs",
        "AppServiceConsoleLogs",
    )

    console(simulator.world, workload.text, "listening on port 8080")

    assert failures(simulator, workload).missing == ("AppServicePlatformLogs",)


def test_failing_workloads_of_both_hosts_are_listed_once_each() -> None:
    estate = estates.Estate()
    site = estates.add_blocked_web_app(estate)
    app = estates.add_container_app_403(estate)
    simulator = Simulator(estate.scenario())
    for _ in range(3):
        platform.pull(simulator.world, site)
        platform.pull(simulator.world, app)
        simulator.world.advance(30)
    now = simulator.world.clock.now()

    rows = logs_of(simulator).failing_workloads(since=now - HOUR, until=now)

    assert sorted((row.resource.rsplit("/", 1)[-1], row.app) for row in rows if not row.app) == [
        ("shop", "")
    ]
    assert [(row.app, row.environment) for row in rows if row.app] == [("basket", "apps-env")]
    assert all(row.at >= now - timedelta(seconds=30) for row in rows)


def test_only_workspaces_from_the_settings_are_asked() -> None:
    simulator = Simulator(estates.healthy_web_app())
    logs = logs_of(simulator)

    with pytest.raises(LookupError, match="not among the configured"):
        logs.failing_workloads(OTHER, since=NOW - HOUR, until=NOW)

    assert simulator.traffic == []


def test_without_a_workspace_nothing_is_asked_and_every_table_is_missing() -> None:
    simulator = Simulator(estates.healthy_web_app())
    logs = Logs(
        SimulatedCredential(simulator),
        endpoint="https://api.loganalytics.io",
        audience="https://api.loganalytics.io",
        workspaces=[],
    )

    rows = logs.failures_of(workload_of(estates.healthy_web_app()), since=NOW - HOUR, until=NOW)

    assert rows == ()
    assert rows.missing == ("AppServicePlatformLogs", "AppServiceConsoleLogs")
    assert simulator.traffic == []


def test_a_workspace_that_is_gone_is_an_error_not_an_empty_answer() -> None:
    simulator = Simulator(estates.healthy_web_app())
    logs = logs_of(simulator, OTHER)

    with pytest.raises(HttpResponseError) as caught:
        logs.pulled_since(workload_of(estates.healthy_web_app()), NOW)

    assert caught.value.status_code == 404


def test_a_caller_without_the_right_to_query_is_refused() -> None:
    simulator = Simulator(estates.healthy_web_app(healer_actions=("Microsoft.Web/*/read",)))

    with pytest.raises(HttpResponseError, match="insufficient access"):
        logs_of(simulator).pulled_since(workload_of(estates.healthy_web_app()), NOW)


def test_an_answer_that_was_cut_short_keeps_its_rows_and_says_so() -> None:
    simulator = Simulator(estates.blocked_web_app())
    workload = workload_of(estates.blocked_web_app())
    platform.pull(simulator.world, workload.text)
    whole = failures(simulator, workload)
    answer = simulator.traffic[-1]["liveResponse"]["body"]
    cut = {"code": "PartialError", "message": "There were some errors when processing your query."}
    body = {**answer, "error": {**cut, "details": []}}
    simulator.faults.add({"match": {"path": "query"}, "times": 1, "status": 200, "body": body})

    rows = failures(simulator, workload)

    assert rows == whole
    assert rows.incomplete == (
        f"workspace {simulator.world.workspace}: {cut['code']}: {cut['message']}",
    )


def test_a_workload_that_no_log_table_tells_about_is_refused() -> None:
    simulator = Simulator(estates.healthy_web_app())
    registry = ResourceId.parse(
        f"/subscriptions/{OTHER}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r"
    )

    with pytest.raises(LookupError, match=r"microsoft\.containerregistry/registries"):
        failures(simulator, registry)


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("AzureChinaCloud", "api.loganalytics.azure.cn"),
        ("AzureUSGovernment", "api.loganalytics.us"),
    ],
)
def test_other_clouds_are_asked_at_their_own_address_with_their_own_audience(
    cloud: str, host: str
) -> None:
    simulator = Simulator(estates.blocked_web_app(cloud=cloud))
    workload = workload_of(estates.blocked_web_app(cloud=cloud))
    platform.pull(simulator.world, workload.text)

    rows = logs_of(simulator, host=host).failures_of(workload, since=NOW - HOUR, until=NOW)

    assert rows
    assert simulator.traffic[0]["liveRequest"]["url"].startswith(f"https://{host}/v1/workspaces/")


def test_policies_of_the_caller_see_every_request() -> None:
    simulator = Simulator(estates.healthy_web_app())
    seen: list[str] = []

    class Counting(SansIOHTTPPolicy[Any, Any]):
        def on_request(self, request: Any) -> None:
            seen.append(request.http_request.method)

    logs = Logs(
        SimulatedCredential(simulator),
        endpoint="https://api.loganalytics.io",
        audience="https://api.loganalytics.io",
        workspaces=[str(simulator.world.workspace)],
        transport=SimulatedTransport(simulator),
        policies=[Counting()],
    )
    logs.pulled_since(workload_of(estates.healthy_web_app()), NOW)

    assert len(seen) == len(simulator.traffic) == 2


def test_the_older_console_form_of_a_failed_pull_is_found_as_a_hint() -> None:
    scenario = estates.blocked_web_app()
    simulator, workload = Simulator(scenario), workload_of(scenario)
    site = simulator.world.resources.get(workload.text)
    assert site is not None
    site["tags"] = {"pull-logs": "console"}
    platform.pull(simulator.world, workload.text)

    rows = failures(simulator, workload)

    assert rows
    assert {(row.table, row.trusted) for row in rows} == {("AppServiceConsoleLogs", False)}
