"""
Changes after which a pull that worked will fail, and how Azure tells of them.

In:  a Desk whose workload pulls.
Out: the change made by another administrator; the events Event Grid would deliver.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.clinic import GENEROUS
from tests.functions.conftest import Answer, Desk
from tests.simulator import alerts
from tests.simulator.estates import healthy_cases, image_cases
from tests.simulator.estates.cases import OFFICE

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
    """A job between two runs: nobody sees it run, so the word of an event is enough to act."""
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
