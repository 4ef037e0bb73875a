"""
What a pull identity may do at a registry.

In:  the identity's object id, the registry and its permission mode, the repository.
Out: Access with every role assignment that reaches the identity there: direct, inherited and by
     group (`assignedTo()` follows groups), each judged whether it grants pull; deny assignments.

Which built-in role pulls in which mode: Azure Container Registry Entra permissions and role
assignments overview (March 2026). In ABAC mode AcrPull, Reader, Contributor and Owner do not pull.
Judging takes the wider reading of the documentation, granting (elsewhere) the narrower.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from shared.clients.azure import Azure
from shared.evidence.reading import attempt
from shared.model.evidence import Access, PermissionMode, Registry, RoleAssignment, Unread
from shared.model.ids import ResourceId

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
REPOSITORY_READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"
LEGACY_PULL = {
    ACR_PULL: "AcrPull",
    "8311e382-0749-4cb8-b61a-304f252e45ec": "AcrPush",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
}
ABAC_PULL = {
    REPOSITORY_READER: "Container Registry Repository Reader",
    "2a1e307c-b015-4ebd-883e-5b7698a07328": "Container Registry Repository Writer",
    "2efddaa5-3f1f-4df3-97df-af3f13818f4c": "Container Registry Repository Contributor",
}
_LEGACY_ACTION = "microsoft.containerregistry/registries/pull/read"
_ABAC_ACTION = "microsoft.containerregistry/registries/repositories/content/read"
_CLAUSE = re.compile(
    r"@(?:request|resource)\[microsoft\.containerregistry/registries/repositories:name\]\s*"
    r"string(equals|startswith)(?:ignorecase)?\s*'([^']*)'",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The raw lists, read while the registry itself is still being read."""

    principal: str
    assigned: tuple[Any, ...]
    denied: tuple[str, ...]


def ask(azure: Azure, principal: str, registry: ResourceId) -> Asked | Unread:
    """List what reaches `principal` at the registry; Unread when it may not be listed."""
    answers = azure.together(
        assigned=lambda: attempt(lambda: _assigned(azure, registry, principal)),
        denied=lambda: attempt(lambda: _denied(azure, registry, principal)),
    )
    for answer in answers.values():
        if isinstance(answer, Unread):
            return answer
    return Asked(principal=principal, **answers)


def judge(azure: Azure, asked: Asked, registry: Registry, repository: str) -> Access:
    """Decide for each assignment whether it grants pull of `repository` in the registry's mode.

    Definitions of custom roles are read; a role that may not be read is judged None.
    """
    known = {**LEGACY_PULL, **ABAC_PULL}
    strange = {role for role in map(_role, asked.assigned) if role not in known}
    definitions = azure.together(
        **{role: _definition_reader(azure, registry.id, role) for role in sorted(strange)}
    )
    found = tuple(
        _judged(item, definitions.get(_role(item)), registry.mode, repository)
        for item in asked.assigned
    )
    return Access(principal=asked.principal, assignments=found, denials=asked.denied)


def _assigned(azure: Azure, registry: ResourceId, principal: str) -> tuple[Any, ...]:
    """In company, all who have a role at the registry are listed once; only whoever is not named
    there himself may have one by a group, and is asked for alone."""
    if azure.in_company:
        everybody = azure.once(("assigned", registry.key), lambda: _everybody(azure, registry))
        named = [one for one in everybody if _is(one.principal_id, principal)]
        if any(_role(one) in {**LEGACY_PULL, **ABAC_PULL} for one in named):
            return tuple(named)
    operations = azure.authorization(registry.subscription).role_assignments
    with azure.asking(f"listed the role assignments of {principal} at {registry}"):
        found = operations.list_for_scope(registry.text, filter=f"assignedTo('{principal}')")
        return tuple(found)


def _everybody(azure: Azure, registry: ResourceId) -> tuple[Any, ...]:
    """Every assignment at the registry and above it (`atScope()`), without those below it."""
    operations = azure.authorization(registry.subscription).role_assignments
    with azure.asking(f"listed the role assignments at {registry}"):
        return tuple(operations.list_for_scope(registry.text, filter="atScope()"))


def _is(found: Any, principal: str) -> bool:
    return str(found).lower() == principal.lower()


def _denied(azure: Azure, registry: ResourceId, principal: str) -> tuple[str, ...]:
    """Deny assignments on this principal (or everybody) that cover pulling."""
    everyone = "00000000-0000-0000-0000-000000000000"
    names = []
    for item in azure.once(("denied", registry.key), lambda: _denials(azure, registry)):
        principals = {str(p.id).lower() for p in item.principals or ()}
        excluded = {str(p.id).lower() for p in item.exclude_principals or ()}
        if principal.lower() in excluded or not principals & {principal.lower(), everyone}:
            continue
        if any(
            covers(permission.actions, permission.not_actions, _LEGACY_ACTION)
            or covers(permission.data_actions, permission.not_data_actions, _ABAC_ACTION)
            for permission in item.permissions or ()
        ):
            names.append(f"{item.deny_assignment_name or item.name} ({item.id})")
    return tuple(names)


def _denials(azure: Azure, registry: ResourceId) -> tuple[Any, ...]:
    operations = azure.authorization(registry.subscription).deny_assignments
    with azure.asking(f"listed the deny assignments at {registry}"):
        return tuple(operations.list_for_scope(registry.text))


def _definition_reader(azure: Azure, registry: ResourceId, role: str) -> Any:
    subscription = registry.subscription
    path = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"

    def ask() -> Any:
        operations = azure.authorization(subscription).role_definitions
        with azure.asking(f"read the role definition {role}"):
            return operations.get_by_id(path)

    return lambda: attempt(ask)


def _role(item: Any) -> str:
    return str(item.role_definition_id).rsplit("/", 1)[-1].lower()


def _judged(
    item: Any, definition: Any, mode: PermissionMode | None, repository: str
) -> RoleAssignment:
    role = _role(item)
    names = {**LEGACY_PULL, **ABAC_PULL}
    name = names.get(role) or getattr(definition, "role_name", None) or role
    return RoleAssignment(
        id=str(item.id),
        scope=str(item.scope),
        role=role,
        role_name=str(name),
        pulls=pulls(role, definition, mode, item.condition, repository),
    )


def pulls(
    role: str,
    definition: Any,
    mode: PermissionMode | None,
    condition: str | None,
    repository: str,
) -> bool | None:
    """Whether an assignment of the role grants pull of this repository; None when that cannot be
    told. `definition` is needed for roles that are not built in."""
    if mode is None:
        both = [pulls(role, definition, each, condition, repository) for each in PermissionMode]
        return both[0] if both[0] == both[1] else None
    legacy = mode is PermissionMode.LEGACY
    if role in LEGACY_PULL or role in ABAC_PULL:
        granted = role in (LEGACY_PULL if legacy else ABAC_PULL)
    elif isinstance(definition, Unread):
        return None
    else:
        granted = any(
            covers(permission.actions, permission.not_actions, _LEGACY_ACTION)
            if legacy
            else covers(permission.data_actions, permission.not_data_actions, _ABAC_ACTION)
            for permission in definition.permissions or ()
        )
    if not granted or not condition:
        return granted
    return None if legacy else condition_admits(condition, repository)


def covers(actions: Iterable[str] | None, excluded: Iterable[str] | None, action: str) -> bool:
    """Azure's wildcard match: `*` stands for anything, case does not matter."""

    def hit(patterns: Iterable[str] | None) -> bool:
        return any(fnmatchcase(action, str(pattern).lower()) for pattern in patterns or ())

    return hit(actions) and not hit(excluded)


def condition_admits(condition: str, repository: str) -> bool | None:
    """The documented repository conditions (equals, starts with); any other form is None."""
    clauses = _CLAUSE.findall(condition)
    if not clauses or condition.lower().count("@") != len(clauses):
        return None
    wanted = repository.lower()
    return any(
        wanted == value.lower() if verb.lower() == "equals" else wanted.startswith(value.lower())
        for verb, value in clauses
    )
