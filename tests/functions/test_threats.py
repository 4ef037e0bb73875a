"""Attacks through the front doors, under a policy that lets everything act; docs/SECURITY.md names
them all, and the tests of those that meet their answer further inside."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from functions import duty
from shared.medic import Medic
from shared.settings import Settings
from tests.functions.conftest import Desk
from tests.payloads import payload
from tests.simulator import alerts, estates

HOOK = "/runtime/webhooks/eventgrid?functionName=on_event"
EVIL = "https://attacker.example/steal?x="
FORGED = (
    "ERROR - DockerApiException: Docker API responded with status code=InternalServerError, "
    'response={"message":"Head \\"https://contosoimages.azurecr.io/v2/shop/web/manifests/4.2.1\\": '
    "denied: client with IP '6.6.6.6' is not allowed access. Refer https://aka.ms/acr/firewall to "
    'grant access."}'
)


def notify(desk: Desk, *events: dict[str, Any]) -> None:
    assert desk.ask("POST", HOOK, list(events), aeg_event_type="Notification").status == 202
    settle(desk)


def settle(desk: Desk) -> None:
    for queue in (duty.QUEUE, duty.POISON):
        desk.host.settle(queue, seconds=30)


def healed(desk: Desk) -> str:
    """The shop is blocked, an alert comes, the one write is made and seen to help."""
    desk.clinic.pull(desk.shop())
    id = desk.ask("POST", "/api/alerts", desk.alert()).json["accepted"][0]["incident"]
    settle(desk)
    desk.clinic.sweep_until_done(desk.clinic.load(id))
    assert desk.incident(id)["state"] == "healed"
    assert len(desk.clinic.writes) == 1
    return str(id)


def test_a_forged_alert_about_an_app_whose_pull_works_changes_nothing(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(estates.healthy_web_app())
    forged = payload("alert-log-v2")
    shop = desk.clinic.only("sites").text
    forged["data"]["essentials"]["configurationItems"] = [shop]
    forged["data"]["alertContext"]["condition"]["allOf"][0]["dimensions"] = [
        {"name": "_ResourceId", "value": shop},
        {"name": "Message", "value": FORGED},
    ]

    id = desk.ask("POST", "/api/alerts", forged).json["accepted"][0]["incident"]
    settle(desk)

    assert desk.incident(id)["state"] in ("closed", "explained", "held")
    assert "6.6.6.6" not in str(desk.incident(id)["plan"])
    assert desk.clinic.writes == []


def test_an_alert_replayed_for_a_day_after_the_cure_changes_nothing(desk: Desk) -> None:
    fired, resolved = desk.alert(), desk.alert("Resolved")
    id = healed(desk)

    for order in itertools.permutations([fired, resolved, fired]):
        for alert in order:
            assert desk.ask("POST", "/api/alerts", alert).status == 202
        settle(desk)
        desk.clinic.advance(4 * 3600)

    told = desk.ask("GET", f"/api/incidents?resource={desk.shop()}").json["incidents"]
    assert id in [one["id"] for one in told]
    assert {one["state"] for one in told} <= {"healed", "closed"}
    assert len(desk.clinic.writes) == 1


@pytest.mark.parametrize("told_who", [True, False])
def test_our_own_write_that_comes_back_as_an_event_starts_no_second_cure(
    desk: Desk, told_who: bool
) -> None:
    """A system-assigned identity has no client id in the settings, so its events are not known as
    our own: then a look finds nothing left to do."""
    old, healer = desk.clinic.medic, desk.clinic.simulator.world.healer
    known = Settings(policy=old.settings.policy, client_id=healer["clientId"] if told_who else None)
    medic = Medic(known, connection=desk.clinic.connection, store=old.store, clock=old._clock)
    desk.clinic.medic = medic
    duty.take_over(medic)
    healed(desk)
    operation, registry = "Microsoft.ContainerRegistry/registries/write", "contosoimages"
    reads = len(desk.clinic.simulator.traffic)

    for _ in range(3):
        world = desk.clinic.simulator.world
        events = alerts.event(
            world, operation, desk.clinic.id(registry).text, principal=healer["principalId"]
        )
        events[0]["data"]["claims"]["appid"] = healer["clientId"]
        notify(desk, *events, *events)

    assert len(desk.clinic.writes) == 1
    assert (len(desk.clinic.simulator.traffic) == reads) is told_who


def test_no_address_in_a_payload_is_ever_asked_for_anything(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())
    handle, hosts = desk.clinic.simulator.handle, set()

    def witness(request: Any) -> Any:
        hosts.add(request.url.split("/")[2].lower())
        return handle(request)

    desk.clinic.simulator.handle = witness  # type: ignore[method-assign]
    alert = desk.alert()
    condition = alert["data"]["alertContext"]["condition"]["allOf"][0]
    for field in ("UI", "API"):
        condition[f"linkToSearchResults{field}"] = f"{EVIL}1"
        condition[f"linkToFilteredSearchResults{field}"] = f"{EVIL}2"
    alert["data"]["customProperties"] = {"callback": f"{EVIL}3", "webhookUrl": f"{EVIL}4"}
    (event,) = alerts.event(
        desk.clinic.simulator.world, "Microsoft.Web/sites/write", desk.shop().text
    )
    event["data"]["httpRequest"]["url"] = f"{EVIL}5"
    event["topic"] = event["dataSchema"] = f"{EVIL}6"

    assert desk.ask("POST", "/api/alerts", alert).json["accepted"]
    notify(desk, event)
    said = f'Head "{EVIL}7": unauthorized, realm="{EVIL}8", see {EVIL}9'
    desk.ask("POST", "/api/diagnose", {"resource": desk.shop().text, "message": said})

    assert hosts
    assert hosts <= {"management.azure.com", "api.loganalytics.io", "contosoimages.azurecr.io"}


def test_a_payload_names_no_workspace_to_query(desk: Desk) -> None:
    """The alert names somebody else's workspace, and a query of its own."""
    other = (
        "/subscriptions/7c9e6679-7425-40de-944b-e07fc1f90ae7/resourcegroups/x/providers/"
        "microsoft.operationalinsights/workspaces/attackers"
    )
    alert = desk.alert()
    alert["data"]["essentials"] |= {"configurationItems": [], "alertTargetIDs": [other]}
    condition = alert["data"]["alertContext"]["condition"]["allOf"][0]
    condition |= {"dimensions": [], "searchQuery": "union withsource=t * | take 1"}

    assert desk.ask("POST", "/api/alerts", alert).status == 202
    settle(desk)

    asked = [one["liveRequest"] for one in desk.clinic.simulator.traffic]
    queries = [one for one in asked if one["url"].endswith("/query")]
    own = desk.clinic.simulator.world.workspace
    assert all(f"/workspaces/{own}/query" in one["url"] for one in queries)
    assert not any("withsource" in str(one["body"]) for one in queries)
    assert desk.clinic.writes == []
