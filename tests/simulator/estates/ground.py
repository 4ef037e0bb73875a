"""
The ground an estate stands on: subscription, groups, workspace, the healer and its role.

In:  the cloud, the clock and the platform's timing; `now` (aware), from which the past is counted
     when the clock is the wall's. The healer holds the roles of `infra/`; `healer_roles` some of
     them, `healer_actions` other actions instead.
Out: a Ground that other bricks extend; `scenario()` hands out the whole.

Ids are derived from names, so the same estate is the same every time.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from tests.simulator import clouds
from tests.simulator.estates.healer import GRANTING, MAY_GRANT_PULL, ROLES, permissions
from tests.simulator.world import Resource

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
REPOSITORY_READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"

TENANT = "0f6c2d1e-7f0b-4a53-9a57-3f1c6b1d2e90"
SUBSCRIPTION = "5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d"
GROUP, SHARED = "web-shop", "platform"
LOCATION = "West Europe"
CLOCK = "2026-08-03T09:00:00+00:00"
LONG_AGO = "2026-07-01T08:00:00.0000000Z"
_NAMESPACE = UUID("b9d1b1f0-6f57-4c1b-9d0e-2a7c5f3e8d11")


def guid(*parts: str) -> str:
    return str(uuid5(_NAMESPACE, "/".join(parts)))


class Ground:
    """A scenario in the making. Every method puts something in and returns its body or id."""

    def __init__(
        self,
        *,
        cloud: str = "AzureCloud",
        clock: str | None = CLOCK,
        retry: list[float] | None = None,
        propagation: dict[str, float] | None = None,
        healer_actions: tuple[str, ...] | None = None,
        healer_roles: tuple[str, ...] = tuple(ROLES),
        now: datetime | None = None,
    ) -> None:
        self.now = now or datetime.fromisoformat(clock or CLOCK)
        self.cloud = clouds.named(cloud)
        self.subscription = f"/subscriptions/{SUBSCRIPTION}"
        self.resources: list[Resource] = []
        self.parts: dict[str, Any] = {
            "cloud": self.cloud.name,
            "tenant": TENANT,
            "subscriptions": [SUBSCRIPTION],
            "clock": clock,
            "healer": {"principalId": guid("healer"), "clientId": guid("healer", "client")},
            "resources": self.resources,
            "appSettings": {},
            "secrets": {},
            "passwords": {},
            "images": {},
            "egress": {},
            "activityLog": [],
            "propagation": propagation or {},
            "retry": retry or [],
            "workspace": guid("workspace"),
        }
        for name in (GROUP, SHARED):
            self.group(name)
        self._workspace()
        self._roles: dict[str, str] = {}  # the healer's: definition → condition
        if healer_actions is None:
            for name in healer_roles:
                self._role(name, ROLES[name])
        else:
            actions = {"actions": list(healer_actions), "dataActions": []}
            self._role("", {"name": "Image pull healer", "description": "", **actions})
        self.admit_healer(self.subscription)

    def scenario(self) -> dict[str, Any]:
        return self.parts

    def id(self, type: str, name: str, group: str = GROUP) -> str:
        return f"{self.subscription}/resourceGroups/{group}/providers/{type}/{name}"

    def add(self, id: str, type: str, properties: Any, **more: Any) -> Resource:
        """Put a resource in; its name is the last segment of its id."""
        body: Resource = {"id": id, "name": id.rsplit("/", 1)[-1], "type": type, **more}
        body["properties"] = properties
        self.resources.append(body)
        return body

    def group(self, name: str, **tags: str) -> Resource:
        return self.add(
            f"{self.subscription}/resourceGroups/{name}",
            "Microsoft.Resources/resourceGroups",
            {"provisioningState": "Succeeded"},
            location="westeurope",
            tags=tags,
        )

    def role_id(self, role: str) -> str:
        kind = "Microsoft.Authorization/roleDefinitions"
        return f"{self.subscription}/providers/{kind}/{role}"

    def assign(
        self, principal: str, role: str, scope: str, *, condition: str = "", at: str = LONG_AGO
    ) -> Resource:
        """A role assignment, made long ago unless told otherwise."""
        properties: dict[str, Any] = {
            "roleDefinitionId": self.role_id(role),
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "scope": scope,
            "condition": condition or None,
            "conditionVersion": "2.0" if condition else None,
            "createdOn": at,
            "updatedOn": at,
            "createdBy": guid("owner"),
            "updatedBy": guid("owner"),
        }
        name = guid("assignment", principal, role, scope)
        kind = "Microsoft.Authorization/roleAssignments"
        return self.add(f"{scope}/providers/{kind}/{name}", kind, properties)

    def with_identity(self, resource: Resource) -> Resource:
        """Switch the system-assigned identity on."""
        resource["identity"] = {
            "type": "SystemAssigned",
            "principalId": guid("principal", resource["id"]),
            "tenantId": TENANT,
        }
        return resource

    def _workspace(self) -> None:
        type_ = "Microsoft.OperationalInsights/workspaces"
        self.add(
            self.id(type_, "platform-logs", SHARED),
            type_,
            {
                "customerId": guid("workspace"),
                "provisioningState": "Succeeded",
                "sku": {"name": "PerGB2018"},
                "retentionInDays": 30,
            },
            location="westeurope",
        )

    def admit_healer(self, scope: str) -> None:
        """The healer's roles there, too; each was defined for the first subscription."""
        for item in self.resources:
            if item["name"] in self._roles and scope not in item["properties"]["assignableScopes"]:
                item["properties"]["assignableScopes"].append(scope)
        healer = self.parts["healer"]["principalId"]
        for role, condition in self._roles.items():
            self.assign(healer, role, scope, condition=condition)

    def _role(self, name: str, role: dict[str, Any]) -> None:
        """Define one role of the healer's as the deployment does."""
        id = guid("healer", "role", name)
        self._roles[id] = MAY_GRANT_PULL if name == GRANTING else ""
        self.add(
            self.role_id(id),
            "Microsoft.Authorization/roleDefinitions",
            {
                "roleName": role["name"],
                "type": "CustomRole",
                "description": role["description"],
                "assignableScopes": [self.subscription],
                "permissions": [permissions(role)],
            },
        )
