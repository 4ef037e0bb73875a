"""A scenario somebody else wrote: what an id says may be left out, and so may whole parts."""

from typing import Any

import pytest

from tests.simulator import alerts, estates, platform
from tests.simulator.azure import Simulator
from tests.simulator.identity import token_for
from tests.simulator.wire import Request
from tests.simulator.world import World


def _bare(scenario: dict[str, Any]) -> dict[str, Any]:
    """The same estate without anything that the ids say too."""
    for resource in scenario["resources"]:
        resource.pop("name", None)
        resource.pop("type", None)
        if "/roleassignments/" in resource["id"].lower():
            resource["properties"].pop("scope", None)
    return scenario


@pytest.mark.parametrize("name", sorted(estates.seeds()))
def test_names_types_and_scopes_are_read_off_the_ids(name: str) -> None:
    whole = World.load(estates.seeds()[name])

    world = World.load(_bare(estates.seeds()[name]))

    for resource in whole.resources:
        read = world.resources.get(resource["id"])
        assert read is not None
        assert read["type"].lower() == resource["type"].lower()
        assert read["properties"].get("scope") == resource["properties"].get("scope")
    for id in estates.workloads_of(estates.seeds()[name]):
        assert platform.pull(world, id)["stage"] == platform.pull(whole, id)["stage"]


def test_a_group_a_slot_and_an_assignment_get_the_names_azure_answers_with() -> None:
    group = "/subscriptions/5B7F0F3E-1D2C-4C8E-9A77-0C1D2E3F4A5B/resourceGroups/web"
    slot = f"{group}/providers/Microsoft.Web/sites/shop/slots/blue"
    given = f"{slot}/PROVIDERS/Microsoft.Authorization/roleAssignments/a1"

    world = World.load({"resources": [{"id": group}, {"id": slot}, {"id": given}]})

    assert [(one["type"], one["name"]) for one in world.resources] == [
        ("Microsoft.Resources/resourceGroups", "web"),
        ("Microsoft.Web/sites/slots", "shop/blue"),
        ("Microsoft.Authorization/roleAssignments", "a1"),
    ]
    assert list(world.resources)[-1]["properties"]["scope"] == slot


def test_parts_may_be_null_and_a_clock_without_a_zone_is_utc() -> None:
    scenario = estates.blocked_web_app() | {"clock": "2026-08-01T10:00:00"}
    for part in ("appSettings", "secrets", "passwords", "egress", "activityLog", "propagation"):
        scenario[part] = None

    simulator = Simulator(scenario)

    assert simulator.world.snapshot()["clock"] == "2026-08-01T10:00:00+00:00"
    assert simulator.world.passwords == {}


def test_on_the_wall_clock_no_scenario_stops_the_time() -> None:
    simulator = Simulator(estates.blocked_web_app() | {"clock": None}, wall_clock=True)

    simulator.replace(estates.blocked_web_app() | {"clock": "2020-01-01T00:00:00Z"})

    assert not simulator.world.clock.simulated
    assert simulator.world.snapshot()["clock"] is None


def test_a_workspace_named_by_its_customer_id_alone_is_still_an_alerts_target() -> None:
    scenario = estates.container_app_403()
    workspaces = "Microsoft.OperationalInsights/workspaces"
    customer = next(one for one in scenario["resources"] if one["type"] == workspaces)
    scenario["workspace"] = customer["properties"]["customerId"]
    scenario["resources"].remove(customer)
    world, id = World.load(scenario), estates.workloads_of(scenario)[0]
    platform.pull(world, id)

    (target,) = alerts.alert(world, id)["data"]["essentials"]["alertTargetIDs"]

    assert target.startswith(f"/subscriptions/{scenario['subscriptions'][0].lower()}/")
    assert target.endswith(f"{workspaces.lower()}/{scenario['workspace'].lower()}")


def test_what_every_answer_of_azure_tells_is_told_though_a_scenario_leaves_it_out() -> None:
    scenario = estates.blocked_web_app()
    for item in scenario["resources"]:
        item["properties"].pop("anonymousPullEnabled", None)
        item["properties"].pop("outboundVnetRouting", None)
        item["properties"].pop("roleAssignmentMode", None)
    simulator = Simulator(scenario)
    ids = {item["type"]: item["id"] for item in scenario["resources"]}

    def told(type: str, version: str) -> dict[str, Any]:
        world = simulator.world
        token = token_for(
            world, world.healer["principalId"], audience="https://management.azure.com"
        )
        url = f"https://management.azure.com{ids[type]}?api-version={version}"
        headers = {"authorization": f"Bearer {token}"}
        answer = simulator.handle(Request(method="GET", url=url, headers=headers))
        return answer.body["properties"]  # type: ignore[no-any-return]

    registry = told("Microsoft.ContainerRegistry/registries", "2025-11-01")
    routing = told("Microsoft.Web/sites", "2025-05-01")["outboundVnetRouting"]

    assert registry["anonymousPullEnabled"] is False
    assert "roleAssignmentMode" not in registry  # left out: nobody knows it
    assert len(routing) == 5
    assert not any(routing.values())
