"""
What stands between an authenticated request and its handler.

In:  a matched request and its caller.
Out: nothing when it may go on; the Refusal Azure would answer otherwise.

Order as in the resource manager: subscription → RBAC and deny assignments → resource group → locks.
Azure Policy follows in `policy.py`, because it looks at (and may change) the body.
"""

from typing import Any
from uuid import UUID

from tests.simulator import access
from tests.simulator.identity import Caller
from tests.simulator.routes import Route
from tests.simulator.wire import Refusal, Request
from tests.simulator.world import World

_DEFINITIONS = (
    "Microsoft.Authorization/policyDefinitions/",
    "Microsoft.Authorization/policySetDefinitions/",
    "Microsoft.Authorization/roleDefinitions/",
)
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"


def subscription(world: World, path: str) -> None:
    sub = place(path)[0]
    if not sub:
        return
    if not _is_guid(sub):
        raise Refusal(
            400,
            "InvalidSubscriptionId",
            f"The provided subscription identifier '{sub}' is malformed or invalid.",
        )
    if sub.lower() not in {one.lower() for one in world.subscriptions}:
        raise Refusal(404, "SubscriptionNotFound", f"The subscription '{sub}' could not be found.")


def place(path: str) -> tuple[str, str]:
    """Subscription and resource group of an ARM path; empty where it has none."""
    parts = path.strip("/").split("/")
    if parts[0].lower() != "subscriptions" or len(parts) < 2:
        return "", ""
    grouped = len(parts) > 3 and parts[2].lower() == "resourcegroups"
    return parts[1], parts[3] if grouped else ""


def checked_scope(path: str) -> str:
    """The scope ARM names when it refuses: a collection or an action stands for what holds it."""
    parts = path.strip("/").split("/")
    folded = [part.lower() for part in parts]
    tail = len(parts)
    if "providers" in folded:
        tail -= len(folded) - folded[::-1].index("providers") + 1
    return "/" + "/".join(parts[:-1] if tail % 2 else parts)


def rbac(world: World, caller: Caller, route: Route, request: Request) -> None:
    """403 in Azure's words unless the caller's assignments carry the route's action."""
    if not route.action or caller.trusted or _open(route, request):
        return
    scope = checked_scope(request.path)
    attributes = assignment_attributes(world, route.action, request)
    action = route.action
    verdict = access.judge(world, caller.principal, scope, action, attributes=attributes)
    if verdict is access.Verdict.ALLOWED:
        return
    who = f"The client '{caller.client}' with object id '{caller.principal}'"
    if verdict is access.Verdict.DENY_ASSIGNMENT:
        deny = access.denying(world, caller.principal, scope, action)
        assert deny is not None
        raise Refusal(
            403,
            "DenyAssignmentAuthorizationFailed",
            f"{who} has permission to perform action '{action}' on scope '{scope}'; however, the "
            "access is denied because of the deny assignment with name "
            f"'{deny['properties'].get('denyAssignmentName', deny['name'])}' and Id "
            f"'{str(deny['name']).replace('-', '')}' at scope '{access.scope_of(deny)}'.",
        )
    lacks = "does not have authorization"
    if verdict is access.Verdict.CONDITION:
        lacks += " or an ABAC condition not fulfilled"
    raise Refusal(
        403,
        "AuthorizationFailed",
        f"{who} {lacks} to perform action '{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials.",
        headers={"x-ms-failure-cause": "gateway"},
    )


def _open(route: Route, request: Request) -> bool:
    """Built-in definitions at tenant level can be read by every signed-in principal."""
    tenant_level = request.path.lower().startswith("/providers/microsoft.authorization/")
    return tenant_level and route.method == "GET" and route.action.startswith(_DEFINITIONS)


def resource_group(world: World, path: str) -> None:
    sub, group = place(path)
    if group and not group_exists(world, sub, group):
        raise Refusal(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def group_exists(world: World, sub: str, group: str) -> bool:
    """A group is there when the scenario lists it or puts anything into it."""
    prefix = f"/subscriptions/{sub}/resourcegroups/{group}".lower()
    if world.resources.get(prefix):
        return True
    return any(str(item["id"]).lower().startswith(prefix + "/") for item in world.resources)


def locks(world: World, route: Route, scope: str) -> None:
    """409 ScopeLocked. ReadOnly stops writes, deletes and POST actions; CanNotDelete stops deletes.

    Locks themselves can be written under a lock. Source: "Lock your Azure resources".
    """
    verb = route.action.rsplit("/", 1)[-1].lower()
    if verb not in ("write", "delete", "action"):
        return
    if route.action.lower().startswith("microsoft.authorization/locks/"):
        return
    stopping = {"readonly", "cannotdelete"} if verb == "delete" else {"readonly"}
    holders = [
        access.scope_of(lock)
        for lock in world.resources.of_type("Microsoft.Authorization/locks")
        if str(lock["properties"].get("level", "")).lower() in stopping
        and access.covers(world, access.scope_of(lock), scope)
    ]
    if holders:
        operation = "delete" if verb == "delete" else "write"
        raise Refusal(
            409,
            "ScopeLocked",
            f"The scope '{scope}' cannot perform {operation} operation because following scope(s) "
            f"are locked: '{','.join(dict.fromkeys(holders))}'. Please remove the lock and try "
            "again.",
        )


def assignment_attributes(world: World, action: str, request: Request) -> access.Attributes:
    """What a condition on role assignments can look at: the new one's body, the old one's state."""
    folded = action.lower()
    if folded == f"{_ASSIGNMENT.lower()}/write":
        body = request.json if request.body else {}
        source, properties = "Request", (body or {}).get("properties") or {}
    elif folded == f"{_ASSIGNMENT.lower()}/delete":
        stored = world.resources.get(request.path) or {}
        source, properties = "Resource", stored.get("properties") or {}
    else:
        return {}
    return {
        f"@{source}[{_ASSIGNMENT}:{name}]": _plain(name, value)
        for name, value in (
            ("RoleDefinitionId", properties.get("roleDefinitionId")),
            ("PrincipalId", properties.get("principalId")),
            ("PrincipalType", properties.get("principalType")),
        )
        if value
    }


def _plain(name: str, value: Any) -> str:
    """Role definitions are compared by their guid."""
    return str(value).rsplit("/", 1)[-1] if name == "RoleDefinitionId" else str(value)


def _is_guid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
