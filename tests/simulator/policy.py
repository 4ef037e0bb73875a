"""
Azure Policy on writes.

In:  a PUT or PATCH that passed access control.
Out: the same request, its body changed by policies with effect modify; or 403
     RequestDisallowedByPolicy when one denies. Audit and the like leave no trace here.

Assignments, exemptions, definitions and initiatives are resources of the scenario; built-in
definitions are known as well. A rule in words this file cannot evaluate refuses the write (501).
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.simulator import access, rules
from tests.simulator.builtin_policies import BUILT_IN
from tests.simulator.routes import Route
from tests.simulator.wire import Refusal, Request
from tests.simulator.world import Resource, World

_ASSIGNMENT = "Microsoft.Authorization/policyAssignments"
_IDLE = {"disabled", "audit", "auditifnotexists", "deployifnotexists", "manual"}


@dataclass(frozen=True)
class Policy:
    """One definition as one assignment applies it."""

    assignment: Resource
    definition: Resource
    parameters: dict[str, Any]

    @property
    def rule(self) -> dict[str, Any]:
        return dict(self.definition["properties"]["policyRule"])

    @property
    def effect(self) -> str:
        return str(rules.resolve(self.rule["then"]["effect"], self.parameters, "")).lower()


def apply(world: World, request: Request, route: Route) -> Request:
    """First what modifies, then what denies: the order Azure evaluates in."""
    policies = list(in_force(world, request.path))
    if not policies or not isinstance(request.json, dict):
        return request
    kind, version = route.action.rsplit("/", 1)[0], request.query.get("api-version", "")
    body = copy.deepcopy(request.json)
    for policy in policies:
        if policy.effect == "modify":
            after = _after(world, request, kind, body)
            if rules.holds(policy.rule["if"], after, policy.parameters, version):
                _modify(policy, body, kind, version)
    after = _after(world, request, kind, body)
    for policy in policies:
        if policy.effect == "deny" and rules.holds(
            policy.rule["if"], after, policy.parameters, version
        ):
            raise _disallowed(policy, after)
    return request if body == request.json else replace(request, body=json.dumps(body).encode())


def in_force(world: World, scope: str) -> Iterator[Policy]:
    """Every policy with an effect on writes at a scope. 501 for effects not simulated."""
    for assignment in world.resources.of_type(_ASSIGNMENT):
        properties = assignment["properties"]
        if str(properties.get("enforcementMode", "Default")).lower() == "donotenforce":
            continue
        if not access.covers(world, access.scope_of(assignment), scope):
            continue
        if any(access.covers(world, spared, scope) for spared in properties.get("notScopes") or []):
            continue
        if _exempt(world, assignment, scope):
            continue
        given = {k: v.get("value") for k, v in (properties.get("parameters") or {}).items()}
        for definition, parameters in _definitions(
            world, str(properties["policyDefinitionId"]), given
        ):
            policy = Policy(assignment, definition, parameters)
            if policy.effect in _IDLE:
                continue
            if policy.effect not in ("deny", "modify"):
                raise Refusal(
                    501, "NotImplemented", f"The policy effect '{policy.effect}' is not simulated."
                )
            yield policy


def definition(world: World, id: str) -> Resource | None:
    """A policy definition by id: the scenario's or a built-in one."""
    return world.resources.get(id) or BUILT_IN.get(id.rstrip("/").rsplit("/", 1)[-1].lower())


def _definitions(
    world: World, id: str, given: dict[str, Any]
) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """The definitions behind an id (an initiative holds several) with their parameters' values."""
    if "/policysetdefinitions/" in id.lower():
        initiative = world.resources.get(id)
        if initiative is None:
            return
        values = _with_defaults(initiative, given)
        for reference in initiative["properties"].get("policyDefinitions") or []:
            handed = {
                name: rules.resolve(said.get("value"), values, "")
                for name, said in (reference.get("parameters") or {}).items()
            }
            yield from _definitions(world, str(reference["policyDefinitionId"]), handed)
        return
    found = definition(world, id)
    if found is not None:
        yield found, _with_defaults(found, given)


def _with_defaults(item: Resource, given: dict[str, Any]) -> dict[str, Any]:
    declared = item["properties"].get("parameters") or {}
    defaults = {k: v["defaultValue"] for k, v in declared.items() if "defaultValue" in v}
    return defaults | given


def _exempt(world: World, assignment: Resource, scope: str) -> bool:
    return any(
        str(one["properties"].get("policyAssignmentId", "")).lower() == assignment["id"].lower()
        and access.covers(world, access.scope_of(one), scope)
        for one in world.resources.of_type("Microsoft.Authorization/policyExemptions")
    )


def _after(world: World, request: Request, kind: str, body: dict[str, Any]) -> Resource:
    """The resource as the write would leave it, which is what rules look at."""
    existing = world.resources.get(request.path) or {}
    base = copy.deepcopy(existing) if request.method == "PATCH" else {}
    merged = _merge(base, body)
    id = request.path.rstrip("/")
    return {**merged, "id": id, "type": kind, "name": id.rsplit("/", 1)[-1]}


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = copy.deepcopy(value)
    return base


def _modify(policy: Policy, body: dict[str, Any], kind: str, version: str) -> None:
    for operation in policy.rule["then"]["details"]["operations"]:
        condition = operation.get("condition")
        if condition and not rules.resolve(condition, policy.parameters, version):
            continue
        path = rules.path_of(operation["field"], kind)
        if path is None or operation["operation"].lower() not in ("add", "addorreplace"):
            raise Refusal(
                501, "NotImplemented", f"The policy operation {operation} is not simulated."
            )
        holder = body
        for part in path[:-1]:
            holder = holder.setdefault(part, {})
        if operation["operation"].lower() == "addorreplace" or path[-1] not in holder:
            holder[path[-1]] = rules.resolve(operation["value"], policy.parameters, version)


def _disallowed(policy: Policy, resource: Resource) -> Refusal:
    assignment, definition = policy.assignment, policy.definition
    named = {
        "policyAssignment": {"name": _title(assignment), "id": assignment["id"]},
        "policyDefinition": {"name": _title(definition), "id": definition["id"]},
    }
    info = {
        "policyDefinitionDisplayName": _title(definition),
        "policyAssignmentDisplayName": _title(assignment),
        "policyDefinitionId": definition["id"],
        "policyDefinitionName": definition["name"],
        "policyDefinitionEffect": "deny",
        "policyAssignmentId": assignment["id"],
        "policyAssignmentName": assignment["name"],
        "policyAssignmentScope": access.scope_of(assignment),
    }
    return Refusal(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{resource['name']}' was disallowed by policy. Policy identifiers: "
        f"'[{json.dumps(named, separators=(',', ':'))}]'.",
        target=resource["name"],
        additionalInfo=[{"type": "PolicyViolation", "info": info}],
    )


def _title(item: Resource) -> str:
    return str(item["properties"].get("displayName") or item["name"])
