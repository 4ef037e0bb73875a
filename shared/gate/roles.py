"""
Roles: what giving an identity a role must rest on.

In:  a Case.
Out: grounds for giving access back, objections to giving more than was there.

Whoever may edit an app can point it at another team's registry and let it fail. So a role is given
back only on the Activity Log's word that this very identity had it here, within the time the policy
grants; and not where a person took it away, where the workload was made anew or pointed elsewhere
since, or where registry and workload are not of one tenant. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from shared.gate.case import Case, Objection, deny
from shared.model.evidence import Access, PermissionMode, Registry
from shared.model.plan import Write
from shared.model.trail import Hand, PastAccess, Trail
from shared.model.words import RemedyName

_ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
_ACR_PUSH = "8311e382-0749-4cb8-b61a-304f252e45ec"
_READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"
#: Container Registry Repository Reader, Writer and Contributor: they count in ABAC mode alone.
_REPOSITORY_ROLES = frozenset(
    {
        _READER,
        "2a1e307c-b015-4ebd-883e-5b7698a07328",
        "2efddaa5-3f1f-4df3-97df-af3f13818f4c",
    }
)
#: Roles given for pulling: lost to a switch of the permission mode they prove an intention, which
#: Reader or Owner on the whole subscription does not.
_FOR_PULLING = frozenset({_ACR_PULL, _ACR_PUSH})
_MEMBERS = frozenset(
    {
        *("roleDefinitionId", "principalId", "principalType", "description"),
        *("condition", "conditionVersion"),
    }
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REPOSITORY = re.escape("Microsoft.ContainerRegistry/registries/repositories")
_ONE = rf"@Request\[{_REPOSITORY}:name\] StringEqualsIgnoreCase '[^']*'"
_NAME = re.compile(r"(?<=IgnoreCase ')[^']*(?=')")
#: The documented condition that narrows a role to repositories by name, one or several.
_ONLY = re.compile(
    rf"\(\(!\(ActionMatches\{{'{_REPOSITORY}/content/read'\}}\)"
    rf" AND !\(ActionMatches\{{'{_REPOSITORY}/metadata/read'\}}\)\)"
    rf" OR \(({_ONE}(?: OR {_ONE})*)\)\)"
)
_GIVEN = {PermissionMode.LEGACY: _ACR_PULL, PermissionMode.ABAC: _READER}
_HANDS = {Hand.PERSON: "person", Hand.SERVICE: "service", Hand.PLATFORM: "platform"}


def proof(case: Case) -> tuple[str, str] | None:
    """(entry, sentence) when the Activity Log proves that the access was there; else None."""
    past = _proven(case)
    if past is None or _objections(case, past):
        return None
    return "activity log", f"consent: {_told(past)}, and it was there within the time allowed"


def disarmed(case: Case) -> tuple[str, str] | None:
    """(entry, sentence) when a switch of the permission mode took the effect of a pull role."""
    access, registry = case.evidence.access, case.registry
    if registry is None or registry.mode is not PermissionMode.ABAC:
        return None
    if not isinstance(access, Access) or access.denials:
        return None
    held = [one for one in access.assignments if one.role in _FOR_PULLING]
    if not held or _since_then(case, None):
        return None
    return (
        "permission mode",
        f"consent: {held[0].role_name} ({held[0].id}) lost its effect when the registry's "
        "permission mode was switched",
    )


def why_not(case: Case) -> str:
    """Why the Activity Log does not speak for the workload; "" when nothing was asked of it."""
    trail = case.evidence.trail
    if not isinstance(trail, Trail):
        because = getattr(trail, "because", "")
        return f"the Activity Log could not be read ({because})" if because else ""
    past = _newest(trail)
    if past is None:
        return (
            "the Activity Log knows of no pull role this identity had here (what happened in the "
            "last minutes is not in it yet)"
        )
    return "; ".join(_objections(case, past))


def only_the_pull_role(case: Case) -> Iterator[Objection]:
    """One pull role at the registry itself, for the identity that pulls, in the registry's mode.

    Judges the requests that will be sent, not the planner's word for them.
    """
    registry, access, trail = case.registry, case.evidence.access, case.evidence.trail
    for step in case.steps(RemedyName.PULL_ROLE) if registry else ():
        assert registry is not None
        if isinstance(trail, Trail) and trail.foreign:
            yield deny(f"registry and workload are not of one tenant: {trail.foreign}")
        asked = [_assigned(write, registry) for write in step.requests]
        if step.target != registry.id or len(asked) != 1 or asked[0] is None:
            yield deny(f"{step.remedy} would do more than make one role assignment at the registry")
            continue
        made = asked[0]
        role = str(made.get("roleDefinitionId", "")).rpartition("/")[2].lower()
        if registry.mode is None or role != _GIVEN.get(registry.mode):
            yield deny(f"{step.remedy} would give another role than this registry's pull role")
        if not isinstance(access, Access) or made.get("principalId") != access.principal:
            yield deny(f"{step.remedy} would give a role to somebody else than the pull identity")
        if registry.mode is PermissionMode.ABAC and not _narrow(case, made.get("condition")):
            yield deny(f"{step.remedy} would open repositories that were not open before")


def _assigned(write: Write, registry: Registry) -> Mapping[str, Any] | None:
    """The assignment a request makes at the registry; None for any other request."""
    path, _, query = write.url.partition("?")
    start = f"{registry.id.key}/providers/microsoft.authorization/roleassignments/"
    name = path.lower().removeprefix(start)
    body = write.body or {}
    made = body.get("properties")
    if write.method != "PUT" or not _GUID.fullmatch(name) or "&" in query:
        return None
    if body.keys() != {"properties"} or not isinstance(made, Mapping) or made.keys() - _MEMBERS:
        return None
    return made if made.get("principalType") == "ServicePrincipal" else None


def _narrow(case: Case, condition: object) -> bool:
    """The condition of the lost repository role, or one that names only what is pulled here."""
    past = _proven(case)
    if past is not None and past.role in _REPOSITORY_ROLES and condition == past.condition:
        return True
    found = _ONLY.fullmatch(str(condition or ""))
    pulled = {image.repository for image in case.workload.images}
    pulled |= {case.evidence.image.repository} if case.evidence.image else set()
    return found is not None and set(_NAME.findall(found[1])) <= pulled


def _proven(case: Case) -> PastAccess | None:
    trail = case.evidence.trail
    return _newest(trail) if isinstance(trail, Trail) else None


def _newest(trail: Trail) -> PastAccess | None:
    """The identity's own, else that of the identity it replaced."""
    return next(iter((*trail.past, *trail.former)), None)


def _objections(case: Case, past: PastAccess) -> tuple[str, ...]:
    """Everything that keeps the proof from counting."""
    return (
        *_too_old(case, past),
        *_of_another_kind(case, past),
        *_decided(case, past),
        *_since_then(case, past),
    )


def _of_another_kind(case: Case, past: PastAccess) -> Iterator[str]:
    """What is given back is never wider than what was there."""
    mode = case.registry.mode if case.registry else None
    if mode is PermissionMode.LEGACY and (past.role in _REPOSITORY_ROLES or past.condition):
        yield (
            f"{_told(past)} for repositories only, and in the registry's present permission mode "
            "a role opens all of them"
        )
    if mode is PermissionMode.ABAC and past.role not in _REPOSITORY_ROLES | _FOR_PULLING:
        yield (
            f"what {past.principal} had at {past.scope} was a general role, which is no proof of a "
            "pull in the registry's present permission mode"
        )
    if past.covers is False:
        image = case.evidence.image
        yield (
            f"{_told(past)} for other repositories than {image.repository if image else 'this one'}"
        )


def _too_old(case: Case, past: PastAccess) -> Iterator[str]:
    days = case.policy.remedies.pull_role.proof_days
    trail = case.evidence.trail
    assert isinstance(trail, Trail)
    last = past.removed or (trail.identity_remade if past in trail.former else past.granted)
    if last is None or case.now - last > timedelta(days=days):
        when = f"{last:%Y-%m-%d}" if last else "at a time nobody knows"
        yield f"{_told(past)}, last seen {when}; the policy accepts {days} days (proof_days)"


def _decided(case: Case, past: PastAccess) -> Iterator[str]:
    """Who took it away: a person's removal is a decision, until a person decides otherwise."""
    section = case.policy.remedies.pull_role
    if past.removed is None:
        if past not in getattr(case.evidence.trail, "former", ()):
            yield f"{_told(past)}, but how it ended was not seen"
        return
    if case.by_a_person:
        return
    ours = {
        write.url.partition("?")[0].lower()
        for step in case.steps(RemedyName.PULL_ROLE)
        for write in step.requests
    }
    if past.assignment.lower() in ours:
        yield (
            f"this service had given the role already, and {past.removed_by or 'somebody'} took it "
            f"away again on {past.removed:%Y-%m-%d %H:%M} UTC; a fight over it is for persons"
        )
    allowed = {one.value for one in section.removed_by}
    listed = past.removed_by.lower() in {one.lower() for one in section.intentional}
    if _HANDS.get(past.hand) not in allowed or listed:
        hand = {Hand.PERSON: "a person", Hand.UNKNOWN: "somebody unknown"}.get(
            past.hand, f"a {past.hand}"
        )
        yield (
            f"{hand} ({past.removed_by or 'not named'}) removed the role on "
            f"{past.removed:%Y-%m-%d %H:%M} UTC, and that may have been meant"
        )


def _since_then(case: Case, past: PastAccess | None) -> tuple[str, ...]:
    """What makes it another workload, or another purpose, than the one that had access."""
    trail = case.evidence.trail
    if not isinstance(trail, Trail):
        return ("the Activity Log of the workload could not be read",)
    said = []
    if trail.foreign:
        said.append(f"registry and workload are not of one tenant: {trail.foreign}")
    if trail.workload_remade:
        said.append(
            f"the workload was deleted and made anew since {trail.workload_remade:%Y-%m-%d} (by "
            f"{trail.workload_remade_by or 'somebody unknown'}), so it may be another one of the "
            "same name"
        )
    ended = past.removed if past else None
    if ended and trail.repointed and trail.repointed > ended:
        said.append(
            f"the workload's configuration was changed on {trail.repointed:%Y-%m-%d %H:%M} UTC, "
            "after the role was gone, so it may have been pointed here since"
        )
    return tuple(said)


def _told(past: PastAccess) -> str:
    return f"the Activity Log shows that {past.principal} had a pull role at {past.scope}"
