"""
Rotation: a workload whose password worked until the registry's were made anew.

In:  a Case.
Out: the ground for handing it the present password, or why there is none.

Whoever may edit an app can point it at another team's registry with any password; a dead password
alone proves nothing. What does: the platform's own word that this image was pulled from this
registry, a rotation after that, and no change of the workload since that pull. Pure.
"""

from collections.abc import Iterator
from datetime import timedelta

from shared.gate.case import Case
from shared.model.credentials import Credentials
from shared.model.evidence import PullAuth, PullMode
from shared.model.trail import Trail


def proof(case: Case) -> tuple[str, str] | None:
    """(entry, sentence) when the password is shown to have worked until it was made anew."""
    trail = case.evidence.trail
    if not _dead_password(case) or not isinstance(trail, Trail) or any(_objections(case, trail)):
        return None
    assert trail.rotated is not None
    return (
        "rotation",
        f"consent: the workload pulled this image on {case.evidence.pulled:%Y-%m-%d %H:%M} UTC, "
        f"the registry's passwords were made anew on {trail.rotated:%Y-%m-%d %H:%M} UTC, and "
        "nobody changed the workload in between or since",
    )


def why_not(case: Case) -> str:
    """Why no rotation speaks for the workload; "" where none could."""
    if not _dead_password(case):
        return ""
    trail = case.evidence.trail
    if case.evidence.pulled is None:
        return "the platform's logs show no pull of this image for which its password was good"
    if not isinstance(trail, Trail):
        return "whether its password ever worked could not be read from the Activity Log"
    return "; ".join(_objections(case, trail))


def _dead_password(case: Case) -> bool:
    """The registry's own admin user, in this workload, for this registry, with a dead password."""
    auth, found, registry = case.workload.auth, case.evidence.credentials, case.registry
    if not isinstance(auth, PullAuth) or not isinstance(found, Credentials) or registry is None:
        return False
    return (
        auth.mode is PullMode.CREDENTIALS
        and (auth.username or "").lower() == registry.id.name.lower()
        and auth.sent_to(registry.login_server)
        and registry.admin_enabled is True
        and found.matches is False
        and found.stored
    )


def _objections(case: Case, trail: Trail) -> Iterator[str]:
    pulled, rotated = case.evidence.pulled, trail.rotated
    if trail.foreign:
        yield f"registry and workload are not of one tenant: {trail.foreign}"
    if rotated is None:
        yield (
            "the Activity Log knows of no new password of this registry (what happened in the last "
            "minutes is not in it yet)"
        )
        return
    days = case.policy.remedies.pull_role.proof_days
    if case.now - rotated > timedelta(days=days):
        yield f"the passwords were made anew on {rotated:%Y-%m-%d}, more than {days} days ago"
    if pulled is None or pulled >= rotated:
        yield "the platform's logs show no pull of this image before the passwords were made anew"
        return
    if trail.workload_remade:
        yield f"the workload was deleted and made anew since {trail.workload_remade:%Y-%m-%d}"
    if trail.repointed and trail.repointed > pulled:
        yield (
            f"the workload was changed on {trail.repointed:%Y-%m-%d %H:%M} UTC, after its last "
            "good pull, so it may have been pointed here since"
        )
