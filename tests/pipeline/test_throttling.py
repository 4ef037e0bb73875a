"""Azure is short of calls: pauses are kept by all, nothing is lost, nothing given up for it."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.clients import cloud
from shared.clients.connection import Connection
from shared.errors import TransientError
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.signal import Signal, SignalKind
from shared.model.words import State
from shared.pipeline import heal, sweep, take
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore
from tests.clinic import GENEROUS, Clinic, SimulatedClock
from tests.simulator import estates
from tests.simulator.transport import SimulatedCredential, SimulatedTransport

POLICY = f"{GENEROUS}limits: {{writes_per_day: 500}}\n"
PAUSE = {
    "match": {"method": "GET", "path": "Microsoft.Web"},
    "status": 429,
    "headers": {"Retry-After": "90"},
}
DELIVERIES = 5  # host.json, maxDequeueCount


def estate(apps: int, **limits: Any) -> dict[str, Any]:
    """So many web apps, each before a registry of its own that does not know its addresses."""
    built = estates.Estate(retry=[45])
    for number in range(apps):
        acr = built.registry(f"images{number}", deny=True, allow=estates.OFFICE)
        image = built.image(acr, "shop/web", "1")
        out = (f"20.51.{number}.7", f"20.51.{number}.8")
        site = built.site(f"shop{number}", image=image, outbound=out)
        built.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    return {**built.scenario(), "limits": limits}


def instance(clinic: Clinic, place: Path) -> Medic:
    """One more process: its own sockets and memory, the same Azure and the same store."""
    clock = SimulatedClock(clinic.simulator)
    connection = Connection(
        cloud.find("AzureCloud"),
        transport=SimulatedTransport(clinic.simulator),
        credential=SimulatedCredential(clinic.simulator),
        clock=clock,
    )
    settings = Settings(policy=PolicyText(POLICY))
    store = SqliteStore(place / "medic.db")
    return Medic(settings, connection=connection, store=store, clock=clock)


def statuses(clinic: Clinic) -> list[int]:
    return [
        one["liveResponse"]["statusCode"]
        for one in clinic.simulator.traffic
        if one["liveResponse"] is not None
    ]


def patiently(clinic: Clinic, signal: Signal, *, minutes: int) -> int:
    """What queue and sweep do; how often the queue delivered."""
    delivered = 0
    for _ in range(DELIVERIES + 1):
        delivered += 1
        try:
            heal(signal, medic=clinic.medic)
            break
        except TransientError:
            clinic.advance(30)
    for _ in range(minutes):
        clinic.advance(60)
        sweep(medic=clinic.medic)
    return delivered


def test_forty_workloads_heal_under_a_tight_budget_shared_by_two_processes(tmp_path: Path) -> None:
    tight = {"reads": {"bucket": 60, "refill": 6}, "writes": {"bucket": 4, "refill": 0.5}}
    clinic = Clinic(estate(40, **tight), tmp_path, policy=POLICY)
    sites = [clinic.id(f"shop{number}", "sites") for number in range(40)]
    for site in sites:
        clinic.pull(site)
    machines = [instance(clinic, tmp_path) for _ in range(2)]
    queue = deque((clinic.signal(site, id=f"alert/{site.name}"), 1) for site in sites)
    poisoned = []

    def work(medic: Medic) -> None:
        while True:
            try:
                signal, delivery = queue.popleft()
            except IndexError:
                return
            try:
                take(signal, medic=medic)
            except TransientError:
                if delivery == DELIVERIES:
                    poisoned.append(signal)
                else:
                    queue.append((signal, delivery + 1))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, machines[number % 2]) for number in range(4)]:
            done.result()
    for minute in range(60):
        clinic.advance(60)
        sweep(medic=machines[minute % 2])

    incidents = clinic.medic.store.page(limit=100).incidents
    states = [one.state for one in incidents]
    assert states == [State.HEALED] * 40
    assert poisoned == []
    answers = statuses(clinic)
    assert answers.count(429) <= len(answers) / 20
    assert len(clinic.writes) == 40


#: Ten minutes of 429 at a place, as App Service and as the resource manager say it.
STORMS = {
    "App Service, without a word": ("/providers/Microsoft.Web/", None, {"X": "y"}),
    "reads of registries": ("/registries/", "GET", {"Retry-After": "20"}),
    "every read": ("/subscriptions/", "GET", {"Retry-After": "30"}),
    "every write": ("/subscriptions/", "PATCH", {"Retry-After": "25"}),
    "Resource Graph": ("ResourceGraph", "POST", {"x-ms-user-quota-resets-after": "00:00:05"}),
    "Log Analytics": ("/query", "POST", {}),
}


@pytest.mark.parametrize("storm", STORMS)
def test_ten_minutes_of_pauses_use_up_no_delivery_and_end_healed(
    storm: str, tmp_path: Path
) -> None:
    clinic = Clinic(estate(1), tmp_path, policy=POLICY)
    shop = clinic.only("sites")
    clinic.pull(shop)
    path, method, headers = STORMS[storm]
    match = {"path": path, **({"method": method} if method else {})}
    clinic.simulator.faults.add(
        {"match": match, "times": 100_000, "status": 429, "headers": headers}
    )
    clinic.simulator.world.after(600, clinic.simulator.faults.clear)

    delivered = patiently(clinic, clinic.signal(shop), minutes=40)

    (incident,) = clinic.medic.store.page().incidents
    assert incident.state is State.HEALED, incident.timeline
    assert delivered == 1


def test_what_one_process_was_told_another_keeps_to(tmp_path: Path) -> None:
    clinic = Clinic(estate(2), tmp_path, policy=POLICY)
    one, other = (instance(clinic, tmp_path) for _ in range(2))
    shops = [clinic.id(f"shop{number}", "sites") for number in range(2)]
    clinic.simulator.faults.add(PAUSE)
    heal(clinic.signal(shops[0], id="a"), medic=one)
    before = len(clinic.simulator.traffic)

    resting = heal(clinic.signal(shops[1], id="b"), medic=other)

    assert resting is not None
    assert resting.verification is not None
    assert resting.verification.due is not None
    assert (resting.verification.due - clinic.medic.now()).total_seconds() >= 80
    asked = [one["liveRequest"] for one in clinic.simulator.traffic[before:]]
    assert not any("/Microsoft.Web/" in one["url"] for one in asked if one["method"] == "GET")


def test_a_resting_incident_is_not_disturbed_by_more_alerts(tmp_path: Path) -> None:
    clinic = Clinic(estate(1), tmp_path, policy=POLICY)
    shop = clinic.only("sites")
    clinic.simulator.faults.add(PAUSE)
    first = clinic.heal(shop)
    before = len(clinic.simulator.traffic)

    again = clinic.heal(shop, id="signal-2")

    assert len(clinic.simulator.traffic) == before
    assert again.timeline == first.timeline


def test_a_search_that_has_to_wait_goes_on_with_the_sweep(tmp_path: Path) -> None:
    clinic = Clinic(estate(1), tmp_path, policy=POLICY)
    shop = clinic.only("sites")
    clinic.pull(shop)
    workspace = ResourceId.parse(
        f"/subscriptions/{shop.subscription}/resourceGroups/ops/providers"
        "/Microsoft.OperationalInsights/workspaces/law1"
    )
    alert = Signal(
        id="alert-1",
        kind=SignalKind.FAILURE,
        source="alert",
        resource=workspace,
        at=clinic.medic.now(),
    )
    clinic.simulator.faults.add(
        {"match": {"path": "/query"}, "times": 5, "status": 429, "headers": {"Retry-After": "60"}}
    )

    assert take(alert, medic=clinic.medic) == ()
    for _ in range(30):
        clinic.advance(60)
        sweep(medic=clinic.medic)
    for _ in range(30):  # how long the pauses were differs: they are spread on purpose
        if clinic.medic.store.page().incidents[0].state is State.HEALED:
            break
        clinic.advance(60)
        sweep(medic=clinic.medic)

    assert [one.state for one in clinic.medic.store.page().incidents] == [State.HEALED]


def test_the_budget_of_calls_holds_for_all_deliveries_together(tmp_path: Path) -> None:
    policy = f"{GENEROUS}limits: {{azure_calls_per_incident: 40}}\n"
    clinic = Clinic(estate(1), tmp_path, policy=policy)
    shop = clinic.only("sites")
    clinic.pull(shop)
    fault = {"match": {"path": "/listUsages"}, "times": 10_000, "status": 503}
    clinic.simulator.faults.add({**fault, "headers": {"Retry-After": "1"}})

    patiently(clinic, clinic.signal(shop), minutes=10)

    (incident,) = clinic.medic.store.page().incidents
    assert len(clinic.simulator.traffic) <= 40
    assert incident.state is State.EXPLAINED
    assert "azure_calls_per_incident" in incident.timeline[-1].text


def test_what_a_treatment_spent_does_not_count_for_the_next_one(tmp_path: Path) -> None:
    """An approval, a new alert: each has the policy's calls again."""
    policy = POLICY.replace("mode: auto", "mode: approve", 1).replace("mode: auto, ", "")
    clinic = Clinic(estate(1), tmp_path, policy=policy)
    shop = clinic.only("sites")
    clinic.pull(shop)

    for number in range(4):
        clinic.advance(60)
        held = clinic.heal(shop, id=f"alert-{number}")

    assert held.state is State.HELD
    assert held.azure_calls.reads > 40
