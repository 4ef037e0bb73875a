"""
Failing: which workloads fail to pull at present, as the logs of the platform say.

In:  a signal that says when to look; an Azure.
Out: the workloads in scope whose pulls fail, as ids or as one Signal for each.

The query is ours and the workspaces are those of the settings; rows of tables that a container can
write to do not count.
"""

from datetime import datetime, timedelta

from shared import evidence
from shared.clients.azure import Azure
from shared.clients.logs import LogRow
from shared.evidence import estate
from shared.medic import Medic
from shared.model.ids import InvalidId, ResourceId
from shared.model.signal import Signal, SignalKind

LOOK_BACK = timedelta(minutes=30)


def signals(signal: Signal, azure: Azure, medic: Medic) -> tuple[Signal, ...]:
    """One for each failing workload; those that the signal names come first."""
    since, until = signal.window or (signal.at - LOOK_BACK, signal.at)
    wanted = {name.lower() for name in signal.names}
    found = workloads(azure, medic, since, until)
    return tuple(
        Signal(
            id=f"{signal.id}/{id.key}",
            kind=SignalKind.FAILURE,
            source=signal.source,
            resource=id,
            at=signal.at,
            window=(since, until),
        )
        for id in sorted(found, key=lambda id: id.name.lower() not in wanted)
    )


def workloads(
    azure: Azure, medic: Medic, since: datetime, until: datetime
) -> tuple[ResourceId, ...]:
    """Those in scope whose pulls failed since then."""
    with azure.asking("queried the workspaces for failing pulls"):
        rows = azure.logs.failing_workloads(since=since, until=max(until, medic.now()))
    found = _named([row for row in rows if row.trusted], azure)
    return tuple(id for id in found if medic.outside(id) is None)


def _named(rows: list[LogRow], azure: Azure) -> tuple[ResourceId, ...]:
    """Sites by the id their rows carry; container apps by name, looked up in the estate."""
    sites = [id for row in rows if (id := _site(row)) is not None]
    names = [row.app or row.job for row in rows if row.app or row.job]
    apps = estate.named(azure, names) if names else ()
    return tuple(dict.fromkeys((*sites, *apps)))


def _site(row: LogRow) -> ResourceId | None:
    try:
        id = ResourceId.parse(row.resource)
    except InvalidId:
        return None
    return id if evidence.watches(id) else None
