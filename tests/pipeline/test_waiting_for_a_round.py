"""Who waits for others, how long, and what becomes of whoever a round could not treat."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clients import logs
from shared.model.plan import Verification
from shared.model.signal import Signal, SignalKind
from shared.model.words import Result, State
from shared.pipeline import heal, healing, sweep
from tests.pipeline.storms import WELL, Storm, wanted
from tests.pipeline.test_at_once import before_each
from tests.simulator.estates.storms import PLANS


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


def test_two_that_both_saw_nobody_write_are_asked_again_when_only_one_of_them_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first writes between the moment in which the second need not wait and its own turn."""
    ward = Storm(tmp_path, apps=8, registries=1)
    first, second, *others = ward.signals
    turn, done = healing.carry_out, list[Any]()

    def late(incident: Any, work: Any, **more: Any) -> Any:
        if incident.resource == second.resource and not done:
            done.append(incident)
            heal(first, medic=ward.machine())
            for signal in others:
                ward.clinic.medic.receive(signal)
        return turn(incident, work, **more)

    monkeypatch.setattr(healing, "carry_out", late)
    heal(second, medic=ward.machine())

    assert done
    assert ward.patches(0) == 1
    assert next(one for one in ward.incidents if one.resource == second.resource).state is (
        State.RECEIVED
    )


def test_a_round_takes_whoever_came_since_it_was_called(tmp_path: Path) -> None:
    ward = Storm(tmp_path, apps=6, registries=1)
    ward.hear()
    called_for = tuple(one.id for one in ward.incidents[:2])
    signal = Signal(
        id="round/1",
        kind=SignalKind.ROUND,
        source="round",
        resource=ward.clinic.id("contoso00"),
        at=ward.clinic.medic.now(),
        incidents=called_for,
    )

    ward.work_off([signal])

    assert {one.state for one in ward.incidents} == {State.VERIFYING}
    assert ward.patches(0) == 1


def test_a_sweep_takes_nobody_out_of_a_crowd_whose_time_comes_while_it_searches(
    tmp_path: Path,
) -> None:
    """Seven wait; the eighth was told to wait until a moment after the sweep has begun."""
    ward = Storm(tmp_path, apps=8, registries=1)
    looks, called = list[Any](), list[Signal]()
    store, clinic = ward.clinic.medic.store, ward.clinic
    ward.hear()
    eighth, *seven = ward.incidents
    due = clinic.medic.now() + timedelta(seconds=60)
    later = Verification(result=Result.PENDING, proof="", checked=clinic.medic.now(), due=due)
    store.save(replace(eighth, verification=later))
    clinic.advance(50)

    def meanwhile(request: Any) -> None:
        if "ResourceGraph" in request.path:
            clinic.advance(20)
        if "siteStatus" in request.path:
            looks.append(request)

    before_each(clinic, meanwhile)
    sweep(medic=clinic.medic, hand_on=called.append)

    assert looks == []
    assert {id for one in called for id in one.incidents} == {one.id for one in seven}


def test_what_only_a_sweep_took_up_is_tried_again_in_minutes(tmp_path: Path) -> None:
    """No message will bring it back: its own was worked off, or never came."""
    ward = Storm(tmp_path, apps=1, registries=1)
    ward.clinic.simulator.faults.add(
        {"match": {"path": "app-0/config/appsettings"}, "drop": "before"}
    )
    ward.hear()

    ward.pass_minutes(1)
    assert ward.incidents[0].state is State.DIAGNOSING
    ward.pass_minutes(3)

    assert ward.patches(0) == 1
