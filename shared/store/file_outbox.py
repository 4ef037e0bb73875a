"""
The outbox in the SQLite file.

In:  the file's Database; incidents about to be saved, breakers about to trip.
Out: Untold and Channel nouns; StoreError when the file does not do it.

A row without `due` is taken or told: it stays, and keeps its change from being told again.
"""

import sqlite3
from datetime import datetime

from shared.model.words import State
from shared.store import rows
from shared.store.connection import Database
from shared.store.outbox import TOLD_STATES, Channel, Untold

_PUT_UP = """
    INSERT INTO outbox (about, what, since, due) VALUES (:about, :what, :since, :since)
    ON CONFLICT (about, what) DO NOTHING
"""
_PUT_UP_ANEW = """
    INSERT OR REPLACE INTO outbox (about, what, since, due) VALUES (:about, :what, :since, :since)
"""
_WAITING = """
    SELECT about, what, since, tries, reached FROM outbox
    WHERE due <= ? ORDER BY since, about LIMIT ?
"""
_TAKE = """
    UPDATE outbox SET due = NULL, tries = tries + 1
    WHERE about = ? AND what = ? AND tries = ? AND due IS NOT NULL
"""
_SETTLE = "UPDATE outbox SET due = ?, reached = ? WHERE about = ? AND what = ?"
_FARED = "INSERT OR REPLACE INTO channels (name, at, error) VALUES (?, ?, ?)"
_CHANNELS = "SELECT name, at, error FROM channels ORDER BY name"


def put_up(sql: sqlite3.Connection, about: str, state: State, since: datetime) -> None:
    """Call in the transaction that saves the incident."""
    if state in TOLD_STATES:
        given = {"about": about, "what": state.value, "since": rows.stamp(since)}
        sql.execute(_PUT_UP, given)


def put_up_trip(sql: sqlite3.Connection, scope: str, since: datetime) -> None:
    """Call in the transaction that trips a breaker which was not tripped."""
    given = {"about": scope, "what": "tripped", "since": rows.stamp(since)}
    sql.execute(_PUT_UP_ANEW, given)


class FileOutbox:
    """An Outbox in the store's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, now: datetime, limit: int) -> tuple[Untold, ...]:
        with self._database.reading() as sql:
            found = sql.execute(_WAITING, (rows.stamp(now), limit)).fetchall()
        return tuple(
            Untold(
                about=row["about"],
                what=row["what"],
                since=rows.moment(row["since"]),
                tries=row["tries"],
                reached=tuple(filter(None, row["reached"].split("\n"))),
            )
            for row in found
        )

    def take(self, ones: tuple[Untold, ...]) -> tuple[Untold, ...]:
        from dataclasses import replace

        with self._database.writing() as sql:
            return tuple(
                replace(one, tries=one.tries + 1)
                for one in ones
                if sql.execute(_TAKE, (one.about, one.what, one.tries)).rowcount == 1
            )

    def settle(self, one: Untold, *, again: datetime | None) -> None:
        due = rows.stamp(again) if again else None
        with self._database.writing() as sql:
            sql.execute(_SETTLE, (due, "\n".join(one.reached), one.about, one.what))

    def fared(self, channel: Channel) -> None:
        error = rows.clean(channel.error) if channel.error else None
        with self._database.writing() as sql:
            sql.execute(_FARED, (channel.name, rows.stamp(channel.at), error))

    def channels(self) -> tuple[Channel, ...]:
        with self._database.reading() as sql:
            found = sql.execute(_CHANNELS).fetchall()
        return tuple(
            Channel(name=row["name"], at=rows.moment(row["at"]), error=row["error"])
            for row in found
        )
