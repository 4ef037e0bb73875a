"""
Counting in the SQLite file: what the gate must know of the past hour, day and week.

In:  a connection that reads, and the moment to count back from, UTC.
Out: a History. The same for a table is in `counting.py`.
"""

import sqlite3
from datetime import datetime, timedelta

from shared.model.history import Crowd, History
from shared.model.ids import ResourceId
from shared.model.words import FindingName
from shared.store import queries, rows

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def history(
    sql: sqlite3.Connection,
    registry: ResourceId | None,
    digest: str,
    now: datetime,
    workload: ResourceId | None,
    finding: FindingName | None,
) -> History:
    key = registry.key if registry else None
    wanted = (workload.key if workload else None, key, rows.stamp(now - _WEEK))
    hour = sql.execute(queries.WRITES_AT, (rows.stamp(now - _HOUR), key)).fetchone()
    mine = sql.execute(queries.WRITES_FOR, (rows.stamp(now - _DAY), wanted[0])).fetchone()
    day = sql.execute(queries.WRITES, (rows.stamp(now - _DAY),)).fetchone()
    breaker = sql.execute(queries.BREAKER, (key,)).fetchone()
    failed = sql.execute(queries.FAILED_BEFORE, (digest, rows.stamp(now - _WEEK))).fetchone()
    refused = sql.execute(queries.REFUSED, wanted).fetchone()
    alike = {
        "registry": key,
        "finding": finding,
        "workload": wanted[0],
        "hour": rows.stamp(now - _HOUR),
        "day": rows.stamp(now - _DAY),
    }
    crowd = sql.execute(queries.CROWD, alike).fetchone()
    return History(
        registry_writes_last_hour=hour["writes"],
        registry_frees=_frees(hour, _HOUR),
        workload_writes_today=mine["writes"],
        workload_frees=_frees(mine, _DAY),
        writes_today=day["writes"],
        day_frees=_frees(day, _DAY),
        breaker=breaker["because"] if breaker else None,
        same_plan_failed=bool(digest and failed),
        refused=f"{refused['id']}, {refused['state']}, {refused['updated'][:16]}"
        if refused
        else None,
        crowd=_crowd(finding, crowd),
    )


def _crowd(finding: FindingName | None, found: sqlite3.Row) -> Crowd | None:
    if finding is None:
        return None
    since = rows.moment_or_none(found["since"])
    return Crowd(finding=finding, others=found["others"], since=since)


def _frees(spent: sqlite3.Row, span: timedelta) -> datetime | None:
    """When the oldest of these writes no longer counts."""
    return rows.moment(spent["oldest"]) + span if spent["oldest"] else None
