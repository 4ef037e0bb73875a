"""
pull-role: give one identity back the right to pull from one registry, and nothing more.

In:  a Step whose `after` holds the role assignment to make.
Out: an Outcome with the assignment as read back.

Looks again before it writes: an identity that may pull by now is left alone, and a registry whose
permission mode changed gets nothing. The name follows from the purpose, so the same PUT twice is
one assignment; 409 RoleAssignmentExists means that somebody gave the same role under another name,
which is theirs. `principalType` spares Azure a look into the directory, where a fresh identity may
not be known yet (Azure RBAC, "Troubleshoot": PrincipalNotFound).

An assignment that is there is not yet in force: that takes minutes, and the pull will tell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.errors import Conflict, NotFound, PermanentError, Unreachable
from shared.model.ids import ResourceId
from shared.model.plan import Outcome, Step, Write
from shared.remediations import sending
from shared.remediations.drifting import Drifted

Wire = Mapping[str, Any]

_VERSION = "2022-04-01"
_REGISTRY = "2025-11-01"
_OURS = ("principalId", "roleDefinitionId", "condition")
_MODE = {
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "LegacyRegistryPermissions",
    "b93aa761-3e63-49ed-ac28-beffa264f7ac": "AbacRepositoryPermissions",
}


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Make the assignment if it is still missing. Twice equals once."""
    wanted = step.after["roleAssignment"]
    told = azure.together(
        there=lambda: _standing(azure, step.target, wanted),
        mode=lambda: _mode(azure, step.target),
    )
    if (there := _first(told["there"], lambda one: _same(one, wanted))) is not None:
        text = f"the identity has the role already ({there['name']}); nothing was written"
        return _outcome(step, azure, text, there, there, changed=False)
    here = step.target.key
    if (there := _first(told["there"], lambda one: one["scope"].lower() == here)) is not None:
        text = (
            f"stopped without writing: {there['name']} gives this role here under another "
            "condition, which is its maker's to change"
        )
        return _outcome(step, azure, text, there, there, changed=False, failed=True)
    needed = _MODE.get(_role(wanted))
    if told["mode"] != needed:
        text = (
            f"stopped without writing: the permission mode of {step.target.name} is "
            f"{told['mode'] or 'not reported'} now, and this role needs {needed}"
        )
        return _outcome(step, azure, text, None, None, changed=False, failed=True)
    return _make(step, wanted, azure)


def _make(step: Step, wanted: Wire, azure: Azure) -> Outcome:
    at = azure.now()
    try:
        trouble = sending.once(
            azure, f"gave a role at {step.target}", lambda: _put(azure, step.target, wanted)
        )
    except Conflict as taken:
        if "RoleAssignmentExists" not in str(taken):
            raise
        text = "somebody else gave the same role meanwhile; nothing of ours was written"
        return _outcome(step, azure, text, None, None, changed=False)
    now = _read(azure, step.target, wanted["name"])
    if now is None:
        if trouble is not None:
            raise trouble
        raise Unreachable(f"the role at {step.target} was given and is not there yet", delay=30.0)
    same = _same(now, wanted)
    text = f"the role assignment {wanted['name']} is there; it takes effect within minutes"
    text = (
        text if same else f"the role assignment {wanted['name']} is there, but not as it was sent"
    )
    made = _outcome(step, azure, text, None, now, changed=True, failed=not same)
    return replace(made, at=at)  # as old as its sending: a pull since then counts


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step whose outcome nobody kept; None: it is not in place."""
    wanted = step.after["roleAssignment"]
    now = _read(azure, step.target, wanted["name"])
    if now is None or not _same(now, wanted):
        return None
    text = f"the role assignment {wanted['name']} was found after an interruption; announced before"
    return _outcome(step, azure, f"{text}, so ours", None, now, changed=True)


def reverse(outcome: Outcome) -> Step:
    """What taking the outcome back announces, as data."""
    card, made = catalog.PULL_ROLE, (outcome.after or {}).get("roleAssignment") or {}
    url = f"{_path(outcome.target, made.get('name', ''))}?api-version={_VERSION}"
    return Step(
        remedy=card.name,
        target=outcome.target,
        summary=f"Delete the role assignment {made.get('name', '')} again",
        before=outcome.after,
        after={"roleAssignment": None},
        requests=(Write(method="DELETE", url=url, body=None),),
        permissions=card.permissions,
        risk="the identity can no longer pull from this registry",
        undo="give the role again",
    )


def undo(outcome: Outcome, *, azure: Azure) -> Outcome:
    """Delete the assignment that was made, if it is still as written; else Drifted."""
    written = (outcome.after or {}).get("roleAssignment")
    if not outcome.changed or not written:
        text = "no role assignment had been made"
        return _outcome(outcome, azure, text, None, None, changed=False)
    now = _read(azure, outcome.target, written["name"])
    if now is None:
        text = f"the role assignment {written['name']} is gone already"
        return _outcome(outcome, azure, text, None, None, changed=False)
    if not _same(now, written):
        what = f"the role assignment {written['name']} at {outcome.target}"
        raise Drifted(what, before=None, written=written, now=now)
    operations = azure.authorization(outcome.target.subscription).role_assignments
    trouble = sending.once(
        azure,
        f"deleted the role assignment {written['name']} at {outcome.target}",
        lambda: operations.delete(outcome.target.text, written["name"], **sending.ONCE),
    )
    left = _read(azure, outcome.target, written["name"])
    if left is not None and trouble is not None:
        raise trouble
    text = f"the role assignment {written['name']} was deleted"
    if left is not None:
        text = f"the role assignment {written['name']} was asked to be deleted and is still there"
    return _outcome(outcome, azure, text, now, left, changed=True, failed=left is not None)


def _put(azure: Azure, registry: ResourceId, wanted: Wire) -> None:
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters

    operations = azure.authorization(registry.subscription).role_assignments
    operations.create(
        registry.text,
        wanted["name"],
        RoleAssignmentCreateParameters(
            role_definition_id=wanted["roleDefinitionId"],
            principal_id=wanted["principalId"],
            principal_type=wanted["principalType"],
            description=wanted["description"],
            condition=wanted.get("condition"),
            condition_version=wanted.get("conditionVersion"),
        ),
        **sending.ONCE,
    )


def _standing(azure: Azure, registry: ResourceId, wanted: Wire) -> tuple[Wire, ...]:
    """Assignments that give this identity this role here already, whoever made them."""
    operations = azure.authorization(registry.subscription).role_assignments
    principal = wanted["principalId"]
    with azure.asking(f"listed the role assignments of {principal} at {registry}"):
        found = operations.list_for_scope(registry.text, filter=f"assignedTo('{principal}')")
        shown = [_shown(one) for one in found]
    return tuple(
        one
        for one in shown
        if _role(one) == _role(wanted) and one["principalId"].lower() == principal.lower()
    )


def _first(found: Sequence[Wire], good: Callable[[Wire], bool]) -> Wire | None:
    return next(filter(good, found), None)


def _read(azure: Azure, registry: ResourceId, name: str) -> Wire | None:
    """One assignment, or None when there is none of that name."""
    operations = azure.authorization(registry.subscription).role_assignments
    try:
        with azure.asking(f"read the role assignment {name} at {registry}"):
            return _shown(operations.get(registry.text, name))
    except NotFound:
        return None
    except (PermanentError, Unreachable) as cut:
        text = f"a role at {registry} was changed and cannot be read back, because {cut}"
        raise Unreachable(text, delay=getattr(cut, "delay", 30.0)) from cut


def _mode(azure: Azure, registry: ResourceId) -> str:
    with azure.asking(f"read the registry {registry}"):
        answer = azure.arm.get(registry.text, _REGISTRY)
        return str(answer["properties"].get("roleAssignmentMode") or "")


def _shown(item: Any) -> Wire:
    """An assignment as outcomes keep it."""
    return {
        "name": str(item.name),
        "principalId": str(item.principal_id),
        "roleDefinitionId": str(item.role_definition_id),
        "scope": str(item.scope),
        **({"condition": item.condition} if item.condition else {}),
    }


def _same(now: Wire, wanted: Wire) -> bool:
    return all(
        str(now.get(name) or "").lower() == str(wanted.get(name) or "").lower()
        if name != "roleDefinitionId"
        else _role(now) == _role(wanted)
        for name in _OURS
    )


def _role(assignment: Wire) -> str:
    return str(assignment["roleDefinitionId"]).rpartition("/")[2].lower()


def _path(registry: ResourceId, name: str) -> str:
    return f"{registry}/providers/Microsoft.Authorization/roleAssignments/{name}"


def _outcome(
    about: Step | Outcome,
    azure: Azure,
    detail: str,
    before: Wire | None,
    after: Wire | None,
    *,
    changed: bool,
    failed: bool = False,
) -> Outcome:
    return Outcome(
        remedy=about.remedy,
        target=about.target,
        changed=changed,
        failed=failed,
        detail=detail,
        at=azure.now(),
        before={"roleAssignment": dict(before) if before else None},
        after={"roleAssignment": dict(after) if after else None},
    )
