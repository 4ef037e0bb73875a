"""Many apps of one registry fail at once: they are treated together, in few reads and one write."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared import signals
from shared.clients import logs
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.signal import Signal, SignalKind
from shared.model.words import State
from shared.pipeline import heal, rollback, sweep, take
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_at_once import before_each
from tests.simulator.estates.cases import OFFICE
from tests.simulator.estates.storms import PLANS, addresses, storm

#: Healed; or closed, because by the time it was looked at another's write had healed it.
WELL = {State.HEALED, State.CLOSED}


class Storm:
    """A clinic whose apps all failed, with the alerts that came of it."""

    def __init__(self, place: Path, *, apps: int, registries: int, policy: str = GENEROUS) -> None:
        self.place = place
        self.policy = policy
        self.clinic = Clinic({**storm(apps, registries), "retry": [45]}, place, policy=policy)
        self.apps = [self.clinic.id(f"app-{number}", "sites") for number in range(apps)]
        for app in self.apps:
            self.clinic.pull(app)
        self.signals = [self.clinic.signal(app, id=f"alert-{app.name}") for app in self.apps]

    def machine(self) -> Medic:
        """Another instance of the app."""
        return Medic(
            Settings(policy=PolicyText(self.policy)),
            connection=self.clinic.connection,
            store=SqliteStore(self.place / "medic.db"),
            clock=self.clinic.medic._clock,
        )

    def hear(self) -> None:
        """The alert door books every signal at once."""
        for signal in self.signals:
            self.clinic.medic.receive(signal)

    def work_off(self, messages: Sequence[Signal], *, machines: int = 1) -> None:
        """The queue's messages, those they lead to included, taken by machines side by side."""
        waiting, lock = [signals.dump(one) for one in messages], threading.Lock()

        def work(medic: Medic) -> None:
            while True:
                with lock:
                    if not waiting:
                        return
                    message = waiting.pop(0)
                more = take(signals.load(message), medic=medic)
                with lock:
                    waiting.extend(signals.dump(one) for one in more)

        medics = [self.machine() for _ in range(machines)]
        with ThreadPoolExecutor(machines) as pool:
            for done in [pool.submit(work, medic) for medic in medics]:
                done.result()

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.clinic.advance(60)
            sweep(medic=self.clinic.medic)

    @property
    def incidents(self) -> list[Incident]:
        return list(self.clinic.medic.store.page(limit=200).incidents)

    def patches(self, registry: int) -> int:
        return self.clinic.writes.count(f"PATCH {self.clinic.id(f'contoso{registry:02d}')}")

    def rules(self, registry: int) -> set[str]:
        found = self.clinic.simulator.world.resources.get(
            self.clinic.id(f"contoso{registry:02d}").text
        )
        assert found is not None
        return {rule["value"] for rule in found["properties"]["networkRuleSet"]["ipRules"]}


def wanted(registry: int) -> set[str]:
    return {*OFFICE} | {one for plan in range(PLANS) for one in addresses(registry, plan)}


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


def test_what_is_heard_while_a_registry_rests_is_in_the_next_write(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=12, registries=1)
    early, late = ward.signals[:6], ward.signals[6:]
    for signal in early:
        ward.clinic.medic.receive(signal)
    ward.work_off(early)
    ward.clinic.advance(20)
    for signal in late:
        ward.clinic.medic.receive(signal)
    ward.work_off(late)
    ward.pass_minutes(4)

    assert {one.state for one in ward.incidents} <= WELL
    assert ward.patches(0) <= 2
    assert ward.rules(0) == wanted(0)


def test_apps_that_fail_one_after_the_other_are_healed_as_they_come(tmp_path: Path) -> None:
    """Each alone is no crowd, and those on one plan are let in with the first of them."""
    ward = Storm(tmp_path, apps=PLANS + 3, registries=1)
    for signal in ward.signals:
        ward.work_off([signal])
    assert ward.patches(0) == PLANS
    ward.pass_minutes(4)

    assert {one.state for one in ward.incidents} <= WELL
    assert ward.patches(0) == PLANS
    assert ward.rules(0) == wanted(0)


def test_in_a_crowd_whoever_is_looked_at_by_itself_waits_a_minute_after_a_write(
    tmp_path: Path,
) -> None:
    """Two workers took their signals before anybody saw a crowd; the second is late by a moment."""
    ward = Storm(tmp_path, apps=8, registries=1)
    first, second, *others = ward.signals

    def meanwhile(request: Any) -> None:
        if request.method == "PATCH" and others:
            while others:
                ward.clinic.medic.receive(others.pop())

    before_each(ward.clinic, meanwhile)
    ward.work_off([first])
    heal(second, medic=ward.machine())
    assert ward.patches(0) == 1
    ward.pass_minutes(4)

    assert ward.patches(0) == 2
    assert {one.state for one in ward.incidents} <= WELL


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


def test_a_search_that_fails_leaves_everything_to_the_sweep(tmp_path: Path) -> None:
    """It looks at each by itself; by then the registry of those that wait is known."""
    ward = Storm(tmp_path, apps=6, registries=1)
    ward.clinic.simulator.faults.add(
        {"match": {"path": "ResourceGraph"}, "times": 1000, "status": 403}
    )
    ward.hear()

    ward.work_off(ward.signals)
    ward.pass_minutes(8)

    assert {one.state for one in ward.incidents} <= WELL
    assert ward.patches(0) <= PLANS
    assert ward.rules(0) == wanted(0)


def test_while_azure_puts_a_search_off_nobody_looks_one_by_one_instead(tmp_path: Path) -> None:
    """The sweep waits with them for the search; who has waited too long is looked at by itself."""
    ward = Storm(tmp_path, apps=6, registries=1)
    pause = {"status": 429, "headers": {"Retry-After": "30"}}
    ward.clinic.simulator.faults.add({"match": {"path": "ResourceGraph"}, "times": 1000, **pause})
    looks: list[Any] = []
    before_each(ward.clinic, lambda one: looks.append(one) if "siteStatus" in one.path else None)
    ward.hear()

    ward.pass_minutes(9)
    assert {one.state for one in ward.incidents} == {State.RECEIVED}
    assert looks == []
    ward.pass_minutes(2)

    assert looks


def test_a_round_that_another_worker_preceded_by_a_moment_writes_a_minute_later(
    tmp_path: Path,
) -> None:
    """While the round looks, a worker that was slow since before the storm writes for its own."""
    ward = Storm(tmp_path, apps=8, registries=1)
    slow = ward.signals.pop(0)
    done: list[Any] = []

    def meanwhile(request: Any) -> None:
        if "/listUsages" in request.path and not done:
            done.append(request)
            heal(slow, medic=ward.machine())

    ward.hear()
    before_each(ward.clinic, meanwhile)
    ward.work_off(ward.signals)

    assert done
    assert ward.patches(0) == 1
    ward.pass_minutes(4)
    assert ward.patches(0) == 2
    assert {one.state for one in ward.incidents} <= WELL


def test_one_that_could_not_be_looked_at_is_in_the_next_round(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=6, registries=1)
    settings = {"match": {"path": "app-3/config/appsettings"}, "drop": "before"}
    ward.clinic.simulator.faults.add(settings)
    ward.hear()

    ward.work_off(ward.signals)
    left = next(one for one in ward.incidents if one.resource.name == "app-3")
    assert left.state is State.RECEIVED
    assert "could not be looked at" in left.timeline[-1].text
    ward.pass_minutes(3)

    assert {one.state for one in ward.incidents} <= WELL


def test_one_that_was_let_in_while_it_was_looked_at_is_watched_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rules were read before the write that let its neighbour in, its logs after it."""
    monkeypatch.setattr(logs, "_MOST_TOGETHER", 1)
    ward = Storm(tmp_path, apps=7, registries=1)
    neighbour = ward.signals.pop(2)
    done: list[Any] = []
    first = threading.Lock()

    def meanwhile(request: Any) -> None:
        if "app-5" not in f"{request.path} {request.body}":
            return
        with first:
            if not done:
                done.append(request)
                heal(neighbour, medic=ward.machine())
                ward.clinic.advance(50)  # the platform tries again by itself

    ward.hear()
    before_each(ward.clinic, meanwhile)
    ward.work_off(ward.signals)

    watched = next(one for one in ward.incidents if one.resource.name == "app-5")
    assert watched.state is State.VERIFYING
    assert "let others in at the same registry" in watched.timeline[-1].text
    ward.pass_minutes(4)
    assert {one.state for one in ward.incidents} <= WELL


def test_a_round_delivered_twice_is_one_round(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=6, registries=1)
    ward.hear()
    again = Signal(
        id="round/1",
        kind=SignalKind.ROUND,
        source="round",
        resource=ward.clinic.id("contoso00"),
        at=ward.clinic.medic.now(),
        names=tuple(one.id for one in ward.incidents),
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
