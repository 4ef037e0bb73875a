"""
What the log tables say about a workload's pulls, as far as it is still news.

In:  the signal, and the workspaces of the settings.
Out: log lines about failed pulls, newest first; when the platform last pulled and last tried; how
     plainly a text speaks of one image. Unread when no workspace answered.

A failure that is older than the platform's newest successful pull of the same image is history: it
would make a healed workload look ill for as long as the look goes back. Rows of a namesake in
another Container Apps environment are somebody else's, and in a workload of several images a row
that names another of them is not about this one. Losing the workspace never stops a diagnosis:
configuration decides, lines only illustrate.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clients import logs_together
from shared.clients.azure import Azure
from shared.clients.logs import PULLING, LogRow
from shared.errors import TransientError
from shared.evidence.reading import attempt, id_in
from shared.model.discretion import discreet
from shared.model.evidence import ImageUse, LogLine, Unread, Workload
from shared.model.ids import ResourceId
from shared.model.signal import Signal

#: How far back our own log query looks: longer than the slowest ingestion measured (5 minutes)
#: and than App Service's longest back-off between two cold starts (about 15 minutes).
_LOOK_BACK = timedelta(minutes=60)
#: What may not follow a name for it to be that very name: "shop/api" is not "shop/api-v2".
_END = r"(?![\w/-]|\.\w)"
#: How plainly a text speaks of an image.
NOT_AT_ALL, ITS_HOST, ITS_REPOSITORY, ITSELF = range(4)


@dataclass(frozen=True, slots=True)
class Rows:
    """Raw rows: pulls that failed, and pulls that began or worked."""

    failed: Sequence[LogRow] = ()
    worked: Sequence[LogRow] = ()


def ask(signal: Signal, azure: Azure, whose: ResourceId | None = None) -> Rows | Unread:
    """Both kinds of rows, side by side; none are asked for when the signal brings its own text.

    `whose`: under which resource's name they are logged, where it is not the signal's.
    """
    if signal.text:
        return Rows()
    since, until = signal.window or (azure.now() - _LOOK_BACK, azure.now())
    id = whose or signal.resource
    try:
        return attempt(lambda: _asked(id, azure, since, max(until, azure.now())))
    except TransientError as error:
        return Unread(f"not readable: {error}")


def beside(rows: Rows | Unread, more: Sequence[LogRow]) -> Rows | Unread:
    """With failures that came from elsewhere; they stand also where no workspace answers."""
    if not more:
        return rows
    known = Rows() if isinstance(rows, Unread) else rows
    failed = sorted((*known.failed, *more), key=lambda row: row.at, reverse=True)
    return Rows(failed=failed, worked=known.worked)


def logged_as(workload: Workload) -> ResourceId | None:
    """The container app under whose name a site's rows are logged; None where it is itself."""
    if not workload.environment or not workload.id.type.startswith("microsoft.web/"):
        return None
    return ResourceId(
        f"{workload.id.group_id}/providers/Microsoft.App/containerApps/{workload.id.name}"
    )


def _asked(id: ResourceId, azure: Azure, since: datetime, until: datetime) -> Rows:
    def failed() -> Sequence[LogRow]:
        with azure.asking(f"queried the logs of {id}"):
            return logs_together.failures(azure, id, since, until)

    def worked() -> Sequence[LogRow]:
        with azure.asking(f"queried the logs of {id}"):
            return logs_together.pulls(azure, id, since)

    return Rows(**azure.together(failed=failed, worked=worked))


def pulled(rows: Rows | Unread, workload: Workload, image: ImageUse | None) -> datetime | None:
    """When the platform last said that it pulled the image (UTC), as far as the look went back."""
    if isinstance(rows, Unread) or image is None:
        return None
    own = (row for row in _own(rows.worked, workload) if row.reason not in ("Started", PULLING))
    return max((row.at for row in own if _is_of(row, workload, image)), default=None)


def attempted(rows: Rows | Unread, workload: Workload, image: ImageUse | None) -> datetime | None:
    """When the platform last tried to pull the image (UTC), whatever came of it."""
    if isinstance(rows, Unread) or image is None:
        return None
    begun = [row for row in _own(rows.worked, workload) if row.reason != "Started"]
    tries = [row.at for row in begun if _is_of(row, workload, image)]
    tries += [
        row.at
        for row in _own(rows.failed, workload)
        if row.trusted and not of_another(row.text, workload, image)
    ]
    return max(tries, default=None)


def current(
    rows: Rows | Unread, workload: Workload, image: ImageUse | None, since: datetime | None
) -> tuple[LogLine, ...] | Unread:
    """The failures after `since`, the newest pull that worked; all of them when there was none.
    Left out are those that speak of another image of the workload."""
    if isinstance(rows, Unread):
        return rows
    return tuple(
        LogLine(at=row.at, table=row.table, text=discreet(row.text), platform=row.trusted)
        for row in _own(rows.failed, workload)
        if (since is None or row.at > since) and not of_another(row.text, workload, image)
    )


def texts(rows: Rows | Unread) -> tuple[str, ...]:
    """What the failing rows say, whoever's they are: only for choosing which image is judged."""
    return () if isinstance(rows, Unread) else tuple(row.text for row in rows.failed)


def speaks_of(text: str, image: ImageUse) -> int:
    """How plainly the text speaks of the image: NOT_AT_ALL, ITS_HOST, ITS_REPOSITORY or ITSELF.

    Both as configured (`host/repository:tag`) and as on the wire (`host/v2/repository/…`).
    """
    text, host = text.lower(), re.escape(image.host.lower())
    if re.search(rf"(?<![\w.-]){host}{_END}|(?<![\w.-]){host}/", text) is None:
        return NOT_AT_ALL
    repository, reference = re.escape(image.repository.lower()), re.escape(image.reference.lower())
    place = rf"{host}/{repository}{_END}|{host}/v2/{repository}/"
    if re.search(place, text) is None:
        return ITS_HOST
    exact = rf"{host}/{repository}[:@]{reference}{_END}"
    exact += rf"|{host}/v2/{repository}/manifests/{reference}{_END}"
    return ITS_REPOSITORY if re.search(exact, text) is None else ITSELF


def of_another(text: str, workload: Workload, image: ImageUse | None) -> bool:
    """True when the text speaks more plainly of another image of the workload."""
    if image is None or len(workload.images) < 2:
        return False
    mine = speaks_of(text, image)
    return any(speaks_of(text, other) > mine for other in workload.images if other != image)


def _own(rows: Iterable[LogRow], workload: Workload) -> list[LogRow]:
    """Rows without those of a namesake in another environment, as far as a row tells."""
    return [row for row in rows if not _of_namesake(row, workload)]


def _of_namesake(row: LogRow, workload: Workload) -> bool:
    """A row's resource is the environment where the table has that column at all; environments of
    two resource groups may bear one name."""
    mine, home = workload.environment.lower(), workload.environment_id
    if not mine:
        return False
    if row.environment and row.environment.lower() != mine:
        return True
    other = id_in(row.resource)
    if other is None or home is None or other.type != home.type:
        return False
    return other != home


def _is_of(row: LogRow, workload: Workload, image: ImageUse) -> bool:
    """True for the platform's own word about this image. "Started" is weaker: App Service may
    start a cached image after a failed pull (Configure a custom container documentation)."""
    if not row.trusted or of_another(row.text, workload, image):
        return False
    return speaks_of(row.text, image) >= ITS_REPOSITORY
