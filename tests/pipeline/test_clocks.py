"""
Clocks that jump, or differ between machines: nothing is written twice, lost, or proven by what was
before the change. Azure's own time, in what it answers, puts a wrong clock right.
"""

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clients import cloud
from shared.clients.connection import Connection
from shared.medic import Medic
from shared.model.words import OPEN_STATES, State
from shared.pipeline import heal, sweep
from shared.settings import PolicyText, Settings
from shared.store import RecordKind, SqliteStore
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_at_once import before_each
from tests.simulator import estates
from tests.simulator.azure import Simulator
from tests.simulator.transport import SimulatedCredential, SimulatedTransport

DAYS, HOURS = timedelta(days=3), timedelta(hours=-5)


class Wrong:
    """A machine's clock, apart from Azure's by what somebody set."""

    def __init__(self, simulator: Simulator, by: timedelta = timedelta()) -> None:
        self._simulator, self.by = simulator, by

    def now(self) -> datetime:
        return self._simulator.world.clock.now() + self.by


def machine(clinic: Clinic, clock: Wrong, place: Path) -> Medic:
    """One more machine, with a clock of its own."""
    line = Connection(
        cloud.find(clinic.simulator.world.cloud),
        workspaces=clinic.connection.workspaces,
        transport=SimulatedTransport(clinic.simulator),
        credential=SimulatedCredential(clinic.simulator),
        clock=clock,
    )
    settings = Settings(policy=PolicyText(GENEROUS))
    return Medic(settings, connection=line, store=SqliteStore(place / "shared.db"))


def blocked(place: Path) -> Clinic:
    place.mkdir(exist_ok=True)
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, place)
    clinic.pull(clinic.only("sites"))
    return clinic


def finished(clinic: Clinic, *machines: Medic) -> Any:
    """Time passes and the machines sweep in turn; the incident as it rests."""
    turns = itertools.cycle(machines)
    for _ in range(12):
        clinic.advance(120)
        treating = next(turns)
        sweep(medic=treating)
        (incident,) = treating.store.page().incidents
        if incident.state not in OPEN_STATES:
            return incident
    raise AssertionError([(one.stage, one.text) for one in incident.timeline])


@pytest.mark.parametrize("jump", [DAYS, HOURS], ids=["forwards", "backwards"])
def test_a_clock_that_jumps_between_any_two_steps_of_a_heal_changes_nothing(
    jump: timedelta, tmp_path: Path
) -> None:
    for nth in (1, 8, 20, 23, 24, 25, 26):
        clinic = blocked(tmp_path / str(nth))
        clock, turns = Wrong(clinic.simulator), itertools.count(1)
        treating = machine(clinic, clock, tmp_path / str(nth))

        def meanwhile(_: Any, nth: int = nth, clock: Wrong = clock, turns: Any = turns) -> None:
            if next(turns) == nth:
                clock.by = jump

        before_each(clinic, meanwhile)
        incident = heal(clinic.signal(clinic.only("sites")), medic=treating)
        assert incident is not None
        clock.by = timedelta()  # and back again
        ended = finished(clinic, treating)

        assert ended.state is State.HEALED, nth
        assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]
        (told,) = ended.outcome
        seen = ended.verification
        assert seen.checked > told.at, "a proof from before the change"
        (intent,) = [
            one for one in treating.store.records(ended.id) if one.kind is RecordKind.INTENT
        ]
        apart = abs(intent.at - clinic.simulator.world.clock.now())
        assert apart < timedelta(hours=1), "the budgets count it at the wrong time"


@pytest.mark.parametrize("jump", [DAYS, HOURS], ids=["forwards", "backwards"])
def test_a_clock_that_jumps_between_two_sweeps_loses_no_incident(
    jump: timedelta, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path)
    clock = Wrong(clinic.simulator)
    treating = machine(clinic, clock, tmp_path)
    heal(clinic.signal(clinic.only("sites")), medic=treating)
    clinic.advance(10)
    sweep(medic=treating)
    clock.by = jump

    ended = finished(clinic, treating, machine(clinic, clock, tmp_path))

    assert ended.state is State.HEALED
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


@pytest.mark.parametrize("minutes", [-7, 7])
def test_two_machines_whose_clocks_differ_by_minutes_are_one_service(
    minutes: int, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path)
    right = machine(clinic, Wrong(clinic.simulator), tmp_path)
    wrong = machine(clinic, Wrong(clinic.simulator, timedelta(minutes=minutes)), tmp_path)
    shop = clinic.only("sites")

    for treating in (wrong, right, wrong):
        heal(clinic.signal(shop), medic=treating)
    ended = finished(clinic, right, wrong)

    assert ended.state is State.HEALED
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_what_a_clock_that_ran_ahead_had_received_is_taken_up_when_it_is_right_again(
    tmp_path: Path,
) -> None:
    """The alert door asks nothing of Azure, so nothing puts its clock right."""
    clinic = blocked(tmp_path)
    clock = Wrong(clinic.simulator, DAYS)
    ahead = machine(clinic, clock, tmp_path)
    ahead.receive(clinic.signal(clinic.only("sites")))
    clock.by = timedelta()

    ended = finished(clinic, machine(clinic, clock, tmp_path))

    assert ended.state is State.HEALED
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_a_lease_taken_by_a_clock_that_ran_ahead_blocks_nobody_for_days(tmp_path: Path) -> None:
    store, now = SqliteStore(tmp_path / "medic.db"), datetime.fromisoformat("2026-11-22T10:00Z")
    length = timedelta(minutes=15)
    assert store.lease("x", holder="ahead", until=now + DAYS + length, now=now + DAYS)

    assert store.lease("x", holder="right", until=now + length, now=now)
    assert not store.renew("x", holder="ahead", until=now + DAYS + length, now=now + DAYS)
    skewed = now - timedelta(minutes=7)
    assert not store.lease("x", holder="behind", until=skewed + length, now=skewed)
