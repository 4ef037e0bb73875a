"""
Microsoft.Authorization: role definitions and deny assignments, both only for reading.

Built-in roles are those of `roles.py`; custom ones and deny assignments come from the scenario.
"""

from collections.abc import Iterator

from tests.simulator import access, filters
from tests.simulator.guards import place
from tests.simulator.roles import BUILT_IN
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()
_VERSIONS = ("2015-07-01", "2018-01-01-preview", "2022-04-01", "2022-05-01-preview")
_ROLES = "{scope}/providers/Microsoft.Authorization/roleDefinitions"
_DENIES = "{scope}/providers/Microsoft.Authorization/denyAssignments"
_DENY = "Microsoft.Authorization/denyAssignments"


@routes.arm(
    "GET", _ROLES, action="Microsoft.Authorization/roleDefinitions/read", versions=_VERSIONS
)
def list_definitions(call: Call) -> Response:
    asked = filters.clauses(
        call.query.get("$filter", ""), known={"rolename", "type", "atscopeandbelow", "atscope"}
    )
    found = [
        role
        for role in _visible(call)
        if asked.get("rolename", role["properties"]["roleName"]).lower()
        == role["properties"]["roleName"].lower()
        and asked.get("type", role["properties"]["type"]).lower()
        == role["properties"]["type"].lower()
    ]
    return Response(body={"value": found})


@routes.arm(
    "GET",
    _ROLES + "/{name}",
    action="Microsoft.Authorization/roleDefinitions/read",
    versions=_VERSIONS,
)
def get_definition(call: Call) -> Response:
    wanted = call.params["name"].lower()
    for role in _visible(call):
        if role["name"].lower() == wanted:
            return Response(body=role)
    raise Refusal(
        404,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{wanted.replace('-', '')}' does not exist.",
    )


@routes.arm("GET", _DENIES, action=f"{_DENY}/read", versions=_VERSIONS)
def list_denies(call: Call) -> Response:
    """Those in force at a scope, with atScope() only these, else those below it as well."""
    asked = filters.clauses(
        call.query.get("$filter", ""),
        known={"atscope", "principalid", "denyassignmentname", "assignedto"},
    )
    here = call.params["scope"] or "/"
    principal = asked.get("principalid") or asked.get("assignedto")
    found = []
    for deny in call.world.resources.of_type(_DENY):
        at, properties = access.scope_of(deny), deny["properties"]
        near = access.covers(call.world, at, here)
        if not near and ("atscope" in asked or not access.covers(call.world, here, at)):
            continue
        named = {str(one.get("id", "")).lower() for one in properties.get("principals", [])}
        if principal and not access.memberships(call.world, principal) & named:
            continue
        name = str(properties.get("denyAssignmentName", ""))
        if asked.get("denyassignmentname", name).lower() == name.lower():
            found.append(deny)
    return Response(body={"value": found})


def _visible(call: Call) -> Iterator[Resource]:
    """Custom roles assignable at the scope, then the built-in ones, with ids as seen from there."""
    here = call.params["scope"] or "/"
    prefix = f"/subscriptions/{place(here)[0]}" if place(here)[0] else ""
    for role in call.world.resources.of_type("Microsoft.Authorization/roleDefinitions"):
        places = role["properties"].get("assignableScopes") or ["/"]
        if any(
            access.covers(call.world, one, here) or access.covers(call.world, here, one)
            for one in places
        ):
            properties = {"type": "CustomRole", **role["properties"]}
            yield {**role, "name": str(role["id"]).rsplit("/", 1)[-1], "properties": properties}
    for role in BUILT_IN.values():
        yield {**role, "id": prefix + role["id"]}
