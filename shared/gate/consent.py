"""
Consent: did the registry's owner agree that this workload gets through?

In:  a Case.
Out: the grounds on which a remedy may act, or the objection that there are none.

Whoever may edit an app can point it at another team's registry and let it fail; so access is only
ever restored, or given where the policy's pairs say so. A new ground (an Activity Log proof, a
matching credential) is one more function in GROUNDS. Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from shared.gate import roles, rotation
from shared.gate.case import Case, Objection, hold
from shared.model.credentials import Credentials
from shared.model.evidence import Access, PullAuth, PullMode, Unread
from shared.model.words import RemedyName


@dataclass(frozen=True, slots=True)
class Ground:
    """Why access is agreed to. `entry` names what says so: the policy's key, or the fact."""

    entry: str
    sentence: str


def own_permission(case: Case) -> Ground | None:
    """The workload's own identity, attached to it and used for pulling, may pull already."""
    auth, access = case.workload.auth, case.evidence.access
    if not isinstance(auth, PullAuth) or not isinstance(access, Access) or not case.registry:
        return None
    if auth.mode not in (PullMode.SYSTEM_IDENTITY, PullMode.USER_IDENTITY) or not auth.attached:
        return None
    if not auth.principal or auth.principal.lower() != access.principal.lower():
        return None
    if access.pulls is not True:
        return None
    return Ground(
        "pull permission",
        f"consent: the workload's identity {access.principal} may pull from {case.registry.id}",
    )


def matching_credentials(case: Case) -> Ground | None:
    """The registry's own credentials, which match: its owner handed them out."""
    auth, found, registry = case.workload.auth, case.evidence.credentials, case.registry
    if not isinstance(auth, PullAuth) or not isinstance(found, Credentials) or not registry:
        return None
    if auth.mode is not PullMode.CREDENTIALS or not auth.sent_to(registry.login_server):
        return None
    if found.matches is not True or registry.admin_enabled is not True:
        return None
    return Ground(
        "matching credentials",
        f"consent: the workload holds a password that {registry.id} accepts",
    )


def idle_permission(case: Case) -> Ground | None:
    """The very identity that is to be used is the workload's own, and may pull already."""
    able = {one.principal.lower() for one in case.evidence.idle if one.pulls is True}
    wanted = {
        str((step.after or {}).get("principal", "")).lower()
        for step in case.steps(RemedyName.USE_IDENTITY)
    }
    if not case.registry or not wanted or not wanted <= able:
        return None
    names = ", ".join(sorted(wanted))
    return Ground(
        "pull permission",
        f"consent: the workload's identity {names} may pull from {case.registry.id}",
    )


def pair(case: Case) -> Ground | None:
    """The policy pairs this registry with this workload."""
    if case.registry and case.policy.pair_allows(case.registry.id, case.workload.id):
        return Ground("pairs", f"consent: a pair lets {case.workload.id} use {case.registry.id}")
    return None


def activity_log(case: Case) -> Ground | None:
    """The Activity Log proves that this identity could pull from this registry until lately."""
    found = roles.proof(case)
    return Ground(*found) if found else None


def lost_effect(case: Case) -> Ground | None:
    """The role is there, and a switch of the registry's permission mode took its effect."""
    found = roles.disarmed(case)
    return Ground(*found) if found else None


def password_worked(case: Case) -> Ground | None:
    """The workload's password worked until the registry's were made anew."""
    found = rotation.proof(case)
    return Ground(*found) if found else None


_Grounds = tuple[Callable[[Case], Ground | None], ...]

#: What opens a network: whoever may sign in, could until lately, or is about to with what it has.
_NETWORK: _Grounds = (
    own_permission,
    matching_credentials,
    idle_permission,
    activity_log,
    password_worked,
    pair,
)
#: What counts as consent, by remedy. None: the remedy opens nothing.
GROUNDS: Mapping[RemedyName, _Grounds | None] = {
    RemedyName.FIREWALL_SYNC: _NETWORK,
    RemedyName.VNET_IMAGE_PULL: _NETWORK,
    RemedyName.DNS_ZONE_LINK: _NETWORK,
    RemedyName.USE_IDENTITY: (idle_permission, pair),
    RemedyName.PULL_ROLE: (activity_log, lost_effect, pair),
    RemedyName.CREDENTIAL_RESYNC: (password_worked, pair),
    RemedyName.RESTART: None,
}


def owner_consents(case: Case) -> Iterator[Objection]:
    """Every remedy that opens a way has a ground to."""
    for remedy in dict.fromkeys(step.remedy for step in case.plan.steps):
        asked = GROUNDS[remedy]
        if asked is not None and not any(ground(case) for ground in asked):
            why = f"{_missing(case)}; " if own_permission in asked else ""
            if activity_log in asked and (said := roles.why_not(case)):
                why += f"{said}; "
            if password_worked in asked and (said := rotation.why_not(case)):
                why += f"{said}; "
            yield hold(
                f"{remedy} has no consent of the registry's owner: {why}"
                "no pair of the policy names this registry and this workload"
            )


def grounds(case: Case) -> tuple[Ground, ...]:
    """The grounds on which the plan's remedies act."""
    found = (ground(case) for step in case.plan.steps for ground in GROUNDS[step.remedy] or ())
    return tuple(dict.fromkeys(ground for ground in found if ground))


def _missing(case: Case) -> str:
    """Why the workload's own permission does not speak for it."""
    auth, access = case.workload.auth, case.evidence.access
    for answer in (auth, access):
        if isinstance(answer, Unread):
            return f"its permissions could not be read ({answer.because})"
    if access is None or (isinstance(auth, PullAuth) and auth.mode is PullMode.CREDENTIALS):
        return "the workload does not pull with an identity of its own"
    if isinstance(auth, PullAuth) and not auth.attached:
        return "the configured identity is not attached to the workload"
    if isinstance(access, Access) and access.pulls is None:
        return f"a condition leaves open whether its identity {access.principal} may pull"
    return "its identity is not shown to have pull permission on the registry"
