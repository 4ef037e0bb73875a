"""
The stage: one simulated Azure, one store, several machines that disagree about the time.

In:  a Script.
Out: machines whose every request and every change of the store is a moment at which another one may
     come first, and at which an event of the script may strike.

Everything trouble needs comes in by the doors the product has: transport, credential, connection,
store and clock. The product's own code is as it is.
"""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.clients import cloud
from shared.clients.connection import Connection
from shared.medic import Medic
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore
from shared.store.interface import StoreBusy
from tests.chaos.others import ACTS, Office
from tests.chaos.script import TROUBLES, Event, Script
from tests.chaos.turns import Turns
from tests.chaos.watching import Watch
from tests.estates.building import Built
from tests.estates.treating import policy_of
from tests.simulator.azure import Simulator
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator.wire import Request, Response

_WRITES = ("PUT", "PATCH", "DELETE")
_ACTIONS = ("/stop", "/start", "/restart")


class Stage:
    """Where one run plays."""

    def __init__(self, script: Script, built: Built, place: Path) -> None:
        self.simulator = Simulator(built.estate.scenario())
        self.turns = Turns(random.Random(f"turns/{script.seed}"))
        self.office = Office(self.simulator, built, [])
        self.machines: list[Medic] = []
        self.watch = Watch(self, built)
        self.sent = 0
        self.struck: list[str] = []  # events that came to pass, in order
        self.troubled = 0  # troubles that met a request or the store
        self.store_failed = False
        self._waiting: list[Event] = []
        self._wrote = False  # the last request was one that writes
        self._busy = 0
        self.path = place / "medic.db"
        self._policy = PolicyText(policy_of(built))
        for ahead in script.skews:
            self.machines.append(self._machine(ahead))

    def _machine(self, ahead: int) -> Medic:
        clock, line = _SkewedClock(self.simulator, ahead), _Line(self)
        world = self.simulator.world
        return Medic(
            Settings(policy=self._policy),
            connection=_InTurn(
                cloud.find(world.cloud),
                workspaces=(world.workspace,) if world.workspace else (),
                transport=SimulatedTransport(line),  # type: ignore[arg-type]
                credential=SimulatedCredential(self.simulator),
                clock=clock,
            ),
            store=_TroubledStore(self, SqliteStore(self.path)),  # type: ignore[arg-type]
            clock=clock,
        )

    @property
    def store(self) -> SqliteStore:
        """The store as it is, without trouble: for looking."""
        found: SqliteStore = self.machines[0].store.real  # type: ignore[attr-defined]
        return found

    def start(self, events: tuple[Event, ...]) -> None:
        """From now on things go wrong."""
        self._waiting = list(events)

    def calm(self) -> None:
        """Every trouble ends here, also those still to come."""
        self._waiting, self._busy = [], 0
        self.simulator.faults.clear()

    def close(self) -> None:
        for machine in self.machines:
            machine.store.close()

    def handle(self, request: Request) -> Response:
        """One request of the machine whose turn it is."""
        self.turns.pause()
        self.sent += 1
        writes = writing(request)
        self._strike(writes)
        pending = [fault for fault in self.simulator.faults.items if fault.seen < fault.times]
        self._trouble(bool(pending))
        with self.watch.over(request, writes):
            try:
                return self.simulator.handle(request)
            finally:
                self._wrote = writes

    def keep(self, name: str) -> None:
        """One change of the store is about to be made."""
        self.turns.pause()
        if self._busy:
            self._busy -= 1
            self.store_failed = True
            self._trouble(True)
            raise StoreBusy(f"the store was busy at {name}; it is tried again", delay=5.0)

    def _strike(self, writes: bool) -> None:
        for event in list(self._waiting):
            now = {"any": True, "write": writes, "after": self._wrote}[event.moment]
            if event.at <= self.sent and now:
                self._waiting.remove(event)
                self.struck.append(f"{self.sent}: {event.name}")
                self._come(event)

    def _come(self, event: Event) -> None:
        if event.kind == "wire":
            self.simulator.faults.add({"times": event.times, **TROUBLES[event.name]})
        elif event.kind == "store":
            self._busy += event.times
        else:
            with self.watch.acting(event.name):
                ACTS[event.name].do(self.office)
            self._trouble(True)

    def _trouble(self, met: bool) -> None:
        if met:
            self.troubled += 1


def writing(request: Request) -> bool:
    """Whether a request of ours is one that changes Azure."""
    if request.method == "POST":
        return request.path.lower().endswith(_ACTIONS)
    return request.method in _WRITES


class _Line:
    """One machine's line to the simulated Azure: what a transport needs of a Simulator."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self.lock = stage, stage.simulator.lock

    @property
    def world(self) -> Any:
        return self._stage.simulator.world

    def handle(self, request: Request) -> Response:
        return self._stage.handle(request)


class _SkewedClock:
    """A machine's clock, some seconds ahead of the others'."""

    def __init__(self, simulator: Simulator, ahead: int) -> None:
        self._simulator, self._ahead = simulator, timedelta(seconds=ahead)

    def now(self) -> datetime:
        return self._simulator.world.clock.now() + self._ahead


class _InTurn(Connection):
    """Reads that go side by side are sent one after the other: the same seed, the same run."""

    def together(self, reads: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
        answers, first = {}, None
        for name, read in reads.items():
            try:
                answers[name] = read()
            except Exception as error:
                first = first or error
        if first is not None:
            raise first
        return answers


class _TroubledStore:
    """A store others write to as well: every change may find it busy, and others come first."""

    _KEPT = ("receive", "save", "record", "lease", "renew", "release", "trip", "bury")

    def __init__(self, stage: Stage, real: SqliteStore) -> None:
        self._stage, self.real = stage, real

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self.real, name)
        if name not in self._KEPT:
            return ask

        def asked(*given: Any, **named: Any) -> Any:
            self._stage.keep(name)
            answer = ask(*given, **named)
            if name == "save":
                self._stage.watch.saved(answer)
            return answer

        return asked
