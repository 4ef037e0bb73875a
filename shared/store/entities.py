"""
Between our nouns and the entities of a table.

In:  nouns, or entities.
Out: entities, or nouns; StoreError for an entity that is damaged, or an incident that is too large.

A property holds 64 KiB and an entity 1 MiB (Table service data model), so bodies are compressed
and cut into properties `b0`, `b1` … Pure.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.model.words import OPEN_STATES, Result, State
from shared.store import keys, rows
from shared.store.interface import Record, RecordKind, StoreError

if TYPE_CHECKING:
    from shared.model.incident import Heard, Incident

Entity = dict[str, Any]

_PIECE = 60 * 1024
_PIECES = 15
_COUNTED = ("at", "resource", "registry", "plan", "writes", "result")
#: States in which a person said no; a refusal is remembered by workload and registry.
REFUSED = frozenset({State.REJECTED, State.ROLLED_BACK})
_LOOKED_AT_AGAIN = frozenset({State.UNVERIFIED, State.EXPLAINED})


def row(key: str, **columns: Any) -> Entity:
    """An entity without the columns that have no value."""
    known = {name: value for name, value in columns.items() if value is not None}
    return {"PartitionKey": keys.PARTITION, "RowKey": key} | known


def incident_rows(incident: "Incident") -> tuple[Entity, Entity]:
    """The incident itself, and its line in the list of all."""
    whole = rows.incident_row(incident)
    body = str(whole.pop("body"))
    columns = {**whole, "open": bool(whole["open"])}
    line = row(keys.newest(incident.opened, incident.id), **columns)
    return row(keys.incident(incident.id), **columns, **pieces(body, incident.id)), line


def first_rows(id: str, signal: Any, now: datetime) -> tuple[Entity, Entity]:
    """A new incident and its line, without loading the codec: the alert door waits for it."""
    first = rows.first_incident(id, signal, now)
    columns = {
        "id": id,
        "version": 1,
        "state": first["state"],
        "open": True,
        "resource": first["resource"],
        "opened": first["now"],
        "updated": first["now"],
    }
    line = row(keys.newest(now, id), **columns)
    return row(keys.incident(id), **columns, **pieces(first["body"], id)), line


def read_incident(entity: Mapping[str, Any], heard: "tuple[Heard, ...]") -> "Incident":
    id = str(entity["RowKey"]).partition(":")[2]
    try:
        whole = {"id": id, "version": int(entity["version"]), "body": body(entity)}
    except (StoreError, ValueError, TypeError, LookupError) as damaged:
        # No JSON either, so it is told like any other damaged incident.
        whole = {"id": id, "version": 0, "body": f"{damaged}"}
    return rows.incident(whole, heard)


def waiting_row(entity: Mapping[str, Any]) -> Entity | None:
    """The incident's row for the sweep; None when nobody is to look after it.

    A held one without a time waits for a person; an unsolved one only where it named a time.
    """
    state, named = entity["state"], entity.get("due") is not None
    waits = entity["open"] and (named or state != State.HELD.value)
    if not waits and not entity.get("undoing") and not (named and state in _LOOKED_AT_AGAIN):
        return None
    kept = ("id", "due", "updated", "state", "resource", "registry")
    return row(keys.waiting(entity["id"]), **{name: entity.get(name) for name in kept})


def own_row(entity: Mapping[str, Any]) -> Entity:
    """The incident's line in the list of its workload's."""
    key = keys.own(entity["resource"], rows.moment(entity["opened"]), entity["id"])
    return row(key, id=entity["id"], updated=entity["updated"])


def refused_row(entity: Mapping[str, Any]) -> Entity | None:
    if entity["state"] not in REFUSED:
        return None
    kept = ("id", "state", "updated", "registry")
    key = keys.refused(entity["resource"], entity["id"])
    return row(key, **{name: entity.get(name) for name in kept})


def record_rows(record: Record, number: int) -> list[Entity]:
    """The record, and its row among those that are counted by time."""
    whole = rows.record_row(record)
    incident, body = str(whole["incident"]), str(whole.pop("body"))
    made = [row(keys.record(incident, number), **whole, **pieces(body, incident))]
    writes = record.kind is RecordKind.INTENT and record.writes
    in_vain = record.result in (Result.FAILED, Result.UNVERIFIED)
    if kind := "w" if writes else "f" if in_vain else "":
        key = keys.counted(kind, record.at, incident, number)
        made.append(row(key, **{k: whole[k] for k in _COUNTED}))
    return made


def read_record(entity: Mapping[str, Any]) -> Record:
    from shared.store.codec import read_record

    return read_record(body(entity))


def heard_row(incident: str, number: int, told: tuple[str, ...]) -> Entity:
    """`told` as `rows.signal_row` gives it."""
    id, _, _, source, at, text = told
    return row(keys.heard(incident, number), id=id, source=source, at=at, text=text)


def pieces(body: str, id: str) -> dict[str, bytes]:
    """A body as compressed pieces; StoreError when no entity could hold it."""
    packed = zlib.compress(body.encode())
    cut = [packed[at : at + _PIECE] for at in range(0, len(packed), _PIECE)]
    if len(cut) > _PIECES:
        raise StoreError(
            f"incident {id} is too large to keep: {len(packed)} bytes compressed, where one row "
            f"holds {_PIECE * _PIECES}"
        )
    return {f"b{number}": piece for number, piece in enumerate(cut)}


def body(entity: Mapping[str, Any]) -> str:
    """The text that was cut; StoreError when pieces are missing or damaged."""
    packed = b"".join(entity[f"b{number}"] for number in range(_PIECES) if f"b{number}" in entity)
    try:
        return zlib.decompress(packed).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise StoreError(
            f"the row {entity.get('RowKey')} is damaged ({error}); those beside it may still tell"
        ) from error


def is_open(state: str) -> bool:
    """A state nobody knows is damage: the workload keeps that incident, and gets no second."""
    return state not in set(State) or State(state) in OPEN_STATES
