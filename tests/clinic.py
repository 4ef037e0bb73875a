"""
A Medic at work in a simulated Azure: what stories about the product are told with.

In:  a scenario and a policy.
Out: a Clinic: real SDK clients, real store, real pipeline; only the sockets and the clock are not.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from shared import signals
from shared.clients import cloud
from shared.clients.azure import Azure
from shared.clients.connection import Connection
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.signal import Signal
from shared.pipeline import heal, sweep, take
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore, Store
from tests.simulator.azure import Simulator
from tests.simulator.transport import SimulatedCredential, SimulatedTransport

#: Everything allowed that can be allowed, and no patience: for stories that are not about the gate.
GENEROUS = """
version: 1
mode: auto
remedies:
  firewall-sync: {mode: auto, shared_egress: allow}
wait: {verify_first: 0s}
"""


class SimulatedClock:
    """The simulated Azure's own clock, so that both agree on the time."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def now(self) -> datetime:
        return self._simulator.world.clock.now()


class Clinic:
    """One Medic, one simulated Azure, one store in a file below `place`."""

    def __init__(
        self,
        scenario: dict[str, Any],
        place: Path,
        *,
        policy: str = GENEROUS,
        subscriptions: tuple[str, ...] | None = None,
        notify: tuple[str, ...] = (),
        store: Store | None = None,
    ) -> None:
        self.simulator = Simulator(scenario)
        workspace = self.simulator.world.workspace
        self.connection = Connection(
            cloud.find(self.simulator.world.cloud),
            workspaces=(workspace,) if workspace else (),
            subscriptions=subscriptions,
            transport=SimulatedTransport(self.simulator),
            credential=SimulatedCredential(self.simulator),
            clock=SimulatedClock(self.simulator),
        )
        self.medic = Medic(
            Settings(
                policy=PolicyText(policy),
                subscriptions=subscriptions,
                notify=notify,
                console="https://medic.example/api/console",
            ),
            connection=self.connection,
            store=store or SqliteStore(place / "medic.db"),
            clock=SimulatedClock(self.simulator),
        )

    def known_as_itself(self) -> None:
        """From here on the settings name the identity this service signs in as."""
        old, healer = self.medic, self.simulator.world.healer
        settings = replace(old.settings, client_id=healer["clientId"])
        clock = SimulatedClock(self.simulator)
        self.medic = Medic(settings, connection=self.connection, store=old.store, clock=clock)

    @property
    def writes(self) -> list[str]:
        """Every write Azure accepted from us."""
        return list(self.simulator.writes)

    def azure(self) -> Azure:
        return Azure(self.connection, budget=None)

    def id(self, name: str, type: str = "") -> ResourceId:
        """The id of the one resource of that name (and type, where names repeat)."""
        found = [
            str(item["id"])
            for item in self.simulator.world.resources
            if str(item["id"]).rsplit("/", 1)[-1].lower() == name.lower()
            and type.lower() in str(item["type"]).lower()
        ]
        assert len(found) == 1, f"{name!r} names {found}"
        return ResourceId.parse(found[0])

    def find(self, end: str) -> ResourceId:
        """The id of the one workload of that name, or whose id ends so ("sites/shop/slots/new")."""
        from tests.simulator import estates

        found = [
            id
            for id in estates.workloads_of(self.simulator.world.snapshot())
            if id.lower().endswith(f"/{end.lower()}")
        ]
        assert len(found) == 1, f"{end!r} names {found}"
        return ResourceId.parse(found[0])

    def only(self, type: str) -> ResourceId:
        """The id of the one resource of that type ("sites", "containerapps")."""
        found = [
            str(item["id"])
            for item in self.simulator.world.resources
            if str(item["type"]).lower().rsplit("/", 1)[-1] == type
        ]
        assert len(found) == 1, f"{type!r} names {found}"
        return ResourceId.parse(found[0])

    def pull(self, workload: ResourceId) -> dict[str, Any]:
        """The platform pulls once."""
        from tests.simulator import platform

        return platform.pull(self.simulator.world, workload.text)

    def signal(self, workload: ResourceId, text: str = "", *, id: str = "signal-1") -> Signal:
        return signals.manual(workload, text or None, now=self.medic.now(), id=id)

    def heal(self, workload: ResourceId, text: str = "", *, id: str = "signal-1") -> Incident:
        """Heal until nothing is left but waiting."""
        incident = heal(self.signal(workload, text, id=id), medic=self.medic)
        assert incident is not None
        return incident

    def deliver(self, accepted: Iterable[Signal]) -> None:
        """What the queue does: take each signal, and those it leads to."""
        waiting = list(accepted)
        while waiting:
            waiting += take(waiting.pop(0), medic=self.medic)

    def advance(self, seconds: float) -> None:
        """Time passes; the platform does what falls due."""
        self.simulator.world.advance(seconds)

    def sweep_until_done(self, incident: Incident, *, minutes: int = 30) -> Incident:
        """Sweep once a minute until the incident neither waits nor is being verified."""
        for _ in range(minutes):
            self.advance(60)
            sweep(medic=self.medic)
            incident = self.load(incident.id)
            if incident.state not in ("verifying", "received"):
                break
        return self._looked_at_again(incident)

    def _looked_at_again(self, incident: Incident) -> Incident:
        """What sleeps between two pulls (a job, an app without replicas) is waited for once."""
        seen = incident.verification
        if seen is None or seen.result != "deferred" or seen.due is None:
            return incident
        self.advance((seen.due - self.medic.now()).total_seconds() + 60)
        sweep(medic=self.medic)
        return self.load(incident.id)

    def load(self, id: str) -> Incident:
        found = self.medic.store.load(id)
        assert found is not None
        return found
