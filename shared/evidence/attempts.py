"""
When the host of a workload that is down last tried to pull.

In:  the evidence so far.
Out: the newest try (UTC) as far as anybody can tell; None where nothing tells.

Asked only about hosts that seem to have given up and where nothing read so far says when: a text
somebody sent brings no log rows with it. A day is looked back, for a revision that failed in the
night is found in the morning. Losing the workspace never stops a diagnosis.
"""

from datetime import datetime, timedelta

from shared.clients.azure import Azure
from shared.errors import TransientError
from shared.evidence import lines
from shared.evidence.reading import attempt
from shared.model.evidence import Evidence, Unread

_LOOK_BACK = timedelta(hours=24)
_GIVEN_UP = frozenset({"Blocked", "Failed"})


def read(azure: Azure, evidence: Evidence) -> datetime | None:
    """The newest try; one query, and only where the question is open."""
    seen = evidence.workload.instances
    if evidence.attempted is not None or isinstance(seen, Unread) or not azure.logs.workspaces:
        return evidence.attempted
    if not any(one.state in _GIVEN_UP and one.unblocks is None for one in seen):
        return None
    workload = evidence.workload

    def ask() -> lines.Rows:
        with azure.asking(f"queried the logs of {workload.id}"):
            since = azure.now() - _LOOK_BACK
            rows = azure.logs.pulls_since(workload.id, since, environment=workload.environment)
        return lines.Rows(worked=rows)

    try:
        rows = attempt(ask)
    except TransientError:
        return None
    return lines.attempted(rows, workload, evidence.image)
