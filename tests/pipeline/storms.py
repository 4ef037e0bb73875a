"""
A storm in a clinic: apps of few registries that all failed, with the alerts that came of it.

In:  a folder for the store, how many apps and registries, a policy.
Out: a Storm: its alerts heard and worked off like messages, time that passes, what was written.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared import signals
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.signal import Signal
from shared.model.words import State
from shared.pipeline import sweep, take
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore
from tests.clinic import GENEROUS, Clinic
from tests.simulator.estates.cases import OFFICE
from tests.simulator.estates.storms import PLANS, addresses, storm

#: Healed; or closed, because by the time it was looked at another's write had healed it.
WELL = {State.HEALED, State.CLOSED}


class Storm:
    """A clinic whose apps all failed, with the alerts that came of it."""

    def __init__(self, place: Path, *, apps: int, registries: int, policy: str = GENEROUS) -> None:
        self.place = place
        self.policy = policy
        self.clinic = Clinic({**storm(apps, registries), "retry": [45]}, place, policy=policy)
        self.apps = [self.clinic.id(f"app-{number}", "sites") for number in range(apps)]
        for app in self.apps:
            self.clinic.pull(app)
        self.signals = [self.clinic.signal(app, id=f"alert-{app.name}") for app in self.apps]

    def machine(self) -> Medic:
        """Another instance of the app."""
        return Medic(
            Settings(policy=PolicyText(self.policy)),
            connection=self.clinic.connection,
            store=SqliteStore(self.place / "medic.db"),
            clock=self.clinic.medic._clock,
        )

    def hear(self) -> None:
        """The alert door books every signal at once."""
        for signal in self.signals:
            self.clinic.medic.receive(signal)

    def work_off(self, messages: Sequence[Signal], *, machines: int = 1) -> None:
        """The queue's messages, those they lead to included, taken by machines side by side."""
        waiting, lock = [signals.dump(one) for one in messages], threading.Lock()

        def work(medic: Medic) -> None:
            while True:
                with lock:
                    if not waiting:
                        return
                    message = waiting.pop(0)
                more = take(signals.load(message), medic=medic)
                with lock:
                    waiting.extend(signals.dump(one) for one in more)

        medics = [self.machine() for _ in range(machines)]
        with ThreadPoolExecutor(machines) as pool:
            for done in [pool.submit(work, medic) for medic in medics]:
                done.result()

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.clinic.advance(60)
            sweep(medic=self.clinic.medic)

    @property
    def incidents(self) -> list[Incident]:
        return list(self.clinic.medic.store.page(limit=200).incidents)

    def patches(self, registry: int) -> int:
        return self.clinic.writes.count(f"PATCH {self.clinic.id(f'contoso{registry:02d}')}")

    def rules(self, registry: int) -> set[str]:
        found = self.clinic.simulator.world.resources.get(
            self.clinic.id(f"contoso{registry:02d}").text
        )
        assert found is not None
        return {rule["value"] for rule in found["properties"]["networkRuleSet"]["ipRules"]}


def wanted(registry: int) -> set[str]:
    return {*OFFICE} | {one for plan in range(PLANS) for one in addresses(registry, plan)}
