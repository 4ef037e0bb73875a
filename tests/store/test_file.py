"""A file that is locked, full, foreign or of a newer release is told in words."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.errors import TransientError
from shared.store import SqliteStore, StoreBusy, StoreError
from shared.store.connection import Database
from tests.store.makers import NOW, incident, record, signal, site


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """These stories are about the file alone."""
    made = SqliteStore(path)
    yield made
    made.close()


def test_a_locked_file_is_busy_and_worth_another_try(store: SqliteStore, path: Path) -> None:
    store.check()
    store._database._wait = 0.05
    store.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreBusy) as caught:
        store.receive(signal(), now=NOW)
    other.close()

    assert isinstance(caught.value, TransientError)
    assert caught.value.delay > 0
    assert store.receive(signal(), now=NOW).new


def test_a_full_disk_is_told_and_nothing_is_half_written(store: SqliteStore) -> None:
    store.save(incident())
    with store._database.reading() as sql:
        sql.execute("PRAGMA max_page_count = 1")

    def fill() -> None:
        for n in range(50):
            store.save(incident(f"x{n}", resource=site(f"x{n}"), image="y" * 5000), record())

    with pytest.raises(StoreError, match="disk is full"):
        fill()

    found = store.page(limit=200)
    assert len(found.incidents) == 1 + len(store.records("inc-1"))


def test_a_file_that_is_no_database_is_told(path: Path, store: SqliteStore) -> None:
    path.parent.mkdir()
    path.write_bytes(b"precious words, not a database" * 100)

    with pytest.raises(StoreError, match="not a database"):
        store.check()

    assert path.read_bytes().startswith(b"precious")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match="MEDIC_STORE"):
        SqliteStore(tmp_path / "file" / "medic.db").check()
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore(tmp_path).check()


def test_a_store_of_a_newer_release_is_left_alone(path: Path, store: SqliteStore) -> None:
    store.check()
    store.close()
    sql = sqlite3.connect(path)
    sql.execute("PRAGMA user_version = 99")
    sql.close()

    with pytest.raises(StoreError, match="newer release"):
        store.check()


def test_what_was_stored_is_there_after_closing(path: Path, store: SqliteStore) -> None:
    saved = store.save(incident())
    store.close()

    again = SqliteStore(path)
    assert again.load("inc-1") == saved
    again.close()


def test_a_time_without_offset_is_refused(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="no offset"):
        store.receive(signal(), now=datetime(2026, 1, 1))  # noqa: DTZ001
    assert store.page().incidents == ()


def test_two_openings_at_the_same_moment_make_one_shape(path: Path) -> None:
    stores = [Database(path) for _ in range(4)]

    for each in stores:
        with each.writing() as sql:
            assert sql.execute("SELECT count(*) FROM incidents").fetchone()[0] == 0
        each.close()

    assert NOW.tzinfo is UTC
