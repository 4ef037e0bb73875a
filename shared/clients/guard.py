"""
The guard on the wire: reads pass, writes pass only when an allowed step announced them.

In:  every request of every SDK client, retries and polls included.
Out: the same request, counted; or WriteForbidden / BudgetSpent before it leaves the machine.

It sits below the SDKs, so "a dry run writes nothing" does not depend on anybody's good manners.
"""

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.pipeline.transport import HttpTransport

from shared.errors import BudgetSpent, WriteForbidden
from shared.model.incident import Calls
from shared.model.plan import Write

#: POST requests that only read (Azure's "list" actions and queries); every other POST is a write.
_READING_POST = re.compile(
    r"(/providers/microsoft\.resourcegraph/resources"
    r"|/providers/microsoft\.web/sites/[^/]+(/slots/[^/]+)?/config/[a-z]+/list"
    r"|/providers/microsoft\.containerregistry/registries/[^/]+/listcredentials"
    r"|/providers/microsoft\.app/(containerapps|jobs)/[^/]+/listsecrets"
    r"|/v1/workspaces/[^/]+/query)$"
)


def path_of(url: str) -> str:
    """The spelling-independent path of a request, without its query."""
    return unquote(urlsplit(url).path).lower().rstrip("/")


def is_read(method: str, url: str) -> bool:
    """True when the request cannot change anything in Azure."""
    if method.upper() in ("GET", "HEAD", "OPTIONS"):
        return True
    return method.upper() == "POST" and bool(_READING_POST.search(path_of(url)))


class Guard(HttpTransport):  # type: ignore[type-arg]
    """A transport around the shared one: counts what passes and stops what was not announced.

    `budget` bounds the requests of one incident; a write that is under way may always be read
    back, so the budget stops new work, never the proof of work done.
    """

    def __init__(self, inner: Any, *, budget: int | None = None) -> None:
        self._inner = inner
        self._budget = budget
        self._lock = threading.Lock()
        self._calls = Calls()
        self._announced: frozenset[tuple[str, str]] = frozenset()

    @property
    def calls(self) -> Calls:
        return self._calls

    @contextmanager
    def permit(self, writes: Iterable[Write]) -> Iterator[None]:
        """Let exactly these writes (method and path) through while the block runs."""
        before = self._announced
        self._announced = frozenset((w.method.upper(), path_of(w.url)) for w in writes)
        try:
            yield
        finally:
            self._announced = before

    def send(self, request: Any, **kwargs: Any) -> Any:
        reading = is_read(request.method, request.url)
        place = (request.method.upper(), path_of(request.url))
        if not reading and place not in self._announced:
            raise WriteForbidden(
                f"{place[0]} {place[1]} was stopped: no allowed step announced this change"
            )
        with self._lock:
            sent = self._calls.reads + self._calls.writes
            if self._budget is not None and sent >= self._budget and not self._announced:
                raise BudgetSpent(
                    f"this incident has sent its {self._budget} requests to Azure "
                    "(policy limits.azure_calls_per_incident); look into it by hand"
                )
            self._calls += Calls(reads=int(reading), writes=int(not reading))
        return self._inner.send(request, **kwargs)

    def open(self) -> None:
        self._inner.open()

    def close(self) -> None:
        """The sockets belong to the process, not to one incident."""

    def sleep(self, duration: float) -> None:
        self._inner.sleep(duration)

    def __enter__(self) -> "Guard":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()
