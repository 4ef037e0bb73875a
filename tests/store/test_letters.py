"""Letters: what could not be used is kept, newest first, and never fills the store."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from shared.model.letter import Letter, Letters
from shared.store import KEPT_LETTERS, Store, keys
from shared.store.table import Changes
from shared.store.tables import TablesStore
from tests.store.makers import NOW
from tests.store.places import Another

LETTER = Letter(
    id="m-0",
    at=NOW,
    source="alerts",
    reason="the alert has no data",
    text='{"schemaId": 5}',
    incident="inc-1",
)


def test_without_letters_there_are_none(store: Store) -> None:
    assert store.letters() == Letters(count=0, newest=())


def test_letters_are_kept_whole_and_told_newest_first(store: Store) -> None:
    second = replace(LETTER, id="m-1", at=NOW + timedelta(seconds=1), incident=None)

    store.bury(LETTER)
    store.bury(second)

    assert store.letters() == Letters(count=2, newest=(second, LETTER))
    assert store.letters(1) == Letters(count=2, newest=(second,))


def test_a_letter_delivered_twice_is_one_letter(store: Store) -> None:
    for _ in range(3):
        store.bury(LETTER)

    assert store.letters().count == 1


def test_half_characters_and_secrets_in_a_letter_do_no_harm(store: Store) -> None:
    store.bury(replace(LETTER, reason="\ud800", text="password=hunter2 \udfff"))

    (kept,) = store.letters().newest
    assert "hunter2" not in kept.text
    kept.text.encode()


def test_a_damaged_letter_hides_no_other(store: Store, path: Path) -> None:
    later = replace(LETTER, id="m-1", at=NOW + timedelta(seconds=1))
    store.bury(LETTER)
    store.bury(later)

    if isinstance(store, TablesStore):
        changes = Changes()
        changes.put({"PartitionKey": keys.PARTITION, "RowKey": keys.letter(NOW, "m-0"), "at": "?"})
        store._table.commit(changes)
    else:
        with sqlite3.connect(path) as sql:
            sql.execute("UPDATE letters SET at = 'yesterday' WHERE id = 'm-0'")
        sql.close()

    assert store.letters() == Letters(count=2, newest=(later,))


def test_letters_kept_at_once_from_several_machines_are_all_kept(another: Another) -> None:
    stores = [another() for _ in range(3)]

    def keep(n: int) -> None:
        stores[n % 3].bury(replace(LETTER, id=f"m-{n % 12}", at=NOW + timedelta(seconds=n % 12)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(keep, range(24)))

    kept = stores[0].letters(100)
    assert kept.count == 12
    assert {letter.id for letter in kept.newest} == {f"m-{n}" for n in range(12)}


def test_old_letters_make_room_and_are_still_counted(store: Store) -> None:
    for n in range(KEPT_LETTERS + 25):
        store.bury(replace(LETTER, id=f"m-{n}", at=NOW + timedelta(seconds=n)))

    kept = store.letters(1000)
    assert kept.count == KEPT_LETTERS + 25
    assert KEPT_LETTERS <= len(kept.newest) < KEPT_LETTERS + 20
    assert kept.newest[0].id == f"m-{KEPT_LETTERS + 24}"
