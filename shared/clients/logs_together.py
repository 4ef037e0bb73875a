"""
Log rows of one workload: asked for alone, or picked from what was asked for many at once.

In:  a workload, and since when.
Out: LogRows, as `logs.py` gives them.

Log Analytics lets one user run 200 queries in half a minute and five at a time (Azure Monitor
service limits), and a thousand web apps that fail together would take ten minutes to ask about one
by one. In company, one answer about all sites serves every one of them. It holds the newest failing
line of each alone, so it does for apps of one image: whoever has several asks alone.
"""

from datetime import datetime, timedelta

from shared.clients.azure import Azure
from shared.clients.logs import LogRow, LogRows
from shared.model.ids import ResourceId

#: How far back the answer for all goes; who asks about longer ago asks alone.
_BACK = timedelta(minutes=60)


def failures(
    azure: Azure, workload: ResourceId, since: datetime, until: datetime, environment: str = ""
) -> LogRows:
    """Pulls that failed in the window, newest first."""
    if (found := _picked(azure, workload, since)) is not None:
        return found[0]
    return azure.logs.failures_of(workload, since=since, until=until, environment=environment)


def pulls(azure: Azure, workload: ResourceId, since: datetime, environment: str = "") -> LogRows:
    """Pulls that began or worked since then, newest first."""
    if (found := _picked(azure, workload, since)) is not None:
        return found[1]
    return azure.logs.pulls_since(workload, since, environment=environment)


def _picked(azure: Azure, workload: ResourceId, since: datetime) -> tuple[LogRows, LogRows] | None:
    if not azure.in_company or not workload.type.startswith("microsoft.web/"):
        return None
    now = azure.now()
    if since < now - _BACK or not azure.logs.workspaces:
        return None
    try:
        failed, pulls = azure.once(
            "rows of every site", lambda: _by_site(azure, now - _BACK - timedelta(minutes=1), now)
        )
    except LookupError:
        return None
    nothing = LogRows()
    return (
        _since(failed.get(workload.key, nothing), since),
        _since(pulls.get(workload.key, nothing), since),
    )


def _by_site(
    azure: Azure, since: datetime, until: datetime
) -> tuple[dict[str, LogRows], dict[str, LogRows]]:
    failed, pulls = azure.logs.of_every_site(since, until)
    return _sorted(failed), _sorted(pulls)


def _sorted(found: LogRows) -> dict[str, LogRows]:
    by_site: dict[str, list[LogRow]] = {}
    for row in found:
        by_site.setdefault(row.resource.lower(), []).append(row)
    return {site: LogRows(rows) for site, rows in by_site.items()}


def _since(found: LogRows, since: datetime) -> LogRows:
    return LogRows(row for row in found if row.at >= since)
