"""
Several processes, one store: real ones, forked, which share nothing but the store and Azure.

The same failure is heard fifty times, out of order and in parallel; or each process hears of other
workloads at one registry. The store is a file, or an emulated storage account.
"""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.errors import TransientError
from shared.medic import Medic
from shared.model.signal import Signal
from shared.model.words import OPEN_STATES, State
from shared.pipeline import sweep, take
from shared.settings import PolicyText, Settings
from shared.store import RecordKind
from tests.clinic import GENEROUS, Clinic, SimulatedClock
from tests.kill.victim import Work, together
from tests.pipeline.test_at_once import rules
from tests.simulator import estates
from tests.store.places import KINDS, PATIENT_KINDS, Another, somewhere

#: A storm in which a limit holds nobody back.
MANY = f"{GENEROUS}limits: {{writes_per_registry_per_hour: 50}}\n"


@pytest.fixture(params=KINDS)
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Another]:
    with somewhere(request.param, tmp_path / "medic.db") as place:
        yield place


def delivering(signals: list[Signal], seed: int) -> Work:
    """What one function host does with its queue: several messages at once, again when busy."""

    def deliver(signal: Signal, medic: Medic) -> None:
        waiting = [signal]
        for _ in range(20):
            if not waiting:
                return
            with suppress(TransientError):  # another delivery is at work: again
                waiting += take(waiting[0], medic=medic)
                del waiting[0]

    def work(medic: Medic) -> None:
        mixed = signals[:]
        random.Random(seed).shuffle(mixed)
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(deliver, one, medic) for one in mixed]:
                done.result()

    return work


def afterwards(clinic: Clinic, another: Another) -> Medic:
    """Another process comes, and sweeps until nothing moves any more."""
    clinic.medic = Medic(
        Settings(policy=PolicyText(MANY)),
        connection=clinic.connection,
        store=another(),
        clock=SimulatedClock(clinic.simulator),
    )
    for _ in range(12):
        clinic.advance(301)
        sweep(medic=clinic.medic)
        if all(one.state not in OPEN_STATES for one in clinic.medic.store.page().incidents):
            break
    return clinic.medic


def test_the_same_alert_fifty_times_on_two_processes_is_one_incident_one_plan_and_one_write(
    tmp_path: Path, another: Another
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    heard = [clinic.signal(shop, id=f"alert-{number % 5}") for number in range(25)]

    together(clinic, another.place, MANY, [delivering(heard, seed) for seed in (1, 2)])
    store = afterwards(clinic, another).store

    (incident,) = store.page().incidents
    kinds = Counter(one.kind for one in store.records(incident.id))
    assert incident.state is State.HEALED
    assert {one.id for one in incident.signals} == {one.id for one in heard}
    assert kinds[RecordKind.INTENT] == kinds[RecordKind.OUTCOME] == 1
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def six_apps() -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """Six web apps on plans of their own, one registry that knows none of them."""
    estate = estates.Estate(retry=[45])
    acr = estate.registry("contosoimages", deny=True, allow=estates.OFFICE)
    image = estate.image(acr, "shop/web", "4.2.1")
    apps = {f"app{n}": (f"20.51.{n}.21", f"20.51.{n}.22") for n in range(6)}
    for name, outbound in apps.items():
        site = estate.site(name, image=image, outbound=outbound)
        estate.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    return estate.scenario(), apps


@pytest.mark.parametrize("another", PATIENT_KINDS, indirect=True)
def test_processes_that_heal_different_workloads_of_one_registry_lose_nothing(
    tmp_path: Path, another: Another
) -> None:
    scenario, apps = six_apps()
    clinic = Clinic(scenario, tmp_path)
    sites = [clinic.id(name, "sites") for name in apps]
    for site in sites:
        clinic.pull(site)
    heard = [clinic.signal(site, id=site.name) for site in sites]

    works = [delivering(heard[part::3], part) for part in range(3)]
    together(clinic, another.place, MANY, works)
    store = afterwards(clinic, another).store

    incidents = store.page().incidents
    expected = {*estates.OFFICE, *(address for some in apps.values() for address in some)}
    assert {one.resource.name for one in incidents} == set(apps)
    assert {one.state for one in incidents} == {State.HEALED}
    assert sorted(rules(clinic)) == sorted(expected)
    assert len(clinic.writes) <= len(apps)
    for one in incidents:
        kinds = Counter(record.kind for record in store.records(one.id))
        assert kinds[RecordKind.INTENT] == kinds[RecordKind.OUTCOME] == 1, one.timeline
