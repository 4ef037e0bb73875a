"""
Microsoft.Authorization: role assignments, and what the caller itself may do.

In:  calls that passed access control. Out: assignments as the 2022-04-01 document describes them.
A condition on the caller's own right to assign was judged before the handler runs (`guards.rbac`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.simulator import access, filters, identity
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response, resource_not_found
from tests.simulator.world import Resource, World

routes = Routes()
_VERSIONS = (
    "2015-07-01",
    "2018-07-01",
    "2018-09-01-preview",
    "2020-04-01-preview",
    "2020-08-01-preview",
    "2022-04-01",
)
_TYPE = "Microsoft.Authorization/roleAssignments"
_COLLECTION = "{scope}/providers/Microsoft.Authorization/roleAssignments"
_ONE = _COLLECTION + "/{name}"
LIMIT = 4000  # role assignments in one subscription


@routes.arm("GET", _COLLECTION, action=f"{_TYPE}/read", versions=_VERSIONS)
def list_assignments(call: Call) -> Response:
    """At, above and below a scope; atScope() leaves out those below."""
    asked = filters.clauses(
        call.query.get("$filter", ""), known={"atscope", "assignedto", "principalid"}
    )
    if "atscope" in asked and "principalid" in asked:
        raise Refusal(
            400,
            "UnsupportedQuery",
            "The filter supports either atScope() or principalId eq, not both together.",
        )
    here = call.params["scope"]
    wanted: set[str] | None = None
    if "assignedto" in asked:
        wanted = access.memberships(call.world, asked["assignedto"])
    elif "principalid" in asked:
        wanted = {asked["principalid"].lower()}
    found = [
        _shown(item)
        for item in call.world.resources.of_type(_TYPE)
        if _in_view(call.world, access.scope_of(item), here, below="atscope" not in asked)
        and (wanted is None or str(item["properties"]["principalId"]).lower() in wanted)
    ]
    return Response(body={"value": found})


@routes.arm("GET", _ONE, action=f"{_TYPE}/read", versions=_VERSIONS)
def get_assignment(call: Call) -> Response:
    item = call.world.resources.get(call.scope)
    if item is None:
        raise Refusal(
            404,
            "RoleAssignmentNotFound",
            f"The role assignment '{call.params['name']}' is not found.",
        )
    return Response(body=_shown(item))


@routes.arm("PUT", _ONE, action=f"{_TYPE}/write", versions=_VERSIONS)
def create_assignment(call: Call) -> Response:
    properties = (call.json or {}).get("properties") or {}
    _check(call, properties)
    new = _assignment(call, properties)
    existing = _named(call.world, call.params["name"])
    if existing is not None:
        return _update(call, existing, new)
    for other in call.world.resources.of_type(_TYPE):
        if _key(other) == _key(new):
            id = str(other["name"]).replace("-", "")
            raise Refusal(
                409,
                "RoleAssignmentExists",
                "The role assignment already exists. The ID of the existing role assignment is "
                f"{id}.",
            )
    call.world.resources.put(new)
    return Response(status=201, body=_shown(new))


@routes.arm("DELETE", _ONE, action=f"{_TYPE}/delete", versions=_VERSIONS)
def delete_assignment(call: Call) -> Response:
    gone = call.world.resources.delete(call.scope)
    return Response(status=204) if gone is None else Response(body=_shown(gone))


@routes.arm(
    "GET",
    "{scope}/providers/Microsoft.Authorization/permissions",
    action="Microsoft.Authorization/permissions/read",
    versions=_VERSIONS,
)
def list_permissions(call: Call) -> Response:
    """The caller's permissions at a scope, one entry for each assigned role's permission."""
    found: list[dict[str, Any]] = []
    for item in access.effective(call.world, call.principal, call.params["scope"]):
        role = access.role_definition(call.world, item["properties"]["roleDefinitionId"])
        for permission in role["properties"]["permissions"] if role else []:
            entry = {key: permission.get(key) or [] for key in _PERMISSION}
            if entry not in found:
                found.append(entry)
    return Response(body={"value": found})


_PERMISSION = ("actions", "notActions", "dataActions", "notDataActions")


def _check(call: Call, properties: dict[str, Any]) -> None:
    """What the service validates before it looks at other assignments, in its words."""
    name, world = call.params["name"], call.world
    if not _is_guid(name):
        raise Refusal(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
        )
    principal, role = properties.get("principalId"), properties.get("roleDefinitionId")
    if not principal or not role or not _is_guid(str(principal)):
        raise Refusal(400, "BadRequestFormat", "The request was incorrectly formatted.")
    _check_scope(call)
    if access.role_definition(world, role) is None:
        guid = str(role).rsplit("/", 1)[-1].replace("-", "")
        raise Refusal(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{guid}' does not exist.",
        )
    kind = properties.get("principalType")
    known = str(principal).lower() in identity.principals(world)
    if not kind and not known:
        raise Refusal(
            400,
            "PrincipalNotFound",
            f"Principal {str(principal).replace('-', '')} does not exist in the directory "
            f"{world.tenant}. Check that you have the correct principal ID. If you are creating "
            "this principal and then immediately assigning a role, this error might be related to "
            "a replication delay. In this case, set the role assignment principalType property to "
            "a value, such as ServicePrincipal, User, or Group.  See "
            "https://aka.ms/docs-principaltype",
        )
    if properties.get("condition") and properties.get("conditionVersion") != "2.0":
        raise Refusal(
            400,
            "InvalidConditionOrConditionVersion",
            "The condition version is not valid: a condition needs conditionVersion '2.0'.",
        )


def _check_scope(call: Call) -> None:
    """The assignment's scope must exist; the guards saw to subscription and group already."""
    scope = call.params["scope"]
    if "/providers/" not in scope.lower() or scope.lower().startswith("/providers/"):
        return
    if call.world.resources.get(scope) is None:
        raise resource_not_found(scope)


def _update(call: Call, existing: Resource, new: Resource) -> Response:
    """Names are unique in the tenant; only description and condition may change under one."""
    if _key(existing) != _key(new):
        raise Refusal(
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    for field in ("description", "condition", "conditionVersion"):
        if existing["properties"].get(field) != new["properties"][field]:
            existing["properties"][field] = new["properties"][field]
            existing["properties"]["updatedOn"] = new["properties"]["updatedOn"]
            existing["properties"]["updatedBy"] = call.principal
    return Response(body=_shown(existing))


def _assignment(call: Call, properties: dict[str, Any]) -> Resource:
    scope, now = call.params["scope"] or "/", _stamp(call.world.clock.now())
    taken = sum(
        1 for _ in call.world.resources.of_type(_TYPE, "/" + "/".join(scope.split("/")[1:3]))
    )
    if taken >= LIMIT:
        raise Refusal(
            400,
            "RoleAssignmentLimitExceeded",
            "No more role assignments can be created because the limit of "
            f"{LIMIT} role assignments in this subscription has been reached.",
        )
    return {
        "properties": {
            "roleDefinitionId": properties["roleDefinitionId"],
            "principalId": properties["principalId"],
            "principalType": properties.get("principalType") or "ServicePrincipal",
            "scope": scope,
            "condition": properties.get("condition"),
            "conditionVersion": properties.get("conditionVersion"),
            "createdOn": now,
            "updatedOn": now,
            "createdBy": call.principal,
            "updatedBy": call.principal,
            "delegatedManagedIdentityResourceId": None,
            "description": properties.get("description"),
        },
        "id": call.scope,
        "type": _TYPE,
        "name": call.params["name"],
    }


def _shown(item: Resource) -> Resource:
    """Every property the API answers, also where the scenario left some out."""
    blank = dict.fromkeys(
        (
            "condition",
            "conditionVersion",
            "createdBy",
            "updatedBy",
            "delegatedManagedIdentityResourceId",
            "description",
        )
    )
    given = item["properties"]
    created = given.get("createdOn", "2024-01-01T00:00:00.0000000Z")
    properties = {
        **blank,
        "principalType": "ServicePrincipal",
        "scope": access.scope_of(item),
        "createdOn": created,
        "updatedOn": created,
        **given,
    }
    return {"properties": properties, "id": item["id"], "type": _TYPE, "name": item["name"]}


def _in_view(world: World, scope: str, here: str, *, below: bool) -> bool:
    if access.covers(world, scope, here or "/"):
        return True
    return below and access.covers(world, here or "/", scope)


def _named(world: World, name: str) -> Resource | None:
    wanted = name.lower()
    found = (one for one in world.resources.of_type(_TYPE) if str(one["name"]).lower() == wanted)
    return next(found, None)


def _key(item: Resource) -> tuple[str, str, str]:
    properties = item["properties"]
    return (
        access.scope_of(item).lower().rstrip("/"),
        str(properties["principalId"]).lower(),
        str(properties["roleDefinitionId"]).rsplit("/", 1)[-1].lower(),
    )


def _is_guid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
