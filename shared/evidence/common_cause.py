"""
What many workloads that fail alike have in common, as the Activity Log shows it.

In:  the evidence of one of them, and the crowd it is in.
Out: a clause for a person, such as "ada@contoso.com deleted an assignment at … at 10:02 UTC"; ""
     when nothing was seen.

Says what happened at the registry and who did it; whether that was right is for people. Never
raises: what cannot be read is no cause.
"""

from datetime import timedelta

from shared.clients.azure import Azure
from shared.evidence import hands
from shared.model.evidence import Evidence, Registry, Unread
from shared.model.history import Crowd
from shared.model.trail import Trail
from shared.model.words import FindingName

#: How long before the first failure its cause may lie: a host keeps its token for hours.
_BEFORE = timedelta(hours=3)
_MODE = "its permission mode was switched"


def read(azure: Azure, evidence: Evidence, crowd: Crowd) -> str:
    """The newest change that explains all of them, as far as the log tells."""
    trail = evidence.trail
    if isinstance(trail, Trail) and (told := _of_trail(trail, crowd.finding)):
        return told
    switched = crowd.finding is FindingName.PULL_ROLE_WRONG_FOR_ABAC
    who = _changed(azure, evidence, crowd)
    return "; ".join(part for part in (_MODE if switched else "", who) if part)


def _of_trail(trail: Trail, finding: FindingName) -> str:
    if finding is FindingName.CREDENTIALS_STALE and trail.rotated:
        return f"the registry's passwords were made anew at {trail.rotated:%Y-%m-%d %H:%M} UTC"
    removed = [one for one in trail.past if one.removed]
    if finding is not FindingName.PULL_ROLE_MISSING or not removed:
        return ""
    last = max(removed, key=lambda one: one.removed or trail.since)
    who = last.removed_by or "somebody"
    return f"{who} deleted an assignment at {last.scope} at {last.removed:%Y-%m-%d %H:%M} UTC"


def _changed(azure: Azure, evidence: Evidence, crowd: Crowd) -> str:
    registry = evidence.registry
    if not isinstance(registry, Registry):
        return ""
    by = hands.since(azure, registry.id, (crowd.since or azure.now()) - _BEFORE)
    if isinstance(by, Unread) or not by:
        return ""
    return f"{registry.id.name} was changed by {', '.join(by)}"
