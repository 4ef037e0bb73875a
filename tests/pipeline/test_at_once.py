"""Several at once: deliveries, workers, workloads and other administrators, in any order."""

import itertools
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import HealError, TransientError
from shared.medic import Medic
from shared.model.signal import Signal
from shared.model.words import State
from shared.pipeline import heal, rollback, sweep
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

SECOND = ("20.51.7.21", "20.51.7.22")
OTHERS = "198.51.100.7"


def blocked() -> dict[str, Any]:
    return {**estates.blocked_web_app(), "retry": [45]}


def two_apps_one_registry() -> dict[str, Any]:
    """Two web apps on plans of their own, one registry that knows neither."""
    estate = estates.Estate(retry=[45])
    acr = estate.registry("contosoimages", deny=True, allow=estates.OFFICE)
    image = estate.image(acr, "shop/web", "4.2.1")
    for name, outbound in (("shop", estates.OUTBOUND), ("cart", SECOND)):
        site = estate.site(name, image=image, outbound=outbound)
        estate.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    return estate.scenario()


def machine(clinic: Clinic, place: Path) -> Medic:
    """Another instance of the app: the same Azure, the same store file, nothing else shared."""
    return Medic(
        Settings(policy=PolicyText(GENEROUS)),
        connection=clinic.connection,
        store=SqliteStore(place / "medic.db"),
        clock=clinic.medic._clock,
    )


def rules(clinic: Clinic) -> list[str]:
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    return [rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]]


def change(clinic: Clinic, *values: str) -> None:
    """Another administrator writes this whole list."""
    wanted = [{"action": "Allow", "value": value} for value in values]
    body = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": wanted}}}
    path = f"{clinic.id('contosoimages')}?api-version=2025-11-01"
    answer = clinic.simulator.change("PATCH", path, json.dumps(body).encode())
    assert answer.status == 200, answer.body


def deliver(signal: Signal, medic: Medic) -> None:
    """What the queue does with one message."""
    for _ in range(5):
        try:
            heal(signal, medic=medic)
            return
        except TransientError:
            continue


def at_once(*jobs: Callable[[], object]) -> None:
    """All of them start together; the first failure is raised."""
    gate = threading.Barrier(len(jobs))

    def started(job: Callable[[], object]) -> None:
        gate.wait()
        job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(started, job) for job in jobs]:
            done.result()


@pytest.mark.parametrize("seed", range(3))
def test_twenty_deliveries_of_one_failure_to_two_machines_are_one_incident_and_one_write(
    seed: int, tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    machines = [machine(clinic, tmp_path) for _ in range(2)]
    signals = [clinic.signal(shop, id=f"signal-{number % 4}") for number in range(20)]
    random.Random(seed).shuffle(signals)

    at_once(
        *(
            lambda signal=signal, number=number: deliver(signal, machines[number % 2])  # type: ignore[misc]
            for number, signal in enumerate(signals)
        )
    )
    clinic.sweep_until_done(clinic.medic.store.page().incidents[0])

    (incident,) = clinic.medic.store.page().incidents
    assert incident.state is State.HEALED
    assert len(incident.signals) == 4
    assert [told.changed for told in incident.outcome] == [True]
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


@pytest.mark.parametrize("attempt", range(3))
def test_two_workloads_at_one_registry_healed_at_once_lose_no_rule(
    attempt: int, tmp_path: Path
) -> None:
    clinic = Clinic(two_apps_one_registry(), tmp_path)
    sites = [clinic.id(name, "sites") for name in ("shop", "cart")]
    for site in sites:
        clinic.pull(site)
    machines = [machine(clinic, tmp_path) for _ in sites]

    at_once(
        *(
            lambda site=site, medic=medic: deliver(clinic.signal(site, id=site.name), medic)  # type: ignore[misc]
            for site, medic in zip(sites, machines, strict=True)
        )
    )
    for _ in range(30):
        clinic.advance(60)
        sweep(medic=clinic.medic)

    assert set(rules(clinic)) == {*estates.OFFICE, *estates.OUTBOUND, *SECOND}
    assert {one.state for one in clinic.medic.store.page().incidents} == {State.HEALED}
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"] * 2


def test_sweeps_of_two_machines_verify_once_and_disturb_nobody(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    clinic.pull(clinic.only("sites"))
    incident = clinic.heal(clinic.only("sites"))
    machines = [machine(clinic, tmp_path) for _ in range(4)]
    clinic.advance(120)

    at_once(*(lambda medic=medic: sweep(medic=medic) for medic in machines))  # type: ignore[misc]

    after = clinic.load(incident.id)
    assert after.state is State.HEALED
    assert sum(moment.stage == "verification" for moment in after.timeline) == 2
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_an_incident_nobody_can_handle_keeps_no_other_from_its_proof(tmp_path: Path) -> None:
    clinic = Clinic(two_apps_one_registry(), tmp_path)
    shop, cart = clinic.id("shop", "sites"), clinic.id("cart", "sites")
    clinic.pull(shop)
    clinic.pull(cart)
    broken = clinic.heal(cart, id="cart")
    assert broken.plan is not None
    steps = tuple(replace(step, before={}, after={}) for step in broken.plan.steps)
    damaged = replace(
        broken,
        state=State.APPLYING,
        outcome=(),
        verification=None,
        plan=replace(broken.plan, steps=steps),
        updated=broken.updated - timedelta(hours=1),
    )
    clinic.medic.store.save(damaged)
    clinic.advance(60)
    incident = clinic.heal(shop)
    clinic.advance(300)

    with pytest.raises(KeyError):
        sweep(medic=clinic.medic)

    assert clinic.load(incident.id).state is State.HEALED
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"] * 2


def test_a_rollback_and_a_sweep_at_once_leave_one_story(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    clinic.pull(clinic.only("sites"))
    incident = clinic.heal(clinic.only("sites"))
    clinic.advance(120)

    def back() -> None:
        for _ in range(100):
            try:
                rollback(incident.id, "back", "ada", medic=clinic.medic)
                return
            except TransientError:
                threading.Event().wait(0.02)

    at_once(back, lambda: sweep(medic=machine(clinic, tmp_path)))

    assert clinic.load(incident.id).state is State.ROLLED_BACK
    assert rules(clinic) == [*estates.OFFICE]
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"] * 2


def test_a_worker_that_slept_past_its_claim_writes_nothing(tmp_path: Path) -> None:
    """Another worker took the incident meanwhile and finished it."""
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    taken: list[Any] = []

    def others_go_on(request: Any) -> None:
        if request.method == "GET" and "/listUsages" in request.path and not taken:
            taken.append(request)
            clinic.advance(20 * 60)
            deliver(clinic.signal(shop), machine(clinic, tmp_path))

    before_each(clinic, others_go_on)
    with pytest.raises(HealError, match="no longer at version"):
        clinic.heal(shop)

    (incident,) = clinic.medic.store.page().incidents
    assert incident.state is State.VERIFYING
    assert [told.changed for told in incident.outcome] == [True]
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


# --- another administrator, at any moment of our heal


@pytest.mark.parametrize("nth", range(1, 24))
@pytest.mark.parametrize("kind", ["adds", "removes"])
def test_another_administrators_change_before_our_write_stands(
    nth: int, kind: str, tmp_path: Path
) -> None:
    """Whichever of our requests it comes before, except the write itself: see the next test."""
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    theirs = [*estates.OFFICE, OTHERS] if kind == "adds" else []
    turns, struck = itertools.count(1), [""]

    def meanwhile(request: Any) -> None:
        if next(turns) == nth:
            struck[0] = request.method
            has_ours = estates.OUTBOUND[0] in rules(clinic)
            change(clinic, *theirs, *(estates.OUTBOUND if has_ours else ()))

    before_each(clinic, meanwhile)
    incident = clinic.heal(shop)

    if struck[0] == "PATCH":
        return  # between our last look and our write: nobody can see it, and the next test tells
    assert incident.state is State.VERIFYING, incident.timeline
    expected = theirs if struck[0] else [*estates.OFFICE]
    assert rules(clinic) == [*expected, *estates.OUTBOUND]
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_the_gap_between_the_last_look_and_the_write_is_one_request_wide(tmp_path: Path) -> None:
    """Rules have no etag: what comes in between is overwritten. Nothing of ours may widen it."""
    clinic = Clinic(blocked(), tmp_path)
    clinic.pull(clinic.only("sites"))

    clinic.heal(clinic.only("sites"))

    asked = [
        (each["liveRequest"]["method"], each["liveRequest"]["url"].split("?")[0].rsplit("/", 1)[-1])
        for each in clinic.simulator.traffic
    ]
    write = asked.index(("PATCH", "contosoimages"))
    assert asked[write - 1] == ("GET", "contosoimages")
    assert asked[write + 1] == ("GET", "contosoimages")


def before_each(clinic: Clinic, action: Callable[[Any], None]) -> None:
    """`action` happens in the simulated Azure just before it takes each of our requests."""
    handle = clinic.simulator.handle

    def watched(request: Any) -> Any:
        action(request)
        return handle(request)

    clinic.simulator.handle = watched  # type: ignore[method-assign]
