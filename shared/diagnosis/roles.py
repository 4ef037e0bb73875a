"""
Checks on what the pull identity may do at the registry: its role, and whether the registry takes
its tokens at all.

In:  a Case whose registry was read.
Out: an Answer per finding.

A role may reach the identity directly, from above or by a group; a deny assignment or a condition
may take it away again (container-registry-rbac-built-in-roles-overview). Pure.
"""

from shared.diagnosis.case import Answer, Case, excluded, found, unknown
from shared.model.evidence import Access, PermissionMode, PullAuth, Unread
from shared.model.trail import Trail
from shared.model.words import FindingName

#: Built-in roles that grant pull in legacy mode and nothing in ABAC mode
#: (container-registry-rbac-built-in-roles-overview): AcrPull, AcrPush, Reader, Contributor, Owner.
DISARMED_BY_ABAC = frozenset(
    {
        "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "8311e382-0749-4cb8-b61a-304f252e45ec",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    }
)


def arm_audience_disabled(case: Case) -> Answer:
    """The registry refuses the tokens that App Service and Container Apps send for an identity."""
    name = FindingName.ARM_AUDIENCE_DISABLED
    if answer := needs_identity(case, name):
        return answer
    if case.registry.arm_audience is False:
        return found(
            name,
            f"The registry {case.registry.login_server} does not accept Azure Resource Manager "
            "tokens, the only kind this workload's host sends for a managed identity",
        )
    if case.registry.arm_audience is None:
        return excluded(name, "the registry reports no policy, and accepting is the default")
    return excluded(name, "the registry accepts Azure Resource Manager tokens")


def pull_role_wrong_for_abac(case: Case) -> Answer:
    """The identity holds a role that meant pull until the registry's permission mode changed."""
    name = FindingName.PULL_ROLE_WRONG_FOR_ABAC
    access = _access(case, name)
    if isinstance(access, Answer):
        return access
    if case.registry.mode is not PermissionMode.ABAC:
        return excluded(name, "the registry does not use repository permissions (ABAC)")
    if access.pulls is not False or access.denials:
        return excluded(name, "no role that ABAC mode ignores is what is missing here")
    ignored = [one.role_name for one in access.assignments if one.role in DISARMED_BY_ABAC]
    if not ignored:
        return excluded(name, "the pull identity holds none of the roles that ABAC mode ignores")
    return found(
        name,
        f"The pull identity holds {' and '.join(sorted(set(ignored)))}, but the registry "
        f"{case.registry.login_server} is in repository permission (ABAC) mode, where that does "
        "not grant pull",
    )


def identity_recreated(case: Case) -> Answer:
    """The workload's identity was made anew, and the role stayed with the former one."""
    name = FindingName.IDENTITY_RECREATED
    access = _access(case, name)
    if isinstance(access, Answer):
        return access
    if access.pulls is not False or access.denials:
        return excluded(name, "no role is missing that a former identity could have")
    trail = case.evidence.trail
    if not isinstance(trail, Trail) or not trail.former or trail.past:
        return excluded(
            name, "no former identity of this workload is known to have had a pull role"
        )
    former = trail.former[0]
    return found(
        name,
        f"The workload's identity was made anew: {former.principal} was its identity and has the "
        f"pull role at {case.registry.login_server}, the present one, {access.principal}, has none",
    )


def pull_role_missing(case: Case) -> Answer:
    """No assignment, inherited or direct, lets the pull identity pull."""
    name = FindingName.PULL_ROLE_MISSING
    access = _access(case, name)
    if isinstance(access, Answer):
        return access
    if access.denials:
        return found(
            name,
            f"A deny assignment takes pull on {case.registry.login_server} away from the pull "
            f"identity ({access.denials[0]})",
        )
    if access.pulls is True:
        role = next(one.role_name for one in access.assignments if one.pulls)
        return excluded(name, f"{role} lets the pull identity pull")
    if access.pulls is None:
        return unknown(
            name,
            "the pull identity has a role whose condition, or whose effect in the registry's "
            "unreported permission mode, cannot be judged",
        )
    for other in (pull_role_wrong_for_abac, identity_recreated):
        if other(case).verdict == "found":
            return excluded(name, "a pull role is there, but of the wrong kind or another's")
    return found(
        name,
        f"The pull identity {access.principal} has no role that lets it pull from "
        f"{case.registry.login_server}{_removed(case)}",
    )


def _removed(case: Case) -> str:
    """Who took the role away and when, where the Activity Log tells."""
    trail = case.evidence.trail
    past = trail.past[0] if isinstance(trail, Trail) and trail.past else None
    if past is None or past.removed is None:
        return ""
    who = f" by {past.removed_by}" if past.removed_by else ""
    return f"; it had one until {past.removed:%Y-%m-%d %H:%M} UTC, when it was deleted{who}"


def needs_identity(case: Case, name: FindingName) -> Answer | None:
    """The answer where no identity pulls, or nobody can say whether one does; else None."""
    if isinstance(case.auth, Unread):
        return unknown(name, f"how the workload signs in is {case.auth.because}")
    if not case.uses_identity:
        return excluded(name, "the workload does not pull with an identity")
    return None


def _access(case: Case, name: FindingName) -> Access | Answer:
    """The pull identity's access, or the answer when there is none to judge."""
    if answer := needs_identity(case, name):
        return answer
    assert isinstance(case.auth, PullAuth)
    if not case.auth.attached:
        return excluded(name, "there is no attached identity that a role could be for")
    if isinstance(case.access, Access):
        return case.access
    because = case.access.because if isinstance(case.access, Unread) else "not known"
    return unknown(name, f"the roles of the pull identity are {because}")
