"""
What the log tables say about a workload's pulls, as far as it is still news.

In:  the signal, and the workspaces of the settings.
Out: log lines about failed pulls, newest first; Unread when no workspace answered.

A failure that is older than the platform's newest successful pull of the same image is history: it
would make a healed workload look ill for as long as the look goes back. Rows of a namesake in
another Container Apps environment are somebody else's. Losing the workspace never stops a
diagnosis: configuration decides, lines only illustrate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clients.azure import Azure
from shared.clients.logs import LogRow
from shared.errors import TransientError
from shared.evidence.reading import attempt
from shared.model.discretion import discreet
from shared.model.evidence import ImageUse, LogLine, Unread, Workload
from shared.model.signal import Signal

#: How far back our own log query looks: longer than the slowest ingestion measured (5 minutes)
#: and than App Service's longest back-off between two cold starts (about 15 minutes).
_LOOK_BACK = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Rows:
    """Raw rows: pulls that failed and pulls that worked."""

    failed: Sequence[LogRow] = ()
    worked: Sequence[LogRow] = ()


def ask(signal: Signal, azure: Azure) -> Rows | Unread:
    """Both kinds of rows, side by side; none are asked for when the signal brings its own text."""
    if signal.text:
        return Rows()
    since, until = signal.window or (azure.now() - _LOOK_BACK, azure.now())
    try:
        return attempt(lambda: _asked(signal, azure, since, max(until, azure.now())))
    except TransientError as error:
        return Unread(f"not readable: {error}")


def _asked(signal: Signal, azure: Azure, since: datetime, until: datetime) -> Rows:
    def failed() -> Sequence[LogRow]:
        with azure.asking(f"queried the logs of {signal.resource}"):
            return azure.logs.failures_of(signal.resource, since=since, until=until)

    def worked() -> Sequence[LogRow]:
        with azure.asking(f"queried the logs of {signal.resource}"):
            return azure.logs.pulled_since(signal.resource, since)

    return Rows(**azure.together(failed=failed, worked=worked))


def pulled(rows: Rows | Unread, workload: Workload, image: ImageUse | None) -> datetime | None:
    """When the platform last said that it pulled the image (UTC), as far as the look went back."""
    if isinstance(rows, Unread):
        return None
    own = _own(rows.worked, workload)
    return max((row.at for row in own if _is_of(row, image)), default=None)


def current(
    rows: Rows | Unread, workload: Workload, since: datetime | None
) -> tuple[LogLine, ...] | Unread:
    """The failures after `since`, the newest pull that worked; all of them when there was none."""
    if isinstance(rows, Unread):
        return rows
    return tuple(
        LogLine(at=row.at, table=row.table, text=discreet(row.text), platform=row.trusted)
        for row in _own(rows.failed, workload)
        if since is None or row.at > since
    )


def texts(rows: Rows | Unread) -> tuple[str, ...]:
    """What the failing rows say, whoever's they are: only for choosing which image is judged."""
    return () if isinstance(rows, Unread) else tuple(row.text for row in rows.failed)


def _own(rows: Iterable[LogRow], workload: Workload) -> list[LogRow]:
    mine = workload.environment.lower()
    return [
        row for row in rows if not (row.environment and mine) or row.environment.lower() == mine
    ]


def _is_of(row: LogRow, image: ImageUse | None) -> bool:
    """True for the platform's own word that this image was pulled. "Started" is weaker: App Service
    may start a cached image after a failed pull (Configure a custom container documentation)."""
    if image is None or not row.trusted or row.reason == "Started":
        return False
    return f"{image.host}/{image.repository}".lower() in row.text.lower()
