"""
What happened before the scenario begins: records of the Activity Log, in Azure's forms.

In:  who did what to which resource, and how many days ago.
Out: records in the scenario's activityLog: "Started" with the request's body for the making of a
     role assignment, "Succeeded" with the deleted assignment for its deletion (or without, as some
     are), and the resource itself for writes of one.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from tests.simulator.estates.ground import SHARED, TENANT, Ground, guid
from tests.simulator.world import Resource

PERSON = "platform-team@contoso.example"
PIPELINE = guid("a deployment pipeline")
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_SCHEMA = "http://schemas.microsoft.com/identity/claims"


class Past(Ground):
    """The estate's memory."""

    def forgotten_assignment(
        self,
        principal: str,
        role: str,
        scope: str,
        *,
        by: str = PERSON,
        days: float = 1,
        told: bool = True,
        condition: str = "",
    ) -> None:
        """An assignment that was made three weeks before and deleted so many days ago.

        `told`: the deletion's record holds what was deleted.
        """
        name = guid("assignment", principal, role, scope)
        id = f"{scope}/providers/{_ASSIGNMENTS}/{name}"
        properties = {
            "roleDefinitionId": self.role_id(role),
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "scope": scope,
        }
        properties |= {"condition": condition, "conditionVersion": "2.0"} if condition else {}
        stored = {"id": id, "type": _ASSIGNMENTS, "name": name, "properties": properties}
        request = {"Id": name.replace("-", ""), "Properties": _capital(properties)}
        made, gone = timedelta(days=days + 20), timedelta(days=days)
        self.remember(id, f"{_ASSIGNMENTS}/write", made, requestbody=json.dumps(request))
        more = {"responseBody": json.dumps(stored)} if told else {}
        self.remember(id, f"{_ASSIGNMENTS}/delete", gone, by=by, **more)

    def refused_assignment(
        self, principal: str, role: str, scope: str, *, code: str, days: float = 1, **info: str
    ) -> None:
        """Somebody tried to give a role, and Azure refused."""
        id = f"{scope}/providers/{_ASSIGNMENTS}/{guid('refused', principal, role, scope)}"
        properties = {
            "PrincipalId": principal,
            "RoleDefinitionId": self.role_id(role),
            "Scope": scope,
        }
        error: Resource = {"code": code, "message": f"{code}: refused"}
        if info:
            error["additionalInfo"] = [{"type": "PolicyViolation", "info": info}]
        self.remember(
            id,
            f"{_ASSIGNMENTS}/write",
            timedelta(days=days),
            status="Failed",
            requestbody=json.dumps({"Properties": properties}),
            statusMessage=json.dumps({"error": error}),
        )

    def new_identity(self, owner: Resource, *, former: str, days: float = 1) -> None:
        """The workload's identity was switched off and on again so many days ago."""
        kind = f"{owner['type']}/write"
        for principal, ago in ((former, days + 30), (owner["identity"]["principalId"], days)):
            body = {"id": owner["id"], "identity": owner["identity"] | {"principalId": principal}}
            told = {"responseBody": json.dumps(body)}
            self.remember(owner["id"], kind, timedelta(days=ago), **told)

    def remember(
        self,
        id: str,
        operation: str,
        ago: timedelta,
        *,
        by: str = PERSON,
        status: str = "Succeeded",
        **properties: str,
    ) -> None:
        """Both records of one operation: its beginning and its end."""
        moment = self.now - ago
        asked = {key: properties.pop(key) for key in ("requestbody",) if key in properties}
        self.parts["activityLog"] += [
            _record(id, operation, moment, by, "Started", asked),
            _record(id, operation, moment, by, status, {"statusCode": "OK", **properties}),
        ]


def _capital(properties: dict[str, Any]) -> dict[str, Any]:
    """The request's body, whose names begin with capitals."""
    return {name[0].upper() + name[1:]: value for name, value in properties.items()}


def _record(
    id: str, operation: str, moment: datetime, by: str, status: str, properties: Resource
) -> Resource:
    at = moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
    one = guid("operation", id, operation, at)
    ended = status != "Started"
    kind, namespace = operation.rpartition("/")[0], operation.partition("/")[0]
    claims = {} if "@" in by else {"appid": guid("client", by), f"{_SCHEMA}/objectidentifier": by}
    return {
        "id": f"{id}/events/{guid('event', one, status)}/ticks/638900000000000000",
        "eventDataId": guid("event", one, status),
        "correlationId": one,
        "operationId": one,
        "eventTimestamp": at,
        "submissionTimestamp": at,
        "caller": by,
        "channels": "Operation",
        "level": "Error" if status == "Failed" else "Informational",
        "resourceId": id,
        "resourceGroupName": SHARED,
        "subscriptionId": id.split("/")[2],
        "tenantId": TENANT,
        "authorization": {"action": operation, "scope": id},
        "claims": claims,
        "eventName": _same("EndRequest" if ended else "BeginRequest"),
        "category": _same("Administrative"),
        "operationName": _same(operation),
        "resourceProviderName": _same(namespace),
        "resourceType": _same(kind),
        "status": _same(status),
        "subStatus": _same("OK" if ended else ""),
        "properties": {"entity": id, "message": operation, **properties},
    }


def _same(text: str) -> dict[str, str]:
    return {"value": text, "localizedValue": text}
