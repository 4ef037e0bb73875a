"""
A process that is killed at a chosen moment of its work, while Azure goes on without it.

In:  a Clinic, where its store is, what to do in it, and at which boundary to die.
Out: how many boundaries were passed, when it lived to the end; else nothing, as after any SIGKILL.

The victim is a fork: it works with a copy of everything but the store and the simulated Azure,
which it reaches through a pipe and which stays alive in this process. Boundaries are the moments
before and after each request to Azure and each change of the store (in a file), or each request to
the storage account. No `finally` runs in a process that is killed, so nothing is given back and
nothing is tidied up.
"""

import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from azure.core.pipeline.transport import RequestsTransport

from shared.clients import cloud
from shared.clients import connection as azure_side
from shared.medic import Medic
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore
from tests.clinic import Clinic, SimulatedClock
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator.wire import Dropped, Request, Response
from tests.store.places import account

Work = Callable[[Medic], Any]
_KEPT = ("receive", "save", "record", "lease", "renew", "release", "trip")


class _Fate:
    """Counts boundaries, and is there at the last one."""

    def __init__(self, last: int | None) -> None:
        self.passed, self._last = 0, last
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.passed += 1
            if self.passed == self._last:
                os.kill(os.getpid(), signal.SIGKILL)


class _FarWorld:
    """What of the far world is asked for on this side: tokens, the time, and to let it pass."""

    def __init__(self, clinic: Clinic, ask: Callable[[Any], Any]) -> None:
        self._near, self._ask = clinic.simulator.world, ask

    def __getattr__(self, name: str) -> Any:
        return getattr(self._near, name)

    def advance(self, seconds: float = 0.0) -> None:
        """A client pauses: time passes over there, where the platform works."""
        self._ask(float(seconds))


class _FarAzure:
    """The simulated Azure at the other end of a pipe."""

    def __init__(self, clinic: Clinic, pipe: "Connection[Any, Any]", fate: _Fate) -> None:
        self.lock = threading.RLock()
        self.world = _FarWorld(clinic, self._ask)
        self._pipe, self._fate = pipe, fate

    def _ask(self, what: Any) -> Any:
        """The far end's answer; afterwards both agree on the time."""
        with self.lock:
            self._pipe.send(pickle.dumps(what))
            answer, now = pickle.loads(self._pipe.recv())
            self.world.clock.set(now)
        return answer

    def handle(self, request: Request) -> Response:
        self._fate()
        answer = self._ask(request)
        self._fate()
        if isinstance(answer, Dropped):
            raise answer
        status, content, headers, delay = answer
        return Response(status=status, body=content or None, headers=headers, delay=delay)


class _MortalFile:
    """A store in a file whose every change may be the last thing the process did."""

    def __init__(self, store: SqliteStore, fate: _Fate) -> None:
        self._store, self._fate = store, fate

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._store, name)
        if name not in _KEPT:
            return ask

        def fatal(*given: Any, **named: Any) -> Any:
            self._fate()
            answer = ask(*given, **named)
            self._fate()
            return answer

        return fatal


class _MortalWire(RequestsTransport):  # type: ignore[misc]
    """A line to the storage account, each of whose requests may be the last."""

    def __init__(self, fate: _Fate) -> None:
        super().__init__()
        self._fate = fate

    def send(self, request: Any, **kwargs: Any) -> Any:
        if request.method == "GET":
            return super().send(request, **kwargs)
        self._fate()
        answer = super().send(request, **kwargs)
        self._fate()
        return answer


def live(clinic: Clinic, place: str, policy: str, work: Work, *, until: int | None) -> int | None:
    """Let a victim work; how many boundaries it passed, or None when it was killed."""
    (told,) = together(clinic, place, policy, [work], until=until)
    return told


def together(
    clinic: Clinic, place: str, policy: str, works: list[Work], *, until: int | None = None
) -> list[int | None]:
    """The same for several processes at once, each with the work given."""
    clinic.medic.store.close()
    children: dict[Connection[Any, Any], int] = {}
    for work in works:
        ours, theirs = Pipe()
        child = os.fork()
        if child == 0:
            ours.close()
            _work(clinic, place, policy, work, theirs, _Fate(until))
        theirs.close()
        children[ours] = child
    told = _serve(clinic, list(children))
    return [_ended(child, told.get(pipe)) for pipe, child in children.items()]


def _ended(child: int, told: int | None) -> int | None:
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert os.WEXITSTATUS(status) == 0, "the victim failed by itself; its output says why"
    return told


def _work(
    clinic: Clinic,
    place: str,
    policy: str,
    work: Work,
    pipe: "Connection[Any, Any]",
    fate: _Fate,
) -> None:
    """In the child: never returns."""
    status = 1
    try:
        far: Any = _FarAzure(clinic, pipe, fate)
        clock = SimulatedClock(clinic.simulator)
        world = clinic.simulator.world
        line = azure_side.Connection(
            cloud.find(world.cloud),
            workspaces=(world.workspace,) if world.workspace else (),
            transport=SimulatedTransport(far),
            credential=SimulatedCredential(far),
            clock=clock,
        )
        settings = Settings(policy=PolicyText(policy))
        work(Medic(settings, connection=line, store=_mortal(place, fate), clock=clock))
        pipe.send(pickle.dumps(fate.passed))
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    os._exit(status)


def _mortal(place: str, fate: _Fate) -> Any:
    name, _, connection = place.partition(";")
    if not connection:
        return _MortalFile(SqliteStore(Path(place)), fate)
    return account(name, connection, transport=_MortalWire(fate))


def _serve(clinic: Clinic, pipes: "list[Connection[Any, Any]]") -> dict[Any, int]:
    """Answer for Azure until the other ends are gone."""
    passed: dict[Any, int] = {}
    waiting: list[Any] = list(pipes)
    while waiting:
        for pipe in wait(waiting):
            assert isinstance(pipe, Connection)
            try:
                asked = pickle.loads(pipe.recv())
            except (EOFError, ConnectionError):
                waiting.remove(pipe)
                continue
            if isinstance(asked, int):
                passed[pipe] = asked
                continue
            with suppress(ConnectionError):
                pipe.send(
                    pickle.dumps((_answer(clinic, asked), clinic.simulator.world.clock.now()))
                )
    return passed


def _answer(clinic: Clinic, asked: Any) -> Any:
    try:
        if isinstance(asked, float):
            with clinic.simulator.lock:
                clinic.simulator.world.advance(asked)
            return None
        response = clinic.simulator.handle(asked)
    except Dropped as dropped:
        return dropped
    return (response.status, response.content, dict(response.headers), response.delay)
