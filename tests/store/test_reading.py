"""Pages without gaps, work left lying, and a damaged row that hides no other."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.errors import BadInput
from shared.model.plan import Verification
from shared.model.words import Result, State
from shared.store import Store, StoreError, keys
from shared.store.table import Changes
from shared.store.tables import TablesStore
from tests.store.makers import NOW, REGISTRY, incident, record, site


def damage(store: Store, path: Path, id: str) -> None:
    """Somebody's tool wrote half a body."""
    if isinstance(store, TablesStore):
        kept = store._table.get(keys.incident(id))
        assert kept is not None
        changes = Changes()
        changes.put({**kept, "b0": kept["b0"][:20]})
        store._table.commit(changes)
        return
    with sqlite3.connect(path) as sql:
        sql.execute("UPDATE incidents SET body = '{\"id\": 7' WHERE id = ?", (id,))
    sql.close()


def test_pages_go_from_newest_to_oldest_without_gaps_or_repeats(store: Store) -> None:
    for n in range(7):
        opened = NOW + timedelta(minutes=n // 2)  # some share a moment
        store.save(incident(f"inc-{n}", resource=site(f"s{n}"), opened=opened))

    seen, cursor = [], None
    while True:
        page = store.page(limit=3, cursor=cursor)
        seen += [each.id for each in page.incidents]
        if cursor is None:  # one arrives while somebody reads
            store.save(incident("inc-new", resource=site("new"), opened=NOW + timedelta(hours=1)))
        if (cursor := page.cursor) is None:
            break

    assert seen == [f"inc-{n}" for n in (6, 5, 4, 3, 2, 1, 0)]


def test_a_page_is_filtered_by_state_resource_registry_and_time(store: Store) -> None:
    store.save(incident("a", resource=site("shop"), state=State.HELD, registry=REGISTRY))
    store.save(incident("b", resource=site("shop2"), opened=NOW - timedelta(days=1)))
    store.save(incident("c", resource=site("blog", group="web2")))

    def ids(**wanted: object) -> str:
        page = store.page(**wanted)  # type: ignore[arg-type]
        return "".join(sorted(each.id for each in page.incidents))

    assert ids(state=State.HELD) == "a"
    assert ids(resource=str(site("shop")).upper()) == "a"
    assert ids(resource=site().group_id + "/") == "ab"
    assert ids(resource=f"/subscriptions/{site().subscription}") == "abc"
    assert ids(resource="%") == ""
    assert ids(registry=str(REGISTRY)) == "a"
    assert ids(registry=REGISTRY.group_id) == "a"
    assert ids(since=NOW) == "ac"
    assert ids(state=State.HELD, since=NOW + timedelta(seconds=1)) == ""


@pytest.mark.parametrize("cursor", ["", "x", "bm90", "W10=", "WzEsMl0=", "é", "e30="])
def test_a_cursor_that_is_not_ours_is_bad_input(store: Store, cursor: str) -> None:
    with pytest.raises(BadInput, match="cursor"):
        store.page(cursor=cursor)


def test_a_page_has_a_sane_size_whatever_is_asked(store: Store) -> None:
    store.save(incident("a", resource=site("a")))
    store.save(incident("b", resource=site("b")))

    assert len(store.page(limit=0).incidents) == 1
    assert len(store.page(limit=10**9).incidents) == 2


def test_due_are_verifications_whose_time_has_come_and_work_left_lying(
    store: Store,
) -> None:
    def checked(due: datetime | None) -> Verification:
        return Verification(result=Result.PENDING, proof="not yet", checked=NOW, due=due)

    old, soon = NOW - timedelta(minutes=11), NOW + timedelta(minutes=1)
    for id, state, updated, due in (
        ("due", State.VERIFYING, NOW, NOW),
        ("not-due", State.VERIFYING, old, soon),
        ("stuck", State.DIAGNOSING, old, None),
        ("never-started", State.RECEIVED, old - timedelta(hours=1), None),
        ("working", State.APPLYING, NOW, None),
        ("held", State.HELD, old, None),
        ("held-since", State.HELD, old, old),
        ("over", State.HEALED, old, None),
        ("rolled-back", State.ROLLED_BACK, old, old),
    ):
        verification = checked(due) if due else None
        store.save(
            incident(id, resource=site(id), state=state, updated=updated, verification=verification)
        )

    found = [each.id for each in store.due(NOW, 10)]

    assert (found[0], set(found[1:3]), found[3:]) == (
        "never-started",
        {"stuck", "held-since"},  # waiting equally long
        ["due"],
    )
    assert [each.id for each in store.due(NOW, 1)] == ["never-started"]


def test_a_damaged_incident_is_named_and_hides_no_other(store: Store, path: Path) -> None:
    old = NOW - timedelta(hours=1)
    for id in ("a", "b", "c"):
        store.save(incident(id, resource=site(id), updated=old))
    store.record(record(incident="b"))
    damage(store, path, "b")

    page = store.page()

    assert {each.id for each in page.incidents} == {"a", "c"}
    assert page.unreadable == ("b",)
    assert {each.id for each in store.due(NOW, 2)} == {"a", "c"}
    with pytest.raises(StoreError, match="incident b cannot be read"):
        store.load("b")
    assert len(store.records("b")) == 1


@pytest.mark.parametrize(
    "about",
    [f"breaker:{REGISTRY.key}", "breaker:*", f"tidying/2026-08-03/{REGISTRY.key}", "a\\b#c?d"],
)
def test_the_audit_is_kept_whatever_it_is_about(store: Store, about: str) -> None:
    """A table's keys may hold no slash, which most of these names have."""
    for text in ("first", "second"):
        store.record(record(incident=about, text=text))

    assert [one.text for one in store.records(about)] == ["first", "second"]
    assert store.records(f"{about}/more") == ()
    assert store.load(about) is None
