"""
A process that is killed at a chosen moment of its work, while Azure goes on without it.

In:  a Clinic, what to do in it, and at which boundary to die.
Out: how many boundaries were passed, when it lived to the end; else nothing, as after any SIGKILL.

The victim is a fork: it works with a copy of everything but the store's file and the simulated
Azure, which it reaches through a pipe and which stays alive in this process. Boundaries are the
moments before and after each request to Azure and each change of the store. No `finally` runs in a
process that is killed, so nothing is given back and nothing is tidied up.
"""

import os
import pickle
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from shared.clients import cloud
from shared.clients import connection as azure_side
from shared.medic import Medic
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore
from tests.clinic import Clinic, SimulatedClock
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator.wire import Dropped, Request, Response

_KEPT = ("receive", "save", "record", "lease", "release", "trip")


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


class _MortalStore:
    """A store whose every change may be the last thing the process did."""

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


def live(
    clinic: Clinic, path: Any, policy: str, work: Callable[[Medic], Any], *, until: int | None
) -> int | None:
    """Let a victim work; how many boundaries it passed, or None when it was killed."""
    clinic.medic.store.close()
    ours, theirs = Pipe()
    child = os.fork()
    if child == 0:
        ours.close()
        _work(clinic, path, policy, work, theirs, _Fate(until))
    theirs.close()
    told = _serve(clinic, ours)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert os.WEXITSTATUS(status) == 0, "the victim failed by itself"
    return told


def _work(
    clinic: Clinic,
    path: Any,
    policy: str,
    work: Callable[[Medic], Any],
    pipe: "Connection[Any, Any]",
    fate: _Fate,
) -> None:
    """In the child: never returns."""
    status = 1
    with suppress(BaseException):
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
        store: Any = _MortalStore(SqliteStore(path), fate)
        settings = Settings(policy=PolicyText(policy))
        work(Medic(settings, connection=line, store=store, clock=clock))
        pipe.send(pickle.dumps(fate.passed))
        status = 0
    os._exit(status)


def _serve(clinic: Clinic, pipe: "Connection[Any, Any]") -> int | None:
    """Answer for Azure until the other end is gone."""
    while True:
        try:
            asked = pickle.loads(pipe.recv())
        except (EOFError, ConnectionError):
            return None
        if isinstance(asked, int):
            return asked
        answer: Any = None
        try:
            if isinstance(asked, float):
                with clinic.simulator.lock:
                    clinic.simulator.world.advance(asked)
                pipe.send(pickle.dumps((None, clinic.simulator.world.clock.now())))
                continue
            response = clinic.simulator.handle(asked)
            headers = dict(response.headers)
            answer = (response.status, response.content, headers, response.delay)
        except Dropped as dropped:
            answer = dropped
        with suppress(ConnectionError):
            pipe.send(pickle.dumps((answer, clinic.simulator.world.clock.now())))
