"""What nobody was told yet: put up once, taken by one, in a file and in an account."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from shared.model.words import State
from shared.store import Store
from shared.store.outbox import Channel
from tests.store.conftest import Another
from tests.store.makers import NOW, REGISTRY, incident, site

LATER = NOW + timedelta(minutes=1)


def rest(store: Store, state: State, *, id: str = "inc-1") -> None:
    """Bring the incident into that state, as it stands in the store."""
    before = store.load(id)
    store.save(replace(before or incident(id=id), state=state, updated=NOW))


def test_a_state_that_matters_is_put_up_once_however_often_it_is_saved(store: Store) -> None:
    for state in (State.RECEIVED, State.HELD, State.HELD, State.RECEIVED, State.HELD):
        rest(store, state)

    waiting = store.outbox.waiting(LATER, 10)

    assert [(one.about, one.what, one.since) for one in waiting] == [("inc-1", "held", NOW)]


def test_what_was_told_is_never_put_up_again_and_other_states_are(store: Store) -> None:
    rest(store, State.HELD)
    (one,) = store.outbox.take(store.outbox.waiting(LATER, 10))
    store.outbox.settle(one, again=None)

    rest(store, State.RECEIVED)
    rest(store, State.HELD)
    rest(store, State.HEALED)

    assert [one.what for one in store.outbox.waiting(LATER, 10)] == ["healed"]


def test_states_that_matter_to_nobody_are_not_put_up(store: Store) -> None:
    for state in (State.APPLYING, State.VERIFYING, State.REJECTED):
        rest(store, state)

    assert store.outbox.waiting(LATER, 10) == ()


def test_each_is_taken_by_one_teller_alone(store: Store, another: Another) -> None:
    for number in range(4):
        store.save(incident(id=f"inc-{number}", resource=site(f"shop{number}"), state=State.HELD))
    tellers = [another() for _ in range(4)]
    seen = tellers[0].outbox.waiting(LATER, 10)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda teller: teller.outbox.take(seen), tellers))

    assert sorted(one.about for some in taken for one in some) == [one.about for one in seen]
    assert store.outbox.waiting(LATER, 10) == ()


def test_what_is_put_back_comes_again_in_its_time_with_what_it_reached(store: Store) -> None:
    rest(store, State.HELD)
    (one,) = store.outbox.take(store.outbox.waiting(LATER, 10))

    store.outbox.settle(replace(one, reached=("a", "b")), again=LATER + timedelta(minutes=5))

    assert store.outbox.waiting(LATER + timedelta(minutes=4), 10) == ()
    (again,) = store.outbox.waiting(LATER + timedelta(minutes=5), 10)
    assert (again.tries, again.reached) == (1, ("a", "b"))


def test_a_breaker_is_told_when_it_trips_and_not_while_it_is_tripped(store: Store) -> None:
    at = REGISTRY.key
    for _ in range(2):
        store.trip(at, because="3 fixes failed", now=NOW)
    (one,) = store.outbox.take(store.outbox.waiting(LATER, 10))
    assert (one.about, one.what) == (at, "tripped")
    store.outbox.settle(one, again=None)
    store.trip(at, because="4 fixes failed", now=LATER)
    assert store.outbox.waiting(LATER, 10) == ()

    store.reset(at, now=LATER)
    store.trip(at, because="3 fixes failed", now=LATER)

    assert len(store.outbox.waiting(LATER, 10)) == 1


def test_how_a_channel_fared_is_remembered_until_it_fares_otherwise(store: Store) -> None:
    store.outbox.fared(Channel(name="a", at=NOW, error="refused"))
    store.outbox.fared(Channel(name="b", at=NOW))
    store.outbox.fared(Channel(name="a", at=LATER))

    assert store.outbox.channels() == (Channel(name="a", at=LATER), Channel(name="b", at=NOW))
