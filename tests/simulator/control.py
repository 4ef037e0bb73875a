"""
The control API: how tests and demos arrange the simulated world and watch it (contract §5).

In:  method, path, query and body of a plain HTTP request.
Out: a status and a JSON value. Bad input is 400 with a sentence, an unknown path 404.

Everything that touches the world happens with the simulator's lock held. No sockets here.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulator import alerts, platform
from tests.simulator.azure import Simulator
from tests.simulator.wire import Refusal

Answer = tuple[int, Any]


class BadInput(ValueError):
    """What was sent cannot be done; the message says why."""


class Control:
    """The operations, over one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._operations: dict[tuple[str, str], Callable[[Mapping[str, str], bytes], Answer]] = {
            ("GET", "/state"): self._get_state,
            ("PUT", "/state"): self._put_state,
            ("POST", "/pull"): self._pull,
            ("POST", "/alert"): self._alert,
            ("POST", "/event"): self._event,
            ("POST", "/change"): self._change,
            ("POST", "/faults"): self._faults,
            ("GET", "/traffic"): self._traffic,
            ("POST", "/clock"): self._clock,
        }

    def handle(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        operation = self._operations.get((method, path.rstrip("/")))
        if operation is None:
            known = ", ".join(f"{verb} {where}" for verb, where in self._operations)
            return 404, {"error": f"no operation {method} {path}; there are {known}"}
        try:
            with self._simulator.lock:
                return operation(query, body)
        except BadInput as error:
            return 400, {"error": str(error)}
        except Refusal as refusal:
            return refusal.status, {"error": refusal.message}

    def _get_state(self, query: Mapping[str, str], body: bytes) -> Answer:
        return 200, self._simulator.world.snapshot()

    def _put_state(self, query: Mapping[str, str], body: bytes) -> Answer:
        try:
            self._simulator.replace(_object(body))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise BadInput(f"not a scenario: {error!r}") from None
        return 200, self._simulator.world.snapshot()

    def _pull(self, query: Mapping[str, str], body: bytes) -> Answer:
        return 200, platform.pull(self._simulator.world, self._workload(_object(body)))

    def _alert(self, query: Mapping[str, str], body: bytes) -> Answer:
        return 200, alerts.alert(self._simulator.world, self._workload(_object(body)))

    def _event(self, query: Mapping[str, str], body: bytes) -> Answer:
        said = _object(body)
        operation, resource = _text(said, "operation"), _text(said, "resource")
        more = {key: value for key, value in said.items() if key not in ("operation", "resource")}
        try:
            return 200, alerts.event(self._simulator.world, operation, resource, **more)
        except TypeError as error:
            raise BadInput(str(error)) from None

    def _change(self, query: Mapping[str, str], body: bytes) -> Answer:
        """The resource manager's own answer; 200 for its 204, since an answer here has a value."""
        said = _object(body)
        method, path = _text(said, "method").upper(), _text(said, "path")
        if not path.startswith("/"):
            raise BadInput("path starts with a slash: it is the path of a resource manager request")
        content = b"" if said.get("body") is None else json.dumps(said["body"]).encode()
        response = self._simulator.change(method, path, content, principal=said.get("as"))
        if not response.content:
            return (200 if response.status == 204 else response.status), None
        return response.status, json.loads(response.content)

    def _faults(self, query: Mapping[str, str], body: bytes) -> Answer:
        """More faults are put in force; an empty list ends all."""
        said, faults = _json(body), self._simulator.faults
        if not isinstance(said, list):
            raise BadInput("the body is not a list of faults")
        try:
            faults.add(*said)
        except (ValueError, TypeError) as error:
            raise BadInput(str(error)) from None
        if not said:
            faults.clear()
        return 200, {"faults": len(faults.items)}

    def _traffic(self, query: Mapping[str, str], body: bytes) -> Answer:
        since = query.get("since", "0")
        if not since.lstrip("-").isdigit():
            raise BadInput("since is the number of the last exchange already known")
        return 200, self._simulator.traffic_since(int(since))

    def _clock(self, query: Mapping[str, str], body: bytes) -> Answer:
        seconds = _object(body).get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise BadInput("advance is a number of seconds, not below zero")
        self._simulator.world.advance(seconds)
        return 200, {"now": self._simulator.world.clock.now().isoformat()}

    def _workload(self, said: dict[str, Any]) -> str:
        workload = _text(said, "workload")
        if self._simulator.world.resources.get(workload) is None:
            raise BadInput(f"there is no workload {workload}")
        return workload


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"null")
    except ValueError as error:
        raise BadInput(f"the body is not JSON: {error}") from None


def _object(body: bytes) -> dict[str, Any]:
    said = _json(body)
    if not isinstance(said, dict):
        raise BadInput("the body is not a JSON object")
    return said


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{key} is missing or not a text")
    return value
