"""
The app's own functions, called as the worker calls them, before an estate whose pull is blocked.

In:  what the platform hands a function.
Out: what it answered and sent; an exception, unless the host was to see one, fails the test.

The policy observes, so whatever comes in, nothing may be written: the simulated Azure counts.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions.queue import QueueMessage

from functions import duty
from tests.clinic import Clinic
from tests.host.app import Function, Out
from tests.host.running import own_app
from tests.simulator import estates

OBSERVE = "version: 1\nmode: observe\n"
#: POST requests by which Azure only tells something.
_TELLING = re.compile(
    r"(?i)/(resources|query|list|listcredentials|listsecrets|checknameavailability"
    r"|oauth2/(exchange|token))(\?|$)"
)


@dataclass
class Told:
    """What one call led to."""

    answer: Any
    queued: list[str]
    poison: list[str]


class Doors:
    """Every function of the app by name."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self._delivered = 0
        self._functions: dict[str, Function] = {one.name: one for one in own_app()}

    @property
    def routes(self) -> dict[str, tuple[str, str]]:
        """Method and route of every HTTP function, by name."""
        return {
            one.name: (str(one.trigger["methods"][0].value), str(one.trigger["route"]))
            for one in self._functions.values()
            if one.kind == "httpTrigger"
        }

    def call(self, name: str, argument: Any) -> Told:
        function = self._functions[name]
        outs = {parameter: Out() for parameter in function.queues}
        answer = function.run(**function.arguments(argument, outs))
        sent: dict[str, list[str]] = {duty.QUEUE: [], duty.POISON: []}
        for parameter, out in outs.items():
            sent[function.queues[parameter]] += out.value or []
        return Told(answer=answer, queued=sent[duty.QUEUE], poison=sent[duty.POISON])

    def ask(
        self,
        name: str,
        body: bytes = b"",
        *,
        params: dict[str, str] | None = None,
        route: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Told:
        """A request; the answer is one a caller can use."""
        method, path = self.routes[name]
        asked = func.HttpRequest(
            method=method,
            url=f"https://medic.example/api/{path}",
            headers=headers or {},
            params=params or {},
            route_params=route or {},
            body=body,
        )
        return self.call(name, asked)

    def deliver(self, name: str, body: str | bytes) -> Told:
        """A message of a queue."""
        now = datetime.now(UTC)
        raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        self._delivered += 1
        id = f"m-{self._delivered}"
        message = QueueMessage(id=id, body=raw, dequeue_count=1, insertion_time=now)
        return self.call(name, message)

    def assert_nothing_was_written(self) -> None:
        """Not even tried: every request so far was one that only asks."""
        assert self.clinic.writes == []
        for exchange in self.clinic.simulator.traffic:
            asked = exchange["liveRequest"]
            told = asked["method"] == "POST" and _TELLING.search(asked["url"])
            assert told or asked["method"] in ("GET", "HEAD"), asked


@contextmanager
def open_doors(place: Path) -> Iterator[Doors]:
    """The doors, with a Medic on duty that may look at everything and write nothing."""
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, place, policy=OBSERVE)
    duty.take_over(clinic.medic)
    try:
        yield (doors := Doors(clinic))
        doors.assert_nothing_was_written()
    finally:
        duty.take_over(None)
        clinic.medic.store.close()
