"""Heals for somebody to read the telemetry of."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from functions import reception
from shared import signals
from shared.model.ids import ResourceId
from shared.model.signal import Signal, SignalKind
from shared.pipeline import sweep
from tests.clinic import GENEROUS, Clinic
from tests.simulator import alerts, estates
from tests.simulator.estates.storms import storm

APPROVE = GENEROUS.replace("mode: auto", "mode: approve")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEARD = f"00-{TRACE}-00f067aa0ba902b7-01"


def blocked(place: Path, policy: str = GENEROUS) -> Clinic:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, place, policy=policy)
    clinic.pull(clinic.find("shop"))
    return clinic


def queued(clinic: Clinic, *, id: str = "signal-1", trace: str | None = HEARD) -> Any:
    """A signal as it comes out of the queue."""
    signal = replace(clinic.signal(clinic.find("shop"), id=id), trace=trace)
    return signals.load(signals.dump(signal))


class Queue:
    """The queue as a door sees it."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def set(self, messages: list[str]) -> None:
        self.messages += messages


def at_the_door(clinic: Clinic, signal: Signal, trace: str) -> list[Signal]:
    """The platform's request record has that trace; what is in the queue afterwards."""
    queue: Any = Queue()
    told = replace(signal, trace=None)
    reception.receive([told], queue, medic=clinic.medic, trace=f"00-{trace}-{'cd' * 8}-01")
    return [signals.load(message) for message in queue.messages]


def sweep_for(clinic: Clinic, minutes: int) -> None:
    for _ in range(minutes):
        clinic.advance(60)
        sweep(medic=clinic.medic)


def stormed(place: Path) -> tuple[Clinic, list[ResourceId], list[Signal]]:
    """Six apps that fail at one registry, each heard of with a trace of its own: 1 to 6."""
    clinic = Clinic({**storm(apps=6, registries=1), "retry": [45]}, place)
    apps = [clinic.id(f"app-{number}", "sites") for number in range(6)]
    messages: list[Signal] = []
    for number, app in enumerate(apps, start=1):
        clinic.pull(app)
        messages += at_the_door(clinic, clinic.signal(app, id=app.name), f"{number:032x}")
    return clinic, apps, messages


def about_basket(place: Path) -> tuple[Clinic, Signal]:
    """Two workloads that fail, and an alert about one of them that names its workspace alone."""
    clinic = Clinic(estates.seeds()["default"], place)
    for name in ("shop", "basket"):
        clinic.pull(clinic.id(name))
    payload = alerts.alert(clinic.simulator.world, clinic.id("basket").text)
    (alert,) = signals.from_alert(json.dumps(payload).encode(), now=clinic.medic.now()).accepted
    return clinic, alert


def about_the_registry(clinic: Clinic) -> Signal:
    """Somebody changed the registry."""
    return Signal(
        id="event-1",
        kind=SignalKind.LOOK,
        source="event-grid",
        resource=clinic.only("registries"),
        at=clinic.medic.now(),
    )


def helped_nobody(place: Path) -> Clinic:
    """A fix that another administrator takes away at once, until the registry's breaker trips."""
    clinic = blocked(place, f"{GENEROUS}breaker: {{failed_verifications: 1}}\n")
    shop, registry = clinic.find("shop"), clinic.only("registries")
    clinic.heal(shop)
    none = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": []}}}
    path = f"{registry}?api-version=2025-11-01"
    answer = clinic.simulator.change("PATCH", path, json.dumps(none).encode())
    assert answer.status == 200, answer.body
    for _ in range(14):
        clinic.advance(60)
        clinic.pull(shop)
        sweep(medic=clinic.medic)
    return clinic
