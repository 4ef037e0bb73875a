"""
A sight: what one look at a workload shows, before it is judged.

In:  whatever the platform and its logs said.
Out: a Sight, and the log rows wrapped so that a workspace we may not ask never stops a look.

Only rows the platform itself writes count; what a container prints about itself proves nothing.
In a workload of several images the pull of one does not answer the failed pull of another.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clients import logs_together
from shared.clients.azure import Azure
from shared.clients.logs import PULLING, LogRow
from shared.errors import HealError
from shared.model.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen. `proof` is set when a pull was seen to work after the change."""

    state: str  # the platform's present view, in words
    proof: str | None = None
    failure: str | None = None  # the newest failed pull after the change
    failed_at: datetime | None = None
    asleep: str | None = None  # why nothing pulls at present, and nothing will until asked to
    worse: str = ""  # what ran or pulled before the change and fails since


def pulled(
    azure: Azure, workload: ResourceId, since: datetime, *, environment: str = ""
) -> tuple[LogRow, ...]:
    """Rows in which the platform says a pull worked or the site started, newest first."""
    return _rows(
        azure,
        workload,
        lambda: _worked(logs_together.pulls(azure, workload, since, environment)),
    )


def failures(
    azure: Azure, workload: ResourceId, since: datetime, *, environment: str = ""
) -> tuple[LogRow, ...]:
    """Rows in which the platform says a pull failed after that moment, newest first."""
    rows = _rows(
        azure,
        workload,
        lambda: logs_together.failures(azure, workload, since, azure.now(), environment),
    )
    return tuple(row for row in rows if row.at > since)


def _worked(rows: Sequence[LogRow]) -> tuple[LogRow, ...]:
    return tuple(row for row in rows if row.reason != PULLING)


def unanswered(failed: Sequence[LogRow], worked: Sequence[LogRow]) -> tuple[LogRow, ...]:
    """The failures that no later pull of the same image has answered, newest first. A row that
    names no image is answered by any pull."""
    return tuple(
        row for row in failed if not any(one.at > row.at and _answers(one, row) for one in worked)
    )


def broken(failed: Sequence[LogRow], worked: Sequence[LogRow], since: datetime) -> str:
    """An image that was seen to pull shortly before the change and is seen to fail after it; "" for
    none. A row that names no image says nothing about which one failed."""
    pulled_before = {image for row in worked if row.at <= since for image in _images(row.text)}
    failed_before = {image for row in failed if row.at <= since for image in _images(row.text)}
    for row in failed:
        lost = _images(row.text) & (pulled_before - failed_before) if row.at > since else None
        if lost:
            host, path = sorted(lost)[0]
            return f"{host}/{path} was pulled before the change and fails since: {told(row)}"
    return ""


#: How long before the change a failure still tells which images did not pull.
EARLIER = timedelta(minutes=15)


def split(rows: Sequence[LogRow], since: datetime) -> tuple[list[LogRow], list[LogRow]]:
    """Rows up to that moment, and rows after it."""
    return [row for row in rows if row.at <= since], [row for row in rows if row.at > since]


#: An image on its host, as configured or as on the wire; the tag is left out.
_IMAGE = re.compile(r"(?<![\w.-])([a-z0-9-]+(?:\.[a-z0-9-]+)+)/(?:v2/)?([a-z0-9][a-z0-9._/-]*)")


def _answers(worked: LogRow, failed: LogRow) -> bool:
    good, bad = _images(worked.text), _images(failed.text)
    return not good or not bad or bool(good & bad)


def _images(text: str) -> set[tuple[str, str]]:
    """The images a row names; the registry's own addresses (`/v2/`, `/oauth2/…`) are none."""
    named = {
        (host, re.split(r"/(?:manifests|blobs)/", path)[0].rstrip("./"))
        for host, path in _IMAGE.findall(text.lower())
    }
    return {one for one in named if one[1] != "v2" and not one[1].startswith("oauth2/")}


def told(row: LogRow) -> str:
    """A row as proof: what it says, when, and where it stands."""
    return f"“{_short(row.text)}” at {when(row.at)} in {row.table}"


def when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _rows(
    azure: Azure, workload: ResourceId, ask: Callable[[], tuple[LogRow, ...]]
) -> tuple[LogRow, ...]:
    if not azure.logs.workspaces:
        return ()
    try:
        with azure.asking(f"queried the logs of {workload}"):
            return tuple(row for row in ask() if row.trusted)
    except HealError:  # the platform's own view must do, and the next look asks again
        return ()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159] + "…"
