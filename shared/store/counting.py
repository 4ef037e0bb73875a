"""
Counting in a table: what the gate must know of the past hour, day and week.

In:  a Table, and the moment to count back from, UTC.
Out: a History, a number, the tripped breakers, the newest letters.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared.model.history import Crowd, History
from shared.model.ids import ResourceId
from shared.model.letter import Letters
from shared.model.words import FindingName, State
from shared.store import entities, keys, rows
from shared.store.interface import Breaker, Held, StoreError
from shared.store.table import Table

_MOST_JUDGED = 1000  # rows health looks through: one answer of the service
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def history(
    table: Table,
    registry: ResourceId | None,
    digest: str,
    now: datetime,
    workload: ResourceId | None,
    finding: FindingName | None,
) -> History:
    key = registry.key if registry else None
    hour, week = rows.stamp(now - _HOUR), now - _WEEK
    today = [one for one in table.query(keys.since("w", now - _DAY)) if _write_count(one)]
    lately = [one for one in today if one.get("registry") == key and _at(one) > hour]
    mine = [one for one in today if workload and one.get("resource") == workload.key]
    failed = digest and any(
        one.get("plan") == digest and one.get("result") in ("failed", "unverified")
        for one in table.query(keys.since("f", week))
    )
    stopped = [b for b in breakers(table) if b.scope in (key, "*")]
    return History(
        registry_writes_last_hour=_writes(lately),
        registry_frees=_frees(lately, _HOUR),
        workload_writes_today=_writes(mine),
        workload_frees=_frees(mine, _DAY),
        writes_today=_writes(today),
        day_frees=_frees(today, _DAY),
        breaker=stopped[0].because if stopped else None,
        same_plan_failed=bool(failed),
        refused=_refused(table, workload, key, rows.stamp(week)) if workload and key else None,
        crowd=_crowd(table, key, finding, now, besides=workload) if finding else None,
    )


def _refused(table: Table, workload: ResourceId, registry: str, since: str) -> str | None:
    found = [
        one
        for one in table.query(keys.below(f"x:{keys.digest(workload.key)}"))
        if one.get("registry") == registry and one["updated"] > since
    ]
    newest = max(found, key=lambda one: one["updated"], default=None)
    return f"{newest['id']}, {newest['state']}, {newest['updated'][:16]}" if newest else None


def _writes(counted: Iterable[Mapping[str, Any]]) -> int:
    return sum(_write_count(one) for one in counted)


def _write_count(counted: Mapping[str, Any]) -> int:
    """A damaged row was a write, too; how many, nobody can say any more."""
    try:
        return int(counted["writes"])
    except (ValueError, TypeError, LookupError):
        return 1


def _frees(counted: Iterable[Mapping[str, Any]], span: timedelta) -> datetime | None:
    """When the oldest of these writes no longer counts."""
    oldest = min(map(_at, counted), default=None)
    return rows.moment(oldest) + span if oldest else None


def written(table: Table, registry: ResourceId, since: datetime) -> tuple[datetime, ...]:
    return tuple(
        rows.moment(_at(one))
        for one in table.query(keys.since("w", since))
        if one.get("registry") == registry.key
    )


def _crowd(
    table: Table,
    registry: str | None,
    finding: FindingName,
    now: datetime,
    *,
    besides: ResourceId | None,
) -> Crowd:
    """Other workloads of the registry that fail for this reason."""
    if registry is None:
        return Crowd(finding=finding)
    hour, quote = rows.stamp(now - _HOUR), "'"
    # An id holds no quote; doubling one is how a filter would take it literally.
    about = f"registry eq '{registry.replace(quote, quote * 2)}' and finding eq '{finding}'"
    alike = [
        one
        for one in table.query(f"{keys.opened_since(now - _DAY)} and {about}")
        if (one["open"] or one["opened"] >= hour)
        and (besides is None or one["resource"] != besides.key)
    ]
    first = min((one["opened"] for one in alike), default=None)
    others = len({one["resource"] for one in alike})
    return Crowd(finding=finding, others=others, since=rows.moment_or_none(first))


def closed_places(table: Table, now: datetime) -> dict[str, datetime]:
    return {
        one["place"]: rows.moment(one["until"])
        for one in table.query(keys.below("p"))
        if one["until"] > rows.stamp(now)
    }


def held(table: Table) -> Held:
    """The plans that wait for a person."""
    waiting = f"{keys.below('n')} and state eq '{State.HELD}'"
    opened = [one["opened"] for one in table.query(waiting)]
    return Held(count=len(opened), oldest=rows.moment_or_none(min(opened, default=None)))


def failures(table: Table, since: datetime, now: datetime) -> dict[str, int]:
    """A reset counts from its moment on, unless a clock that ran ahead put it into the future."""
    resets = {
        one["scope"]: one["since"]
        for one in table.query(keys.below("b"))
        if not one.get("because") and one["since"] <= rows.stamp(now)
    }
    return Counter(
        one["registry"]
        for one in table.query(keys.since("f", since - timedelta(microseconds=1)))
        if one.get("result") == "failed"
        and one.get("registry")
        and _at(one) > max(resets.get("*", ""), resets.get(one["registry"], ""))
    )


def breakers(table: Table) -> tuple[Breaker, ...]:
    tripped = [one for one in table.query(keys.below("b")) if one.get("because")]
    return tuple(
        Breaker(scope=one["scope"], because=one["because"], since=rows.moment(one["since"]))
        for one in sorted(tripped, key=lambda one: one["since"])
    )


def unreadable(table: Table, now: datetime) -> tuple[str, ...]:
    """Ids of the past week's incidents whose rows are damaged."""
    found = []
    rows_of = keys.between(f"i:inc-{now - _WEEK:%Y%m%d}", "i;")
    for entity in islice(table.query(rows_of), _MOST_JUDGED):
        if str(entity["RowKey"]).endswith(":c"):
            continue
        try:
            entities.read_incident(entity, ())
        except StoreError:
            found.append(str(entity["RowKey"]).partition(":")[2])
    return tuple(found)


def letters(table: Table, limit: int) -> Letters:
    count = table.get(keys.letter_count())
    found = islice(table.query(keys.below("l"), page=limit), limit)
    newest = tuple(one for row in found if (one := rows.letter({"incident": None, **row})))
    return Letters(count=int(count["letters"]) if count else 0, newest=newest)


def _at(counted: Mapping[str, Any]) -> str:
    """When a counted row was written, as the stamps of the other rows are; its key says it too."""
    return str(counted.get("at") or keys.counted_at(str(counted["RowKey"])))
