"""
The alert rules of `infra/`: carried out by the simulated workspace, heard by the product.

The platform logs a failed pull, the rule's own query finds it, the action group posts the common
alert schema, and the product heals whom it names.
"""

from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from shared import queries
from tests.bicep.deploying import deploy, made
from tests.functions.conftest import Desk, open_desk
from tests.infra.ways import EVERYTHING, MAIN
from tests.simulator import alerts, estates, platform
from tests.simulator.alertrules import rules
from tests.simulator.world import World
from tests.simulator_tests.asking import change, of

__all__ = ["open_desk"]
RETRY = {"retry": [45]}


def posted(desk: Desk) -> list[dict[str, Any]]:
    """Every alert that fires now goes to the door; what was accepted."""
    accepted: list[dict[str, Any]] = []
    for payload in alerts.fired(desk.clinic.simulator.world):
        answer = desk.ask("POST", "/api/alerts", payload)
        assert answer.status == 202, answer.content
        accepted += answer.json["accepted"]
    desk.settle()
    return accepted


def test_a_web_apps_failed_pull_fires_one_alert_and_is_healed(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(estates.blocked_web_app() | RETRY)
    desk.clinic.pull(desk.shop())

    (accepted,) = posted(desk)

    assert accepted["resource"].lower() == desk.shop().key
    assert desk.incident(accepted["incident"])["state"] == "verifying"
    assert desk.clinic.writes == [f"PATCH {desk.clinic.id('contosoimages')}"]


@pytest.mark.parametrize("destination", ["log-analytics", "azure-monitor"])
def test_a_container_apps_failed_pull_is_found_in_either_form_of_its_table(
    destination: str, open_desk: Callable[..., Desk]
) -> None:
    scenario = estates.container_app_403()
    environment = of(scenario, "Microsoft.App/managedEnvironments")
    change(environment, appLogsConfiguration={"destination": destination})
    desk = open_desk(scenario | RETRY)
    basket = desk.clinic.id("basket")
    desk.clinic.pull(basket)

    (accepted,) = posted(desk)

    found = desk.ask("GET", f"/api/incidents?resource={basket}").json["incidents"]
    assert [one["id"] for one in found] == [accepted["incident"]]
    assert found[0]["diagnosis"]["finding"] != "undetermined"


def test_one_workload_is_one_alert_however_much_it_logs_and_a_healthy_one_is_none() -> None:
    scenario = estates.blocked_web_app()
    world, id = World.load(scenario), estates.workloads_of(scenario)[0]
    assert alerts.fired(world) == []

    for _ in range(3):
        platform.pull(world, id)
        world.advance(30)

    (payload,) = alerts.fired(world)
    assert payload["data"]["essentials"]["configurationItems"] == [id.lower()]


def test_an_alert_ends_with_its_window() -> None:
    scenario = estates.blocked_web_app()
    world = World.load(scenario | {"retry": [86400]})
    platform.pull(world, estates.workloads_of(scenario)[0])
    before = len(alerts.fired(world))

    world.advance(16 * 60)

    assert (before, alerts.fired(world)) == (1, [])


@pytest.mark.parametrize(
    ("rule", "query"), [("web-apps", "site_failures"), ("container-apps", "container_failures")]
)
def test_a_rule_asks_what_the_product_asks(rule: str, query: str) -> None:
    path = resources.files(queries).joinpath(f"{query}.kql")
    own = path.read_text(encoding="utf-8").partition("// ---")[2].partition("\n")[2]

    assert own in rules()[rule].query


def test_a_rule_gives_every_parameter_of_its_query() -> None:
    for rule, query in (("web-apps", "site_failures"), ("container-apps", "container_failures")):
        path = resources.files(queries).joinpath(f"{query}.kql")
        examples = path.read_text(encoding="utf-8").partition("// ---")[0]

        head = rules()[rule].query.partition(" //")[0]
        assert queries._PARAMETER.findall(head) == queries._PARAMETER.findall(examples)


def test_every_watched_workspace_has_both_rules_and_they_call_the_action_group() -> None:
    deployment = deploy(MAIN, **EVERYTHING)
    (group,) = made(deployment, "Microsoft.Insights/actionGroups")

    found = [one.properties for one in made(deployment, "Microsoft.Insights/scheduledQueryRules")]

    assert len(found) == 4
    assert len({one["scopes"][0] for one in found}) == 2
    for one in found:
        assert one["actions"] == {"actionGroups": [group.id]}
        assert one["autoMitigate"] is True
        assert one["skipQueryValidation"] is True
