"""Many apps of one registry fail at once: they are treated together, in few reads and one write."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.model.signal import Signal, SignalKind
from shared.model.words import State
from shared.pipeline import rollback
from tests.pipeline.storms import Storm, wanted
from tests.simulator.estates.cases import OFFICE
from tests.simulator.estates.storms import addresses


@pytest.mark.parametrize("machines", [1, 3])
def test_all_apps_of_two_registries_are_healed_with_one_write_each(
    machines: int, tmp_path: Path
) -> None:
    ward = Storm(tmp_path, apps=16, registries=2)
    ward.hear()

    ward.work_off(ward.signals, machines=machines)
    ward.pass_minutes(3)

    assert {one.state for one in ward.incidents} == {State.HEALED}
    assert len(ward.incidents) == 16
    assert [ward.patches(0), ward.patches(1)] == [1, 1]
    assert ward.rules(0) == wanted(0)
    assert ward.rules(1) == wanted(1)


def test_a_healed_app_costs_fewer_than_four_calls_to_the_resource_manager(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=30, registries=1)
    asked: Counter[str] = Counter()
    handle = ward.clinic.simulator.handle

    def counted(request: Any) -> Any:
        asked[request.host] += 1
        return handle(request)

    ward.clinic.simulator.handle = counted  # type: ignore[method-assign]
    ward.hear()
    ward.work_off(ward.signals)
    ward.pass_minutes(3)

    assert {one.state for one in ward.incidents} == {State.HEALED}
    assert asked["management.azure.com"] < 4 * len(ward.apps)
    assert asked["api.loganalytics.io"] < len(ward.apps)


def test_every_incident_keeps_its_own_decision_outcome_and_way_back(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=6, registries=1)
    ward.hear()
    ward.work_off(ward.signals)
    ward.pass_minutes(3)
    first = next(one for one in ward.incidents if one.resource.name == "app-0")

    assert all(one.decision and one.decision.verdict == "allow" for one in ward.incidents)
    assert all(told.changed for one in ward.incidents for told in one.outcome)
    (told,) = first.outcome
    added = {one["value"] for one in told.after["ipRules"]} - {
        one["value"] for one in told.before["ipRules"]
    }
    assert added == set(addresses(0, 0))
    assert "in one request with what 5 other workloads need" in told.detail
    counted = ward.clinic.medic.store.history(
        ward.clinic.id("contoso00"), "", now=ward.clinic.medic.now()
    )
    assert counted.registry_writes_last_hour == 1


def test_an_administrator_at_the_same_rules_loses_none_of_his(tmp_path: Path) -> None:
    """He adds a rule while the round looks; just before the rules are read for the last time he
    adds another, and removes one that every plan was made with."""
    ward = Storm(tmp_path, apps=8, registries=1)
    ward.hear()
    lists = [[*OFFICE, "198.51.100.7"], ["198.51.100.7", "198.51.100.8"]]
    path = f"{ward.clinic.id('contoso00')}?api-version=2025-11-01"
    handle, done = ward.clinic.simulator.handle, []

    def meanwhile(request: object) -> object:
        if "/listUsages" in request.path and lists:  # type: ignore[attr-defined]
            theirs = [{"action": "Allow", "value": value} for value in lists.pop(0)]
            rules = {"networkRuleSet": {"defaultAction": "Deny", "ipRules": theirs}}
            body = json.dumps({"properties": rules}).encode()
            done.append(ward.clinic.simulator.change("PATCH", path, body).status)
        return handle(request)  # type: ignore[arg-type]

    ward.clinic.simulator.handle = meanwhile  # type: ignore[method-assign,assignment]
    ward.work_off(ward.signals)
    ward.pass_minutes(3)

    assert done == [200, 200]
    assert ward.rules(0) == wanted(0) - {*OFFICE} | {"198.51.100.7", "198.51.100.8"}
    assert {one.state for one in ward.incidents} == {State.HEALED}


def test_a_registry_with_room_for_some_takes_whole_plans_and_no_part_of_one(
    tmp_path: Path,
) -> None:
    ward = Storm(tmp_path, apps=6, registries=1)
    registry = ward.clinic.simulator.world.resources.get(ward.clinic.id("contoso00").text)
    assert registry is not None
    filling = [{"action": "Allow", "value": f"198.51.{n // 250}.{n % 250}"} for n in range(182)]
    registry["properties"]["networkRuleSet"]["ipRules"] += filling
    ward.hear()

    ward.work_off(ward.signals)
    ward.pass_minutes(3)

    by_plan = {one.resource.name: one.state for one in ward.incidents}
    healed = {name for name, state in by_plan.items() if state is State.HEALED}
    assert healed in ({"app-0", "app-3"}, {"app-1", "app-4"}, {"app-2", "app-5"})
    assert {by_plan[name] for name in by_plan.keys() - healed} == {State.HELD}
    new = ward.rules(0) - {rule["value"] for rule in filling} - {*OFFICE}
    assert len(new) == 4
    assert ward.patches(0) == 1


def test_a_round_delivered_twice_is_one_round(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=6, registries=1)
    ward.hear()
    again = Signal(
        id="round/1",
        kind=SignalKind.ROUND,
        source="round",
        resource=ward.clinic.id("contoso00"),
        at=ward.clinic.medic.now(),
        incidents=tuple(one.id for one in ward.incidents),
    )

    ward.work_off([again] * 4, machines=4)

    assert ward.patches(0) == 1
    assert {one.state for one in ward.incidents} == {State.VERIFYING}


def test_one_of_many_rolled_back_leaves_the_others_what_they_need(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=6, registries=1)
    ward.hear()
    ward.work_off(ward.signals)
    ward.pass_minutes(3)
    alone = [one for one in ward.incidents if one.resource.name in ("app-1", "app-4")]

    for incident in alone:
        rollback(incident.id, "not meant to pull", "ada", medic=ward.clinic.medic)

    gone = wanted(0) - ward.rules(0)
    assert gone == set(addresses(0, 1))
