"""
The ways in: how the product hears of one and the same failure.

In:  a Clinic whose platform has just failed to pull, and the workload.
Out: the incident, as far as the way alone takes it; waiting is the sweep's.

Each goes through the real function behind its door; the queue in between is a list.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func

from functions import alerts, asking, cli, duty, events, healing
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.pipeline import sweep
from tests.clinic import Clinic
from tests.host.app import context
from tests.simulator import alerts as azure_side


class _Queue:
    """The queue's output binding: what a door sends is handed to the healing function."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def set(self, messages: list[str]) -> None:
        self.messages += messages

    def work_off(self) -> None:
        while self.messages:
            _call(healing.heal, func.QueueMessage(body=self.messages.pop(0).encode()), self)


def alert(clinic: Clinic, workload: ResourceId) -> Incident:
    """Azure Monitor's alert rule fires and its action group posts it."""
    queue = _Queue()
    body = azure_side.alert(clinic.simulator.world, workload.text)
    answer = _call(alerts.alerts, _posted("/api/alerts", body), queue)
    assert answer.status_code == 202, answer.get_body()
    queue.work_off()
    return _newest(clinic, workload)


def event(clinic: Clinic, workload: ResourceId) -> Incident:
    """Event Grid tells that the workload was written."""
    queue = _Queue()
    operation = f"{workload.type}/write"
    for one in azure_side.event(clinic.simulator.world, operation, workload.text):
        told = func.EventGridEvent(
            id=one["id"],
            topic=one["topic"],
            subject=one["subject"],
            event_type=one["eventType"],
            event_time=None,
            data=one["data"],
            data_version=one["dataVersion"],
        )
        _call(events.on_event, told, queue)
    queue.work_off()
    return _newest(clinic, workload)


def http(clinic: Clinic, workload: ResourceId) -> Incident:
    """A person posts to /api/heal."""
    queue = _Queue()
    answer = _call(asking.heal_by_hand, _posted("/api/heal", {"resource": workload.text}), queue)
    assert answer.status_code == 202, answer.get_body()
    queue.work_off()
    return clinic.load(json.loads(answer.get_body())["incident"])


def command_line(clinic: Clinic, workload: ResourceId) -> Incident:
    """A person types `medic heal … --yes`; the command itself waits for the proof."""
    status = cli.main(["heal", workload.text, "--yes"], pause=clinic.advance)
    assert status in (0, 1), status
    return _newest(clinic, workload)


def swept(clinic: Clinic, workload: ResourceId) -> Incident:
    """The signal was booked and its message lost; the sweep finds it."""
    clinic.medic.receive(clinic.signal(workload))
    clinic.advance(20 * 60)
    sweep(medic=clinic.medic)
    return _newest(clinic, workload)


WAYS: Mapping[str, Callable[[Clinic, ResourceId], Incident]] = {
    "alert": alert,
    "event": event,
    "http": http,
    "command line": command_line,
    "sweep": swept,
}


def take(way: str, clinic: Clinic, workload: ResourceId) -> Incident:
    """Let the product hear of the failure that way."""
    duty.take_over(clinic.medic)
    try:
        return WAYS[way](clinic, workload)
    finally:
        duty.take_over(None)


def _posted(url: str, body: Any) -> func.HttpRequest:
    return func.HttpRequest(method="POST", url=url, body=json.dumps(body).encode())


def _call(door: Any, given: Any, queue: _Queue) -> Any:
    """Call the function a door registered, with its bindings. Nothing is set aside."""
    function = door.build(func.AuthLevel.FUNCTION).get_user_function()
    _, *rest = inspect.signature(function).parameters
    poison = _Queue()
    known = {"queue": queue, "poison": poison, "context": context()}
    answer = function(given, **{name: known[name] for name in rest})
    assert poison.messages == []
    return answer


def _newest(clinic: Clinic, workload: ResourceId) -> Incident:
    found = clinic.medic.store.page(resource=workload.key, limit=1).incidents
    assert found, "no incident was opened"
    return found[0]
