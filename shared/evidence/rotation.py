"""
When the registry's admin passwords were last made anew, and what became of the workload since.

In:  the evidence read so far, the comparison of the stored password included.
Out: the aspect `trail`: as it is, but for a workload that signs in as the registry's admin user
     with a password that is none of the registry's two any more.

That the pulls worked until the day of the rotation, and that nobody changed the workload since, is
what tells an honest victim of a rotation from somebody who points an app at another team's
registry. Both are in the Activity Log: `regenerateCredential` as an action on the registry, changes
of the workload as writes of it.
"""

from datetime import datetime

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.evidence import activity_log
from shared.evidence import trail_records as records
from shared.evidence.reading import attempt
from shared.model.credentials import Credentials
from shared.model.evidence import Evidence, PullAuth, PullMode, Registry, Unread
from shared.model.ids import ResourceId
from shared.model.trail import Trail

_REGENERATED = "regeneratecredential/action"


def read(azure: Azure, evidence: Evidence) -> Trail | Unread | None:
    """Look into the log where a dead password is found; else leave the trail as it is."""
    registry, auth, found = evidence.registry, evidence.workload.auth, evidence.credentials
    dead = isinstance(found, Credentials) and found.matches is False and found.stored
    if not dead or not isinstance(registry, Registry) or not isinstance(auth, PullAuth):
        return evidence.trail
    if auth.mode is not PullMode.CREDENTIALS or registry.admin_enabled is not True:
        return evidence.trail
    if evidence.pulled is None:  # nothing shows that the password ever worked
        return evidence.trail
    return attempt(lambda: _trail(azure, evidence.workload.id, registry.id))


def renewed(azure: Azure, registry: ResourceId) -> datetime | Unread | None:
    """When somebody made the registry's passwords anew last, as far back as the log goes."""
    since = activity_log.reach(azure)

    def ask() -> datetime | None:
        about = f"resourceUri eq '{registry}'"
        found, _ = activity_log.read(azure, registry.subscription, since, about)
        return records.newest(found, registry.key, _REGENERATED)

    return attempt(ask)


def _trail(azure: Azure, workload: ResourceId, registry: ResourceId) -> Trail:
    since = activity_log.reach(azure)
    told = azure.together(
        registry=lambda: activity_log.read(
            azure, registry.subscription, since, f"resourceUri eq '{registry}'"
        ),
        workload=lambda: activity_log.of_workload(azure, workload, since),
        foreign=lambda: activity_log.tenants(azure, workload, registry),
    )
    changes, whole = told["workload"]
    if not whole:
        raise Refused(f"the Activity Log holds too many records about {workload} to judge it")
    past = told["registry"][0]
    return Trail(
        since=since,
        rotated=records.newest(past, registry.key, _REGENERATED),
        foreign=told["foreign"],
        **records.changed(changes, workload.key),
    )
