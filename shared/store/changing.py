"""
Changing a table: one attempt at each change, all of it or nothing.

In:  a Table and our nouns.
Out: the change made; Clash when another machine was faster, then the caller reads and tries again.

What is said twice (the list's line, the sweep's row, the workload's pointer) changes in the same
transaction as what it repeats, so no reader ever sees the two disagree.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.model.letter import Letter
from shared.model.signal import Signal
from shared.model.words import OPEN_STATES, UNSOLVED_STATES, State
from shared.store import entities, keys, rows, table_outbox
from shared.store.entities import row
from shared.store.interface import KEPT_LETTERS, Received, Record, StaleIncident, StoreError
from shared.store.table import Changes, Clash, Table

if TYPE_CHECKING:
    from shared.model.incident import Incident

_DAY = timedelta(days=1)
#: Letters after which the oldest make room, once for all of them.
_ROOM, _MOST_AT_ONCE = 20, 100


def receive(table: Table, signal: Signal, told: tuple[str, ...], now: datetime) -> Received:
    """One attempt: Clash when another machine was faster."""
    key = signal.resource.key
    known = table.get(keys.signal(told[0], key))
    if known:
        return Received(incident=known["incident"], new=False, duplicate=True)
    pointer = table.get(keys.workload(key))
    joined = pointer if pointer and _joinable(pointer, now) else None
    id = joined["incident"] if joined else rows.incident_id(signal, now)
    changes = Changes()
    number = int(joined["heard"]) if joined else 0
    if not joined:
        for entity in entities.first_rows(id, signal, now):
            changes.insert(entity)
        first = {"id": id, "updated": rows.stamp(now), "state": State.RECEIVED.value}
        changes.put(row(keys.waiting(id), **first, resource=key))
        changes.put(entities.own_row({**first, "resource": key, "opened": first["updated"]}))
    changes.insert(row(keys.signal(told[0], key), incident=id))
    changes.insert(entities.heard_row(id, number, told))
    state = joined["state"] if joined else State.RECEIVED.value
    at = joined["updated"] if joined else rows.stamp(now)
    _point(changes, pointer, key, id, state, at, heard=number + 1)
    table.commit(changes)
    return Received(incident=id, new=not joined, duplicate=False)


def save(
    table: Table,
    incident: "Incident",
    saved: "Incident",
    records: tuple[Record, ...],
    *,
    mark: str,
) -> None:
    """One attempt, all or nothing: Clash when another machine was faster.

    `mark` is this change's own: where the line was cut after the change took effect, finding it
    says that nothing is left to do.
    """
    before = table.get(keys.incident(incident.id))
    if before and before.get("mark") == mark:
        return
    if int(before["version"] if before else 0) != incident.version:
        raise StaleIncident(
            f"incident {incident.id} is no longer at version {incident.version}: "
            "load it again and decide anew"
        )
    changes = Changes()
    whole, line = entities.incident_rows(saved)
    whole["mark"] = mark
    if before:
        changes.replace(whole, before)
        old_line = keys.newest(rows.moment(before["opened"]), incident.id)
        if old_line != line["RowKey"]:
            changes.delete(old_line)
        old_own = entities.own_row(before)["RowKey"]
        if old_own != entities.own_row(whole)["RowKey"]:
            changes.delete(old_own)
    else:
        changes.insert(whole)
    changes.put(line)
    changes.put(entities.own_row(whole))
    _refresh(changes, before, whole)
    _follow(table, changes, before, whole, saved)
    table_outbox.put_up(table, changes, whole, before)
    add(table, changes, records)
    table.commit(changes)


def _refresh(changes: Changes, before: Any, whole: Mapping[str, Any]) -> None:
    """The rows that repeat what the incident says: for the sweep, and for the gate."""
    for make, key in (
        (entities.waiting_row, keys.waiting(whole["id"])),
        (entities.refused_row, keys.refused(whole["resource"], whole["id"])),
    ):
        if made := make(whole):
            changes.put(made)
        elif before and make(before):
            changes.delete(key)


def _follow(
    table: Table, changes: Changes, before: Any, whole: Mapping[str, Any], saved: "Incident"
) -> None:
    """The workload's pointer: to its open incident, else to its newest."""
    told = [] if before else list(rows.signal_rows(saved))
    moved = before is not None and before["resource"] != whole["resource"]
    same = before is not None and before["state"] == whole["state"] and not moved
    if same and State(whole["state"]) not in UNSOLVED_STATES:
        return
    if moved:
        old = table.get(keys.workload(before["resource"]))
        if old and old["incident"] == whole["id"]:
            changes.delete(keys.workload(before["resource"]))
    pointer = table.get(keys.workload(whole["resource"]))
    other = pointer if pointer and pointer["incident"] != whole["id"] else None
    if other and entities.is_open(other["state"]):
        if whole["open"]:
            raise StoreError(
                f"the workload of incident {whole['id']} has another open incident, "
                f"{other['incident']}"
            )
        return
    heard = int(pointer["heard"]) if pointer and not other else _heard(table, whole["id"])
    for number, one in enumerate(told):
        changes.put(row(keys.signal(one[0], whole["resource"]), incident=whole["id"]))
        changes.put(entities.heard_row(whole["id"], heard + number, one))
    _point(
        changes,
        pointer,
        whole["resource"],
        whole["id"],
        whole["state"],
        whole["updated"],
        heard=heard + len(told),
    )


def _heard(table: Table, id: str) -> int:
    return sum(1 for _ in table.query(keys.below(f"h:{keys.named(id)}")))


def add(table: Table, changes: Changes, records: tuple[Record, ...]) -> None:
    """Append to the audit: the count's etag keeps two writers from one number."""
    for id in dict.fromkeys(rows.clean(one.incident) for one in records):
        mine = [one for one in records if rows.clean(one.incident) == id]
        count = table.get(keys.counts(id))
        number = int(count["records"]) if count else 0
        for offset, record in enumerate(mine):
            for entity in entities.record_rows(record, number + offset):
                changes.insert(entity)
        after = row(keys.counts(id), records=number + len(mine))
        if count:
            changes.replace(after, count)
        else:
            changes.insert(after)


def bury(table: Table, letter: Letter) -> None:
    """One attempt: Clash when another machine was faster. Twice is once: the letter has a key."""
    key, counted = keys.letter(letter.at, letter.id), table.get(keys.letter_count())
    if table.get(key):
        return
    number = int(counted["letters"]) + 1 if counted else 1
    changes = Changes()
    changes.insert(row(key, **rows.letter_row(letter)))
    if counted:
        changes.replace(row(keys.letter_count(), letters=number), counted)
    else:
        changes.insert(row(keys.letter_count(), letters=number))
    table.commit(changes)
    if number % _ROOM == 0:
        _make_room(table)


def _make_room(table: Table) -> None:
    """The oldest letters go; a machine that was faster has done it."""
    changes = Changes()
    for one in list(table.query(keys.below("l")))[KEPT_LETTERS:][:_MOST_AT_ONCE]:
        changes.delete(one["RowKey"])
    if changes.operations:
        with suppress(Clash):
            table.commit(changes)


def beat(table: Table, now: datetime, longest: timedelta) -> None:
    """One attempt at noting that the sweep runs."""
    kept, at = table.get(keys.PULSE), rows.stamp(now)
    gap = {"gap_until": at} if kept is None else {}
    if kept and kept["last"] < rows.stamp(now - longest):
        gap = {"gap_from": kept["last"], "gap_until": at}
    elif kept:
        gap = {name: kept[name] for name in ("gap_from", "gap_until") if kept.get(name)}
    made = row(keys.PULSE, last=at, **gap)
    changes = Changes()
    if kept:
        changes.replace(made, kept)
    else:
        changes.insert(made)
    table.commit(changes)


def trip(table: Table, scope: str, because: str, now: datetime) -> bool:
    """Whether the breaker was not tripped before: then people are told."""
    changes = Changes()
    kept = table.get(keys.breaker(scope))
    new = not kept or not kept.get("because")
    if new:
        table_outbox.put_up_trip(changes, scope, now)
    said = {"because": rows.clean(because), "since": rows.stamp(now)}
    changes.put(row(keys.breaker(scope), scope=scope, **said))
    table.commit(changes)
    return new


def reset(table: Table, scope: str, now: datetime) -> bool:
    """Whether the breaker was tripped."""
    kept = table.get(keys.breaker(scope))
    if not kept or not kept.get("because"):
        return False
    changes = Changes()
    changes.replace(row(kept["RowKey"], scope=kept["scope"], since=rows.stamp(now)), kept)
    table.commit(changes)
    return True


def _joinable(pointer: Mapping[str, Any], now: datetime) -> bool:
    state = State(pointer["state"])
    lately = pointer["updated"] >= rows.stamp(now - _DAY)
    return state in OPEN_STATES or (state in UNSOLVED_STATES and lately)


def _point(
    changes: Changes,
    pointer: Any,
    resource: str,
    id: str,
    state: str,
    updated: str,
    *,
    heard: int,
) -> None:
    made = row(keys.workload(resource), incident=id, state=state, updated=updated, heard=heard)
    if pointer:
        changes.replace(made, pointer)
    else:
        changes.insert(made)
