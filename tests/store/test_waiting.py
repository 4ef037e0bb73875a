"""Many at once: what waits to be looked at, what one workload has been through, who wrote when."""

from dataclasses import replace
from datetime import timedelta

from shared.model.plan import Verification
from shared.model.words import Result, State
from shared.store import RecordKind, Store
from tests.store.makers import NOW, REGISTRY, incident, record, signal, site

LATER = NOW + timedelta(minutes=1)


def names(store: Store, limit: int = 10) -> list[str]:
    return [one.resource.rsplit("/", 1)[-1] for one in store.backlog(LATER, limit)]


def test_what_was_received_and_not_looked_at_waits_the_oldest_first(store: Store) -> None:
    for number, name in enumerate(("c", "a", "b")):
        at = NOW + timedelta(seconds=number)
        store.receive(signal(name, site(name)), now=at)

    assert names(store) == ["c", "a", "b"]
    assert names(store, 2) == ["c", "a"]
    assert store.backlog(LATER, 10, since=NOW)[0].resource == site("c").key
    assert len(store.backlog(LATER, 10, since=NOW)) == 1


def test_what_was_looked_at_waits_no_more_unless_its_time_has_come(store: Store) -> None:
    for name in ("looked", "later", "now"):
        store.receive(signal(name, site(name)), now=NOW)
    for name, due in (("later", LATER + timedelta(hours=1)), ("now", LATER)):
        kept = store.load(store.find_open(site(name)) or "")
        assert kept is not None
        pending = Verification(result=Result.PENDING, proof="", checked=NOW, due=due)
        store.save(replace(kept, verification=pending))
    kept = store.load(store.find_open(site("looked")) or "")
    assert kept is not None
    store.save(replace(kept, state=State.DIAGNOSING))

    assert names(store) == ["now"]


def test_a_workloads_own_incidents_come_newest_first_and_no_ones_below_it(store: Store) -> None:
    for number in range(3):
        opened = NOW + timedelta(hours=number)
        store.save(
            incident(f"inc-{number}", state=State.CLOSED, opened=opened, updated=opened),
        )
    slot = replace(site(), text=f"{site()}/slots/staging")
    store.save(incident("inc-slot", resource=slot, state=State.CLOSED))

    found = store.lately(site(), since=NOW + timedelta(minutes=30))

    assert [one.id for one in found] == ["inc-2", "inc-1"]


def test_an_incident_that_became_another_workloads_is_listed_there_alone(store: Store) -> None:
    store.save(incident())
    kept = store.load("inc-1")
    assert kept is not None

    store.save(replace(kept, resource=site("other")))

    assert store.lately(site(), since=NOW) == ()
    assert [one.id for one in store.lately(site("other"), since=NOW)] == ["inc-1"]


def test_when_a_registry_was_written_is_known_and_a_write_shared_with_another_counts_once(
    store: Store,
) -> None:
    shared = {"kind": RecordKind.INTENT, "registry": REGISTRY.text}
    store.record(record(**shared, writes=1, at=NOW))
    store.record(record(**shared, writes=0, at=NOW, incident="inc-2"))
    store.record(record(**shared, writes=1, at=LATER, incident="inc-3"))

    assert store.written(REGISTRY, since=NOW - timedelta(seconds=1)) == (NOW, LATER)
    assert store.written(REGISTRY, since=NOW) == (LATER,)
    assert store.history(REGISTRY, "", now=LATER).registry_writes_last_hour == 2


def test_incidents_under_treatment_are_counted_up_to_a_limit(store: Store) -> None:
    for number in range(5):
        store.receive(
            signal(f"a-{number}", site(f"s{number}")), now=NOW + timedelta(seconds=number)
        )
    for name, state in (("s1", State.DIAGNOSING), ("s2", State.VERIFYING), ("s3", State.EXPLAINED)):
        kept = store.load(store.find_open(site(name)) or "")
        assert kept is not None
        store.save(replace(kept, state=state))

    assert store.unsettled(since=NOW - timedelta(seconds=1), limit=10) == 3
    assert store.unsettled(since=NOW, limit=10) == 2
    assert store.unsettled(since=NOW - timedelta(seconds=1), limit=2) == 2
    assert store.unsettled(since=LATER, limit=2) == 0


def test_what_waits_again_tells_the_registry_that_was_found_before(store: Store) -> None:
    store.receive(signal("new", site("new")), now=NOW)
    store.save(
        incident("inc-again", resource=site("again"), state=State.RECEIVED, registry=REGISTRY)
    )

    told = {one.resource: one.registry for one in store.backlog(LATER, 10)}

    assert told == {site("new").key: None, site("again").key: REGISTRY.key}
