"""
The trail: what access there once was, and who took it away.

In:  the evidence read so far.
Out: a Trail where the pull identity may not pull; None where nothing has to be proven; Unread when
     the Activity Log may not be read, or says more than can be read here.

Everything about role assignments in the registry's subscription is asked for at once, so grants
made above the registry are found as well; everything about the workload in a second query. What is
past the bound counts as older than the log; a workload with more records than that is not judged. A
record arrives some minutes after the fact: what is not there yet is no proof, and the incident is
looked at again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.evidence import activity_log
from shared.evidence import trail_records as records
from shared.evidence.access import ABAC_PULL, LEGACY_PULL, condition_admits
from shared.evidence.reading import attempt
from shared.model.evidence import Access, Evidence, Fact, PullAuth, PullMode, Registry, Unread
from shared.model.ids import ResourceId
from shared.model.trail import PastAccess, Trail

_IDENTITIES = (PullMode.SYSTEM_IDENTITY, PullMode.USER_IDENTITY)
_PULL_ROLES = LEGACY_PULL.keys() | ABAC_PULL.keys()


def read(azure: Azure, evidence: Evidence) -> Trail | Unread | None:
    """Look back as far as the Activity Log goes, where an identity lacks its pull role."""
    registry, access, auth = evidence.registry, evidence.access, evidence.workload.auth
    if not isinstance(registry, Registry) or not isinstance(access, Access):
        return None
    if not isinstance(auth, PullAuth) or auth.mode not in _IDENTITIES or not auth.attached:
        return None
    if access.pulls is not False or access.denials:
        return None
    own = auth.mode is PullMode.SYSTEM_IDENTITY
    found = attempt(lambda: _trail(azure, evidence.workload.id, registry.id, access, own=own))
    return _for_image(found, evidence) if isinstance(found, Trail) else found


def _trail(
    azure: Azure, workload: ResourceId, registry: ResourceId, access: Access, *, own: bool
) -> Trail:
    """`own`: the pull identity is the workload's own and lives with it; only then can another have
    been its predecessor. A shared identity that takes its place is somebody else."""
    since = activity_log.reach(azure)
    told = azure.together(
        roles=lambda: activity_log.read(
            azure, registry.subscription, since, "resourceProvider eq 'Microsoft.Authorization'"
        ),
        workload=lambda: activity_log.of_workload(azure, workload, since),
        foreign=lambda: activity_log.tenants(azure, workload, registry),
    )
    (roles, whole), (changes, all_changes) = told["roles"], told["workload"]
    if not all_changes:
        raise Refused(f"the Activity Log holds too many records about {workload} to judge it")
    had = records.identities(changes, workload.key) if own else ()
    former = {principal for _, principal in had if principal != access.principal.lower()}
    present = [at for at, principal in had if principal == access.principal.lower()]
    past = _past(roles, registry, {access.principal.lower()})
    return Trail(
        since=since if whole else records.oldest(roles, since),
        past=past,
        former=_of_former(azure, roles, registry, former) if former else (),
        identity_remade=min(present, default=None) if former else None,
        refusals=records.refused(roles, access.principal),
        foreign=told["foreign"],
        **records.changed(changes, workload.key),
    )


def _for_image(trail: Trail, evidence: Evidence) -> Trail:
    """Each former access judged for the repository that is pulled now."""
    repository = evidence.image.repository if evidence.image else ""

    def judged(one: PastAccess) -> PastAccess:
        if not one.condition:
            return one
        return replace(one, covers=condition_admits(one.condition, repository))

    return replace(
        trail,
        past=tuple(judged(one) for one in trail.past),
        former=tuple(judged(one) for one in trail.former),
    )


def _past(
    roles: Sequence[records.Record], registry: ResourceId, principals: set[str]
) -> tuple[PastAccess, ...]:
    """Pull roles these principals had at the registry or above it, newest removal first."""
    grants = records.made(roles)
    found: dict[str, PastAccess] = {}
    for gone in records.removed(roles):
        what = gone.made or grants.get(gone.resource)
        if what is None or gone.resource in found:
            continue
        one = _access(what, registry, principals)
        if one is not None:
            grant = grants.get(gone.resource)
            found[gone.resource] = replace(
                one,
                granted=grant.at if grant else None,
                removed=gone.at,
                removed_by=gone.by,
                hand=gone.hand,
            )
    for id, what in grants.items():
        if id not in found and (one := _access(what, registry, principals)):
            found[id] = one
    newest = datetime.min.replace(tzinfo=next(iter(_zones(found)), None))
    return tuple(sorted(found.values(), key=lambda one: one.removed or newest, reverse=True))


def _zones(found: dict[str, PastAccess]) -> Iterator[Any]:
    yield from (one.granted.tzinfo for one in found.values() if one.granted)
    yield from (one.removed.tzinfo for one in found.values() if one.removed)


def _access(what: records.Made, registry: ResourceId, principals: set[str]) -> PastAccess | None:
    """The assignment, if it let one of these principals pull from this registry."""
    above = what.scope.lower().startswith("/subscriptions/") and registry.within(what.scope)
    if what.principal not in principals or what.role not in _PULL_ROLES or not above:
        return None
    return PastAccess(
        assignment=what.assignment,
        principal=what.principal,
        role=what.role,
        scope=what.scope,
        condition=what.condition,
        granted=what.at,
    )


def _of_former(
    azure: Azure,
    roles: Sequence[records.Record],
    registry: ResourceId,
    former: set[str],
) -> tuple[PastAccess, ...]:
    """Pull roles of principals the workload had before: those still there, then those that were."""
    operations = azure.authorization(registry.subscription).role_assignments
    with azure.asking(f"listed the role assignments at {registry}"):
        there = list(operations.list_for_scope(registry.text, filter="atScope()"))
    standing = tuple(
        PastAccess(
            assignment=str(one.id).lower(),
            principal=str(one.principal_id).lower(),
            role=str(one.role_definition_id).rpartition("/")[2].lower(),
            scope=str(one.scope),
            condition=one.condition,
        )
        for one in there
        if str(one.principal_id).lower() in former
        and str(one.role_definition_id).rpartition("/")[2].lower() in _PULL_ROLES
        and registry.within(str(one.scope))
    )
    known = {one.assignment for one in standing}
    gone = _past(roles, registry, former)
    return (*standing, *(one for one in gone if one.assignment not in known))


def facts(evidence: Evidence) -> Iterator[Fact]:
    """What the Activity Log proves, and how far back it was read."""
    trail = evidence.trail
    source = "Activity Log"
    if isinstance(trail, Unread):
        yield Fact(fact="earlier access", value=trail.because, source=source)
    if not isinstance(trail, Trail):
        return
    if not trail.past and not trail.former and not trail.rotated:
        value = f"none of this identity at this registry since {trail.since:%Y-%m-%d}"
        yield Fact(fact="earlier access", value=value, source=source)
    for one in (*trail.past[:3], *trail.former[:3]):
        yield Fact(fact="earlier access", value=_told(one), source=one.assignment)
    if trail.workload_remade:
        value = f"{trail.workload_remade:%Y-%m-%d %H:%M} UTC, by {trail.workload_remade_by}"
        yield Fact(fact="workload deleted and made anew", value=value, source=source)
    if trail.rotated:
        value = f"{trail.rotated:%Y-%m-%d %H:%M} UTC"
        yield Fact(fact="passwords regenerated", value=value, source=source)
    for text in trail.refusals[:3]:
        yield Fact(fact="refused grant", value=text, source=source)


def _told(one: PastAccess) -> str:
    role = {**LEGACY_PULL, **ABAC_PULL}.get(one.role, one.role)
    until = f"until {one.removed:%Y-%m-%d %H:%M} UTC" if one.removed else "its end was not seen"
    who = f", deleted by {one.removed_by} ({one.hand})" if one.removed else ""
    return f"{role} of {one.principal} at {one.scope}, {until}{who}"
