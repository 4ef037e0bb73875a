"""
Microsoft.Authorization: policy assignments, definitions and initiatives, only for reading.

`policy.py` applies them to writes. Assignments as the 2026-06-01 document describes them.
"""

from tests.simulator import access, filters, policy
from tests.simulator.builtin_policies import BUILT_IN
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()
_VERSIONS = (
    "2020-09-01",
    "2021-06-01",
    "2022-06-01",
    "2023-04-01",
    "2024-04-01",
    "2024-05-01",
    "2025-01-01",
    "2025-03-01",
    "2026-06-01",
)
_BASE = "Microsoft.Authorization"
_ASSIGNMENTS = "{scope}/providers/Microsoft.Authorization/policyAssignments"
_DEFINITIONS = "{scope}/providers/Microsoft.Authorization/policyDefinitions"
_SETS = "{scope}/providers/Microsoft.Authorization/policySetDefinitions"


@routes.arm("GET", _ASSIGNMENTS, action=f"{_BASE}/policyAssignments/read", versions=_VERSIONS)
def list_assignments(call: Call) -> Response:
    """Those that apply at a scope or, without a filter, anywhere below it."""
    asked = filters.clauses(
        call.query.get("$filter", ""), known={"atscope", "atexactscope", "policydefinitionid"}
    )
    here, found = call.params["scope"] or "/", []
    for item in call.world.resources.of_type(f"{_BASE}/policyAssignments"):
        at = access.scope_of(item)
        above = access.covers(call.world, at, here)
        if "atexactscope" in asked and at.lower().rstrip("/") != here.lower().rstrip("/"):
            continue
        if not above and ("atscope" in asked or not access.covers(call.world, here, at)):
            continue
        used = str(item["properties"].get("policyDefinitionId", ""))
        if asked.get("policydefinitionid", used).lower() == used.lower():
            found.append(_assignment(item))
    return Response(body={"value": found})


@routes.arm(
    "GET", _ASSIGNMENTS + "/{name}", action=f"{_BASE}/policyAssignments/read", versions=_VERSIONS
)
def get_assignment(call: Call) -> Response:
    item = call.world.resources.get(call.scope)
    if item is None:
        raise Refusal(
            404,
            "PolicyAssignmentNotFound",
            f"The policy assignment '{call.params['name']}' is not found.",
        )
    return Response(body=_assignment(item))


@routes.arm("GET", _DEFINITIONS, action=f"{_BASE}/policyDefinitions/read", versions=_VERSIONS)
def list_definitions(call: Call) -> Response:
    here = call.params["scope"]
    own = [
        item
        for item in call.world.resources.of_type(f"{_BASE}/policyDefinitions")
        if here and access.covers(call.world, access.scope_of(item), here)
    ]
    return Response(body={"value": [*own, *BUILT_IN.values()]})


@routes.arm(
    "GET", _DEFINITIONS + "/{name}", action=f"{_BASE}/policyDefinitions/read", versions=_VERSIONS
)
def get_definition(call: Call) -> Response:
    found = call.world.resources.get(call.scope)
    if found is None and not call.params["scope"]:
        found = policy.definition(call.world, call.scope)
    if found is None:
        raise Refusal(
            404,
            "PolicyDefinitionNotFound",
            f"The policy definition '{call.params['name']}' could not be found.",
        )
    return Response(body=found)


@routes.arm(
    "GET", _SETS + "/{name}", action=f"{_BASE}/policySetDefinitions/read", versions=_VERSIONS
)
def get_initiative(call: Call) -> Response:
    found = call.world.resources.get(call.scope)
    if found is None:
        raise Refusal(
            404,
            "PolicySetDefinitionNotFound",
            f"The policy set definition '{call.params['name']}' could not be found.",
        )
    return Response(body=found)


def _assignment(item: Resource) -> Resource:
    """With the members the service fills in itself."""
    properties = {"enforcementMode": "Default", **item["properties"]}
    return {**item, "properties": {**properties, "scope": access.scope_of(item)}}
