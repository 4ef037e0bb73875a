"""Leases, and the counts the gate asks for."""

from datetime import datetime, timedelta

import pytest

from shared.model.history import History
from shared.model.words import Result
from shared.store import RecordKind, SqliteStore
from tests.store.makers import NOW, REGISTRY, record


def test_a_lease_has_one_holder_until_it_ends_or_is_given_back(store: SqliteStore) -> None:
    def take(holder: str, now: datetime) -> bool:
        return store.lease("x", holder=holder, until=now + timedelta(minutes=5), now=now)

    assert take("one", NOW)
    assert not take("two", NOW)
    assert take("one", NOW + timedelta(minutes=4))
    assert not take("two", NOW + timedelta(minutes=8))
    assert take("two", NOW + timedelta(minutes=9))
    store.release("x", "one")
    assert not take("one", NOW + timedelta(minutes=9))
    store.release("x", "two")
    assert take("one", NOW + timedelta(minutes=9))


def test_history_counts_announced_writes_of_the_hour_and_the_day(store: SqliteStore) -> None:
    def intent(registry: str, writes: int, ago: timedelta) -> None:
        store.record(record(kind=RecordKind.INTENT, registry=registry, writes=writes, at=NOW - ago))

    intent(str(REGISTRY).upper(), 2, timedelta(minutes=59))
    intent(str(REGISTRY), 3, timedelta(minutes=61))
    intent("/other", 4, timedelta(minutes=1))
    intent(str(REGISTRY), 5, timedelta(hours=25))
    store.record(record(kind=RecordKind.OUTCOME, registry=str(REGISTRY), writes=9))

    history = store.history(REGISTRY, "digest", now=NOW)

    assert history == History(registry_writes_last_hour=2, writes_today=9)
    assert store.history(None, "", now=NOW) == History(writes_today=9)


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
    store: SqliteStore, result: Result, days: int, remembered: bool
) -> None:
    store.record(
        record(kind=RecordKind.VERIFICATION, plan="d", result=result, at=NOW - timedelta(days=days))
    )

    assert store.history(REGISTRY, "d", now=NOW).same_plan_failed is remembered
    assert not store.history(REGISTRY, "e", now=NOW).same_plan_failed


def test_a_tripped_breaker_is_in_the_history_until_it_is_reset(store: SqliteStore) -> None:
    store.trip(REGISTRY.text, because="3 fixes failed", now=NOW)

    assert store.history(REGISTRY, "", now=NOW).breaker == "3 fixes failed"
    assert store.history(None, "", now=NOW).breaker is None
    assert [(each.scope, each.since) for each in store.breakers()] == [(REGISTRY.key, NOW)]
    assert store.reset(REGISTRY.key, now=NOW)
    assert not store.reset(REGISTRY.key, now=NOW)
    assert store.history(REGISTRY, "", now=NOW).breaker is None
    assert store.breakers() == ()


def test_a_breaker_for_all_stops_every_registry(store: SqliteStore) -> None:
    store.trip("*", because="maintenance", now=NOW)

    assert store.history(REGISTRY, "", now=NOW).breaker == "maintenance"
    assert store.history(None, "", now=NOW).breaker == "maintenance"


def test_failures_count_within_the_window_and_since_the_last_reset(store: SqliteStore) -> None:
    def failed(minutes_ago: int, result: Result = Result.FAILED) -> None:
        store.record(
            record(
                kind=RecordKind.VERIFICATION,
                registry=str(REGISTRY),
                result=result,
                at=NOW - timedelta(minutes=minutes_ago),
            )
        )

    for minutes in (90, 30, 20, 10):
        failed(minutes)
    failed(5, Result.UNVERIFIED)
    hour_ago = NOW - timedelta(hours=1)

    assert store.failures(REGISTRY, since=hour_ago) == 3
    store.trip(REGISTRY.key, because="x", now=NOW - timedelta(minutes=15))
    store.reset(REGISTRY.key, now=NOW - timedelta(minutes=15))
    assert store.failures(REGISTRY, since=hour_ago) == 1
