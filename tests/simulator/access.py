"""
What a principal may do: Azure RBAC over the scenario's role assignments.

In:  a principal (object id), a scope (ARM id), an action; for some actions attributes.
Out: yes or no (`allows`), or a verdict with its reason (`judge`).

Assignments are inherited downwards: "/" and management groups → subscription → group → resource.
Group membership: resources of type Microsoft.Graph/groups with properties.members.
A new assignment counts at once in the resource manager; what ACR's token server checks sees it only
`propagation.role` seconds after its createdOn. A removed one stops counting at once everywhere (the
real token server may lag there too; keeping it simple errs towards failing pulls).
"""

import enum
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.simulator import conditions
from tests.simulator.roles import BUILT_IN
from tests.simulator.world import Resource, World

Attributes = Mapping[str, str | tuple[str, ...]]

#: Control-plane actions by name that in truth only ACR's token server asks for.
_TOKEN_SERVER = (
    "microsoft.containerregistry/registries/pull/",
    "microsoft.containerregistry/registries/push/",
)


class Verdict(enum.Enum):
    """Why a request is or is not allowed; the refusals differ in wording."""

    ALLOWED = "allowed"
    NO_ASSIGNMENT = "no role assignment carries the action"
    CONDITION = "an assignment carries the action but its condition does not hold"
    DENY_ASSIGNMENT = "a deny assignment takes it away"


#: Told what every principal asked for in every simulated Azure of this process, when somebody
#: wants to know.
witness: Callable[[World, str, str, Verdict], None] | None = None


def allows(
    world: World,
    principal: str,
    scope: str,
    action: str,
    *,
    data: bool = False,
    attributes: Attributes | None = None,
) -> bool:
    """May `principal` do `action` at `scope`? `data` looks at dataActions instead of actions.

    `attributes` by full name, e.g. "@Request[Microsoft.ContainerRegistry/registries/repositories:
    name]"; a condition on an attribute that is not given does not hold.
    """
    verdict = judge(world, principal, scope, action, data=data, attributes=attributes)
    return verdict is Verdict.ALLOWED


def judge(
    world: World,
    principal: str,
    scope: str,
    action: str,
    *,
    data: bool = False,
    attributes: Attributes | None = None,
) -> Verdict:
    """The same with the reason."""
    verdict = _judged(world, principal, scope, action, data=data, attributes=attributes)
    if witness is not None:
        witness(world, principal, action, verdict)
    return verdict


def _judged(
    world: World,
    principal: str,
    scope: str,
    action: str,
    *,
    data: bool,
    attributes: Attributes | None,
) -> Verdict:
    settled = data or action.lower().startswith(_TOKEN_SERVER)
    verdict = Verdict.NO_ASSIGNMENT
    for assignment in effective(world, principal, scope):
        if settled and not _propagated(world, assignment):
            continue
        role = role_definition(world, assignment["properties"]["roleDefinitionId"])
        if role is None or not carries(role["properties"]["permissions"], action, data=data):
            continue
        condition = assignment["properties"].get("condition")
        if condition and not conditions.holds(
            condition, action=action, attributes=attributes or {}
        ):
            verdict = Verdict.CONDITION
            continue
        denied = denying(world, principal, scope, action, data=data)
        return Verdict.DENY_ASSIGNMENT if denied else Verdict.ALLOWED
    return verdict


def effective(world: World, principal: str, scope: str) -> Iterator[Resource]:
    """Role assignments of a principal, or of a group it is in, at a scope or above it."""
    selves = memberships(world, principal)
    for assignment in world.resources.of_type("Microsoft.Authorization/roleAssignments"):
        if str(assignment["properties"].get("principalId", "")).lower() not in selves:
            continue
        if covers(world, scope_of(assignment), scope):
            yield assignment


def has_a_role(world: World, principal: str, scope: str = "/") -> bool:
    """Is anything assigned to a principal at, above or below a scope?"""
    selves = memberships(world, principal)
    return any(
        str(item["properties"].get("principalId", "")).lower() in selves
        and (covers(world, scope_of(item), scope) or covers(world, scope, scope_of(item)))
        for item in world.resources.of_type("Microsoft.Authorization/roleAssignments")
    )


def memberships(world: World, principal: str) -> set[str]:
    """The principal itself and every group that lists it, nested ones included."""
    selves, grew = {principal.lower()}, True
    while grew:
        grew = False
        for group in world.resources.of_type("Microsoft.Graph/groups"):
            name = str(group["name"]).lower()
            members = {str(one).lower() for one in group["properties"].get("members", [])}
            if name not in selves and members & selves:
                selves.add(name)
                grew = True
    return selves


def denying(
    world: World, principal: str, scope: str, action: str, *, data: bool = False
) -> Resource | None:
    """The deny assignment that takes an action away, if any."""
    selves = memberships(world, principal)
    for deny in world.resources.of_type("Microsoft.Authorization/denyAssignments"):
        properties = deny["properties"]
        at = scope_of(deny)
        if properties.get("doNotApplyToChildScopes") and not _equal(at, scope):
            continue
        if not covers(world, at, scope):
            continue
        named = {str(one.get("id", "")).lower() for one in properties.get("principals", [])}
        everyone = any(
            str(one.get("type", "")).lower() in ("everyone", "systemdefined")
            for one in properties.get("principals", [])
        )
        spared = {str(one.get("id", "")).lower() for one in properties.get("excludePrincipals", [])}
        if selves & spared or not (everyone or selves & named):
            continue
        if carries(properties.get("permissions", []), action, data=data):
            return deny
    return None


def carries(permissions: list[dict[str, Any]], action: str, *, data: bool = False) -> bool:
    """Does one permission list the action and not take it back?"""
    want, unwant = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return any(
        any(conditions.matches(action, one) for one in permission.get(want) or [])
        and not any(conditions.matches(action, one) for one in permission.get(unwant) or [])
        for permission in permissions
    )


def role_definition(world: World, id: str) -> Resource | None:
    """A role definition by full id or guid: the scenario's own first, then the built-in ones."""
    guid = id.rstrip("/").rsplit("/", 1)[-1].lower()
    for role in world.resources.of_type("Microsoft.Authorization/roleDefinitions"):
        if str(role["id"]).rstrip("/").rsplit("/", 1)[-1].lower() == guid:
            return role
    return BUILT_IN.get(guid)


def scope_of(item: Resource) -> str:
    """Where an assignment, deny assignment or lock applies: its id without its own tail."""
    scope = (item.get("properties") or {}).get("scope")
    if scope:
        return str(scope)
    return str(item["id"]).rsplit("/providers/", 1)[0] or "/"


def covers(world: World, above: str, scope: str) -> bool:
    """Is `scope` at or below `above`? Management groups hold every subscription of the tenant,
    unless the scenario has Microsoft.Management/managementGroups/subscriptions for that group."""
    above, scope = above.lower().rstrip("/"), scope.lower().rstrip("/")
    if not above or above == scope or scope.startswith(above + "/"):
        return True
    if not above.startswith("/providers/microsoft.management/managementgroups/"):
        return False
    if not scope.startswith("/subscriptions/"):
        return False
    listed = [
        str(item["id"]).lower()
        for item in world.resources.of_type(
            "Microsoft.Management/managementGroups/subscriptions", above
        )
    ]
    return not listed or f"{above}/subscriptions/{scope.split('/')[2]}" in listed


def _propagated(world: World, assignment: Resource) -> bool:
    created = assignment["properties"].get("createdOn")
    delay = world.propagation.get("role", 0)
    if not created or not delay:
        return True
    return world.clock.now() >= moment(created) + timedelta(seconds=delay)


def moment(text: str) -> datetime:
    """An Azure timestamp. They carry up to seven digits of a second; Python takes six."""
    head, dot, tail = text.replace("Z", "+00:00").partition(".")
    if not dot:
        return datetime.fromisoformat(head)
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return datetime.fromisoformat(f"{head}.{digits[:6].ljust(6, '0')}{tail[len(digits) :]}")


def _equal(one: str, other: str) -> bool:
    return one.lower().rstrip("/") == other.lower().rstrip("/")
