"""A damaged row hides no other, whatever is damaged in it, and is told."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.store import RecordKind, SqliteStore, Store, StoreError, keys
from shared.store.table import Changes
from shared.store.tables import TablesStore
from tests.store.makers import NOW, REGISTRY, incident, record, signal, site
from tests.store.places import somewhere

OLD = NOW - timedelta(hours=1)


def three(store: Store) -> None:
    for id in ("inc-20261122-a", "inc-20261122-b", "inc-20261122-c"):
        store.save(incident(id, resource=site(id), opened=OLD, updated=OLD), record(incident=id))


def others_are_there(store: Store, damaged: str = "inc-20261122-b") -> None:
    """Every question is answered, about the others at least."""
    seen = {one.id for one in store.page().incidents}
    due = {one.id for one in store.due(NOW, 10)}
    assert {"inc-20261122-a", "inc-20261122-c"} <= seen
    assert {"inc-20261122-a", "inc-20261122-c"} <= due
    assert {one.incident for one in store.backlog(NOW, 10)} >= {"inc-20261122-a", "inc-20261122-c"}
    store.history(REGISTRY, "digest", now=NOW, workload=site(damaged))
    store.lately(site(damaged), since=OLD)
    store.records(damaged)
    assert store.receive(signal("another", site("new")), now=NOW).new


@pytest.mark.parametrize("body", ["{", "null", "7", '{"id": 7}', "[" * 50_000, ""])
def test_in_the_file_whatever_a_body_became(path: Path, body: str) -> None:
    store = SqliteStore(path)
    three(store)
    with sqlite3.connect(path) as sql:
        sql.execute("UPDATE incidents SET body = ? WHERE id = 'inc-20261122-b'", (body,))
    sql.close()

    others_are_there(store)
    assert store.unreadable(now=NOW) == ("inc-20261122-b",)
    with pytest.raises(StoreError, match="inc-20261122-b cannot be read"):
        store.load("inc-20261122-b")


def test_in_the_file_a_signal_that_lost_its_time(path: Path) -> None:
    store = SqliteStore(path)
    three(store)
    got = store.receive(signal("one", site("inc-20261122-b")), now=NOW).incident
    store.receive(signal("two", site("inc-20261122-b")), now=NOW)
    with sqlite3.connect(path) as sql:
        sql.execute("UPDATE signals SET at = 'yesterday' WHERE id = 'one'")
    sql.close()

    loaded = store.load(got)
    assert loaded is not None
    assert [one.id for one in loaded.signals] == ["two"]


@pytest.fixture
def accounted(path: Path) -> Iterator[TablesStore]:
    with somewhere("account", path) as another:
        store = another()
        assert isinstance(store, TablesStore)
        yield store


@pytest.mark.parametrize("kind", ["i", "d", "o", "h", "w", "r"])
@pytest.mark.parametrize("damage", ["half a body", "columns gone"])
def test_in_the_account_whatever_row_is_damaged(
    accounted: TablesStore, kind: str, damage: str
) -> None:
    store = accounted
    three(store)
    store.receive(signal("one", site("inc-20261122-b")), now=NOW)
    store.record(
        record(incident="inc-20261122-b", kind=RecordKind.INTENT, writes=1, registry=str(REGISTRY))
    )

    for row in list(store._table.query(keys.below(kind))):
        mine = {"i": "-b", "d": "-b", "h": "-b:0", "r": "-b:0"}.get(kind, "")
        if mine in row["RowKey"] and not row["RowKey"].endswith(":c"):
            break_row(store, row, damage)
            break

    others_are_there(store)
    if kind == "i":
        assert store.unreadable(now=NOW) == ("inc-20261122-b",)


def break_row(store: TablesStore, row: Any, damage: str) -> None:
    names = {name: row[name] for name in ("PartitionKey", "RowKey")}
    kept = {**row, "b0": row["b0"][:9]} if damage == "half a body" and "b0" in row else names
    changes = Changes()
    changes.put(kept)
    store._table.commit(changes)


def test_health_asks_nothing_of_rows_that_are_well(store: Store) -> None:
    three(store)

    assert store.unreadable(now=NOW) == ()
    assert store.where
