"""
What the registry itself logged about the workload's pulls, where it logs at all.

In:  who pulls what, and when the change was made.
Out: the row that proves a pull after the change, or None.

A pull the registry logged for the workload's own identity is proof whatever the host says. A
sign-in is proof only where the way to the registry was the fault: the registry gives out tokens
that allow nothing, too (`az acr check-health` looks into the token for that reason). Addresses are
no proof at all: many apps leave through one. Container Registry monitoring reference,
ContainerRegistryRepositoryEvents and ContainerRegistryLoginEvents.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.clients.azure import Azure
from shared.errors import HealError
from shared.verification.sight import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """Who pulls what from where. `sign_in_counts`: the way in was the fault."""

    login_server: str
    repository: str
    identity: str  # object id
    sign_in_counts: bool = False


def proof(azure: Azure, puller: Puller, since: datetime) -> str | None:
    """The registry's own word that the pull works since then; None where it keeps no log."""
    if not azure.logs.workspaces:
        return None
    try:
        with azure.asking(f"queried the logs of {puller.login_server}"):
            rows = azure.logs.registry_events(
                puller.login_server, puller.repository, puller.identity, since
            )
    except HealError:  # the platform's own view must do, and the next look asks again
        return None
    counting = ("Pulled", "SignedIn") if puller.sign_in_counts else ("Pulled",)
    row = next((one for one in rows if one.at > since and one.reason in counting), None)
    return f"the registry logged it: {told(row)}" if row else None
