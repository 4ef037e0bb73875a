"""
What Azure Monitor and Event Grid would send about this world.

In:  the World and a workload, or an operation on a resource.
Out: the common alert schema payload of the deployed log alert rule; Event Grid events.

Rules are split by `_ResourceId` for web apps, by app and environment name for container apps. A V2
log alert never carries the rows it found; ids in it are lower case (pages "Common alert schema",
"Azure resource groups as an Event Grid source"). Ids of alerts and events are never used twice, not
even after the state was replaced: receivers tell duplicates by them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.simulator import clouds, workloads
from tests.simulator.logs import timestamp
from tests.simulator.siterows import CONSOLE, PLATFORM
from tests.simulator.systemrows import SYSTEM_NEW, SYSTEM_OLD, destination_of, environment_of
from tests.simulator.wire import resource_not_found
from tests.simulator.workloads import Workload
from tests.simulator.world import Resource, World

_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_WINDOW = timedelta(minutes=10)
_QUERIES = {
    True: "AppServicePlatformLogs | where Level == 'Error' and Message has 'pull'",
    False: "ContainerAppSystemLogs_CL | where Reason_s == 'ContainerTerminated'",
}
_FAILED = ("ContainerTerminated", "ImagePullUnauthorized", "ErrImagePull")


def alert(world: World, workload_id: str, *, condition: str = "Fired") -> dict[str, Any]:
    """The payload for the newest failing rows. `condition` is "Fired" or "Resolved"."""
    workload = workloads.find(world, workload_id)
    if workload is None:
        raise resource_not_found(workload_id)
    alert_id, now = str(uuid4()), world.clock.now()
    subscription = workload.id.split("/")[2].lower()
    essentials = {
        "alertId": f"/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts/"
        f"{alert_id}",
        "alertRule": "image-pull-failures-" + ("web" if workload.is_site else "containerapps"),
        "severity": "Sev2",
        "signalType": "Log",
        "monitorCondition": condition,
        "monitoringService": "Log Alerts V2",
        "alertTargetIDs": [workspace_id(world)] if world.workspace else [],
        "configurationItems": [workload.id.lower()] if workload.is_site else [],
        "originAlertId": str(uuid4()),
        "firedDateTime": timestamp(now),
        "description": "",
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }
    if condition == "Resolved":
        essentials["resolvedDateTime"] = timestamp(now)
    context = {
        "properties": {},
        "conditionType": "LogQueryCriteria",
        "condition": {
            "windowSize": "PT10M",
            "allOf": [_criterion(world, workload)],
            "windowStartTime": (now - _WINDOW).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "windowEndTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {"essentials": essentials, "alertContext": context, "customProperties": {}},
    }


def _criterion(world: World, workload: Workload) -> dict[str, Any]:
    link = f"https://{clouds.named(world.cloud).log_analytics[0]}/v1/workspaces/{world.workspace}"
    return {
        "searchQuery": _QUERIES[workload.is_site],
        "metricMeasureColumn": None,
        "targetResourceTypes": "['Microsoft.OperationalInsights/workspaces']",
        "operator": "GreaterThan",
        "threshold": "0",
        "timeAggregation": "Count",
        "dimensions": list(_dimensions(world, workload)),
        "metricValue": float(len(failing_rows(world, workload))),
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
        "linkToSearchResultsAPI": f"{link}/query",
        "linkToFilteredSearchResultsAPI": f"{link}/query",
    }


def _dimensions(world: World, workload: Workload) -> Iterator[dict[str, str]]:
    if workload.is_site:
        yield {"name": "_ResourceId", "value": workload.id.lower()}
        return
    environment = environment_of(world, workload.resource)
    modern = destination_of(environment) == "azure-monitor"
    suffix = "" if modern else "_s"
    kind = "JobName" if workload.kind == "job" else "ContainerAppName"
    yield {"name": f"{kind}{suffix}", "value": str(workload.resource["name"])}
    name = environment["name"] if environment else ""
    yield {"name": f"EnvironmentName{suffix}", "value": str(name)}


def failing_rows(world: World, workload: Workload) -> list[Resource]:
    """The workload's error rows inside the rule's window."""
    since = timestamp(world.clock.now() - _WINDOW)
    found = []
    for table in (PLATFORM, CONSOLE, SYSTEM_OLD, SYSTEM_NEW):
        for row in world.tables.get(table, []):
            if row["TimeGenerated"] >= since and _is_about(row, workload):
                found.append(row)
    return found


def _is_about(row: Resource, workload: Workload) -> bool:
    if workload.is_site:
        return row["_ResourceId"] == workload.id.lower() and row.get("Level") == "Error"
    kind = "JobName" if workload.kind == "job" else "ContainerAppName"
    name = row.get(kind, row.get(f"{kind}_s"))
    reason = row.get("Reason", row.get("Reason_s"))
    return name == workload.resource["name"] and reason in _FAILED


def workspace_id(world: World) -> str:
    """The ARM id, in lower case, of the workspace that receives the rows; a scenario that names
    it by its customer id alone gets one, as an alert's target is always a resource."""
    text = world.workspace or ""
    for item in world.resources.of_type("Microsoft.OperationalInsights/workspaces"):
        if text.lower() in (item["id"].lower(), str(item["properties"].get("customerId")).lower()):
            return str(item["id"]).lower()
    if "/" in text:
        return text.lower()
    group = f"/subscriptions/{world.subscriptions[0]}/resourcegroups/logs"
    return f"{group}/providers/microsoft.operationalinsights/workspaces/{text}".lower()


def event(
    world: World,
    operation: str,
    resource: str,
    *,
    principal: str = "",
    status: str = "Succeeded",
    method: str = "",
) -> list[dict[str, Any]]:
    """The Event Grid event of a management operation, without request or response body.

    `operation` is the action ("Microsoft.ContainerRegistry/registries/write"), `principal` the
    object id of who did it, `status` "Succeeded", "Failed" or "Canceled".
    """
    verb = operation.rsplit("/", 1)[-1].lower()
    kind = {"write": "Write", "delete": "Delete"}.get(verb, "Action")
    end = {"Succeeded": "Success", "Failed": "Failure", "Canceled": "Cancel"}[status]
    now, subscription = world.clock.now(), resource.split("/")[2]
    http = method or {"Write": "PUT", "Delete": "DELETE", "Action": "POST"}[kind]
    host = clouds.named(world.cloud).arm
    who = principal or str(uuid4())
    data = {
        "authorization": {
            "scope": resource,
            "action": operation,
            "evidence": {"role": "Contributor", "principalId": who.replace("-", "")},
        },
        "claims": {
            "aud": f"https://{host}/",
            "iss": f"https://sts.windows.net/{world.tenant}/",
            _OBJECT_ID: who,
        },
        "correlationId": str(uuid4()),
        "httpRequest": {
            "clientRequestId": str(uuid4()),
            "clientIpAddress": "20.61.99.12",
            "method": http,
            "url": f"https://{host}{resource}",
        },
        "resourceProvider": operation.split("/")[0],
        "resourceUri": resource,
        "operationName": operation,
        "status": status,
        "subscriptionId": subscription,
        "tenantId": world.tenant,
    }
    return [
        {
            "id": str(uuid4()),
            "topic": f"/subscriptions/{subscription}",
            "subject": resource,
            "eventType": f"Microsoft.Resources.Resource{kind}{end}",
            "eventTime": _event_time(now),
            "dataVersion": "2",
            "metadataVersion": "1",
            "data": data,
        }
    ]


def _event_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
