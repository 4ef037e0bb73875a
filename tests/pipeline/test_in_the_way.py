"""What a worker leaves behind when it dies or its store fails keeps others waiting, not failing."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.medic import Medic
from shared.model.words import State
from shared.pipeline import heal, sweep
from shared.settings import PolicyText, Settings
from shared.store import SqliteStore, StoreBusy
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates


class _Clinging(SqliteStore):
    """A store that is too busy to let go of anything."""

    def release(self, name: str, holder: str) -> None:
        raise StoreBusy("the store is busy")


def _blocked(place: Path) -> Clinic:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, place)
    clinic.pull(clinic.only("sites"))
    return clinic


def _held_by_the_dead(clinic: Clinic, *, until: datetime) -> str:
    """A worker that was killed holds the registry."""
    name = f"registry/{clinic.only('registries').key}"
    store, now = clinic.medic.store, clinic.medic.now()
    assert store.lease(name, holder="the dead", until=until, now=now)
    return name


def test_a_registry_that_a_dead_worker_holds_is_waited_for_and_then_opened(tmp_path: Path) -> None:
    """Five deliveries take two minutes and a lease a quarter of an hour: the incident failed, and
    its message was poisoned."""
    clinic = _blocked(tmp_path)
    shop = clinic.only("sites")
    _held_by_the_dead(clinic, until=clinic.medic.now() + timedelta(minutes=15))

    waiting = clinic.heal(shop)

    assert waiting.state is State.RECEIVED
    assert waiting.verification is not None
    assert "another change of" in waiting.verification.proof
    assert clinic.writes == []
    ended = clinic.sweep_until_done(waiting, minutes=1)
    while ended.state is State.RECEIVED:
        ended = clinic.sweep_until_done(ended, minutes=1)
    assert clinic.sweep_until_done(ended).state is State.HEALED
    assert clinic.writes == [f"PATCH {clinic.only('registries')}"]


def test_what_was_done_and_told_does_not_fail_because_a_lease_is_not_given_back(
    tmp_path: Path,
) -> None:
    clinic = _blocked(tmp_path)
    medic = Medic(
        Settings(policy=PolicyText(GENEROUS)),
        connection=clinic.connection,
        store=_Clinging(tmp_path / "medic.db"),
        clock=clinic.medic._clock,
    )

    incident = heal(clinic.signal(clinic.only("sites")), medic=medic)

    assert incident is not None
    assert incident.state is State.VERIFYING
    clinic.advance(16 * 60)  # longer than a lease
    sweep(medic=clinic.medic)
    assert clinic.load(incident.id).state is State.HEALED
    assert clinic.writes == [f"PATCH {clinic.only('registries')}"]


@pytest.mark.parametrize("lost", ["the app", "the right to read it"])
def test_what_cannot_be_looked_at_later_is_not_due_any_more(lost: str, tmp_path: Path) -> None:
    """It waited for a moment that had passed, and the sweep looked at it every minute for good."""
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    world, shop = clinic.simulator.world, clinic.only("sites")
    for role in world.resources.of_type("Microsoft.Authorization/roleAssignments"):
        if role["properties"]["principalId"] != world.healer["principalId"]:
            world.resources.delete(role["id"])  # nothing shows the owner's consent
    clinic.pull(shop)
    held = clinic.heal(shop)
    assert held.verification is not None
    if lost == "the app":
        world.resources.delete(shop.text)
    else:
        for role in world.resources.of_type("Microsoft.Authorization/roleAssignments"):
            world.resources.delete(role["id"])

    clinic.advance(16 * 60)
    sweep(medic=clinic.medic)

    ended = clinic.load(held.id)
    assert ended.state is (State.CLOSED if lost == "the app" else State.EXPLAINED)
    assert ended.verification is None
    clinic.advance(60)
    assert sweep(medic=clinic.medic) == ()
