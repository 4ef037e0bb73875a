"""
The guard on the wire: reads pass, writes pass only when an allowed step announced them.

In:  every request of every SDK client, retries and polls included.
Out: the same request, counted; or WriteForbidden / BudgetSpent / Refused before it leaves the
     machine, or Throttled where Azure wants a pause.

A write must be announced: its method, its path, and which members its body sets to which values.
Only the items of a list may differ from the announcement, because a remedy looks again before it
writes and keeps what others have added meanwhile; and members the announcement leaves as read, or
marks as secret (see `shared/model/plan.py`).

Clients follow links in answers (the next page, where to ask about a long operation), and a token
goes along; so nothing is sent to a place that is not the cloud's own.

Each request waits for its turn (`governor.py`). A 429 never reaches the SDKs, whose own retries
know nothing of each other: a short pause is kept here, a long one is the caller's. What was refused
with a 429 was not carried out, so a write may be sent again too.

It sits below the SDKs, so "a dry run writes nothing" does not depend on anybody's good manners.
"""

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.pipeline.transport import HttpTransport

from shared.clients import telemetry
from shared.clients.governor import Governor
from shared.errors import BudgetSpent, Refused, WriteForbidden
from shared.model.incident import Calls
from shared.model.plan import AS_READ, SECRET, Write

#: POST requests that only read (Azure's "list" actions, queries, a registry's sign-in); every other
#: POST is a write.
_READING_POST = re.compile(
    r"(/providers/microsoft\.resourcegraph/resources"
    r"|/providers/microsoft\.web/sites/[^/]+(/slots/[^/]+)?/config/[a-z]+/list"
    r"|/providers/microsoft\.containerregistry/registries/[^/]+/listcredentials"
    r"|/providers/microsoft\.app/(containerapps|jobs)/[^/]+/listsecrets"
    r"|/providers/microsoft\.containerregistry/checknameavailability"
    r"|/v1/workspaces/[^/]+/query"
    r"|\A/oauth2/(exchange|token))\Z"
)


def path_of(url: str) -> str:
    """The spelling-independent path of a request, without its query."""
    return unquote(urlsplit(url).path).lower().rstrip("/")


def is_read(method: str, url: str) -> bool:
    """True when the request cannot change anything in Azure."""
    if method.upper() in ("GET", "HEAD", "OPTIONS"):
        return True
    return method.upper() == "POST" and bool(_READING_POST.search(path_of(url)))


def _announces(write: Write, request: Any) -> bool:
    """Whether the request is the one announced."""
    if (write.method.upper(), path_of(write.url)) != (request.method.upper(), path_of(request.url)):
        return False
    content = getattr(request, "content", None) or getattr(request, "body", None)
    try:
        return _like(write.body, json.loads(content) if content else None)
    except (ValueError, TypeError):
        return False


def _like(announced: Any, sent: Any) -> bool:
    """The same members with the same values, whatever is in their lists."""
    if isinstance(announced, Mapping):
        if not isinstance(sent, Mapping):
            return False
        named = announced.keys() - {AS_READ}
        whole = named <= sent.keys() if AS_READ in announced else named == sent.keys()
        return whole and all(_like(announced[name], sent[name]) for name in named)
    if isinstance(announced, list | tuple):
        return isinstance(sent, list)
    if announced == SECRET:
        return isinstance(sent, str)
    return bool(announced == sent)


class Guard(HttpTransport):  # type: ignore[type-arg]
    """A transport around the shared one: counts what passes and stops what was not announced.

    `budget` bounds the requests of one incident, of which earlier tries have `spent` some; a write
    that is under way may always be read back, so it stops new work, never the proof of work done.
    `owns` says of an address whether it is the cloud's own; `heard` is told the `Date` of every
    answer.
    """

    def __init__(
        self,
        inner: Any,
        *,
        budget: int | None = None,
        spent: int = 0,
        governor: Governor | None = None,
        owns: Callable[[str], bool] = lambda _: True,
        heard: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._inner = inner
        self._owns = owns
        self._budget = budget
        self._heard = heard
        self._checks: tuple[Callable[[], None], ...] = ()
        self._spent = spent
        self._governor = governor
        self._lock = threading.Lock()
        self._calls = Calls()
        self._announced: tuple[Write, ...] = ()

    @property
    def calls(self) -> Calls:
        return self._calls

    @property
    def left(self) -> int | None:
        """Requests the budget still allows; None where there is no budget."""
        sent = self._calls.reads + self._calls.writes
        return None if self._budget is None else max(self._budget - self._spent - sent, 0)

    @contextmanager
    def permit(self, writes: Iterable[Write]) -> Iterator[None]:
        """Let exactly these writes through while the block runs."""
        before = self._announced
        self._announced = tuple(writes)
        try:
            yield
        finally:
            self._announced = before

    @contextmanager
    def only_while(self, holds: Callable[[], None]) -> Iterator[None]:
        """Ask `holds` before each write while the block runs; what it raises stops the write."""
        before = self._checks
        self._checks = (*before, holds)
        try:
            yield
        finally:
            self._checks = before

    def send(self, request: Any, **kwargs: Any) -> Any:
        if not self._owns(request.url):
            where = urlsplit(request.url).hostname or "an address without a host"
            raise Refused(
                f"an answer of Azure led to {where}, which was not asked: this service signs in at "
                "its own cloud alone"
            )
        reading = is_read(request.method, request.url)
        if not reading and not any(_announces(write, request) for write in self._announced):
            raise WriteForbidden(
                f"{request.method.upper()} {path_of(request.url)} was stopped: no allowed step "
                "announced this change"
            )
        while True:
            self._wait_for_turn(request.method, request.url)
            if not reading:
                for holds in self._checks:
                    holds()
            self._count(reading)
            with telemetry.azure_call(request.method, request.url, writing=not reading) as answered:
                answer = self._inner.send(request, **kwargs)
                answered(answer.status_code)
            self._heard(answer.headers.get("Date"))
            governor = self._governor
            if governor is None or not governor.answered(request.method, request.url, answer):
                return answer

    def _wait_for_turn(self, method: str, url: str) -> None:
        governor = self._governor
        while governor is not None:
            begun = self._calls.reads + self._calls.writes > 0
            wait = governor.turn(method, url, begun=begun, writing=bool(self._announced))
            if not wait:
                return
            self._inner.sleep(wait)
            if not governor.closed(method, url):
                return

    def _count(self, reading: bool) -> None:
        with self._lock:
            if self.left == 0 and not self._announced:
                raise BudgetSpent(
                    f"this incident has sent its {self._budget} requests to Azure "
                    "(policy limits.azure_calls_per_incident); look into it by hand"
                )
            self._calls += Calls(reads=int(reading), writes=int(not reading))

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
