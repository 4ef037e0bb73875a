"""The Event Grid door, as Event Grid knocks: handshake, both schemas, batches, own changes."""

from typing import Any

from functions import duty
from shared.model.ids import ResourceId
from tests.functions.conftest import Answer, Desk
from tests.payloads import payload

HOOK = "/runtime/webhooks/eventgrid?functionName=on_event"


def deliver(desk: Desk, body: Any) -> Answer:
    return desk.ask("POST", HOOK, body, aeg_event_type="Notification")


def about_shop(desk: Desk, name: str = "event-grid", **more: Any) -> Any:
    """An event that says that the shop was changed."""
    event = payload(name) | {"subject": desk.shop().text} | more
    event["data"] |= {
        "resourceUri": desk.shop().text,
        "operationName": "Microsoft.Web/sites/write",
        "authorization": {"scope": desk.shop().text, "action": "Microsoft.Web/sites/write"},
    }
    return event


def states(desk: Desk, resource: ResourceId) -> list[str]:
    told = desk.ask("GET", f"/api/incidents?resource={resource}").json["incidents"]
    return [one["state"] for one in told]


def test_a_changed_app_that_cannot_pull_any_more_is_looked_at_and_healed(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())

    answer = deliver(desk, [about_shop(desk)])
    desk.settle()

    assert answer.status == 202
    assert states(desk, desk.shop()) == ["verifying"]
    assert len(desk.clinic.writes) == 1


def test_a_cloud_event_says_the_same(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    kind = "Microsoft.Resources.ResourceWriteSuccess"

    answer = deliver(desk, about_shop(desk, "cloud-event", type=kind))
    desk.settle()

    assert answer.status == 202
    assert states(desk, desk.shop()) == ["verifying"]


def test_a_batch_with_duplicates_is_one_incident(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())

    deliver(desk, [about_shop(desk)] * 3 + [payload("event-grid") | {"eventType": "Other"}])
    desk.settle()

    assert states(desk, desk.shop()) == ["verifying"]


def test_rubbish_is_set_aside_or_it_would_come_back_for_a_day(desk: Desk) -> None:
    answer = deliver(desk, [{"id": "x", "eventType": "", "data": []}, about_shop(desk, id=5)])
    desk.host.settle(duty.POISON)

    assert answer.status == 202
    assert desk.clinic.medic.store.letters().count == 2
    assert desk.host.host.queues.waiting(duty.QUEUE) == 0


def test_the_validation_handshake_of_both_schemas_is_answered(desk: Desk) -> None:
    event = {"data": {"validationCode": "c0de"}}

    hook = desk.ask("POST", HOOK, [event], aeg_event_type="SubscriptionValidation")
    cloud = desk.ask("OPTIONS", HOOK, WebHook_Request_Origin="eventgrid.azure.net")

    assert hook.json == {"validationResponse": "c0de"}
    assert cloud.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
