"""
Check on the pull identity itself: is it one the workload has?

In:  a Case whose registry was read.  Out: an Answer.  Pure.
"""

from shared.diagnosis.case import Answer, Case, excluded, found
from shared.diagnosis.roles import needs_identity
from shared.model.evidence import PullAuth, PullMode
from shared.model.words import FindingName


def identity_not_attached(case: Case) -> Answer:
    """The configured pull identity is not among those the workload has."""
    name = FindingName.IDENTITY_NOT_ATTACHED
    if answer := needs_identity(case, name):
        return answer
    auth = case.auth
    assert isinstance(auth, PullAuth)
    if auth.attached:
        return excluded(name, "the configured pull identity is attached to the workload")
    if auth.mode is PullMode.SYSTEM_IDENTITY:
        return found(
            name,
            "The workload is told to pull with its system identity, and that identity is switched "
            "off",
        )
    return found(
        name,
        f"The workload is told to pull with the identity {auth.identity}, which is not attached "
        "to it",
    )
