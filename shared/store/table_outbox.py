"""
The outbox in the table: a row for each thing to tell, and a mark that it was put up.

In:  the Table; incidents about to be saved, breakers about to trip.
Out: Untold and Channel nouns; Clash and StoreError as everywhere in the table.

Told rows go, so that what waits is a short range of keys; the marks stay, and keep a change from
being told again. A row without `due` is taken.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from shared.model.words import State
from shared.store import keys, rows
from shared.store.entities import row
from shared.store.outbox import TOLD_STATES, Channel, Untold
from shared.store.table import Changes, Clash, Table, until_done

_AT_ONCE = 90  # rows of one transaction; a table takes a hundred


def put_up(table: Table, changes: Changes, whole: Mapping[str, Any], before: Any) -> None:
    """Add to the changes that save the incident. Only a state it comes into is looked up."""
    state = whole["state"]
    if State(state) not in TOLD_STATES or (before and before["state"] == state):
        return
    about = str(whole["id"])
    if table.get(keys.mark(about, state)) is None:
        changes.insert(row(keys.mark(about, state)))
        changes.put(_row(about, state, whole["updated"]))


def put_up_trip(changes: Changes, scope: str, since: datetime) -> None:
    """Add to the changes that trip a breaker which was not tripped."""
    changes.put(_row(scope, "tripped", rows.stamp(since)))


class TableOutbox:
    """An Outbox in the store's table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def waiting(self, now: datetime, limit: int) -> tuple[Untold, ...]:
        due = (one for one in self._rows() if one.get("due") and one["due"] <= rows.stamp(now))
        oldest = sorted(due, key=lambda one: (one["since"], one["about"]))
        return tuple(_untold(one) for one in islice(oldest, limit))

    def take(self, ones: tuple[Untold, ...]) -> tuple[Untold, ...]:
        taken: list[Untold] = []
        for first in range(0, len(ones), _AT_ONCE):
            taken += self._take(ones[first : first + _AT_ONCE])
        return tuple(taken)

    def _take(self, ones: tuple[Untold, ...]) -> list[Untold]:
        """All of them, or none where somebody else took one meanwhile: then the next try has
        those that are left."""
        kept = {one["RowKey"]: one for one in self._rows()}
        changes, taken = Changes(), []
        for one in ones:
            before = kept.get(keys.untold(one.about, one.what))
            if before is None or not before.get("due") or int(before["tries"]) != one.tries:
                continue
            mine = replace(one, tries=one.tries + 1)
            changes.replace(_row_of(mine, None), before)
            taken.append(mine)
        try:
            if taken:
                self._table.commit(changes)
        except Clash:
            return []
        return taken

    def settle(self, one: Untold, *, again: datetime | None) -> None:
        def put() -> None:
            changes = Changes()
            if again is not None:
                changes.put(_row_of(one, rows.stamp(again)))
            elif self._table.get(keys.untold(one.about, one.what)) is None:
                return
            else:
                changes.delete(keys.untold(one.about, one.what))
            self._table.commit(changes)

        until_done(put)

    def fared(self, channel: Channel) -> None:
        changes = Changes()
        error = rows.clean(channel.error) if channel.error else None
        at = rows.stamp(channel.at)
        changes.put(row(keys.channel(channel.name), name=channel.name, at=at, error=error))
        self._table.commit(changes)

    def channels(self) -> tuple[Channel, ...]:
        found = (
            Channel(name=one["name"], at=rows.moment(one["at"]), error=one.get("error"))
            for one in self._table.query(keys.below("c"))
        )
        return tuple(sorted(found, key=lambda one: one.name))

    def _rows(self) -> list[Mapping[str, Any]]:
        return list(self._table.query(keys.below("q")))


def _row(about: str, what: str, since: str) -> dict[str, Any]:
    key = keys.untold(about, what)
    return row(key, about=about, what=what, since=since, due=since, tries=0, reached="")


def _row_of(one: Untold, due: str | None) -> dict[str, Any]:
    made = _row(one.about, one.what, rows.stamp(one.since))
    changed = {"due": due, "tries": one.tries, "reached": "\n".join(one.reached)}
    return {name: value for name, value in (made | changed).items() if value is not None}


def _untold(entity: Mapping[str, Any]) -> Untold:
    return Untold(
        about=entity["about"],
        what=entity["what"],
        since=rows.moment(entity["since"]),
        tries=int(entity["tries"]),
        reached=tuple(filter(None, str(entity["reached"]).split("\n"))),
    )
