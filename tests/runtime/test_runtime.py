"""
The app as Microsoft's worker library loads and calls it.

Where the library is not there (it needs Python 3.13) these tests are skipped.
"""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions import duty
from tests.clinic import Clinic
from tests.payloads import payload
from tests.runtime.worker import TRACE, Worker
from tests.simulator import alerts, estates
from tests.simulator.estates.storms import storm

if importlib.util.find_spec("azure_functions_runtime") is None:
    pytest.skip(
        "azure-functions-runtime is not here (it needs Python 3.13)", allow_module_level=True
    )

_KEYED = "FUNCTION"
_QUEUE, _BOTH = (duty.QUEUE,), (duty.QUEUE, duty.POISON)


@pytest.fixture(scope="session")
def worker() -> Worker:
    return Worker()


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    """A shop that cannot pull, and its Medic on duty."""
    monkeypatch.setenv(duty.STORAGE, "UseDevelopmentStorage=true")
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    clinic.pull(clinic.find("shop"))
    duty.take_over(clinic.medic)
    yield clinic
    duty.take_over(None)


def trigger(worker: Worker, name: str) -> dict[str, Any]:
    return next(one for one in worker.bindings(name) if one["type"].endswith("Trigger"))


def about_the_shop(clinic: Clinic, name: str, **more: Any) -> dict[str, Any]:
    shop = clinic.find("shop").text
    event = payload(name) | {"subject": shop} | more
    event["data"] |= {
        "resourceUri": shop,
        "operationName": "Microsoft.Web/sites/write",
        "authorization": {"scope": shop, "action": "Microsoft.Web/sites/write"},
    }
    return dict(event)


#: Of every function: what calls it, and the queues it may write.
_DOORS = {
    "alerts": ("POST alerts", _BOTH),
    "diagnose": ("POST diagnose", ()),
    "heal_by_hand": ("POST heal", _QUEUE),
    "scan": ("POST scan", ()),
    "incidents": ("GET incidents", ()),
    "incident": ("GET incidents/{id}", ()),
    "approve": ("POST incidents/{id}/approve", _QUEUE),
    "reject": ("POST incidents/{id}/reject", ()),
    "rollback": ("POST incidents/{id}/rollback", ()),
    "reset_breaker": ("POST breaker/reset", ()),
    "health": ("GET health", ()),
    "policy": ("GET policy", ()),
    "console": ("GET console", ()),
    "on_event": ("eventGridTrigger", _BOTH),
    "heal": ("incidents", _BOTH),
    "bury": ("incidents-poison", _QUEUE),
    "sweep": ("0 * * * * *", _QUEUE),
    "tell": ("30 * * * * *", ()),
}


def test_the_worker_indexes_every_function_with_its_bindings(worker: Worker) -> None:
    assert worker.started.result.status == 1, worker.started.result.exception
    found = {name: (_called(worker, name), _writes(worker, name)) for name in worker.functions}

    assert found == _DOORS
    keyless = {name for name in found if trigger(worker, name).get("authLevel", _KEYED) != _KEYED}
    assert keyless == {"console"}
    queues = [
        one
        for name in worker.functions
        for one in worker.bindings(name)
        if one["type"] in ("queue", "queueTrigger")
    ]
    assert {one["connection"] for one in queues} == {duty.STORAGE}


def _called(worker: Worker, name: str) -> str:
    by = trigger(worker, name)
    if by["type"] == "httpTrigger":
        return f"{' '.join(by['methods'])} {by['route']}"
    return str(by.get("queueName") or by.get("schedule") or by["type"])


def _writes(worker: Worker, name: str) -> tuple[str, ...]:
    outs = [one for one in worker.bindings(name) if one["direction"] == "OUT"]
    return tuple(sorted(one["queueName"] for one in outs if one["type"] == "queue"))


def test_an_alert_is_queued_and_the_queued_message_heals(worker: Worker, clinic: Clinic) -> None:
    shop = clinic.find("shop")

    told = worker.http("alerts", "POST", alerts.alert(clinic.simulator.world, shop.text))

    assert told.ok, told.error
    assert told.status == 202
    (accepted,) = told.json["accepted"]
    (message,) = told.sent["queue"]
    healed = worker.queue("heal", message)
    assert healed.ok, healed.error
    assert clinic.load(accepted["incident"]).state == "verifying"
    assert len(clinic.writes) == 1


def test_the_trace_the_host_gave_the_alert_is_the_incidents(worker: Worker, clinic: Clinic) -> None:
    shop = clinic.find("shop")

    told = worker.http("alerts", "POST", alerts.alert(clinic.simulator.world, shop.text))

    (message,) = told.sent["queue"]
    assert json.loads(message)["trace"] == TRACE
    assert clinic.load(told.json["accepted"][0]["incident"]).trace == TRACE


def test_a_message_nobody_can_read_goes_to_the_poison_queue_and_is_kept(
    worker: Worker, clinic: Clinic
) -> None:
    read = worker.queue("heal", "no signal")
    (letter,) = read.sent["poison"]

    kept = worker.queue("bury", letter)

    assert (read.ok, kept.ok) == (True, True), read.error + kept.error
    assert clinic.medic.store.letters().count == 1
    assert clinic.writes == []


@pytest.mark.parametrize(
    ("schema", "more"),
    [("event-grid", {}), ("cloud-event", {"type": "Microsoft.Resources.ResourceWriteSuccess"})],
)
def test_events_of_both_schemas_reach_the_queue(
    schema: str, more: dict[str, Any], worker: Worker, clinic: Clinic
) -> None:
    told = worker.event("on_event", about_the_shop(clinic, schema, **more))

    assert told.ok, told.error
    (message,) = told.sent["queue"]
    assert json.loads(message)["resource"] == clinic.find("shop").text


def test_the_timers_see_the_heal_through_and_tell_nobody_without_channels(
    worker: Worker, clinic: Clinic
) -> None:
    incident = clinic.heal(clinic.find("shop"))
    clinic.advance(120)

    swept, told = worker.timer("sweep"), worker.timer("tell")

    assert swept.ok, swept.error
    assert told.ok, told.error
    assert clinic.load(incident.id).state == "healed"
    assert clinic.medic.store.outbox.waiting(clinic.medic.now(), 10) == ()


def test_what_waits_together_leaves_the_sweep_as_a_message_that_heals_it(
    worker: Worker, clinic: Clinic, tmp_path: Path
) -> None:
    crowd = Clinic(storm(apps=6, registries=1), tmp_path / "crowd")
    duty.take_over(crowd.medic)
    for number in range(6):
        app = crowd.id(f"app-{number}", "sites")
        crowd.pull(app)
        crowd.medic.receive(crowd.signal(app, id=app.name))
    crowd.advance(60)

    swept = worker.timer("sweep")
    (message,) = swept.sent["queue"]
    healed = worker.queue("heal", message)

    assert (swept.ok, healed.ok) == (True, True), swept.error + healed.error
    assert {one.state for one in crowd.medic.store.page().incidents} == {"verifying"}
    assert len(crowd.writes) == 1


def test_doors_answer_people_and_their_mistakes(worker: Worker, clinic: Clinic) -> None:
    page, health = worker.http("console", "GET"), worker.http("health", "GET")
    refused = worker.http("diagnose", "POST", {"resource": "nonsense"})

    assert (page.status, health.status, refused.status) == (200, 200, 400)
    assert refused.json["error"]["code"] == "bad-input"


def test_a_heal_that_azure_does_not_let_through_fails_so_that_the_queue_delivers_again(
    worker: Worker, clinic: Clinic
) -> None:
    told = worker.http("heal_by_hand", "POST", {"resource": clinic.find("shop").text})
    clinic.simulator.faults.add({"match": {}, "times": 1000, "status": 503})

    failed = worker.queue("heal", told.sent["queue"][0])

    assert not failed.ok
    assert "Unreachable" in failed.error
