"""
What no event told of is found by looking: the sweep and a scan find the same causes by a few pages
of Resource Graph, and read closely only whom the pages do not vouch for.
"""

from collections.abc import Callable
from typing import Any

import pytest

from shared.model.ids import ResourceId
from tests.functions.changes import STORIES, TRUSTING, Story, firewall_closed, site
from tests.functions.conftest import Desk
from tests.functions.test_proactive import incidents
from tests.simulator.services import resourcegraph


def tick(desk: Desk) -> None:
    """The timer fires, and the queue is worked off."""
    desk.host.fire("sweep")
    desk.settle()


def changed_a_while_ago(story: Story, desk: Desk) -> None:
    story.change(desk)
    if story.operation.endswith("/regenerateCredential/action"):
        desk.clinic.advance(20 * 60)  # the Activity Log lags, too


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_the_sweep_finds_by_looking_what_no_event_told(
    story: Story, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(story.scenario(), TRUSTING)
    changed_a_while_ago(story, desk)

    tick(desk)

    (incident,) = incidents(desk)
    assert incident["diagnosis"]["finding"] == story.finding
    assert incident["state"] == ("held" if story.writes else story.state), incident["decision"]
    assert desk.clinic.writes == []


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_scan_finds_the_same_and_changes_nothing(
    story: Story, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(story.scenario(), TRUSTING)
    changed_a_while_ago(story, desk)

    told = desk.ask("POST", "/api/scan").json

    (incident,) = told["incidents"]
    assert incident["diagnosis"]["finding"] == story.finding
    assert (told["workloads"], told["read"]) == (1, 1)
    assert desk.clinic.writes == []
    assert incidents(desk) == []


def test_the_estate_is_looked_over_every_quarter_of_an_hour_and_told_of_once(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(site(), TRUSTING)
    firewall_closed(desk)
    for _ in range(46):
        tick(desk)
        desk.clinic.advance(60)

    surveys = [url for url in asked(desk) if "Microsoft.ResourceGraph" in url]
    (incident,) = incidents(desk)
    assert [one["source"] for one in incident["signals"]] == ["patrol"]
    assert len(surveys) < 4 * 6
    assert desk.clinic.writes == []


def test_what_the_pages_still_show_is_read_again_before_anything_is_planned(
    open_desk: Callable[..., Desk],
) -> None:
    """Somebody closed the firewall and opened it again, and Resource Graph knows only the first."""
    desk = open_desk(site(), TRUSTING)
    world = desk.clinic.simulator.world
    registry = world.resources.get(firewall_closed(desk))
    assert registry is not None
    resourcegraph.freeze(world)
    registry["properties"]["networkRuleSet"]["defaultAction"] = "Allow"

    tick(desk)

    (incident,) = incidents(desk)
    assert ResourceId.parse(incident["resource"]) == desk.shop()
    assert (incident["state"], incident["plan"]["steps"]) == ("closed", [])
    assert desk.clinic.writes == []


def test_where_nothing_is_wrong_a_patrol_leaves_no_trace(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(site(), TRUSTING)

    tick(desk)

    assert incidents(desk) == []
    assert asked(desk), "it did not look"
    assert desk.clinic.writes == []


def test_a_search_that_azure_refuses_is_made_a_minute_later(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(site(), TRUSTING)
    firewall_closed(desk)
    match = {"method": "POST", "path": "Microsoft.ResourceGraph"}
    desk.clinic.simulator.faults.add({"match": match, "times": 99, "status": 403})
    tick(desk)
    assert incidents(desk) == []

    desk.clinic.simulator.faults.clear()
    desk.clinic.advance(60)
    tick(desk)

    assert len(incidents(desk)) == 1


def test_a_service_without_a_policy_that_can_be_read_looks_for_nothing(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(site(), "version: 1\nmode: autoo")
    firewall_closed(desk)

    tick(desk)

    assert incidents(desk) == []


def asked(desk: Desk) -> list[Any]:
    return [one["liveRequest"]["url"] for one in desk.clinic.simulator.traffic]
