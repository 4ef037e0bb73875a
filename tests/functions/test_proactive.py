"""
What is changed is told by Event Grid, and whom it harms is found before the next pull fails.

Every story begins with a workload that pulls; somebody changes something, Resource Graph does not
know it yet, Event Grid tells it as a CloudEvent, and no pull is tried before the service has acted.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from functions import duty
from shared.model.ids import ResourceId
from tests.clinic import GENEROUS
from tests.functions.conftest import Answer, Desk
from tests.simulator import alerts
from tests.simulator.estates import healthy_cases, image_cases
from tests.simulator.estates.cases import OFFICE
from tests.simulator.estates.estate import guid
from tests.simulator.services import resourcegraph

HOOK = "/runtime/webhooks/eventgrid?functionName=on_event"
TRUSTING = GENEROUS.replace(
    "remedies:\n",
    "remedies:\n  pull-role: {mode: auto, removed_by: [person]}\n  dns-zone-link: {mode: auto}\n",
)
REGISTRY, SITE = "Microsoft.ContainerRegistry/registries", "Microsoft.Web/sites"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"


def tell(desk: Desk, operation: str, resource: str, *, principal: str = "") -> Answer:
    """Event Grid delivers the event of a change, as a CloudEvent."""
    world = desk.clinic.simulator.world
    (event,) = alerts.event(world, operation, resource, principal=principal)
    cloud = {
        "specversion": "1.0",
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "data": event["data"],
    }
    return desk.ask("POST", HOOK, cloud, aeg_event_type="Notification")


def change(desk: Desk, method: str, path: str, body: Any = None) -> None:
    """Another administrator changes Azure."""
    sent = json.dumps(body).encode() if body is not None else b""
    answer = desk.clinic.simulator.change(method, path, sent)
    assert answer.status < 300, answer.body


def of_type(desk: Desk, kind: str, part: str = "") -> str:
    """The id of the one resource of that type whose id holds `part`."""
    found = [
        str(item["id"])
        for item in desk.clinic.simulator.world.resources
        if str(item["type"]).lower() == kind.lower() and part.lower() in str(item).lower()
    ]
    assert len(found) == 1, found
    return found[0]


def role_deleted(desk: Desk) -> str:
    site = desk.clinic.simulator.world.resources.get(desk.shop().text)
    assert site is not None
    id = of_type(desk, ASSIGNMENT, site["identity"]["principalId"])
    change(desk, "DELETE", id)
    return id


def firewall_closed(desk: Desk) -> str:
    rules = [{"action": "Allow", "value": OFFICE[0]}]
    body = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": rules}}}
    change(desk, "PATCH", id := of_type(desk, REGISTRY), body)
    return id


def mode_switched(desk: Desk) -> str:
    body = {"properties": {"roleAssignmentMode": "AbacRepositoryPermissions"}}
    change(desk, "PATCH", id := of_type(desk, REGISTRY), body)
    return id


def password_renewed(desk: Desk) -> str:
    id = of_type(desk, REGISTRY)
    change(desk, "POST", f"{id}/regenerateCredential", {"name": "password2"})
    return id


def plan_scaled(desk: Desk) -> str:
    """The plan moves to other machines, and its apps leave by other addresses."""
    id = of_type(desk, "Microsoft.Web/serverfarms")
    world = desk.clinic.simulator.world
    site = world.resources.get(desk.shop().text)
    assert site is not None
    site["properties"]["outboundIpAddresses"] = "20.50.8.8,20.50.8.9"
    site["properties"]["possibleOutboundIpAddresses"] = "20.50.8.8,20.50.8.9"
    return id


def link_removed(desk: Desk) -> str:
    change(desk, "DELETE", id := of_type(desk, LINK))
    desk.clinic.advance(60)  # deleting a link takes a while
    return id


def image_changed(desk: Desk) -> str:
    body = {"properties": {"linuxFxVersion": "DOCKER|contosoimages.azurecr.io/shop/web:9.9.9"}}
    change(desk, "PATCH", f"{desk.shop()}/config/web", body)
    return desk.shop().text


@dataclass(frozen=True)
class Story:
    """Somebody changes something that pulls rest on. `operation`: what Azure calls it."""

    scenario: Callable[[], dict[str, Any]]
    change: Callable[[Desk], str]
    operation: str
    finding: str
    state: str = "held"
    writes: int = 0


def site() -> dict[str, Any]:
    """A web app that runs: no pull of it has failed, so a person is asked before a change."""
    return healthy_cases.working("site")


def job() -> dict[str, Any]:
    """A job between two runs: nobody can see that it runs, so it is healed at once."""
    return healthy_cases.working("job")


def open_registry() -> dict[str, Any]:
    """A web app, and a registry that also answers this service."""
    return image_cases.case("web app", has={})


STORIES: Mapping[str, Story] = {
    "role assignment deleted": Story(
        site, role_deleted, f"{ASSIGNMENT}/delete", "pull-role-missing"
    ),
    "registry firewall changed": Story(
        site, firewall_closed, f"{REGISTRY}/write", "firewall-missing-egress"
    ),
    "registry permission mode changed": Story(
        site, mode_switched, f"{REGISTRY}/write", "pull-role-wrong-for-abac"
    ),
    "admin password changed": Story(
        healthy_cases.working_as_the_admin_user,
        password_renewed,
        f"{REGISTRY}/regenerateCredential/action",
        "credentials-stale",
    ),
    "plan scaled": Story(
        site, plan_scaled, "Microsoft.Web/serverfarms/write", "firewall-missing-egress"
    ),
    "private DNS link removed": Story(
        healthy_cases.working_in_private, link_removed, f"{LINK}/delete", "private-dns-not-linked"
    ),
    "app image changed": Story(
        open_registry,
        image_changed,
        f"{SITE}/config/write",
        "tag-missing",
        state="explained",
    ),
    "registry firewall changed, and a job pulls next": Story(
        job,
        firewall_closed,
        f"{REGISTRY}/write",
        "firewall-missing-egress",
        state="verifying",
        writes=1,
    ),
}


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
