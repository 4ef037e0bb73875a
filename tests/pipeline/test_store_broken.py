"""A store in a file that fails says what to do; nothing is written to Azure, and health is 503."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.model.words import State
from shared.pipeline import heal, sweep
from shared.store import SqliteStore, StoreError
from tests.functions.conftest import Desk, open_desk
from tests.pipeline.test_at_once import SECOND, rules, two_apps_one_registry
from tests.simulator import estates

__all__ = ["open_desk"]


def full(store: SqliteStore, _: Path) -> None:
    with store._database.reading() as sql:
        sql.execute("PRAGMA max_page_count = 1")


def read_only(store: SqliteStore, _: Path) -> None:
    with store._database.reading() as sql:
        sql.execute("PRAGMA query_only = 1")


def overwritten(store: SqliteStore, file: Path) -> None:
    store.close()
    file.write_bytes(b"precious words, not a database" * 1000)


def torn(store: SqliteStore, file: Path) -> None:
    """Its first page is as it was, what follows is not."""
    store.close()
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (full, "the disk is full; free space"),
        (read_only, "the file may only be read; correct its permissions"),
        (overwritten, "not a database; name another one in MEDIC_STORE"),
        (torn, "the file is damaged; move it away, or restore a copy"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_file_that_fails_stops_every_write_and_says_what_to_do(
    open_desk: Callable[..., Desk], breaks: Callable[..., None], says: str, tmp_path: Path
) -> None:
    desk = open_desk()
    desk.clinic.pull(desk.shop())
    store = desk.clinic.medic.store
    assert isinstance(store, SqliteStore)
    store.check()
    for n in range(40):  # several pages
        desk.clinic.medic.receive(desk.clinic.signal(desk.shop(), "x" * 900, id=f"earlier-{n}"))
    breaks(store, tmp_path / "medic.db")

    with pytest.raises(StoreError, match=says):
        heal(desk.clinic.signal(desk.shop(), "y" * 3900), medic=desk.clinic.medic)
    health = desk.ask("GET", "/api/health")

    assert health.status == 503
    assert says in health.json["store"]["problems"][0]
    assert health.json["store"]["reachable"] is False
    assert str(tmp_path / "medic.db") in health.json["store"]["place"]
    assert desk.ask("POST", "/api/alerts", desk.alert()).status == 202
    assert desk.clinic.writes == []


def test_one_damaged_incident_stops_no_other_and_health_names_it(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(two_apps_one_registry())
    clinic = desk.clinic
    for name in ("shop", "cart"):
        clinic.pull(clinic.id(name, "sites"))
        clinic.medic.receive(clinic.signal(clinic.id(name, "sites"), id=name))
    damaged = clinic.medic.store.find_open(clinic.id("shop", "sites"))
    store = clinic.medic.store
    assert isinstance(store, SqliteStore)
    with store._database.writing() as sql:
        sql.execute("UPDATE incidents SET body = '{' WHERE id = ?", (damaged,))

    for _ in range(6):
        clinic.advance(301)
        sweep(medic=clinic.medic)

    page, health = desk.ask("GET", "/api/incidents").json, desk.ask("GET", "/api/health")
    assert [one["state"] for one in page["incidents"]] == [State.HEALED]
    assert page["unreadable"] == [damaged]
    assert health.status == 200
    assert damaged in health.json["store"]["unreadable"][0]
    assert set(rules(clinic)) == {*estates.OFFICE, *SECOND}
    told = desk.ask("GET", f"/api/incidents/{damaged}")
    assert (told.status, told.code) == (503, "store-unavailable")
    assert "its row is damaged" in told.json["error"]["message"]
