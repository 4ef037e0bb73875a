"""
What may refuse or rewrite a change to a registry: locks, Azure Policy, and tags that say hands off.

In:  the registry and the workload.
Out: Surroundings; what may not be read is Unread, and the gate holds on it.

A Modify policy on `publicNetworkAccess` turns any PATCH of a registry, even of its IP rules alone,
into closing it for everybody (built-in policy "Configure Container registries to disable public
network access"), so it is looked for before every registry write.
"""

import json
from collections.abc import Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.evidence.reading import attempt, whole
from shared.model.evidence import Surroundings, Unread
from shared.model.ids import ResourceId

_LOCKS_VERSION = "2020-05-01"
_POLICY_VERSION = "2026-06-01"
_GROUPS_VERSION = "2021-04-01"
#: Built-in "Configure Container registries to disable public network access" (effect Modify).
_CLOSING = "a3701552-92ea-433e-9d17-33b7f1208fc9"
_FIELD = "microsoft.containerregistry/registries/publicnetworkaccess"
_MOST_DEFINITIONS = 20


def read(azure: Azure, workload: ResourceId, registry: ResourceId | None) -> Surroundings:
    """Locks and policies at the registry, tags of both resource groups, side by side."""
    groups = {workload.group_id.lower(): workload.group_id}
    if registry is not None:
        groups[registry.group_id.lower()] = registry.group_id
    reads: dict[str, Any] = {
        key: (lambda id=id: attempt(lambda: _tags(azure, id))) for key, id in groups.items()
    }
    if registry is not None:
        reads["locks"] = lambda: attempt(lambda: _locks(azure, registry))
        reads["policies"] = lambda: attempt(lambda: _closing(azure, registry))
    answers = azure.together(**reads)
    tags = {key: answers[key] for key in groups}
    refused = next((answer for answer in tags.values() if isinstance(answer, Unread)), None)
    return Surroundings(
        locks=answers.get("locks", ()),
        closing_policies=answers.get("policies", ()),
        group_tags=refused or tags,
    )


def _tags(azure: Azure, group: str) -> Mapping[str, str]:
    with azure.asking(f"read the resource group {group}"):
        answer = azure.arm.get(group, _GROUPS_VERSION)
    return whole(answer, group).get("tags") or {}


def _locks(azure: Azure, registry: ResourceId) -> tuple[str, ...]:
    """Locks that apply to the registry, inherited ones included: "{level} {id}"."""
    with azure.asking(f"listed the locks on {registry}"):
        path = f"{registry}/providers/Microsoft.Authorization/locks"
        return tuple(
            f"{(item.get('properties') or {}).get('level', '?')} {item.get('id', '')}"
            for item in azure.arm.list(path, _LOCKS_VERSION)
        )


def _closing(azure: Azure, registry: ResourceId) -> tuple[str, ...]:
    """Policy assignments in force whose Modify effect would close the registry on any write.

    Without a filter the list of a resource group holds what is inherited by it, assigned to it and
    assigned to anything in it (Policy Assignments - List For Resource Group).
    """
    with azure.asking(f"listed the policy assignments at {registry}"):
        path = f"{registry.group_id}/providers/Microsoft.Authorization/policyAssignments"
        assignments = list(azure.arm.list(path, _POLICY_VERSION))
    found = []
    fetched: dict[str, Mapping[str, Any]] = {}
    for assignment in assignments:
        properties = assignment.get("properties") or {}
        if str(properties.get("enforcementMode", "Default")).lower() == "donotenforce":
            continue
        if any(registry.within(str(scope)) for scope in properties.get("notScopes") or ()):
            continue
        if _elsewhere(registry, str(properties.get("scope") or "")):
            continue
        if _closes(azure, str(properties.get("policyDefinitionId", "")), properties, fetched):
            name = properties.get("displayName") or assignment.get("name")
            found.append(f"{name} ({assignment.get('id')})")
    return tuple(found)


def _elsewhere(registry: ResourceId, scope: str) -> bool:
    """True for an assignment on another resource. A management group's scope is not below ours
    in text, yet applies."""
    return scope.lower().startswith("/subscriptions/") and not registry.within(scope)


def _closes(
    azure: Azure,
    definition: str,
    assignment: Mapping[str, Any],
    fetched: dict[str, Mapping[str, Any]],
) -> bool:
    chosen = ((assignment.get("parameters") or {}).get("effect") or {}).get("value")
    overridden = bool(assignment.get("overrides"))  # they may say Modify where parameters do not
    if str(chosen).lower() in ("disabled", "audit", "deny") and not overridden:
        return False
    if definition.lower().endswith(_CLOSING):
        return True
    lower = definition.lower()
    builtin = lower.startswith("/providers/microsoft.authorization/policydefinitions/")
    if builtin:
        return False
    if "/policysetdefinitions/" in lower:
        members = _definition(azure, definition, fetched).get("policyDefinitions") or ()
        return any(
            _closes(azure, str(member.get("policyDefinitionId", "")), member, fetched)
            for member in members
        )
    return _modifies_public_access(_definition(azure, definition, fetched))


def _modifies_public_access(definition: Mapping[str, Any]) -> bool:
    then = (definition.get("policyRule") or {}).get("then") or {}
    operations = (then.get("details") or {}).get("operations") or ()
    return any(str(item.get("field", "")).lower() == _FIELD for item in operations) or (
        "modify" in str(then.get("effect", "")).lower() and _FIELD in json.dumps(then).lower()
    )


def _definition(azure: Azure, id: str, fetched: dict[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if id.lower() not in fetched:
        if len(fetched) >= _MOST_DEFINITIONS:
            from shared.errors import Refused

            raise Refused(f"more than {_MOST_DEFINITIONS} policies apply; read no further")
        with azure.asking(f"read the policy definition {id}"):
            answer = azure.arm.get(id, _POLICY_VERSION)
        fetched[id.lower()] = whole(answer, id)["properties"]
    return fetched[id.lower()]
