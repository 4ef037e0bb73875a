"""
What Azure Monitor and Event Grid would send about this world.

In:  the World and a workload, or an operation on a resource.
Out: the common alert schema payload of the deployed log alert rule; Event Grid events.

The rules are those of `infra/` (`alertrules.py`): split so that one workload is one alert. A V2
log alert never carries the rows it found; ids in it are lower case (pages "Common alert schema",
"Azure resource groups as an Event Grid source"). Ids of alerts and events are never used twice, not
even after the state was replaced: receivers tell duplicates by them.
"""

from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.simulator import clouds, identity, workloads
from tests.simulator.alertrules import Combination, Rule, rules
from tests.simulator.logs import timestamp
from tests.simulator.systemrows import environment_of
from tests.simulator.wire import resource_not_found
from tests.simulator.workloads import Workload
from tests.simulator.world import World

_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def alert(world: World, workload_id: str, *, condition: str = "Fired") -> dict[str, Any]:
    """The payload about one workload. `condition` is "Fired" or "Resolved"."""
    workload = workloads.find(world, workload_id)
    if workload is None:
        raise resource_not_found(workload_id)
    rule = rules()["web-apps" if workload.is_site else "container-apps"]
    combination = _combination(world, workload, rule)
    return _payload(world, rule, combination, rule.firing(world).get(combination, 0), condition)


def fired(world: World) -> list[dict[str, Any]]:
    """What every rule would send now, one payload for each combination that fires."""
    return [
        _payload(world, rule, combination, count, "Fired")
        for rule in rules().values()
        for combination, count in rule.firing(world).items()
    ]


def _combination(world: World, workload: Workload, rule: Rule) -> Combination:
    """The workload's dimensions; a name it has none of is empty, as in its rows."""
    environment = environment_of(world, workload.resource) or {}
    said = {
        "_ResourceId": workload.id.lower(),
        "JobName" if workload.kind == "job" else "ContainerAppName": workload.resource["name"],
        "EnvironmentName": environment.get("name", ""),
    }
    return tuple((name, str(said.get(name, ""))) for name in rule.dimensions)


def _payload(
    world: World, rule: Rule, combination: Combination, count: int, condition: str
) -> dict[str, Any]:
    alert_id, now = str(uuid4()), world.clock.now()
    subscription = world.subscriptions[0].lower()
    essentials = {
        "alertId": f"/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts/"
        f"{alert_id}",
        "alertRule": f"sqr-medic-{rule.name}",
        "severity": f"Sev{rule.severity}",
        "signalType": "Log",
        "monitorCondition": condition,
        "monitoringService": "Log Alerts V2",
        "alertTargetIDs": [workspace_id(world)] if world.workspace else [],
        "configurationItems": [value for name, value in combination if name == "_ResourceId"],
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
            "windowSize": rule.window,
            "allOf": [_criterion(world, rule, combination, count)],
            "windowStartTime": (now - rule.length).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "windowEndTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {"essentials": essentials, "alertContext": context, "customProperties": {}},
    }


def _criterion(world: World, rule: Rule, combination: Combination, count: int) -> dict[str, Any]:
    link = f"https://{clouds.named(world.cloud).log_analytics[0]}/v1/workspaces/{world.workspace}"
    return {
        "searchQuery": rule.query,
        "metricMeasureColumn": None,
        "targetResourceTypes": "['Microsoft.OperationalInsights/workspaces']",
        "operator": "GreaterThan",
        "threshold": str(rule.threshold),
        "timeAggregation": "Count",
        "dimensions": [{"name": name, "value": value} for name, value in combination],
        "metricValue": float(count),
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
        "linkToSearchResultsAPI": f"{link}/query",
        "linkToFilteredSearchResultsAPI": f"{link}/query",
    }


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
            **({"appid": client} if (client := identity.principals(world).get(who)) else {}),
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
