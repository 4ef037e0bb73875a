"""What is stale is refused, what belongs together is kept together, the audit never changes."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from shared.model.words import Result, State
from shared.store import RecordKind, SqliteStore, StaleIncident, Store, StoreError
from shared.store.table import Changes, Clash
from tests.store import azurite
from tests.store.makers import REGISTRY, incident, record, site
from tests.store.places import account


def test_saving_over_a_version_somebody_else_changed_is_refused(store: Store) -> None:
    mine = store.save(incident())
    store.save(replace(mine, state=State.HELD))

    with pytest.raises(StaleIncident, match="load it again"):
        store.save(replace(mine, state=State.APPLYING))

    kept = store.load("inc-1")
    assert kept is not None
    assert (kept.state, kept.version) == (State.HELD, 2)


def test_saving_a_new_incident_twice_is_refused(store: Store) -> None:
    store.save(incident())

    with pytest.raises(StaleIncident):
        store.save(incident())


def test_a_refused_save_keeps_none_of_its_records(store: Store) -> None:
    store.save(incident(), record(text="first"))

    with pytest.raises(StaleIncident):
        store.save(incident(), record(text="second"))

    assert [kept.text for kept in store.records("inc-1")] == ["first"]


def test_a_workload_cannot_have_two_open_incidents(store: Store) -> None:
    store.save(incident("inc-1"))

    with pytest.raises(StoreError, match="another open incident"):
        store.save(incident("inc-2"))
    store.save(incident("inc-3", state=State.DRY_RUN))

    assert store.load("inc-2") is None


def test_an_unknown_incident_is_none(store: Store) -> None:
    assert store.load("inc-\ud800' OR 1=1 --") is None
    assert store.records("nobody") == ()
    assert store.find_open(site()) is None


def test_records_are_kept_in_order_and_whole(store: Store) -> None:
    intent = record(
        kind=RecordKind.INTENT, writes=2, plan="d", registry=str(REGISTRY), detail={"steps": [1]}
    )

    store.record(intent)
    store.record(record(text="after\ud800", result=Result.HEALED, actor="Zoë"))

    assert store.records("inc-1") == (
        intent,
        record(text="after\ud800", result=Result.HEALED, actor="Zoë"),
    )


@pytest.mark.parametrize("statement", ["DELETE FROM records", "UPDATE records SET writes = 0"])
def test_the_database_itself_refuses_to_change_the_audit(path: Path, statement: str) -> None:
    store = SqliteStore(path)
    store.record(record())

    sql = sqlite3.connect(path)
    with pytest.raises(sqlite3.DatabaseError, match="append-only"):
        sql.execute(statement)
    sql.close()
    store.close()


@pytest.mark.skipif(azurite.missing() is not None, reason=str(azurite.missing()))
def test_a_change_whose_answer_was_lost_is_found_done_and_not_done_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = account(f"lost{os.getpid()}")
    saved = store.save(incident(), record(text="first"))
    table, commit = store._table, store._table.commit

    def cut(changes: Changes) -> None:
        monkeypatch.setattr(table, "commit", commit)
        commit(changes)
        raise Clash  # what the SDK's own second try would be told

    monkeypatch.setattr(table, "commit", cut)
    again = store.save(saved, record(text="second"))

    assert store.load("inc-1") == again
    assert [kept.text for kept in store.records("inc-1")] == ["first", "second"]
    store.close()
