"""
Workspaces: whether those in the settings can be read, and hold what we look for in them.

In:  an Azure.
Out: one Watched for each workspace of MEDIC_WORKSPACES.
Errors: TransientError when Azure gave no answer. A refused read is said in the Watched.

A workspace is named by the id it calls its customer id, and has a table only from its first row on
("Diagnostic settings in Azure Monitor": the first rows come up to 90 minutes after they are set).
"""

from dataclasses import dataclass

from shared.clients.azure import Azure
from shared.evidence.reading import attempt
from shared.model.evidence import Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One workspace: which tables with pulls it has, or why it cannot be asked."""

    workspace: str
    tables: frozenset[str] = frozenset()
    unread: str | None = None


def watched(azure: Azure) -> tuple[Watched, ...]:
    """One for each, asked one after the other: there are few."""
    return tuple(_watched(azure, workspace) for workspace in azure.logs.workspaces)


def _watched(azure: Azure, workspace: str) -> Watched:
    def ask() -> frozenset[str]:
        with azure.asking(f"asked the workspace {workspace} for its tables"):
            return azure.logs.tables_of(workspace)

    found = attempt(ask)
    if isinstance(found, Unread):
        return Watched(workspace=workspace, unread=found.because)
    return Watched(workspace=workspace, tables=found)
