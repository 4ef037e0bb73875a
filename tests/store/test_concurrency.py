"""Many deliveries at once, from threads and from processes: one incident per workload."""

import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.model.words import State
from shared.store import Received, StaleIncident, Store
from tests.store.makers import NOW, incident, signal, site
from tests.store.places import Another

DELIVERER = """
import random, sys
from tests.store.places import reopened
from tests.store.makers import NOW, signal, site
store = reopened(sys.argv[1])
deliveries = [(name, n) for name in ("shop", "blog") for n in range(25)]
random.Random(int(sys.argv[2])).shuffle(deliveries)
for name, n in deliveries:
    got = store.receive(signal(f"{name}-{n}", site(name)), now=NOW)
    print(name, got.incident, got.new, got.duplicate)
store.close()
"""


@pytest.mark.parametrize("seed", range(3))
def test_fifty_deliveries_from_threads_in_any_order_make_one_incident_per_workload(
    another: Another, seed: int
) -> None:
    stores = [another() for _ in range(3)]
    deliveries = [(name, n) for name in ("shop", "blog") for n in range(10)] * 5
    random.Random(seed).shuffle(deliveries)

    def deliver(job: tuple[int, tuple[str, int]]) -> tuple[str, Received]:
        place, (name, n) = job
        got = stores[place % 3].receive(signal(f"{name}-{n}", site(name)), now=NOW)
        return name, got

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(deliver, enumerate(deliveries)))

    for name in ("shop", "blog"):
        mine = [got for who, got in answers if who == name]
        assert len({got.incident for got in mine}) == 1
        assert Counter(got.new for got in mine)[True] == 1
        assert Counter(got.duplicate for got in mine)[True] == 40
    assert len(stores[0].page().incidents) == 2


def test_processes_that_start_together_share_one_store(another: Another) -> None:
    place = another.place

    runs = [
        subprocess.Popen(
            [sys.executable, "-c", DELIVERER, place, str(seed)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(3)
    ]
    answers = [run.communicate() for run in runs]

    assert [(run.returncode, errors) for run, (_, errors) in zip(runs, answers, strict=True)] == [
        (0, "")
    ] * 3
    lines = [line.split() for output, _ in answers for line in output.splitlines()]
    assert len({(name, id) for name, id, *_ in lines}) == 2
    assert sum(new == "True" for _, _, new, _ in lines) == 2
    assert sum(duplicate == "False" for *_, duplicate in lines) == 50


def test_of_workers_that_change_one_version_exactly_one_wins(store: Store) -> None:
    loaded = store.save(incident())

    def change(state: State) -> bool:
        try:
            store.save(loaded.at("x", "y", NOW, state=state))
        except StaleIncident:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(change, [State.HELD, State.DIAGNOSING, State.APPLYING] * 4))

    assert sum(won) == 1


def test_of_many_who_want_a_lease_exactly_one_gets_it(another: Another) -> None:
    stores = [another() for _ in range(4)]

    def take(n: int) -> bool:
        return stores[n % 4].lease("x", holder=str(n), until=NOW.replace(hour=12), now=NOW)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(20)))

    assert sum(taken) == 1
