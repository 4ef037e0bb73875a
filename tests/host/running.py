"""
The host in a thread of its own, so that a test can talk to it as anything else would.

In:  nothing; the app reads its settings from the environment when it is first asked.
Out: Running, until the block ends.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.host.app import Config, Function, functions
from tests.host.server import Host

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    """A host that answers at `url`."""

    url: str
    host: Host
    loop: asyncio.AbstractEventLoop

    def poison(self, queue: str) -> list[bytes]:
        return self._ask(lambda: self.host.queues.bodies(f"{queue}-poison"))

    def settle(self, queue: str, seconds: float = 10) -> None:
        """Wait until nothing of this queue is left to do."""
        deadline = time.monotonic() + seconds
        while self._ask(lambda: self.host.queues.waiting(queue)):
            assert time.monotonic() < deadline, f"messages of {queue} are still not settled"
            time.sleep(0.01)

    def fire(self, timer: str) -> None:
        """Let a timer fall due, and wait until its function is over."""
        due = self.host.fire(self.host.functions[timer])
        asyncio.run_coroutine_threadsafe(due, self.loop).result(30)

    def _ask(self, question: Callable[[], Any]) -> Any:
        async def answer() -> Any:
            return question()

        return asyncio.run_coroutine_threadsafe(answer(), self.loop).result(10)


@contextmanager
def running(
    app: tuple[Function, ...] | None = None, *, redelivery: float = 0.02, timers: bool = False
) -> Iterator[Running]:
    """Serve the repository's app, or these functions."""
    config = replace(Config.read(ROOT / "host.json"), redelivery=redelivery, hidden=redelivery)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    host = Host(app if app is not None else own_app(), config, timers=timers)

    async def begin() -> str:
        return await host.start()

    try:
        url = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
        yield Running(url=url, host=host, loop=loop)
    finally:
        asyncio.run_coroutine_threadsafe(host.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@cache
def own_app() -> tuple[Function, ...]:
    """The functions of the repository's own app. The library lets an app be asked only once."""
    import function_app

    return functions(function_app.app)
