"""Two machines, one storage account: the same alert fifty times is one incident and one write."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared import signals
from shared.errors import TransientError
from shared.medic import Medic
from shared.pipeline import heal, sweep
from shared.settings import PolicyText, Settings
from tests.clinic import GENEROUS, Clinic, SimulatedClock
from tests.simulator import estates
from tests.store import azurite
from tests.store.places import account

pytestmark = pytest.mark.skipif(azurite.missing() is not None, reason=str(azurite.missing()))


def machine(clinic: Clinic, name: str) -> Medic:
    """One more machine with the same Azure and the same account."""
    return Medic(
        Settings(policy=PolicyText(GENEROUS)),
        connection=clinic.connection,
        store=account(name),
        clock=SimulatedClock(clinic.simulator),
    )


def test_the_same_alert_fifty_times_on_two_machines_is_one_incident_and_one_write(
    tmp_path: Path,
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop, name = clinic.id("shop", "sites"), f"machines{os.getpid()}"
    clinic.pull(shop)
    machines = [machine(clinic, name) for _ in range(2)]
    alert = signals.manual(shop, None, now=clinic.medic.now(), id="alert-1")

    def deliver(number: int) -> None:
        try:
            heal(alert, medic=machines[number % 2])
        except TransientError:
            return  # the queue delivers again; another delivery is at work

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deliver, range(50)))
    heal(alert, medic=machines[0])
    clinic.advance(120)
    sweep(medic=machines[1])

    (incident,) = machines[0].store.page().incidents
    assert incident.state == "healed"
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]
    for one in machines:
        one.store.close()
