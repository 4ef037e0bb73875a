"""
Why the last deployment of a container app or job was refused, from the Activity Log.

In:  the workload; asked only when Azure says that its last deployment failed.
Out: the refusal as a log row of the platform's; nothing when the log does not tell.

Container Apps looks at every image that changed before it makes a revision, and a refusal reaches
no system log table (Troubleshoot image pull failures in Container Apps): the write's own record
holds it, as `properties.statusMessage`. That look comes from Azure's side, so an address in such a
text is never the app's. Records appear after minutes.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clients.azure import Azure
from shared.clients.logs import LogRow
from shared.evidence.reading import attempt
from shared.model.evidence import Unread, Workload

_VERSION = "2015-04-01"
_LOOK_BACK = timedelta(days=7)
_LONGEST = 4000
#: The table a refusal is told to come from.
TABLE = "Activity Log"


def refused(azure: Azure, workload: Workload) -> tuple[LogRow, ...]:
    """The newest refusal; none where it may not be read, for that is no reason to stop."""
    if workload.deployment != "Failed":
        return ()
    path = (
        f"/subscriptions/{workload.id.subscription}"
        "/providers/Microsoft.Insights/eventtypes/management/values"
    )
    since = azure.now() - _LOOK_BACK
    wanted = f"eventTimestamp ge '{since:%Y-%m-%dT%H:%M:%SZ}' and resourceUri eq '{workload.id}'"

    def ask() -> list[dict[str, Any]]:
        with azure.asking(f"read the Activity Log about {workload.id}"):
            return list(azure.arm.list(path, _VERSION, **{"$filter": wanted}))

    records = attempt(ask)
    if isinstance(records, Unread):
        return ()
    rows = [row for record in records if (row := _row(record, workload)) is not None]
    return (max(rows, key=lambda row: row.at),) if rows else ()


def _row(record: Mapping[str, Any], workload: Workload) -> LogRow | None:
    at, said = _moment(record.get("eventTimestamp")), _message(record)
    if at is None or not said:
        return None
    if _word(record.get("status")) != "failed":
        return None
    if _word(record.get("operationName")) != f"{workload.id.type}/write":
        return None
    return LogRow(
        at=at, table=TABLE, reason="DeploymentFailed", text=said, trusted=True, workspace=""
    )


def _message(record: Mapping[str, Any]) -> str:
    """What Azure says of the failure: JSON text with an error in it, or plain words."""
    text = str((record.get("properties") or {}).get("statusMessage") or "")
    try:
        said = json.loads(text)
    except ValueError:
        return text[:_LONGEST]
    error = said.get("error") if isinstance(said, dict) else None
    if isinstance(error, Mapping) and error.get("message"):
        return f"{error.get('code') or 'Error'}: {error['message']}"[:_LONGEST]
    return text[:_LONGEST]


def _word(value: object) -> str:
    """A localizable string, which some records give plainly."""
    return str(value.get("value", "") if isinstance(value, Mapping) else value or "").lower()


def _moment(text: object) -> datetime | None:
    """The log writes seven digits of a second, which not every Python reads."""
    try:
        return datetime.fromisoformat(str(text)[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
