"""What Azure Monitor and Event Grid would send."""

from typing import Any

import pytest

from tests.simulator import alerts, estates, platform
from tests.simulator.wire import Refusal
from tests.simulator.world import World
from tests.simulator_tests.asking import change, of


def fired(scenario: dict[str, Any]) -> tuple[dict[str, Any], str, World]:
    """The alert after one pull of the first workload."""
    world, id = World.load(scenario), estates.workloads_of(scenario)[0]
    platform.pull(world, id)
    return alerts.alert(world, id), id, world


def test_a_web_apps_alert_targets_the_workspace_and_names_the_site() -> None:
    scenario = estates.blocked_web_app()
    workspace = of(scenario, "Microsoft.OperationalInsights/workspaces")["id"]

    payload, id, _ = fired(scenario)

    essentials = payload["data"]["essentials"]
    criterion = payload["data"]["alertContext"]["condition"]["allOf"][0]
    assert payload["schemaId"] == "azureMonitorCommonAlertSchema"
    assert essentials["monitoringService"] == "Log Alerts V2"
    assert essentials["monitorCondition"] == "Fired"
    assert essentials["alertTargetIDs"] == [workspace.lower()]
    assert essentials["configurationItems"] == [id.lower()]
    assert criterion["dimensions"] == [{"name": "_ResourceId", "value": id.lower()}]
    assert criterion["metricValue"] == 1.0


def test_an_alert_carries_no_rows() -> None:
    payload, _, _ = fired(estates.blocked_web_app())

    assert "client with IP" not in str(payload)
    assert "SearchResults" not in payload["data"]["alertContext"]


def test_a_container_apps_alert_is_split_by_names() -> None:
    scenario = estates.container_app_403()
    payload, _, _ = fired(scenario)
    environment = of(scenario, "Microsoft.App/managedEnvironments")
    change(environment, appLogsConfiguration={"destination": "azure-monitor"})
    modern, _, _ = fired(scenario)

    criteria = [
        one["data"]["alertContext"]["condition"]["allOf"][0]["dimensions"]
        for one in (payload, modern)
    ]
    assert payload["data"]["essentials"]["configurationItems"] == []
    assert criteria[0] == criteria[1]
    assert criteria[0] == [
        {"name": "ContainerAppName", "value": "basket"},
        {"name": "JobName", "value": ""},
        {"name": "EnvironmentName", "value": "apps-env"},
    ]


def test_every_alert_has_an_id_of_its_own() -> None:
    _, id, world = fired(estates.blocked_web_app())

    ids = {alerts.alert(world, id)["data"]["essentials"]["alertId"] for _ in range(3)}

    assert len(ids) == 3


def test_only_rows_of_the_rules_window_count() -> None:
    _, id, world = fired(estates.blocked_web_app())

    world.advance(901)
    later = alerts.alert(world, id)

    assert later["data"]["alertContext"]["condition"]["allOf"][0]["metricValue"] == 0.0


def test_the_end_of_an_alert_says_so() -> None:
    _, id, world = fired(estates.blocked_web_app())

    essentials = alerts.alert(world, id, condition="Resolved")["data"]["essentials"]

    assert essentials["monitorCondition"] == "Resolved"
    assert essentials["resolvedDateTime"].startswith("2026-08-03T09:00:00")


def test_there_is_no_alert_for_what_does_not_pull() -> None:
    world = World.load(estates.blocked_web_app())

    with pytest.raises(Refusal, match="ResourceNotFound"):
        alerts.alert(world, "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/no")


@pytest.mark.parametrize(
    ("operation", "status", "kind", "method"),
    [
        ("Microsoft.ContainerRegistry/registries/write", "Succeeded", "WriteSuccess", "PUT"),
        ("Microsoft.Authorization/roleAssignments/delete", "Succeeded", "DeleteSuccess", "DELETE"),
        ("Microsoft.App/containerApps/write", "Failed", "WriteFailure", "PUT"),
        (
            "Microsoft.ContainerRegistry/registries/regenerateCredential/action",
            "Succeeded",
            "ActionSuccess",
            "POST",
        ),
    ],
)
def test_an_operations_event_says_who_did_what_where_but_not_what_changed(
    operation: str, status: str, kind: str, method: str
) -> None:
    scenario = estates.blocked_web_app()
    world = World.load(scenario)
    resource = of(scenario, "Microsoft.ContainerRegistry/registries")["id"]
    person = "22222222-0000-4000-8000-000000000002"

    events = alerts.event(world, operation, resource, status=status, principal=person)

    assert len(events) == 1
    event = events[0]
    assert event["eventType"] == f"Microsoft.Resources.Resource{kind}"
    assert event["subject"] == event["data"]["resourceUri"] == resource
    assert event["data"]["operationName"] == operation
    assert event["data"]["httpRequest"]["method"] == method
    assert person in event["data"]["claims"].values()
    assert not {"requestBody", "responseBody", "properties"} & set(event["data"])
