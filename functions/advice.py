"""
Advice: what makes the service see or reach less than it could, and what to do about it.

In:  the Medic; what its identity holds, as far as Azure told.
Out: sentences for whoever runs it. None of this is an illness: a service that may only look is one.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from shared.errors import HealError
from shared.settings import SqliteFile

if TYPE_CHECKING:
    from shared.evidence.permissions import Held
    from shared.medic import Medic

_NO_WORKSPACE = (
    "MEDIC_WORKSPACES is not set: no log is read, so causes and proofs rest on the configuration "
    "alone; set it to the ids of the workspaces that receive the logs"
)
_OWN_STORE = (
    "MEDIC_STORE is a file, and this service runs where every instance has files of its own and "
    "loses them: set it to https://{account}.table.core.windows.net, and give the identity Storage "
    "Table Data Contributor there"
)
_NO_SUBSCRIPTION = (
    "the identity sees no subscription: give it the service's role where the workloads are, and "
    "their registries"
)


def advice(medic: "Medic", held: "Sequence[Held] | None") -> list[str]:
    """One sentence for each; `held` None: Azure did not tell."""
    return [*_of_settings(medic), *_of_workspaces(medic), *_of_subscriptions(held)]


def _of_settings(medic: "Medic") -> Iterator[str]:
    settings = medic.settings
    in_azure = (settings.console or "").startswith("https://")
    if not settings.workspaces:
        yield _NO_WORKSPACE
    if in_azure and isinstance(settings.store, SqliteFile):
        yield _OWN_STORE


def _of_workspaces(medic: "Medic") -> Iterator[str]:
    from shared.evidence import workspaces

    try:
        seen = workspaces.watched(medic.azure())
    except HealError:
        return  # no answer at all: what Azure's own part says is enough
    for one in seen:
        if one.unread:
            yield (
                f"the workspace {one.workspace} cannot be read ({one.unread}); give the identity "
                "Log Analytics Reader there, or correct MEDIC_WORKSPACES: it takes the workspace's "
                "own id, not that of its resource"
            )
        elif not one.tables:
            yield (
                f"the workspace {one.workspace} has no rows about pulls yet: have it sent the "
                "platform's logs, by diagnostic settings of the apps and environments"
            )


def _of_subscriptions(held: "Sequence[Held] | None") -> Iterator[str]:
    if held is None:
        return
    if not held:
        yield _NO_SUBSCRIPTION
    for id, why in {one.subscription: one.unread for one in held if one.unread}.items():
        yield (
            f"the subscription {id} cannot be read ({why}); give the identity the service's role "
            "there, or leave it out of MEDIC_SUBSCRIPTIONS"
        )
