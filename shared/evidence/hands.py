"""
Who changed a resource since a moment, as the Activity Log names them.

In:  the resource, and the moment (UTC).
Out: names of callers with the time, newest first; Unread when the log may not be read.

Asked only when something this service had done is gone again, so that the person who is told can
talk to whoever takes it away. Activity Log, REST 2015-04-01: filters come from a fixed vocabulary,
records appear after minutes and are kept for 90 days.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.clients.azure import Azure
from shared.evidence.reading import attempt
from shared.model.evidence import Unread
from shared.model.ids import ResourceId

_VERSION = "2015-04-01"
_LONGEST = timedelta(days=89)
_MOST = 3


def since(azure: Azure, resource: ResourceId, moment: datetime) -> tuple[str, ...] | Unread:
    """The newest few callers whose writes to the resource succeeded after the moment."""
    start = max(moment, azure.now() - _LONGEST)
    path = (
        f"/subscriptions/{resource.subscription}"
        "/providers/Microsoft.Insights/eventtypes/management/values"
    )
    query = {
        "$filter": f"eventTimestamp ge '{start:%Y-%m-%dT%H:%M:%SZ}' and resourceUri eq '{resource}'"
    }

    def ask() -> tuple[str, ...]:
        with azure.asking(f"read the Activity Log about {resource}"):
            records = list(azure.arm.list(path, _VERSION, **query))
        return tuple(dict.fromkeys(_told(records, moment)))[:_MOST]

    return attempt(ask)


def _told(records: list[dict[str, Any]], moment: datetime) -> Iterator[str]:
    for record in records:
        at = _moment(record.get("eventTimestamp"))
        verb = _word(record.get("operationName")).rpartition("/")[2]
        if at is None or at <= moment or verb not in ("write", "delete", "action"):
            continue
        if _word(record.get("status")) == "succeeded" and record.get("caller"):
            yield f"{record['caller']} at {at:%Y-%m-%d %H:%M} UTC"


def _word(value: object) -> str:
    """A localizable string, which some records give plainly."""
    return str(value.get("value", "") if isinstance(value, Mapping) else value or "").lower()


def _moment(text: object) -> datetime | None:
    """The log writes seven digits of a second, which not every Python reads."""
    try:
        return datetime.fromisoformat(str(text)[:19] + "+00:00")
    except ValueError:
        return None
