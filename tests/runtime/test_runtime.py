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
from tests.runtime.worker import Worker
from tests.simulator import alerts, estates

if importlib.util.find_spec("azure_functions_runtime") is None:
    pytest.skip(
        "azure-functions-runtime is not here (it needs Python 3.13)", allow_module_level=True
    )

_KEYED = "FUNCTION"


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


def test_the_worker_indexes_every_function_with_its_bindings(worker: Worker) -> None:
    assert worker.started.result.status == 1, worker.started.result.exception
    kinds = {name: trigger(worker, name)["type"] for name in worker.functions}
    http = {name for name, kind in kinds.items() if kind == "httpTrigger"}

    assert {name: kind for name, kind in kinds.items() if name not in http} == {
        "on_event": "eventGridTrigger",
        "heal": "queueTrigger",
        "bury": "queueTrigger",
        "sweep": "timerTrigger",
        "tell": "timerTrigger",
    }
    open_doors = {name for name in http if trigger(worker, name)["authLevel"] != _KEYED}
    assert open_doors == {"console"}
    sends = {
        name
        for name in worker.functions
        for one in worker.bindings(name)
        if one["type"] == "queue" and one["direction"] == "OUT"
    }
    assert {"alerts", "on_event", "heal", "heal_by_hand", "approve"} <= sends
    assert trigger(worker, "heal")["queueName"] == duty.QUEUE
    assert trigger(worker, "heal")["connection"] == duty.STORAGE
    assert trigger(worker, "sweep")["schedule"] == "0 * * * * *"
    assert trigger(worker, "tell")["schedule"] == "30 * * * * *"


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
