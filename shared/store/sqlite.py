"""
The store in one SQLite file: for one machine, for trials, for the command line.

In:  the nouns of `interface.py`.
Out: the same nouns; StoreError when the file does not do it.

Signals are rows of their own: receiving one never disturbs a worker that holds the incident.
`receive` uses nothing but the standard library, because the alert door waits for it.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from shared.model.history import History
from shared.model.ids import ResourceId
from shared.model.letter import Letter, Letters
from shared.model.signal import Signal
from shared.model.words import UNSOLVED_STATES, FindingName, State
from shared.store import file_counting, queries, rows
from shared.store.connection import Database
from shared.store.file_outbox import FileOutbox, put_up, put_up_trip
from shared.store.interface import (
    AHEAD,
    KEPT_LETTERS,
    STUCK,
    Breaker,
    Held,
    Page,
    Pulse,
    Received,
    Record,
    StaleIncident,
    StoreError,
    Waiting,
)

if TYPE_CHECKING:
    from shared.model.incident import Incident

log = logging.getLogger(__name__)

_MOST_SIGNALS = 200  # the newest so many are loaded with their incident
_MOST_ON_A_PAGE = 200
_MOST_LATELY = 50
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class SqliteStore:
    """A Store in the file at `path`, which is made at the first use."""

    def __init__(self, path: Path | str) -> None:
        self._database = Database(Path(path))
        self.outbox = FileOutbox(self._database)

    def receive(self, signal: Signal, *, now: datetime) -> Received:
        key = signal.resource.key
        with self._database.writing() as sql:
            known = sql.execute(queries.SEEN_BEFORE, (rows.clean(signal.id), key)).fetchone()
            if known:
                return Received(incident=known["incident"], new=False, duplicate=True)
            wanted = (key, *sorted(UNSOLVED_STATES), rows.stamp(now - _DAY))
            joined = sql.execute(queries.JOINABLE, wanted).fetchone()
            id = joined["id"] if joined else rows.incident_id(signal, now)
            if not joined:
                sql.execute(queries.OPEN, rows.first_incident(id, signal, now))
            sql.execute(queries.HEAR, rows.signal_row(signal, id))
        return Received(incident=id, new=not joined, duplicate=False)

    def find_open(self, resource: ResourceId) -> str | None:
        with self._database.reading() as sql:
            row = sql.execute(queries.OPEN_ONE, (resource.key,)).fetchone()
        return row["id"] if row else None

    def load(self, id: str) -> "Incident | None":
        with self._database.reading() as sql:
            row = sql.execute(queries.INCIDENT, (rows.clean(id),)).fetchone()
            return _incident(sql, row) if row else None

    def save(self, incident: "Incident", *records: Record) -> "Incident":
        saved = replace(incident, version=incident.version + 1)
        row = rows.incident_row(saved)
        with self._database.writing() as sql:
            statement = queries.UPDATE if incident.version else queries.INSERT
            if sql.execute(statement, row).rowcount != 1:
                raise StaleIncident(
                    f"incident {incident.id} is no longer at version {incident.version}: "
                    "load it again and decide anew"
                )
            sql.executemany(queries.HEAR, rows.signal_rows(incident))
            sql.executemany(queries.RECORD, [rows.record_row(record) for record in records])
            put_up(sql, incident.id, incident.state, incident.updated)
        return saved

    def record(self, record: Record) -> None:
        with self._database.writing() as sql:
            sql.execute(queries.RECORD, rows.record_row(record))

    def records(self, incident: str) -> tuple[Record, ...]:
        from shared.store.codec import read_record

        with self._database.reading() as sql:
            kept = sql.execute(queries.RECORDS, (rows.clean(incident),)).fetchall()
        found = []
        for row in kept:
            try:
                found.append(read_record(row["body"]))
            except ValueError as error:
                log.error("Audit record %s cannot be read: %s", row["n"], error)
        return tuple(found)

    def page(
        self,
        *,
        state: State | None = None,
        resource: str | None = None,
        registry: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        size = max(1, min(limit, _MOST_ON_A_PAGE))
        wanted = {
            **queries.after(cursor),
            **queries.below("resource", resource),
            **queries.below("registry", registry),
            "state": state.value if state else None,
            "since": rows.stamp(since) if since else None,
            "limit": size + 1,
        }
        good, bad = [], []
        with self._database.reading() as sql:
            found = sql.execute(queries.PAGE, wanted).fetchall()
            for row in found[:size]:
                try:
                    good.append(_incident(sql, row))
                except StoreError:
                    bad.append(row["id"])
        more = queries.cursor(found[size - 1]) if len(found) > size else None
        return Page(incidents=tuple(good), cursor=more, unreadable=tuple(bad))

    def due(self, now: datetime, limit: int, *, stuck: timedelta = STUCK) -> "tuple[Incident, ...]":
        moments = {"now": now, "stuck": now - stuck, "ahead": now + AHEAD}
        wanted = {name: rows.stamp(at) for name, at in moments.items()}
        with self._database.reading() as sql:
            waiting = sql.execute(queries.DUE, wanted)
            return tuple(islice(_readable(sql, waiting), limit))

    def backlog(
        self, now: datetime, limit: int, *, since: datetime | None = None
    ) -> tuple[Waiting, ...]:
        wanted = {"now": rows.stamp(now), "since": rows.stamp(since or now), "limit": limit}
        with self._database.reading() as sql:
            found = sql.execute(queries.BACKLOG, wanted).fetchall()
        return tuple(
            Waiting(incident=row["id"], resource=row["resource"], registry=row["registry"])
            for row in found
        )

    def unsettled(self, *, since: datetime, limit: int) -> int:
        with self._database.reading() as sql:
            return int(sql.execute(queries.UNSETTLED, (rows.stamp(since), limit)).fetchone()[0])

    def lately(self, workload: ResourceId, *, since: datetime) -> "tuple[Incident, ...]":
        with self._database.reading() as sql:
            found = sql.execute(queries.LATELY, (workload.key, rows.stamp(since), _MOST_LATELY))
            return tuple(_readable(sql, found))

    def written(self, registry: ResourceId, *, since: datetime) -> tuple[datetime, ...]:
        with self._database.reading() as sql:
            found = sql.execute(queries.WRITTEN, (registry.key, rows.stamp(since))).fetchall()
        return tuple(rows.moment(row["at"]) for row in found)

    def lease(self, name: str, *, holder: str, until: datetime, now: datetime) -> bool:
        wanted = {
            "name": name,
            "holder": holder,
            "until": rows.stamp(until),
            "longest": rows.stamp(until + (until - now) + AHEAD),
            "now": rows.stamp(now),
        }
        with self._database.writing() as sql:
            return sql.execute(queries.LEASE, wanted).rowcount == 1

    def renew(self, name: str, *, holder: str, until: datetime, now: datetime) -> bool:
        del now  # whoever took it in between is the holder now, whatever the clock says
        with self._database.writing() as sql:
            return sql.execute(queries.RENEW, (rows.stamp(until), name, holder)).rowcount == 1

    def release(self, name: str, holder: str) -> None:
        with self._database.writing() as sql:
            sql.execute(queries.RELEASE, (name, holder))

    def history(
        self,
        registry: ResourceId | None,
        digest: str,
        *,
        now: datetime,
        workload: ResourceId | None = None,
        finding: FindingName | None = None,
    ) -> History:
        with self._database.reading() as sql:
            return file_counting.history(sql, registry, digest, now, workload, finding)

    def beat(self, now: datetime, *, longest: timedelta) -> None:
        with self._database.writing() as sql:
            sql.execute(queries.BEAT, {"now": rows.stamp(now), "late": rows.stamp(now - longest)})

    def pulse(self) -> Pulse | None:
        with self._database.reading() as sql:
            kept = sql.execute(queries.PULSE).fetchone()
        return rows.pulse(kept) if kept else None

    def held(self) -> Held:
        with self._database.reading() as sql:
            found = sql.execute(queries.HELD).fetchone()
        return Held(count=found["held"], oldest=rows.moment_or_none(found["oldest"]))

    def failures(self, *, since: datetime, now: datetime) -> dict[str, int]:
        with self._database.reading() as sql:
            wanted = {"since": rows.stamp(since), "now": rows.stamp(now)}
            found = sql.execute(queries.FAILURES, wanted).fetchall()
        return {row["registry"]: row["failed"] for row in found}

    def trip(self, scope: str, *, because: str, now: datetime) -> bool:
        with self._database.writing() as sql:
            new = not sql.execute(queries.TRIPPED, (scope.lower(),)).fetchone()
            if new:
                put_up_trip(sql, scope.lower(), now)
            sql.execute(queries.TRIP, (scope.lower(), rows.clean(because), rows.stamp(now)))
        return new

    def reset(self, scope: str, *, now: datetime) -> bool:
        with self._database.writing() as sql:
            return sql.execute(queries.RESET, (rows.stamp(now), scope.lower())).rowcount == 1

    def breakers(self) -> tuple[Breaker, ...]:
        with self._database.reading() as sql:
            tripped = sql.execute(queries.BREAKERS).fetchall()
        return tuple(
            Breaker(scope=row["scope"], because=row["because"], since=rows.moment(row["since"]))
            for row in tripped
        )

    def bury(self, letter: Letter) -> None:
        with self._database.writing() as sql:
            sql.execute(queries.BURY, rows.letter_row(letter))
            sql.execute(queries.MAKE_ROOM, (KEPT_LETTERS,))

    def letters(self, limit: int = 10) -> Letters:
        with self._database.reading() as sql:
            kept = sql.execute(queries.LETTERS, (max(1, min(limit, KEPT_LETTERS)),)).fetchall()
        newest = tuple(one for row in kept if (one := rows.letter(row)))
        return Letters(count=kept[0]["n"] if kept else 0, newest=newest)

    def close_place(self, place: str, *, until: datetime) -> None:
        with self._database.writing() as sql:
            sql.execute(queries.CLOSE, (rows.clean(place), rows.stamp(until)))

    def closed_places(self, now: datetime) -> Mapping[str, datetime]:
        with self._database.reading() as sql:
            kept = sql.execute(queries.CLOSED, (rows.stamp(now),)).fetchall()
        return {row["place"]: rows.moment(row["until"]) for row in kept}

    def unreadable(self, *, now: datetime) -> tuple[str, ...]:
        return self.page(since=now - _WEEK, limit=_MOST_ON_A_PAGE).unreadable

    @property
    def where(self) -> str:
        return self._database.where

    def check(self) -> None:
        with self._database.writing() as sql:  # so much that it takes new pages of the disk
            sql.execute(queries.LEASE_ANYHOW, ("check", "x" * 8192, ""))
            sql.execute(queries.RELEASE, ("check", "x" * 8192))

    def close(self) -> None:
        self._database.close()


def _incident(sql: sqlite3.Connection, row: sqlite3.Row) -> "Incident":
    heard = sql.execute(queries.HEARD, (row["id"], _MOST_SIGNALS)).fetchall()
    return rows.incident(row, rows.signals(reversed(heard)))


def _readable(sql: sqlite3.Connection, found: Iterable[sqlite3.Row]) -> "Iterator[Incident]":
    for row in found:
        try:
            yield _incident(sql, row)
        except StoreError as error:
            log.error("%s", error)
