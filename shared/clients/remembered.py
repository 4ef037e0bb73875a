"""
What was asked once is not asked again: several inquiries look at the same subnet, lock or registry.

In:  the same as `arm.Arm`; or any question with a key of its own.
Out: the same answers; the same question, also one still on its way, gets the same answer.

For one round of reading only: one workload, or all workloads of one registry that are looked at
together, which then share one Memory. A question that failed is forgotten, so each asker hears the
refusal of a request of its own.
"""

import json
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from shared.clients.arm import Arm


class Memory:
    """Answers by question. `shared`: by workloads that are looked at together, each with a budget
    and a count of requests of its own."""

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        self._lock = threading.Lock()
        self._known: dict[Hashable, Future[Any]] = {}

    def once(self, key: Hashable, ask: Callable[[], Any]) -> Any:
        """The answer that is known, or on its way; else what `ask` answers, for all who follow."""
        while True:
            with self._lock:
                known = self._known.get(key)
                if known is None:
                    mine = self._known[key] = Future()
                    break
            if known.exception() is None:
                return known.result()
        try:
            mine.set_result(ask())
        except BaseException as error:
            with self._lock:
                del self._known[key]
            mine.set_exception(error)
        return mine.result()


class Remembered(Arm):
    """An Arm with a memory."""

    def __init__(self, inner: Arm, memory: Memory) -> None:
        self._inner = inner
        self._memory = memory

    def get(self, path: str, api_version: str, **query: str) -> dict[str, Any]:
        """One resource, or one page of a list."""
        key = _key("GET", path, api_version, query)
        return self._memory.once(key, lambda: self._inner.get(path, api_version, **query))

    def post(self, path: str, api_version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A POST that only reads."""
        key = _key("POST", path, api_version, body)
        return self._memory.once(key, lambda: self._inner.post(path, api_version, body))

    def list(self, path: str, api_version: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every item of a list."""
        key = _key("LIST", path, api_version, query)
        yield from self._memory.once(
            key, lambda: tuple(self._inner.list(path, api_version, **query))
        )


def _key(verb: str, path: str, api_version: str, rest: Mapping[str, Any]) -> str:
    return json.dumps([verb, path.lower(), api_version, rest], sort_keys=True)
