"""
Advice: what makes the service see or reach less than it could, and what to do about it.

In:  the Medic; what its identity holds, as far as Azure told.
Out: sentences for whoever runs it. None of this is an illness: a service that may only look is one.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
    settings = medic.settings
    in_azure = (settings.console or "").startswith("https://")
    said = [] if settings.workspaces else [_NO_WORKSPACE]
    if in_azure and isinstance(settings.store, SqliteFile):
        said.append(_OWN_STORE)
    if held is None:
        return said
    if not held:
        return [*said, _NO_SUBSCRIPTION]
    unread = {one.subscription: one.unread for one in held if one.unread}
    return said + [
        f"the subscription {id} cannot be read ({why}); give the identity the service's role "
        "there, or leave it out of MEDIC_SUBSCRIPTIONS"
        for id, why in unread.items()
    ]
