"""
The store in Azure Tables: for a deployed service, whose next call may run on another machine.

In:  the nouns of `interface.py`; a table service and, for leases, a blob service.
Out: the same nouns; StoreError when the account does not do it.

Every change of several rows is one transaction of one partition (`keys.py` says which rows there
are). Two machines that change the same row meet at its etag: the later one reads again and tries
again. Nothing is imported before the first use: the alert door pays for the table client alone.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from shared.model.history import History
from shared.model.ids import ResourceId
from shared.model.letter import Letter, Letters
from shared.model.signal import Signal
from shared.model.words import FindingName, State
from shared.store import changing, counting, entities, keys, paging, queries, rows
from shared.store.entities import row
from shared.store.interface import (
    AHEAD,
    STUCK,
    Breaker,
    Held,
    Page,
    Pulse,
    Received,
    Record,
    StoreError,
    Waiting,
)
from shared.store.table import Changes, Table, until_done
from shared.store.table_outbox import TableOutbox

if TYPE_CHECKING:
    from shared.model.incident import Incident
    from shared.store.leases import Leases

log = logging.getLogger(__name__)

_TABLE, _CONTAINER = "PullMedic", "pull-medic-leases"
_AUDIENCE = "https://storage.azure.com"
_AUDIENCES = {
    ".chinacloudapi.cn": "https://storage.azure.cn",
    ".usgovcloudapi.net": "https://storage.azure.us",
}
_MOST_SIGNALS = 200  # the newest so many are loaded with their incident
_MOST_ON_A_PAGE = 200
_MOST_LATELY = 50
_TRIES = 40  # each loses only to somebody who won


def connect(endpoint: str, credential: Any) -> "TablesStore":
    """The store of a storage account, signed in to by identity. Opens nothing yet.

    `endpoint` is `https://{account}.table.{suffix}`; the blobs of the same account keep the leases.
    A token for tables is asked for by cloud (azure-data-tables 12.7.0, `audience`).
    """
    from azure.data.tables import TableServiceClient
    from azure.storage.blob import BlobServiceClient

    from shared.store.leases import Leases

    audience = next(
        (one for suffix, one in _AUDIENCES.items() if endpoint.endswith(suffix)), _AUDIENCE
    )
    blobs = endpoint.replace(".table.", ".blob.", 1)
    patience: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 20, "retry_total": 4}
    # The blob client's own pauses would be 18 seconds and more; a worker is waiting.
    pauses: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2}
    tables = TableServiceClient(endpoint, credential=credential, audience=audience, **patience)
    return TablesStore(
        Table(tables, _TABLE),
        Leases(BlobServiceClient(blobs, credential, **patience, **pauses), _CONTAINER),
    )


class TablesStore:
    """A Store in one table, with its leases in one blob container."""

    def __init__(self, table: Table, leases: "Leases") -> None:
        self._table = table
        self._leases = leases
        self.outbox = TableOutbox(table)

    def receive(self, signal: Signal, *, now: datetime) -> Received:
        told = rows.signal_row(signal, "")
        return until_done(lambda: changing.receive(self._table, signal, told, now))

    def find_open(self, resource: ResourceId) -> str | None:
        pointer = self._table.get(keys.workload(resource.key))
        return pointer["incident"] if pointer and entities.is_open(pointer["state"]) else None

    def load(self, id: str) -> "Incident | None":
        kept = self._table.get(keys.incident(rows.clean(id)))
        return self._read(kept) if kept else None

    def save(self, incident: "Incident", *records: Record) -> "Incident":
        saved = replace(incident, version=incident.version + 1)
        mark = secrets.token_hex(8)
        until_done(lambda: changing.save(self._table, incident, saved, records, mark=mark))
        return saved

    def record(self, record: Record) -> None:
        def add() -> None:
            changes = Changes()
            changing.add(self._table, changes, (record,))
            self._table.commit(changes)

        until_done(add)

    def records(self, incident: str) -> tuple[Record, ...]:
        found = []
        for entity in self._table.query(keys.below(f"r:{keys.named(rows.clean(incident))}")):
            try:
                found.append(entities.read_record(entity))
            except (StoreError, ValueError) as error:
                log.error("Audit record %s cannot be read: %s", entity["RowKey"], error)
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
        fitting = paging.lines(
            self._table,
            state=state,
            resource=resource,
            registry=registry,
            since=since,
            after=cursor,
        )
        found = list(islice(fitting, size + 1))
        good, bad = [], []
        for line in found[:size]:
            try:
                incident = self.load(line["id"])
            except StoreError:
                bad.append(line["id"])
                continue
            if incident is not None:
                good.append(incident)
        more = queries.cursor(found[size - 1]) if len(found) > size else None
        return Page(incidents=tuple(good), cursor=more, unreadable=tuple(bad))

    def due(self, now: datetime, limit: int, *, stuck: timedelta = STUCK) -> "tuple[Incident, ...]":
        at, lying, ahead = rows.stamp(now), rows.stamp(now - stuck), rows.stamp(now + AHEAD)
        waiting = [
            (due or updated, str(entity["RowKey"]).partition(":")[2])
            for entity in self._table.query(keys.below("d"))
            for due, updated in [(entity.get("due"), str(entity.get("updated") or ""))]
            if (due <= at if due else updated <= lying) or updated > ahead
        ]
        return tuple(islice(self._readable(id for _, id in sorted(waiting)), limit))

    def backlog(
        self, now: datetime, limit: int, *, since: datetime | None = None
    ) -> tuple[Waiting, ...]:
        at, still = rows.stamp(now), rows.stamp(since or now)
        where = f"{keys.below('d')} and state eq 'received'"
        found = [
            (entity.get("due") or entity["updated"], entity)
            for entity in self._table.query(where)
            if {"id", "updated", "resource"} <= entity.keys()  # else damaged; the sweep has it too
            and (entity.get("due") or "") <= at
            and entity["updated"] <= still
        ]
        found.sort(key=itemgetter(0))
        return tuple(
            Waiting(incident=one["id"], resource=one["resource"], registry=one.get("registry"))
            for _, one in found[:limit]
        )

    def unsettled(self, *, since: datetime, limit: int) -> int:
        states = " or ".join(f"state eq '{one}'" for one in ("received", "diagnosing", "applying"))
        where = f"{keys.below('d')} and ({states}) and updated gt '{rows.stamp(since)}'"
        return sum(1 for _ in islice(self._table.query(where, page=limit), limit))

    def lately(self, workload: ResourceId, *, since: datetime) -> "tuple[Incident, ...]":
        mine = self._table.query(keys.below(f"l:{keys.digest(workload.key)}"))
        ids = [one["id"] for one in mine if one["updated"] >= rows.stamp(since)]
        return tuple(self._readable(ids[:_MOST_LATELY]))

    def written(self, registry: ResourceId, *, since: datetime) -> tuple[datetime, ...]:
        return counting.written(self._table, registry, since)

    def lease(self, name: str, *, holder: str, until: datetime, now: datetime) -> bool:
        return self._leases.take(name, holder=holder, length=until - now)

    def renew(self, name: str, *, holder: str, until: datetime, now: datetime) -> bool:
        return self._leases.renew(name, holder=holder, length=until - now)

    def release(self, name: str, holder: str) -> None:
        self._leases.give_back(name, holder=holder)

    def history(
        self,
        registry: ResourceId | None,
        digest: str,
        *,
        now: datetime,
        workload: ResourceId | None = None,
        finding: FindingName | None = None,
    ) -> History:
        return counting.history(self._table, registry, digest, now, workload, finding)

    def beat(self, now: datetime, *, longest: timedelta) -> None:
        until_done(lambda: changing.beat(self._table, now, longest))

    def pulse(self) -> Pulse | None:
        kept = self._table.get(keys.PULSE)
        return rows.pulse(defaultdict(lambda: None, kept)) if kept else None

    def held(self) -> Held:
        return counting.held(self._table)

    def failures(self, *, since: datetime, now: datetime) -> dict[str, int]:
        return counting.failures(self._table, since, now)

    def trip(self, scope: str, *, because: str, now: datetime) -> bool:
        return changing.trip(self._table, scope.lower(), because, now)

    def reset(self, scope: str, *, now: datetime) -> bool:
        return until_done(lambda: changing.reset(self._table, scope.lower(), now))

    def breakers(self) -> tuple[Breaker, ...]:
        return counting.breakers(self._table)

    def bury(self, letter: Letter) -> None:
        until_done(lambda: changing.bury(self._table, letter))

    def letters(self, limit: int = 10) -> Letters:
        return counting.letters(self._table, limit)

    def close_place(self, place: str, *, until: datetime) -> None:
        changes = Changes()
        named = rows.clean(place)
        changes.put(row(keys.place(named), place=named, until=rows.stamp(until)))
        self._table.commit(changes)

    def closed_places(self, now: datetime) -> Mapping[str, datetime]:
        return counting.closed_places(self._table, now)

    def unreadable(self, *, now: datetime) -> tuple[str, ...]:
        return counting.unreadable(self._table, now)

    @property
    def where(self) -> str:
        return self._table.where

    def check(self) -> None:
        self._table.check()
        self._leases.check()

    def close(self) -> None:
        self._leases.close()
        self._table.close()

    def _read(self, entity: Mapping[str, Any]) -> "Incident":
        id = str(entity["RowKey"]).partition(":")[2]
        told = list(self._table.query(keys.below(f"h:{keys.named(id)}")))[-_MOST_SIGNALS:]
        return entities.read_incident(entity, rows.signals(told))

    def _readable(self, ids: Iterable[str]) -> "Iterator[Incident]":
        for id in ids:
            try:
                incident = self.load(id)
            except StoreError as error:
                log.error("%s", error)
                continue
            if incident is not None:
                yield incident
