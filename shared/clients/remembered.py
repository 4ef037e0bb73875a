"""
Plain ARM questions that are asked once: several inquiries look at the same subnet or lock.

In:  the same as `arm.Arm`.
Out: its answers; the same question, also one still on its way, gets the same answer.

For one round of reading only. A question that failed is forgotten, so each asker hears the refusal
of a request of its own.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from shared.clients.arm import Arm


class Remembered(Arm):
    """An Arm with a memory."""

    def __init__(self, inner: Arm) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._known: dict[str, Future[Any]] = {}

    def get(self, path: str, api_version: str, **query: str) -> dict[str, Any]:
        """One resource, or one page of a list."""
        key = _key("GET", path, api_version, query)
        return self._ask_once(key, lambda: self._inner.get(path, api_version, **query))

    def post(self, path: str, api_version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A POST that only reads."""
        key = _key("POST", path, api_version, body)
        return self._ask_once(key, lambda: self._inner.post(path, api_version, body))

    def list(self, path: str, api_version: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every item of a list."""
        key = _key("LIST", path, api_version, query)
        yield from self._ask_once(key, lambda: tuple(self._inner.list(path, api_version, **query)))

    def _ask_once(self, key: str, ask: Callable[[], Any]) -> Any:
        with self._lock:
            known = self._known.get(key)
            mine = known is None
            if known is None:
                known = self._known[key] = Future()
        if mine:
            try:
                known.set_result(ask())
            except BaseException as error:
                with self._lock:
                    self._known.pop(key, None)
                known.set_exception(error)
        return known.result()


def _key(verb: str, path: str, api_version: str, rest: Mapping[str, Any]) -> str:
    return json.dumps([verb, path.lower(), api_version, rest], sort_keys=True)
