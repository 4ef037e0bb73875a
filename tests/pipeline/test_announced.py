"""What was announced is followed up: it may have been written, and only Azure can tell."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.errors import HealError
from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import heal, sweep
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_at_once import before_each, blocked

_DELIVERIES = 5


class Silence:
    """After our write nothing is heard of Azure any more, not even whether it took effect."""

    def __init__(self, place: Path, policy: str = GENEROUS) -> None:
        self.clinic = Clinic(blocked(), place, policy=policy)
        self.clinic.pull(self.clinic.only("sites"))
        self.clinic.simulator.faults.add(
            {"match": {"method": "PATCH"}, "times": 9, "drop": "after"}
        )
        before_each(self.clinic, self._falls)

    def _falls(self, request: Any) -> None:
        if request.method == "PATCH":
            self.clinic.simulator.faults.add({"times": 10_000, "status": 503})

    def ends(self) -> None:
        self.clinic.simulator.faults.clear()

    def deliver(self) -> Incident:
        """As often as the queue does before it gives up."""
        signal = self.clinic.signal(self.clinic.only("sites"))
        for _ in range(_DELIVERIES):
            with suppress(HealError):
                heal(signal, medic=self.clinic.medic)
            self.clinic.advance(30)
        return self.incident

    def pass_minutes(self, minutes: int) -> Incident:
        for _ in range(minutes):
            self.clinic.advance(60)
            sweep(medic=self.clinic.medic)
        return self.incident

    @property
    def incident(self) -> Incident:
        (only,) = self.clinic.medic.store.page().incidents
        return only


def test_a_write_of_unknown_fate_is_followed_up_when_the_queue_has_given_up(
    tmp_path: Path,
) -> None:
    silence = Silence(tmp_path)
    assert silence.deliver().state is State.APPLYING
    assert silence.pass_minutes(20).state is State.APPLYING
    silence.ends()

    healed = silence.pass_minutes(20)

    assert healed.state is State.HEALED
    assert any(told.changed for told in healed.outcome)
    assert silence.clinic.writes == [f"PATCH {silence.clinic.only('registries')}"]


@pytest.mark.parametrize("calls", [40, 400], ids=["its calls are used up", "its hour is over"])
def test_where_nothing_is_heard_for_too_long_a_person_is_told_what_is_open(
    calls: int, tmp_path: Path
) -> None:
    limits = f"limits: {{azure_calls_per_incident: {calls}}}\n"
    silence = Silence(tmp_path, GENEROUS + limits)
    silence.deliver()

    given_up = silence.pass_minutes(90)

    assert given_up.state is State.FAILED
    (said,) = [one.text for one in given_up.timeline if "the interruption is open" in one.text]
    assert silence.clinic.only("registries").name in said
