"""
Which Azure Policy assignments may refuse what a step is about to write.

In:  a place, and the resources as the step's writes are to leave them.
Out: names of assignments that refuse, and of those nobody can judge from here.

An assignment counts when it is in force at the place (its own scope, enforcement and excepted
scopes heeded; exemptions are not read, so what is exempted waits for a person) and its effect may
be Deny: said by the assignment, by its initiative, or by the definition itself. Built-in
definitions are read only where somebody chose Deny for them; almost all of them audit unless told
otherwise (Azure/azure-policy, built-in definitions). Azure itself refuses what slips through, and
then nothing was changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.evidence import policy_rules
from shared.evidence.policy_rules import Resource
from shared.evidence.reading import whole
from shared.model.ids import ResourceId

VERSION = "2026-06-01"
_MOST_DEFINITIONS = 12
_QUIET = frozenset({"disabled", "audit", "auditifnotexists", "deployifnotexists", "manual"})
#: Kinds that carry neither tags nor a location: a definition in Indexed mode passes them by.
_UNINDEXED = (
    "microsoft.authorization/",
    "microsoft.web/sites/config",
    "microsoft.web/sites/slots/config",
)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Assignments by what they do to the write, as "{name} ({id})"."""

    refusing: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()


def judge(azure: Azure, place: ResourceId, written: Sequence[Resource]) -> Verdicts:
    """Judge every assignment in force at the place against what is to be written there."""
    if not written:
        return Verdicts()
    fetched: dict[str, Mapping[str, Any]] = {}
    refusing, unjudged = [], []
    for assignment in in_force(azure, place):
        answers = [
            _refuses(definition, given, resource)
            for definition, given in _may_deny(azure, assignment, fetched)
            for resource in written
        ]
        if True in answers:
            refusing.append(assignment)
        elif None in answers:
            unjudged.append(assignment)
    return Verdicts(_named(refusing), _named(unjudged))


def in_force(azure: Azure, place: ResourceId) -> list[Mapping[str, Any]]:
    """Assignments that apply to the place. Without a filter the list of a resource group holds what
    is inherited by it, assigned to it and assigned to anything in it (Policy Assignments - List For
    Resource Group)."""
    with azure.asking(f"listed the policy assignments at {place}"):
        path = f"{place.group_id}/providers/Microsoft.Authorization/policyAssignments"
        assignments = list(azure.arm.list(path, VERSION))
    return [one for one in assignments if _applies(one.get("properties") or {}, place)]


def _applies(properties: Mapping[str, Any], place: ResourceId) -> bool:
    if str(properties.get("enforcementMode", "Default")).lower() == "donotenforce":
        return False
    if any(place.within(str(scope)) for scope in properties.get("notScopes") or ()):
        return False
    scope = str(properties.get("scope") or "")
    # A management group's scope is not above ours in text, yet applies.
    return not scope.lower().startswith("/subscriptions/") or place.within(scope)


def _may_deny(
    azure: Azure, assignment: Mapping[str, Any], fetched: dict[str, Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Definitions of the assignment whose effect may be Deny, with their parameters' values."""
    properties = assignment.get("properties") or {}
    given = {
        name: said.get("value")
        for name, said in (properties.get("parameters") or {}).items()
        if isinstance(said, Mapping)
    }
    overridden = bool(properties.get("overrides"))
    id = str(properties.get("policyDefinitionId", ""))
    yield from _definitions(azure, id, given, overridden, fetched)


def _definitions(
    azure: Azure,
    id: str,
    given: Mapping[str, Any],
    overridden: bool,
    fetched: dict[str, Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    if "/policysetdefinitions/" in id.lower():
        initiative = _fetch(azure, id, fetched)
        values = policy_rules.with_defaults(initiative, given)
        for member in initiative.get("policyDefinitions") or ():
            handed = {
                name: policy_rules.resolved(said.get("value"), values)
                for name, said in (member.get("parameters") or {}).items()
            }
            own = str(member.get("policyDefinitionId", ""))
            yield from _definitions(azure, own, handed, overridden, fetched)
        return
    chosen = str(given.get("effect", "")).lower()
    if chosen in _QUIET and not overridden:
        return
    builtin = id.lower().startswith("/providers/microsoft.authorization/policydefinitions/")
    if builtin and chosen != "deny" and not overridden:
        return
    definition = _fetch(azure, id, fetched)
    values = policy_rules.with_defaults(definition, given)
    then = (definition.get("policyRule") or {}).get("then") or {}
    effect = policy_rules.resolved(then.get("effect"), values)
    if overridden or not isinstance(effect, str) or effect.lower() == "deny":
        yield definition, values


def _refuses(
    definition: Mapping[str, Any], given: Mapping[str, Any], resource: Resource
) -> bool | None:
    if str(definition.get("mode", "")).lower() == "indexed" and resource.type.lower().startswith(
        _UNINDEXED
    ):
        return False
    return policy_rules.holds((definition.get("policyRule") or {}).get("if"), resource, given)


def _fetch(azure: Azure, id: str, fetched: dict[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if id.lower() not in fetched:
        if len(fetched) >= _MOST_DEFINITIONS:
            raise Refused(f"more than {_MOST_DEFINITIONS} policies may refuse it; read no further")
        with azure.asking(f"read the policy definition {id}"):
            answer = azure.arm.get(id, VERSION)
        fetched[id.lower()] = whole(answer, id)["properties"]
    return fetched[id.lower()]


def _named(found: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(
        f"{(one.get('properties') or {}).get('displayName') or one.get('name')} ({one.get('id')})"
        for one in found
    )
