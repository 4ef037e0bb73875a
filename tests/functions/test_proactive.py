"""
What is changed is told by Event Grid, and whom it harms is found before the next pull fails.

Every story begins with a workload that pulls; somebody changes something, Resource Graph does not
know it yet, Event Grid tells it as a CloudEvent, and no pull is tried before the service has acted.
"""

from collections.abc import Callable
from typing import Any

import pytest

from functions import duty
from shared.model.ids import ResourceId
from tests.functions.changes import (
    ASSIGNMENT,
    LINK,
    REGISTRY,
    STORIES,
    TRUSTING,
    Story,
    change,
    firewall_closed,
    of_type,
    site,
    tell,
)
from tests.functions.conftest import Desk
from tests.payloads import payload
from tests.simulator.estates.estate import Estate, guid
from tests.simulator.services import resourcegraph


def incidents(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.ask("GET", "/api/incidents").json["incidents"])


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_whom_a_change_harms_is_found_before_the_next_pull_fails(
    story: Story, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(story.scenario(), TRUSTING)
    resourcegraph.freeze(desk.clinic.simulator.world)
    changed = story.change(desk)

    answer = tell(desk, story.operation, changed)
    desk.settle()

    (incident,) = incidents(desk)
    assert answer.status == 202
    assert ResourceId.parse(incident["resource"]).name in ("shop", "nightly")
    assert incident["diagnosis"]["finding"] == story.finding, incident["diagnosis"]
    assert incident["state"] == story.state, incident["decision"]
    assert len(desk.clinic.writes) == story.writes


def test_a_plan_held_for_a_running_workload_is_carried_out_when_a_person_says_yes(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(site(), TRUSTING)
    tell(desk, f"{REGISTRY}/write", firewall_closed(desk))
    desk.settle()
    (held,) = incidents(desk)
    assert held["decision"]["reasons"] == [
        "firewall-sync: the workload runs, and nothing that was seen says that a pull of it failed"
    ]

    yes = {"plan": held["plan"]["digest"]}
    answer = desk.ask("POST", f"/api/incidents/{held['id']}/approve", yes)
    desk.settle()

    assert answer.status == 202
    assert desk.incident(held["id"])["state"] == "verifying"
    assert len(desk.clinic.writes) == 1
    assert desk.clinic.pull(desk.shop())["ok"]


def tagged(desk: Desk) -> tuple[str, str]:
    change(desk, "PATCH", id := of_type(desk, REGISTRY), {"tags": {"team": "images"}})
    return f"{REGISTRY}/write", id


def somebody_elses_role(desk: Desk) -> tuple[str, str]:
    id = f"{of_type(desk, REGISTRY)}/providers/{ASSIGNMENT}/{guid('gone')}"
    return f"{ASSIGNMENT}/delete", id


def role_elsewhere(desk: Desk) -> tuple[str, str]:
    storage = f"{desk.shop().group_id}/providers/Microsoft.Storage/storageAccounts/files"
    id = f"{storage}/providers/{ASSIGNMENT}/{guid('gone')}"
    return f"{ASSIGNMENT}/delete", id


def role_of_the_group(desk: Desk) -> tuple[str, str]:
    id = f"{desk.shop().group_id}/providers/{ASSIGNMENT}/{guid('gone')}"
    return f"{ASSIGNMENT}/write", id


def scaled_in_place(desk: Desk) -> tuple[str, str]:
    return "Microsoft.Web/serverfarms/write", of_type(desk, "Microsoft.Web/serverfarms")


def link_of_another_zone(desk: Desk) -> tuple[str, str]:
    zone = f"{desk.shop().group_id}/providers/Microsoft.Network/privateDnsZones/internal.contoso"
    return f"{LINK}/delete", f"{zone}/virtualNetworkLinks/apps"


def address_of_somebody(desk: Desk) -> tuple[str, str]:
    kind = "Microsoft.Network/publicIPAddresses"
    return f"{kind}/delete", f"{desk.shop().group_id}/providers/{kind}/bastion"


@pytest.mark.parametrize(
    "harmless",
    [
        tagged,
        somebody_elses_role,
        role_elsewhere,
        role_of_the_group,
        scaled_in_place,
        link_of_another_zone,
        address_of_somebody,
    ],
)
def test_a_change_that_harms_nobody_opens_no_incident_and_changes_nothing(
    harmless: Callable[[Desk], tuple[str, str]], open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(site(), TRUSTING)

    answer = tell(desk, *harmless(desk))
    desk.settle()

    assert answer.status == 202
    assert incidents(desk) == []
    assert desk.clinic.medic.store.letters().count == 0
    assert desk.clinic.writes == []


@pytest.mark.parametrize("operation", sorted({story.operation for story in STORIES.values()}))
def test_what_this_service_changed_itself_is_not_even_looked_at(
    operation: str, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(site(), TRUSTING)
    desk.clinic.known_as_itself()
    duty.take_over(desk.clinic.medic)
    healer = desk.clinic.simulator.world.healer["principalId"]

    answer = tell(desk, operation, desk.shop().text, principal=healer)
    desk.settle()

    assert answer.status == 202
    assert incidents(desk) == []
    assert desk.clinic.simulator.traffic == []


def test_events_that_come_within_a_minute_are_answered_by_one_survey(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(site(), TRUSTING)
    changed = firewall_closed(desk)

    for _ in range(30):
        tell(desk, f"{REGISTRY}/write", changed)
    desk.settle()

    asked = [one["liveRequest"]["url"] for one in desk.clinic.simulator.traffic]
    pages = [url for url in asked if "Microsoft.ResourceGraph" in url]
    assert len(incidents(desk)) == 1
    assert len(pages) < 10
    assert desk.clinic.writes == []


def test_a_registry_that_was_deleted_is_told_to_whom_pulls_from_it(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(site(), TRUSTING)
    resourcegraph.freeze(desk.clinic.simulator.world)
    changed = of_type(desk, REGISTRY)
    desk.clinic.simulator.world.resources.delete(changed)

    tell(desk, f"{REGISTRY}/delete", changed)
    desk.settle()

    (incident,) = incidents(desk)
    assert incident["diagnosis"]["finding"] == "registry-not-found"
    assert incident["state"] == "explained"


def test_what_was_wrong_elsewhere_before_is_not_the_doing_of_this_change(
    open_desk: Callable[..., Desk],
) -> None:
    """One app's registry is out of sight; another registry gets a tag."""
    estate = Estate()
    estate.site("lost", image="elsewhere.azurecr.io/shop/web:1", outbound=("20.50.2.9",))
    estate.registry("contosoimages")
    desk = open_desk(estate.scenario(), TRUSTING)

    tell(desk, *tagged(desk))
    desk.settle()

    assert incidents(desk) == []


def test_an_alert_about_a_change_is_given_an_incident_that_goes_on_with_whom_it_harms(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(site(), TRUSTING)
    changed = firewall_closed(desk)
    alert = payload("alert-activity")
    alert["data"]["essentials"]["alertTargetIDs"] = [changed]
    alert["data"]["alertContext"] |= {
        "authorization": {"action": f"{REGISTRY}/write", "scope": changed},
        "operationName": f"{REGISTRY}/write",
        "resourceId": changed,
        "status": "Succeeded",
    }

    (accepted,) = desk.ask("POST", "/api/alerts", alert).json["accepted"]
    desk.settle()

    followed = desk.incident(accepted["incident"])
    assert ResourceId.parse(followed["resource"]) == desk.shop()
    assert followed["diagnosis"]["finding"] == "firewall-missing-egress"
    assert followed["state"] == "held"
