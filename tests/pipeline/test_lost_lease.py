"""
A lease that is lost while its worker is busy: whoever lost it writes nothing more, and both finish.

The lease is broken by force, as an operator or the end of its time would, at one of the worker's
requests to Azure; meanwhile another machine heals its own workload at the same registry.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.errors import HealError, LeaseLost
from shared.medic import Medic
from shared.model.signal import Signal
from shared.model.words import State
from shared.pipeline import heal, rollback, sweep
from shared.settings import PolicyText, Settings
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_at_once import SECOND, before_each, rules, two_apps_one_registry
from tests.simulator import estates
from tests.store.places import KINDS, PATIENT_KINDS, Another, break_leases, somewhere


class Ward:
    """Two machines with one store, two apps with one registry that knows neither."""

    def __init__(self, place: Path, another: Another) -> None:
        self.clinic = Clinic(two_apps_one_registry(), place)
        self.patch = f"PATCH {self.clinic.id('contosoimages')}"
        self.one, self.two = (self._machine(another) for _ in range(2))
        self._place = another.place
        for name in ("shop", "cart"):
            self.clinic.pull(self.clinic.id(name, "sites"))

    def failure(self, name: str) -> Signal:
        return self.clinic.signal(self.clinic.id(name, "sites"), id=name)

    def before(self, method: str, end: str, action: Callable[[], None], *, nth: int = 1) -> None:
        """`action` happens before Azure takes the nth such request from now on."""
        seen: list[str] = []

        def watch(request: Any) -> None:
            if request.method == method and request.path.endswith(end):
                seen.append(request.path)
                if len(seen) == nth:
                    action()

        before_each(self.clinic, watch)

    def loses_its_leases(self) -> None:
        break_leases(self._place)

    def loses_to_the_other(self) -> None:
        """For a minute nothing is heard of the worker."""
        self.loses_its_leases()
        self.clinic.advance(60)
        heal(self.failure("cart"), medic=self.two)

    def finish(self) -> None:
        """The queue delivers again, and the sweep looks until nothing moves any more."""
        with suppress(HealError):
            heal(self.failure("shop"), medic=self.one)
        for _ in range(10):
            self.clinic.advance(240)
            if not sweep(medic=self.two):
                return

    def _machine(self, another: Another) -> Medic:
        settings = Settings(policy=PolicyText(GENEROUS))
        return Medic(settings, connection=self.clinic.connection, store=another())


@pytest.fixture(params=KINDS)
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    with somewhere(request.param, tmp_path / "shared.db") as another:
        yield Ward(tmp_path, another)


#: Both kinds of store; the account's only where there is time for its leases to end.
unhurried = pytest.mark.parametrize("ward", PATIENT_KINDS, indirect=True)


@unhurried
def test_a_lease_lost_before_the_write_stops_the_write(ward: Ward) -> None:
    ward.before("GET", "/contosoimages", ward.loses_to_the_other, nth=2)

    with pytest.raises(LeaseLost, match="writes nothing more"):
        heal(ward.failure("shop"), medic=ward.one)

    assert ward.clinic.writes == [ward.patch]  # the other machine's
    ward.finish()
    assert set(rules(ward.clinic)) == {*estates.OFFICE, *estates.OUTBOUND, *SECOND}
    assert ward.clinic.writes == [ward.patch] * 2
    assert {one.state for one in ward.one.store.page().incidents} == {State.HEALED}


@unhurried
def test_a_lease_lost_while_the_write_is_on_its_way_costs_nobody_a_rule(ward: Ward) -> None:
    """Azure takes the late write, whose list is older than the other's: what it drops is missed by
    the other's own verification, and comes back."""
    ward.before("PATCH", "/contosoimages", ward.loses_to_the_other)

    heal(ward.failure("shop"), medic=ward.one)
    assert set(rules(ward.clinic)) == {*estates.OFFICE, *estates.OUTBOUND}
    ward.finish()

    assert set(rules(ward.clinic)) == {*estates.OFFICE, *estates.OUTBOUND, *SECOND}
    assert {one.state for one in ward.one.store.page().incidents} == {State.HEALED}


def test_a_lease_lost_in_a_rollback_stops_it_before_it_writes(ward: Ward) -> None:
    incident = heal(ward.failure("shop"), medic=ward.one)
    assert incident is not None
    ward.before("GET", "/contosoimages", ward.loses_its_leases)

    with pytest.raises(LeaseLost):
        rollback(incident.id, "back", "ada", medic=ward.one)
    assert ward.clinic.writes == [ward.patch]
    rollback(incident.id, "back", "ada", medic=ward.two)

    assert rules(ward.clinic) == [*estates.OFFICE]
    assert ward.clinic.writes == [ward.patch] * 2
