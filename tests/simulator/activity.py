"""
The Activity Log's writing side: what ARM notes about a change.

In:  a write that was accepted or refused, and who asked for it.
Out: records appended to world.activity_log, one "Started" and one with the result.

A role assignment's Started record carries `requestbody`, its deletion's result `responseBody`
(role assignment audits); what is written of a workload with an identity is answered, and noted, as
it is afterwards. Other operations carry no bodies ("Azure Activity Log event schema").
Records become visible `propagation.activityLog` seconds later (submissionTimestamp says when).
"""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from tests.simulator.clouds import named
from tests.simulator.guards import place
from tests.simulator.identity import Caller
from tests.simulator.wire import Request, Response
from tests.simulator.world import Resource, World

_NAMESPACE = UUID("a6f39d0d-3c5b-4f0e-8a35-5d3f4b7a8c11")
_ASSIGNMENT = "microsoft.authorization/roleassignments/"
_ANSWERED = frozenset(
    (
        "microsoft.web/sites/write",
        "microsoft.web/sites/slots/write",
        "microsoft.app/containerapps/write",
        "microsoft.app/jobs/write",
    )
)
_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "NoContent", 400: "BadRequest"}


def append(
    world: World,
    request: Request,
    action: str,
    scope: str,
    caller: Caller,
    response: Response,
    before: Resource | None,
) -> None:
    """Note one write. `before` is the resource as it was, for the records of a deletion."""
    if not place(scope)[0] or (response.status == 204 and before is None):
        return  # Tenant-level operations and deletions of nothing leave no trace in a subscription.
    number = world.memory.setdefault("activity", itertools.count(1))
    operation = str(uuid5(_NAMESPACE, f"{world.tenant}/{next(number)}"))
    succeeded = response.status < 400
    role = action.lower().startswith(_ASSIGNMENT)
    started: dict[str, Any] = {"eventCategory": "Administrative", "entity": scope}
    ended = {
        "statusCode": _REASONS.get(response.status, str(response.status)),
        "serviceRequestId": operation,
        **started,
    }
    if role and action.lower().endswith("/write"):
        started["requestbody"] = json.dumps(_request_body(scope, request))
    if role and action.lower().endswith("/delete") and before is not None:
        ended["responseBody"] = json.dumps(before)
    if succeeded and action.lower() in _ANSWERED and isinstance(response.body, dict):
        ended["responseBody"] = json.dumps(response.body)
    if not succeeded:
        ended["statusMessage"] = json.dumps(response.body)
    common = _Common(world, request, action, scope, caller, operation)
    world.activity_log.append(common.record("BeginRequest", "Started", "", started))
    result = "Succeeded" if succeeded else "Failed"
    if response.status == 202 or (
        response.status == 201 and "Azure-AsyncOperation" in response.headers
    ):
        result = "Accepted"
    code = _REASONS.get(response.status, "")
    sub_status = f"{code} (HTTP Status Code: {response.status})"
    world.activity_log.append(common.record("EndRequest", result, sub_status, ended))


def _request_body(scope: str, request: Request) -> dict[str, Any]:
    properties = (request.json or {}).get("properties") or {}
    holder = scope.rsplit("/providers/", 1)[0]
    return {
        "Id": scope.rsplit("/", 1)[-1].replace("-", ""),
        "Properties": {
            "PrincipalId": properties.get("principalId"),
            "PrincipalType": properties.get("principalType"),
            "RoleDefinitionId": properties.get("roleDefinitionId"),
            "Scope": holder,
            "Condition": properties.get("condition"),
            "ConditionVersion": properties.get("conditionVersion"),
        },
    }


class _Common:
    """What both records of one operation share."""

    def __init__(
        self,
        world: World,
        request: Request,
        action: str,
        scope: str,
        caller: Caller,
        operation: str,
    ) -> None:
        self.world, self.request, self.action = world, request, action
        self.scope, self.caller, self.operation = scope, caller, operation

    def record(self, event: str, status: str, sub: str, properties: dict[str, Any]) -> Resource:
        world, now = self.world, self.world.clock.now()
        subscription, group = place(self.scope)
        unique = str(uuid5(UUID(self.operation), event))
        namespace = self.action.split("/", 1)[0]
        visible = now + timedelta(seconds=world.propagation.get("activityLog", 0))
        return {
            "authorization": {"action": self.action, "scope": self.scope},
            "caller": self.caller.principal,
            "channels": "Operation",
            "claims": _claims(world, self.caller),
            "correlationId": self.request.headers.get(
                "x-ms-correlation-request-id", self.operation
            ),
            "description": "",
            "eventDataId": unique,
            "eventName": {"value": event, "localizedValue": _spaced(event)},
            "category": {"value": "Administrative", "localizedValue": "Administrative"},
            "eventTimestamp": _stamp(now),
            "httpRequest": {
                "clientRequestId": self.request.headers.get("x-ms-client-request-id", unique),
                "clientIpAddress": "192.0.2.10",
                "method": self.request.method,
            },
            "id": f"{self.scope}/events/{unique}/ticks/{_ticks(now)}",
            "level": "Error" if status == "Failed" else "Informational",
            "operationId": self.operation,
            "operationName": {"value": self.action, "localizedValue": self.action},
            "resourceGroupName": group,
            "resourceProviderName": {"value": namespace, "localizedValue": namespace},
            "resourceType": _same(_type_of(self.action)),
            "resourceId": self.scope,
            "status": _same(status),
            "subStatus": {"value": sub.split(" ")[0], "localizedValue": sub},
            "submissionTimestamp": _stamp(visible),
            "subscriptionId": subscription,
            "tenantId": world.tenant,
            "properties": properties,
        }


def _claims(world: World, caller: Caller) -> dict[str, str]:
    schema = "http://schemas.microsoft.com/identity/claims"
    return {
        "aud": f"{named(world.cloud).audiences[0]}/",
        "appid": caller.client,
        f"{schema}/objectidentifier": caller.principal,
        f"{schema}/tenantid": world.tenant,
    }


def _type_of(action: str) -> str:
    """The resource type an action is about: what is before its verb."""
    return action.rsplit("/", 2 if action.endswith("/action") else 1)[0]


def _same(text: str) -> dict[str, str]:
    return {"value": text, "localizedValue": text}


def _spaced(event: str) -> str:
    return {"BeginRequest": "Begin request", "EndRequest": "End request"}[event]


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _ticks(moment: datetime) -> int:
    """.NET ticks: tenths of a microsecond since the year 1."""
    return int((moment - datetime(1, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000)
