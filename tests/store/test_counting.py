"""Leases, and the counts the gate asks for."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.model.history import History
from shared.model.words import Result
from shared.store import RecordKind, SqliteStore, Store
from tests.store import azurite
from tests.store.makers import NOW, REGISTRY, incident, record, site
from tests.store.places import Another, account, break_leases


def test_a_lease_has_one_holder_until_it_is_given_back(store: Store) -> None:
    def take(holder: str, now: datetime = NOW) -> bool:
        return store.lease("x/y", holder=holder, until=now + timedelta(minutes=5), now=now)

    assert take("one")
    assert not take("two")
    assert take("one", NOW + timedelta(minutes=4))
    assert not take("two", NOW + timedelta(minutes=8))
    store.release("x/y", "two")
    assert not take("two")
    store.release("x/y", "one")
    assert take("two")
    store.release("never taken", "one")


def test_a_lease_is_renewed_only_while_nobody_else_had_it(another: Another) -> None:
    one, two, until = another(), another(), NOW + timedelta(minutes=5)

    assert not one.renew("x", holder="one", until=until, now=NOW)  # never taken
    assert one.lease("x", holder="one", until=until, now=NOW)
    assert one.renew("x", holder="one", until=until, now=NOW)
    assert not two.renew("x", holder="two", until=until, now=NOW)
    break_leases(another.place)
    assert not one.renew("x", holder="one", until=until, now=NOW)
    assert two.lease("x", holder="two", until=until, now=NOW)
    assert not one.renew("x", holder="one", until=until, now=NOW)
    two.release("x", "two")  # free again, and somebody else had it
    assert not one.renew("x", holder="one", until=until, now=NOW)


def test_a_lease_in_the_file_ends_at_its_time(path: Path) -> None:
    store = SqliteStore(path)

    assert store.lease("x", holder="one", until=NOW + timedelta(minutes=5), now=NOW)
    later = NOW + timedelta(minutes=5)
    assert store.lease("x", holder="two", until=later + timedelta(minutes=5), now=later)
    store.close()


@pytest.mark.skipif(azurite.missing() is not None, reason=str(azurite.missing()))
def test_a_lease_of_a_worker_that_died_is_free_within_the_minute() -> None:
    """Azure's shortest lease, 15 seconds, instead of the minute."""
    died, lives, other = (account("leases", seconds=15) for _ in range(3))
    wanted = {"until": NOW + timedelta(minutes=5), "now": NOW}
    assert died.lease("a", holder="died", **wanted)
    assert lives.lease("b", holder="lives", **wanted)

    died.close()
    time.sleep(16)

    assert other.lease("a", holder="other", **wanted)
    assert not other.lease("b", holder="other", **wanted)
    for store in (lives, other):
        store.close()


def test_history_counts_announced_writes_of_the_hour_and_the_day(store: Store) -> None:
    def intent(registry: str, writes: int, ago: timedelta) -> None:
        store.record(record(kind=RecordKind.INTENT, registry=registry, writes=writes, at=NOW - ago))

    intent(str(REGISTRY).upper(), 2, timedelta(minutes=59))
    intent(str(REGISTRY), 3, timedelta(minutes=61))
    intent("/other", 4, timedelta(minutes=1))
    intent(str(REGISTRY), 5, timedelta(hours=25))
    store.record(record(kind=RecordKind.OUTCOME, registry=str(REGISTRY), writes=9))

    history = store.history(REGISTRY, "digest", now=NOW)

    assert (history.registry_writes_last_hour, history.writes_today) == (2, 9)
    assert history.registry_frees == NOW + timedelta(minutes=1)
    assert history.day_frees == NOW - timedelta(minutes=61) + timedelta(days=1)
    nowhere = store.history(None, "", now=NOW)
    assert nowhere == History(writes_today=9, day_frees=history.day_frees)


def test_history_counts_what_was_announced_for_the_workload_wherever_it_was_written(
    store: Store,
) -> None:
    shop, other = site(), site("other")
    store.save(incident("inc-1", resource=shop))
    store.save(incident("inc-2", resource=other))
    for id, resource, hours in (("inc-1", shop, 1), ("inc-1", shop, 25), ("inc-2", other, 2)):
        at = NOW - timedelta(hours=hours)
        told = record(incident=id, kind=RecordKind.INTENT, resource=resource.text, writes=2, at=at)
        store.record(told)

    mine = store.history(REGISTRY, "", now=NOW, workload=shop)

    assert (mine.workload_writes_today, mine.writes_today) == (2, 4)
    assert mine.workload_frees == NOW + timedelta(hours=23)
    assert store.history(REGISTRY, "", now=NOW).workload_writes_today == 0


@pytest.mark.parametrize(
    ("result", "days", "remembered"),
    [
        (Result.FAILED, 1, True),
        (Result.UNVERIFIED, 1, True),
        (Result.HEALED, 1, False),
        (Result.PENDING, 1, False),
        (Result.FAILED, 8, False),
    ],
)
def test_a_plan_that_did_not_help_is_remembered_for_a_week(
    store: Store, result: Result, days: int, remembered: bool
) -> None:
    store.record(
        record(kind=RecordKind.VERIFICATION, plan="d", result=result, at=NOW - timedelta(days=days))
    )

    assert store.history(REGISTRY, "d", now=NOW).same_plan_failed is remembered
    assert not store.history(REGISTRY, "e", now=NOW).same_plan_failed


def test_a_tripped_breaker_is_in_the_history_until_it_is_reset(store: Store) -> None:
    store.trip(REGISTRY.text, because="3 fixes failed", now=NOW)

    assert store.history(REGISTRY, "", now=NOW).breaker == "3 fixes failed"
    assert store.history(None, "", now=NOW).breaker is None
    assert [(each.scope, each.since) for each in store.breakers()] == [(REGISTRY.key, NOW)]
    assert store.reset(REGISTRY.key, now=NOW)
    assert not store.reset(REGISTRY.key, now=NOW)
    assert store.history(REGISTRY, "", now=NOW).breaker is None
    assert store.breakers() == ()


def test_a_breaker_for_all_stops_every_registry(store: Store) -> None:
    store.trip("*", because="maintenance", now=NOW)

    assert store.history(REGISTRY, "", now=NOW).breaker == "maintenance"
    assert store.history(None, "", now=NOW).breaker == "maintenance"


def fail(store: Store, minutes_ago: int, registry: str, result: Result = Result.FAILED) -> None:
    at = NOW - timedelta(minutes=minutes_ago)
    store.record(record(kind=RecordKind.VERIFICATION, registry=registry, result=result, at=at))


def test_failures_count_within_the_window_and_since_the_last_reset(store: Store) -> None:
    for minutes in (90, 30, 20, 10):
        fail(store, minutes, REGISTRY.text)
    fail(store, 5, REGISTRY.text, Result.UNVERIFIED)
    fail(store, 5, "/Other")
    hour_ago = NOW - timedelta(hours=1)

    assert store.failures(since=hour_ago, now=NOW) == {REGISTRY.key: 3, "/other": 1}
    store.trip(REGISTRY.key, because="x", now=NOW - timedelta(minutes=15))
    store.reset(REGISTRY.key, now=NOW - timedelta(minutes=15))
    assert store.failures(since=hour_ago, now=NOW) == {REGISTRY.key: 1, "/other": 1}
    store.trip("*", because="x", now=NOW)
    store.reset("*", now=NOW)
    assert store.failures(since=hour_ago, now=NOW) == {}


def test_a_reset_under_a_clock_that_ran_ahead_does_not_excuse_what_fails_until_then(
    store: Store,
) -> None:
    store.trip(REGISTRY.key, because="x", now=NOW)
    store.reset(REGISTRY.key, now=NOW + timedelta(days=365))
    fail(store, 10, REGISTRY.text)

    assert store.failures(since=NOW - timedelta(hours=1), now=NOW) == {REGISTRY.key: 1}


def test_closed_places_are_told_to_every_machine_until_their_time(
    store: Store, another: Another
) -> None:
    store.close_place("arm/reads", until=NOW + timedelta(seconds=30))
    store.close_place("arm/writes", until=NOW + timedelta(seconds=60))
    store.close_place("arm/reads", until=NOW + timedelta(seconds=40))

    elsewhere = another()

    assert elsewhere.closed_places(NOW) == {
        "arm/reads": NOW + timedelta(seconds=40),
        "arm/writes": NOW + timedelta(seconds=60),
    }
    assert list(elsewhere.closed_places(NOW + timedelta(seconds=40))) == ["arm/writes"]
    assert elsewhere.closed_places(NOW + timedelta(hours=1)) == {}
