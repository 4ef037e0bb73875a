"""Events become signals: reasons to look, rarely failures, mostly nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import BadInput
from shared.model.ids import ResourceId
from shared.model.signal import SignalKind
from shared.signals import Intake, from_event
from tests.payloads import BASKET, CONTOSO, SHOP, SUBSCRIPTION, payload

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)
NETWORK = f"{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network"


def heard(event: Any, **more: Any) -> Intake:
    return from_event(event, now=NOW, **more)


def change(operation: str, resource: str, *, outcome: str = "WriteSuccess", **data: Any) -> Any:
    event = payload("event-grid")
    event |= {"eventType": f"Microsoft.Resources.Resource{outcome}", "subject": resource}
    event["data"] |= {"operationName": operation, "resourceUri": resource}
    event["data"]["authorization"] = {"scope": resource, "action": operation}
    event["data"] |= data
    return event


def test_a_changed_registry_is_a_reason_to_look_under_the_events_own_id() -> None:
    (signal,) = heard(payload("event-grid")).accepted

    assert signal.id == "d9f0b1c2-4e5f-4a6b-8c7d-0e1f2a3b4c5d"
    assert signal.kind is SignalKind.LOOK
    assert signal.source == "event-grid"
    assert signal.resource == ResourceId.parse(CONTOSO)
    assert signal.at == datetime(2026, 7, 14, 9, 20, 11, 112233, tzinfo=UTC)


def test_a_deleted_role_assignment_points_at_the_registry_it_was_on() -> None:
    (signal,) = heard(payload("cloud-event")).accepted

    assert signal.id == "0a1b2c3d-5e6f-4708-91a2-b3c4d5e6f708"
    assert signal.resource == ResourceId.parse(CONTOSO)


def test_a_role_assignment_on_a_whole_group_stands_for_itself() -> None:
    group = f"{SUBSCRIPTION}/resourceGroups/shared-infra"
    assignment = f"{group}/providers/Microsoft.Authorization/roleAssignments/4f2d7a10"

    (signal,) = heard(change("Microsoft.Authorization/roleAssignments/write", assignment)).accepted

    assert signal.resource == ResourceId.parse(assignment)


def test_a_role_assignment_on_a_whole_subscription_is_left_to_the_sweep() -> None:
    assignment = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/4f2d7a10"

    intake = heard(change("Microsoft.Authorization/roleAssignments/write", assignment))

    assert intake.accepted == ()
    assert "no resource below a resource group" in intake.ignored[0].reason


@pytest.mark.parametrize(
    ("operation", "outcome", "resource", "about"),
    [
        ("Microsoft.Web/sites/write", "WriteSuccess", SHOP, SHOP),
        ("Microsoft.Web/sites/config/write", "WriteSuccess", f"{SHOP}/config/web", SHOP),
        ("Microsoft.Web/sites/slots/write", "WriteSuccess", f"{SHOP}/slots/b", f"{SHOP}/slots/b"),
        ("Microsoft.App/containerApps/write", "WriteSuccess", BASKET, BASKET),
        (
            "Microsoft.ContainerRegistry/registries/regenerateCredential/action",
            "ActionSuccess",
            CONTOSO,
            CONTOSO,
        ),
        (
            "Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete",
            "DeleteSuccess",
            f"{NETWORK}/privateDnsZones/privatelink.azurecr.io/virtualNetworkLinks/spoke",
            f"{NETWORK}/privateDnsZones/privatelink.azurecr.io/virtualNetworkLinks/spoke",
        ),
        (
            "Microsoft.Network/publicIPAddresses/write",
            "WriteSuccess",
            f"{NETWORK}/publicIPAddresses/nat-1",
            f"{NETWORK}/publicIPAddresses/nat-1",
        ),
    ],
)
def test_watched_changes_are_reasons_to_look(
    operation: str, outcome: str, resource: str, about: str
) -> None:
    (signal,) = heard(change(operation, resource, outcome=outcome)).accepted

    assert (signal.kind, signal.resource) == (SignalKind.LOOK, ResourceId.parse(about))


def test_a_failed_container_app_write_is_a_failure() -> None:
    event = change(
        "Microsoft.App/containerApps/write",
        BASKET,
        outcome="WriteFailure",
        properties={"statusMessage": "UNAUTHORIZED: authentication required"},
    )

    (signal,) = heard(event).accepted

    assert signal.kind is SignalKind.FAILURE
    assert signal.text == "UNAUTHORIZED: authentication required"


@pytest.mark.parametrize("outcome", ["WriteFailure", "WriteCancel", "DeleteCancel"])
def test_a_change_of_anything_else_that_failed_changed_nothing(outcome: str) -> None:
    event = change("Microsoft.ContainerRegistry/registries/write", CONTOSO, outcome=outcome)

    assert heard(event).accepted == ()


@pytest.mark.parametrize(
    "kind",
    [
        "Microsoft.EventGrid.SubscriptionValidationEvent",
        "Microsoft.Storage.BlobCreated",
        "Microsoft.Resources.ResourceReadSuccess",
        "Microsoft.Resources.Resource",
    ],
)
def test_events_of_other_types_are_ignored(kind: str) -> None:
    intake = heard(payload("event-grid") | {"eventType": kind})

    assert intake.accepted == ()
    assert kind in intake.ignored[0].reason


def test_our_own_changes_are_ignored_or_a_cure_would_set_off_the_next_diagnosis() -> None:
    own = {"7E57AB1E-0000-4000-8000-00000000BBBB"}

    intake = heard(payload("event-grid"), own_principals=own)

    assert intake.accepted == ()
    assert intake.ignored[0].reason == "this service's own change"


def test_older_senders_put_the_authorization_in_text() -> None:
    event = payload("event-grid")
    event["data"] |= {"resourceUri": None, "operationName": None}
    event["data"]["authorization"] = (
        f'{{"scope": "{CONTOSO}", "action": "Microsoft.ContainerRegistry/registries/write"}}'
    )

    (signal,) = heard(event).accepted

    assert signal.resource == ResourceId.parse(CONTOSO)


@pytest.mark.parametrize(
    "rubbish",
    [
        {},
        {"id": 5},
        {"id": "x"},
        {"id": "", "eventType": "Microsoft.Resources.ResourceWriteSuccess"},
        {"id": "x", "eventType": "Microsoft.Resources.ResourceWriteSuccess", "data": []},
        {"id": "x", "specversion": "1.0", "eventType": "Microsoft.Resources.ResourceWriteSuccess"},
        [],
        None,
    ],
)
def test_what_is_no_event_is_refused(rubbish: Any) -> None:
    with pytest.raises(BadInput):
        heard(rubbish)


def test_an_event_without_data_is_ignored() -> None:
    assert heard(payload("event-grid") | {"data": None}).accepted == ()
