"""Leases, and the counts the gate asks for."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.model.history import Crowd, History
from shared.model.incident import Incident
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName, Result, State
from shared.store import RecordKind, SqliteStore, Store
from shared.store.interface import Held, Pulse
from tests.store import azurite
from tests.store.makers import NOW, REGISTRY, incident, record, site
from tests.store.places import Another, account, break_leases, patient


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


@patient
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
    assert store.trip(REGISTRY.text, because="2 fixes failed", now=NOW)
    assert not store.trip(REGISTRY.text, because="3 fixes failed", now=NOW)

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


def failing(id: str, name: str, minutes_ago: int, **changes: Any) -> Incident:
    """An incident about a lost role at the registry."""
    lost = Diagnosis(cause=Cause.UNAUTHORIZED, finding=FindingName.PULL_ROLE_MISSING, summary="")
    at = NOW - timedelta(minutes=minutes_ago)
    known = {"registry": REGISTRY, "diagnosis": lost, "opened": at, "state": State.HELD}
    return incident(id, resource=site(name), updated=NOW, **{**known, **changes})


def test_the_crowd_is_other_workloads_of_the_registry_that_fail_alike_lately(store: Store) -> None:
    for one in (
        failing("inc-1", "shop", 1),
        failing("inc-2", "cart", 50, state=State.HEALED),
        failing("inc-3", "cart", 5),
        failing("inc-4", "till", 300),
        failing("inc-5", "long-over", 61, state=State.HEALED),
        failing("inc-6", "days-old", 25 * 60),
        failing("inc-7", "elsewhere", 1, registry=None),
        failing("inc-8", "unknown", 1, diagnosis=None),
    ):
        store.save(one)
    lost, stale = FindingName.PULL_ROLE_MISSING, FindingName.CREDENTIALS_STALE

    crowd = store.history(REGISTRY, "", now=NOW, workload=site(), finding=lost).crowd
    other = store.history(REGISTRY, "", now=NOW, workload=site(), finding=stale).crowd

    assert crowd == Crowd(finding=lost, others=2, since=NOW - timedelta(minutes=300))
    assert other == Crowd(finding=stale)
    assert store.history(REGISTRY, "", now=NOW).crowd is None


def test_what_is_held_is_counted_with_the_oldest(store: Store) -> None:
    assert store.held() == Held()

    store.save(failing("inc-1", "shop", 1))
    store.save(failing("inc-2", "cart", 90 * 24 * 60))
    store.save(failing("inc-3", "till", 500 * 24 * 60, state=State.DENIED))

    assert store.held() == Held(count=2, oldest=NOW - timedelta(days=90))


def test_the_pulse_remembers_the_newest_time_without_a_sweep(store: Store) -> None:
    def beat(minutes: int) -> Pulse | None:
        store.beat(NOW + timedelta(minutes=minutes), longest=timedelta(minutes=30))
        return store.pulse()

    assert store.pulse() is None
    assert beat(0) == Pulse(last=NOW, gap_from=None, gap_until=NOW)
    assert beat(30) == Pulse(last=NOW + timedelta(minutes=30), gap_from=None, gap_until=NOW)
    late = NOW + timedelta(minutes=61)
    gap = Pulse(last=late, gap_from=NOW + timedelta(minutes=30), gap_until=late)
    assert beat(61) == gap
    assert beat(62) == replace(gap, last=NOW + timedelta(minutes=62))
    assert beat(-600) == replace(gap, last=NOW - timedelta(minutes=600))
