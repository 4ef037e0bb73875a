"""
The conclusion when no fault on the path was found.

In:  a Case and the unknowns left over.
Out: one Answer, always a found one: blocked on the way (`way.py`), not a pull failure, not
     retrying, healthy, or undetermined with what stands in the way of knowing.

Pure.
"""

from shared.diagnosis import way
from shared.diagnosis.case import Answer, Case, found
from shared.model.evidence import Registry, Unread
from shared.model.words import Cause, FindingName, Host

_OWN_WORDS = {
    **way.WORDS,
    Cause.INVALID_REFERENCE: "the text says that the image reference or its format is not valid",
    Cause.IDENTITY_UNAVAILABLE: "the host could not get a token for the identity",
    Cause.MANIFEST_UNKNOWN: "the text says that there is no such image, while there is one now",
    Cause.UNKNOWN_PULL_FAILURE: "the text says that the pull failed, but not why",
    Cause.UNAUTHORIZED: "the text only says unauthorized, which hosts print for many causes",
    Cause.NETWORK_DENIED: "the text says that the registry's network rules refused",
}


#: Unknowns that forbid saying "the registry's side is in order".
_REGISTRY_SIDE = frozenset(
    {
        FindingName.NOT_A_PULL_FAILURE,
        FindingName.REGISTRY_NOT_FOUND,
        FindingName.PUBLIC_ACCESS_DISABLED,
        FindingName.FIREWALL_EGRESS_UNPROVABLE,
        FindingName.FIREWALL_MISSING_EGRESS,
    }
)


def conclude(case: Case, unknowns: tuple[Answer, ...]) -> Answer:
    """What remains. The order matters: the text's own words before the host's present state."""
    registry_side_known = not any(one.finding in _REGISTRY_SIDE for one in unknowns)
    if registry_side_known and (blocked := way.unseen_block(case)):
        return blocked
    if case.claim is Cause.NOT_A_PULL_FAILURE and not case.complaints:
        return found(
            FindingName.NOT_A_PULL_FAILURE,
            "The text does not describe a failed image pull, and nothing that was read stands in "
            f"the way of one{', though not everything could be read' if unknowns else ''}",
        )
    if _contradicts(case):
        return _undetermined(case, unknowns)
    if (stuck := _stuck(case)) and not unknowns:
        return found(FindingName.NOT_RETRYING, _gave_up(case, stuck))
    if _runs(case) and (not unknowns or case.claim is None):
        return _healthy(case, unknowns)
    if not unknowns and (blocked := way.unseen_sign_in(case)):
        return blocked
    return _undetermined(case, unknowns)


def _healthy(case: Case, unknowns: tuple[Answer, ...]) -> Answer:
    settings = "Every setting that could be checked" if unknowns else "Every setting a pull needs"
    running = " and the workload is running" if case.workload.serving else ""
    return found(FindingName.HEALTHY, f"{settings} is in order{running}")


def _contradicts(case: Case) -> bool:
    """True when the text blames a firewall that is open to everybody."""
    registry = case.evidence.registry
    return (
        case.claim is Cause.NETWORK_DENIED
        and isinstance(registry, Registry)
        and registry.public_access is not False
        and registry.default_allow is not False
    )


def _undetermined(case: Case, unknowns: tuple[Answer, ...]) -> Answer:
    said = _OWN_WORDS.get(case.claim, "") if case.claim else ""
    if not said and case.complaints:
        said = "the platform reports failed pulls"
    opening = f"{said[:1].upper()}{said[1:]}, and" if said else "No fault was found, but"
    rest = "not everything could be checked" if unknowns else "every check passes"
    return found(FindingName.UNDETERMINED, f"{opening} {rest}; a person has to look")


def _gave_up(case: Case, stuck: str) -> str:
    opening = "Nothing is wrong with the pull any more, but"
    if case.workload.host is Host.JOB:
        return f"{opening} the job's last execution failed ({stuck}); its next one pulls again"
    return f"{opening} the host stopped trying after several failures: {stuck}"


def _ended_badly(case: Case) -> bool:
    """True when an instance failed and no pull was seen to work since. What was logged about it may
    be too old to be found: then nobody says why, and nobody may say that all is well."""
    pulled, instances = case.evidence.pulled, case.workload.instances
    return not isinstance(instances, Unread) and any(
        one.state in ("Blocked", "Failed") and (pulled is None or (one.at and one.at > pulled))
        for one in instances
    )


def _stuck(case: Case) -> str:
    """The instances the platform gave up on, in words; empty when there are none, or when nobody
    says that it was a pull that failed: a host gives up on what crashes, too."""
    instances = case.workload.instances
    said = case.claim not in (None, Cause.NOT_A_PULL_FAILURE) or bool(case.complaints)
    if isinstance(instances, Unread) or not said:
        return ""
    stuck = [one for one in instances if one.state in ("Blocked", "Failed")]
    return ", ".join(f"{_short(one.name)} is {one.state}" for one in stuck[:3])


def _short(name: str) -> str:
    """An instance's name is a hash of 64 characters; a revision's is for people."""
    return name if len(name) < 60 else f"instance {name[:12]}"


def _runs(case: Case) -> bool:
    """True when nobody says that it fails, or when the platform itself sees it run.

    A container app's older revision serves on while the new one cannot pull, so there a text that
    speaks of a failure is not answered by "it serves".
    """
    if case.complaints or case.workload.serving is False:
        return False
    if case.claim is None:
        return not isinstance(case.workload.instances, Unread) and not _ended_badly(case)
    return case.workload.serving is True and case.workload.id.type.startswith("microsoft.web/")
