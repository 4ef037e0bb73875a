"""The platform's own behaviour: log rows, retries, blocking, its view of sites and revisions."""

import json
from typing import Any

import pytest

from tests.simulator import estates, platform, systemrows, views, workloads
from tests.simulator.pull import attempt
from tests.simulator.siterows import CONSOLE, PLATFORM
from tests.simulator.systemrows import SYSTEM_OLD
from tests.simulator.wire import Refusal
from tests.simulator.world import World
from tests.simulator_tests.asking import change, of

REGISTRY = "Microsoft.ContainerRegistry/registries"
OPEN = {"defaultAction": "Allow", "ipRules": []}


def arranged(scenario: dict[str, Any]) -> tuple[World, str]:
    """A world and its first workload."""
    return World.load(scenario), estates.workloads_of(scenario)[0]


def said(result: dict[str, Any]) -> str:
    """All the text of a result's rows."""
    texts = []
    for entry in result["logs"]:
        row = entry["row"]
        texts.append(row.get("Message") or row.get("Log_s") or row.get("Log") or "")
    return "\n".join(texts)


def status(world: World, id: str) -> dict[str, str]:
    site = world.resources.get(id)
    assert site is not None
    instance: dict[str, str] = views.site_status(world, site)["properties"][0]
    return instance


def test_a_denied_address_appears_in_the_engines_words_and_as_a_state_line() -> None:
    world, site = arranged(estates.blocked_web_app())

    result = platform.pull(world, site)

    assert (result["ok"], result["stage"]) == (False, "network-rules")
    assert (
        'response={"message":"Head \\"https://contosoimages.azurecr.io/v2/shop/web/manifests/4.2.1'
        "\\\": denied: client with IP '20.50.2.11' is not allowed access. Refer "
        'https://aka.ms/acr/firewall to grant access."}'
    ) in said(result)
    assert "State: Stopping, Action: StoppingSite, LastError: ImagePullUnauthorizedFailure" in said(
        result
    )
    assert world.tables["AppServicePlatformLogs"] == [entry["row"] for entry in result["logs"]]


@pytest.mark.parametrize(
    ("form", "tables", "engine", "state"),
    [
        ("classic", {PLATFORM}, True, False),
        ("current", {PLATFORM}, False, True),
        ("console", {PLATFORM, CONSOLE}, True, False),
    ],
)
def test_a_site_can_log_in_one_form_only(
    form: str, tables: set[str], engine: bool, state: bool
) -> None:
    scenario = estates.blocked_web_app()
    of(scenario, "Microsoft.Web/sites")["tags"] = {"pull-logs": form}
    world, site = arranged(scenario)

    result = platform.pull(world, site)

    text = json.dumps(result["logs"])
    assert {entry["table"] for entry in result["logs"]} == tables
    assert ("DockerApiException" in text, "State: Stopping" in text) == (engine, state)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (estates.missing_tag, 'manifest unknown: manifest tagged by \\"3.2.0\\" is not found'),
        (estates.lost_role, "unauthorized: authentication required"),
        (estates.rotated_password, "unauthorized: authentication required"),
        (lambda: estates.private_web_app(recorded=False), "no such host"),
        (lambda: estates.private_web_app(routed=False), "denied: client with IP '20.50.2.11'"),
    ],
)
def test_each_cause_has_its_words(case: Any, words: str) -> None:
    world, site = arranged(case())

    assert words in said(platform.pull(world, site))


def test_rows_name_the_site_in_lower_case_and_keep_their_order() -> None:
    scenario = estates.blocked_slot()
    world = World.load(scenario)

    result = platform.pull(world, estates.workloads_of(scenario)[1])

    ids = {entry["row"]["_ResourceId"] for entry in result["logs"]}
    times = [entry["row"]["TimeGenerated"] for entry in result["logs"]]
    assert ids == {estates.workloads_of(scenario)[1].lower()}
    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_a_closed_registrys_token_endpoint_names_no_address() -> None:
    world, app = arranged(estates.container_app_403())

    result = platform.pull(world, app)

    reasons = [entry["row"]["Reason_s"] for entry in result["logs"]]
    assert reasons == ["PullingImage", "ImagePullUnauthorized", "ContainerTerminated"]
    assert "oauth2/token?scope=repository%3Abasket%2Fapi%3Apull" in said(result)
    assert "403 Forbidden" in said(result)
    assert "client with IP" not in said(result)


def test_a_container_app_the_rules_deny_carries_the_registrys_error_body() -> None:
    world, app = arranged(estates.blocked_container_app())

    assert (
        '{"errors":[{"code":"DENIED","message":"client with IP \'20.93.5.14\' is not allowed access'
    ) in said(platform.pull(world, app))


def test_the_log_destination_picks_the_table_and_its_columns() -> None:
    scenario = estates.container_app_403()
    environment = of(scenario, "Microsoft.App/managedEnvironments")
    change(environment, appLogsConfiguration={"destination": "azure-monitor"})
    world, app = arranged(scenario)

    modern = platform.pull(world, app)["logs"][-1]
    change(environment, appLogsConfiguration={"destination": "none"})
    silent = platform.pull(World.load(scenario), app)["logs"]

    assert modern["table"] == "ContainerAppSystemLogs"
    assert modern["row"]["Reason"] == "ContainerTerminated"
    assert modern["row"]["_ResourceId"] == environment["id"].lower()
    assert silent == []


@pytest.mark.parametrize("left_out", [True, False])
def test_an_environment_that_says_nothing_of_logs_fills_the_scenarios_workspace(
    left_out: bool,
) -> None:
    scenario = estates.container_app_403()
    environment = of(scenario, "Microsoft.App/managedEnvironments")
    if left_out:
        del environment["properties"]["appLogsConfiguration"]
    else:
        change(environment, appLogsConfiguration=None)
    world, app = arranged(scenario)

    rows = platform.pull(world, app)["logs"]

    assert {entry["table"] for entry in rows} == {"ContainerAppSystemLogs_CL"}
    assert world.tables["ContainerAppSystemLogs_CL"] == [entry["row"] for entry in rows]


def test_an_environment_whose_destination_is_empty_keeps_no_logs() -> None:
    scenario = estates.container_app_403()
    environment = of(scenario, "Microsoft.App/managedEnvironments")
    change(environment, appLogsConfiguration={"destination": None})
    world, app = arranged(scenario)

    assert platform.pull(world, app)["logs"] == []


def test_a_job_names_its_execution() -> None:
    world, job = arranged(estates.failing_job())

    last = platform.pull(world, job)["logs"][-1]["row"]

    assert last["Reason_s"] == "ErrImagePull"
    assert last["JobName_s"] == "nightly"
    assert last["ExecutionName_s"].startswith("nightly-")


def test_the_raw_stream_says_msg_and_escapes() -> None:
    world, id = arranged(estates.container_app_403())
    workload = workloads.find(world, id)
    assert workload is not None

    line = systemrows.stream(world, workload, attempt(world, workload))[-1]

    assert json.loads(line)["Reason"] == "ContainerTerminated"
    assert json.loads(line)["Msg"].startswith("Container 'basket' was terminated")
    assert "\\u0027basket\\u0027" in line


def test_a_success_is_logged_and_the_last_error_stays() -> None:
    scenario = estates.blocked_web_app()
    world, site = arranged(scenario)
    platform.pull(world, site)
    failed = dict(status(world, site))
    registry = next(world.resources.of_type(REGISTRY))

    change(registry, networkRuleSet=OPEN)
    result = platform.pull(world, site)

    assert "Pulled image: contosoimages.azurecr.io/shop/web:4.2.1." in said(result)
    assert (failed["state"], failed["lastError"]) == ("Stopped", "ImagePullUnauthorizedFailure")
    assert status(world, site)["state"] == "Started"
    assert status(world, site)["lastError"] == "ImagePullUnauthorizedFailure"
    assert status(world, site)["lastErrorTimestamp"] == "2026-08-03T09:00:00"


def test_a_container_app_waits_for_its_image_and_then_runs() -> None:
    scenario = estates.blocked_container_app()
    world, id = arranged(scenario)
    app = world.resources.get(id)
    assert app is not None

    platform.pull(world, id)
    waiting = json.loads(json.dumps(views.replica(world, app)["properties"]))
    unhealthy = views.revision(world, app)["properties"]["healthState"]
    change(next(world.resources.of_type(REGISTRY)), networkRuleSet=OPEN)
    result = platform.pull(world, id)

    assert (waiting["runningState"], unhealthy) == ("NotRunning", "Unhealthy")
    assert waiting["containers"][0]["runningStateDetails"] == "ImagePullBackOff"
    assert "Successfully pulled image" in said(result)
    assert views.replica(world, app)["properties"]["runningState"] == "Running"
    assert views.revision(world, app)["properties"]["healthState"] == "Healthy"


def test_the_platform_tries_again_by_itself_with_growing_gaps() -> None:
    scenario = estates.blocked_container_app(retry=[10, 20])
    world, app = arranged(scenario)
    platform.pull(world, app)

    tried = []
    for _ in range(7):
        world.advance(10)
        pulls = [row for row in world.tables[SYSTEM_OLD] if row["Reason_s"] == "PullingImage"]
        tried.append(len(pulls))

    assert tried == [2, 2, 3, 3, 4, 4, 5]


def test_without_gaps_it_does_not_try_again() -> None:
    world, site = arranged(estates.blocked_web_app())
    platform.pull(world, site)
    before = len(world.tables[PLATFORM])

    world.advance(3600)

    assert len(world.tables[PLATFORM]) == before


def test_retries_end_when_the_cause_is_gone() -> None:
    world, site = arranged(estates.blocked_web_app(retry=[10]))
    platform.pull(world, site)
    change(next(world.resources.of_type(REGISTRY)), networkRuleSet=OPEN)

    world.advance(10)
    after = len(world.tables[PLATFORM])
    world.advance(100)

    assert status(world, site)["state"] == "Started"
    assert len(world.tables[PLATFORM]) == after


def test_five_failures_block_a_site_until_the_time_it_says() -> None:
    world, site = arranged(estates.blocked_web_app(retry=[10], propagation={"block": 300}))
    platform.pull(world, site)

    world.advance(40)
    blocked = dict(status(world, site))
    restarted = platform.start(world, site)
    change(next(world.resources.of_type(REGISTRY)), networkRuleSet=OPEN)
    world.advance(299)
    still = status(world, site)["state"]
    world.advance(1)

    assert blocked["state"] == "Blocked"
    assert blocked["details"].endswith("Site scheduled to be unblocked at 08/03/2026 09:05:40.")
    assert restarted is None
    assert still == "Blocked"
    assert status(world, site)["state"] == "Started"


def test_stop_and_start_end_a_block() -> None:
    world, site = arranged(estates.blocked_web_app(retry=[10]))
    platform.pull(world, site)
    world.advance(40)
    change(next(world.resources.of_type(REGISTRY)), networkRuleSet=OPEN)

    platform.stop(world, site)
    result = platform.start(world, site)

    assert result is not None
    assert result["ok"]


def test_what_does_not_pull_cannot_be_told_to() -> None:
    scenario = estates.blocked_web_app()

    with pytest.raises(Refusal, match="ResourceNotFound"):
        platform.pull(World.load(scenario), of(scenario, REGISTRY)["id"])


def test_without_a_workspace_rows_are_lost_but_told() -> None:
    scenario = estates.blocked_web_app()
    scenario["workspace"] = None
    world, site = arranged(scenario)

    result = platform.pull(world, site)

    assert result["logs"]
    assert world.tables == {}
