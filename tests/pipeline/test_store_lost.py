"""
The storage account stops answering half-way: nothing more is written to Azure, and nothing is lost.

The account is Azurite, over a line that can be cut: what is asked then fails as a refused
connection does.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport

from functions import duty
from shared.errors import HealError
from shared.medic import Medic
from shared.model.words import OPEN_STATES, State
from shared.pipeline import heal, sweep
from shared.settings import PolicyText, Settings
from shared.store import StoreError
from tests.clinic import GENEROUS, Clinic
from tests.functions.conftest import Desk, open_desk
from tests.simulator import estates
from tests.store import azurite
from tests.store.places import account, break_leases, new_account

__all__ = ["open_desk"]
pytestmark = pytest.mark.skipif(azurite.missing() is not None, reason=str(azurite.missing()))


class Line(RequestsTransport):  # type: ignore[misc]
    """A line to the account that is cut at its nth request, until it is mended."""

    def __init__(self, until: int | None = None) -> None:
        super().__init__()
        self.asked, self.until, self.cut = 0, until, False
        self.when_cut: Callable[[], None] = lambda: None

    def send(self, request: Any, **kwargs: Any) -> Any:
        self.asked += 1
        if self.asked == self.until:
            self.cut = True
            self.when_cut()
        if self.cut:
            raise ServiceRequestError("connection refused")
        return super().send(request, **kwargs)


def medic(clinic: Clinic, line: Line, place: str) -> Medic:
    name, _, connection = place.partition(";")
    return Medic(
        Settings(policy=PolicyText(GENEROUS)),
        connection=clinic.connection,
        store=account(name, connection, transport=line),
    )


def blocked(place: Path) -> Clinic:
    place.mkdir(exist_ok=True)
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, place)
    clinic.pull(clinic.only("sites"))
    return clinic


def finished(clinic: Clinic, treating: Medic) -> State:
    """The queue delivers again, and the sweep comes by."""
    shop = clinic.only("sites")
    with suppress(HealError):
        heal(clinic.signal(shop), medic=treating)
    for _ in range(8):
        clinic.advance(301)
        sweep(medic=treating)
        (incident,) = treating.store.page().incidents
        if incident.state not in OPEN_STATES:
            break
    treating.store.close()
    return incident.state


def test_a_store_lost_at_any_moment_of_a_heal_stops_the_writes_and_comes_back_to_the_same_end(
    tmp_path: Path,
) -> None:
    whole = Line()
    clinic = blocked(tmp_path / "whole")
    heal(clinic.signal(clinic.only("sites")), medic=medic(clinic, whole, new_account()))

    for moment in range(2, whole.asked, 7):
        clinic, line = blocked(tmp_path / str(moment)), Line(moment)
        treating, written = medic(clinic, line, place := new_account()), list[int]()
        line.when_cut = lambda clinic=clinic, written=written: written.append(len(clinic.writes))  # type: ignore[misc]

        with pytest.raises(StoreError, match="did not answer"):
            heal(clinic.signal(clinic.only("sites")), medic=treating)
        assert written == [len(clinic.writes)]
        with pytest.raises(StoreError):
            sweep(medic=treating)
        assert written == [len(clinic.writes)]

        line.cut = False
        break_leases(place)  # what could not be given back ends within the minute
        assert finished(clinic, treating) is State.HEALED, moment
        assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_meanwhile_alerts_are_taken_in_and_health_says_what_is_wrong(
    open_desk: Callable[..., Desk],
) -> None:
    desk, line = open_desk(), Line()
    desk.clinic.pull(desk.shop())
    desk.clinic.medic = medic(desk.clinic, line, new_account())
    duty.take_over(desk.clinic.medic)
    line.cut = True

    told = [desk.ask("POST", "/api/alerts", desk.alert()).status for _ in range(3)]
    health = desk.ask("GET", "/api/health")

    assert told == [202] * 3
    assert health.status == 503
    assert health.json["store"]["reachable"] is False
    assert "the table" in health.json["store"]["place"]
    assert "did not answer" in health.json["store"]["problems"][0]
    assert desk.clinic.writes == []

    line.cut = False
    for queue in (duty.QUEUE, duty.POISON, duty.QUEUE, duty.POISON):
        desk.host.settle(queue)
    (incident,) = desk.ask("GET", "/api/incidents").json["incidents"]
    assert incident["state"] == "verifying"
    assert desk.clinic.writes == [f"PATCH {desk.clinic.id('contosoimages')}"]
    assert desk.ask("GET", "/api/health").status == 200
