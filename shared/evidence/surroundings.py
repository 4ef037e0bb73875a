"""
What may refuse or rewrite a change: locks, Azure Policy, and tags that say hands off.

In:  the registry and the workload; and once there is a plan, what it would write.
Out: Surroundings; what may not be read is Unread, and the gate holds on it.

Around the registry is read at once. What else a plan touches (the workload, a zone, a network) and
which policies would refuse its writes is read only when there is a plan.

A Modify policy on `publicNetworkAccess` turns any PATCH of a registry, even of its IP rules alone,
into closing it for everybody (built-in policy "Configure Container registries to disable public
network access"), so it is looked for before every registry write.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.clients.azure import Azure
from shared.evidence import policies, policy_rules
from shared.evidence.policies import Verdicts
from shared.evidence.reading import attempt, whole
from shared.model.evidence import Evidence, Registry, Surroundings, Unread
from shared.model.ids import ResourceId
from shared.model.plan import Step

_LOCKS_VERSION = "2020-05-01"
_POLICY_VERSION = "2026-06-01"
_GROUPS_VERSION = "2021-04-01"
#: Built-in "Configure Container registries to disable public network access" (effect Modify).
_CLOSING = "a3701552-92ea-433e-9d17-33b7f1208fc9"
_FIELD = "microsoft.containerregistry/registries/publicnetworkaccess"
_MOST_DEFINITIONS = 20
#: What a step's PUT makes whole: nothing of it is there before.
_MADE_ANEW = frozenset(
    {
        "microsoft.authorization/roleassignments",
        "microsoft.network/privatednszones/virtualnetworklinks",
    }
)


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


def around(azure: Azure, evidence: Evidence, steps: Sequence[Step]) -> Surroundings:
    """The surroundings of every target of these steps, beside what was read of the registry."""
    known = evidence.surroundings
    registry = evidence.registry.id if isinstance(evidence.registry, Registry) else None
    written = _written(evidence, steps)
    others = dict.fromkeys(home for step in steps if (home := _home(step.target)) != registry)
    answers = azure.together(
        **{f"locks {home}": _locking(azure, home) for home in others},
        **{f"policies {at}": _judging(azure, at, found) for at, found in written.items()},
    )
    locks = [answer for key, answer in answers.items() if key.startswith("locks ")]
    verdicts = [answer for key, answer in answers.items() if key.startswith("policies ")]
    return _with(known, (known.locks, *locks), verdicts)


def _locking(azure: Azure, home: ResourceId) -> Callable[[], Any]:
    return lambda: attempt(lambda: _locks(azure, home))


def _judging(
    azure: Azure, place: ResourceId, found: Sequence[policy_rules.Resource]
) -> Callable[[], Any]:
    return lambda: attempt(lambda: policies.judge(azure, place, found))


def _with(
    known: Surroundings,
    locks: Sequence[tuple[str, ...] | Unread],
    verdicts: Sequence[Verdicts | Unread],
) -> Surroundings:
    unread = next((one for one in locks if isinstance(one, Unread)), None)
    refused = next((one for one in verdicts if isinstance(one, Unread)), None)
    judged = [one for one in verdicts if isinstance(one, Verdicts)]
    return replace(
        known,
        locks=unread or _once(one for one in locks if isinstance(one, tuple)),
        denying_policies=refused or _once(one.refusing for one in judged),
        unjudged_policies=_once(one.unjudged for one in judged),
    )


def _once(named: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in named for name in names))


def _home(target: ResourceId) -> ResourceId:
    """The resource whose locks matter: a revision's are its app's, a slot's its own."""
    depth = 11 if target.type.startswith("microsoft.web/sites/slots") else 9
    return ResourceId("/".join(target.text.split("/")[:depth]))


def _written(
    evidence: Evidence, steps: Sequence[Step]
) -> Mapping[ResourceId, list[policy_rules.Resource]]:
    """By the top resource of each write, what the write is to leave there. An action (POST) is
    nothing a Deny is asked about."""
    found: dict[ResourceId, list[policy_rules.Resource]] = {}
    for step in steps:
        for write in step.requests:
            if write.method.upper() not in ("PUT", "PATCH"):
                continue
            path = unquote(urlsplit(write.url).path)
            found.setdefault(_home(step.target), []).append(
                _left_behind(evidence, path, write.body or {})
            )
    return found


def _left_behind(evidence: Evidence, path: str, body: Mapping[str, Any]) -> policy_rules.Resource:
    """The resource after the write, as far as it is known beforehand."""
    kind, registry, workload = _type(path), evidence.registry, evidence.workload
    if isinstance(registry, Registry) and path.lower() == registry.id.key:
        return policy_rules.Resource(type=kind, body=_merged(registry.snapshot, body), whole=True)
    if path.lower() == workload.id.key:
        own = {"location": workload.location, "tags": workload.tags or {}, "name": workload.id.name}
        given = {key: value for key, value in own.items() if value or key == "tags"}
        return policy_rules.Resource(type=kind, body={**given, **body}, whole=False)
    new = kind.lower() in _MADE_ANEW
    return policy_rules.Resource(
        type=kind, body={"name": path.rpartition("/")[2], **body}, whole=new
    )


def _type(path: str) -> str:
    """`Microsoft.Web/sites/config` of a path below any number of providers."""
    parts = path.strip("/").split("/")
    start = max(at for at, part in enumerate(parts) if part.lower() == "providers")
    return "/".join([parts[start + 1], *parts[start + 2 :: 2]])


def _merged(base: Any, over: Any) -> Any:
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}


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
