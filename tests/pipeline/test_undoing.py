"""
Taking back: exactly what this incident brought, nobody else's, and nothing somebody still needs.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict, HealError, InUse
from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import rollback
from tests.clinic import Clinic
from tests.pipeline.test_at_once import before_each, change, machine, rules
from tests.pipeline.test_private_path import LINKING
from tests.pipeline.test_second_thoughts import FREEZE, with_policy
from tests.simulator import estates
from tests.simulator.estates import private_cases

A, B, C, D = "20.50.2.11", "20.50.2.12", "20.50.2.13", "20.50.2.14"
OFFICE = [*estates.OFFICE]


def neighbours(**leaving: tuple[str, ...]) -> dict[str, Any]:
    """Web apps that pull from one registry, each with outbound addresses of its own."""
    estate = estates.Estate(retry=[45])
    acr = estate.registry("contosoimages", deny=True, allow=estates.OFFICE)
    image = estate.image(acr, "shop/web", "4.2.1")
    for name, outbound in leaving.items():
        site = estate.site(name, image=image, outbound=outbound)
        estate.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    return estate.scenario()


def healed(clinic: Clinic, name: str, *, id: str = "") -> Incident:
    """Its pull fails (by one of its addresses), is heard of, and looked at until that is over."""
    site = clinic.id(name, "sites")
    while clinic.pull(site)["ok"]:
        pass
    return clinic.sweep_until_done(clinic.heal(site, id=id or name))


def back(clinic: Clinic, incident: Incident) -> Incident:
    return rollback(incident.id, "too open", "ada", medic=clinic.medic)


def patches(clinic: Clinic, times: int) -> list[str]:
    return [f"PATCH {clinic.id('contosoimages')}"] * times


# --- whose addresses


def test_an_address_another_healed_app_pulls_by_stays_and_the_outcome_says_for_whom(
    tmp_path: Path,
) -> None:
    clinic = Clinic(neighbours(shop=(A, B), cart=(B, C)), tmp_path)
    shop, cart = healed(clinic, "shop"), healed(clinic, "cart")
    assert (shop.state, cart.state) == (State.HEALED, State.HEALED)

    undone = back(clinic, shop)

    assert undone.state is State.ROLLED_BACK
    assert rules(clinic) == [*OFFICE, B, C]
    assert f"{B} stays, because cart pulls by it" in undone.timeline[-1].text
    assert clinic.pull(clinic.id("cart", "sites"))["ok"]
    assert clinic.writes == patches(clinic, 3)


def test_where_others_need_all_of_it_nothing_is_written_and_that_is_said(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,), cart=(A,)), tmp_path)
    shop = healed(clinic, "shop")
    cart = clinic.heal(clinic.id("cart", "sites"), id="cart")  # heard of, and well by now
    assert cart.state is State.CLOSED

    undone = back(clinic, shop)

    assert undone.state is State.ROLLED_BACK
    assert (
        undone.timeline[-1].text
        == f"nothing had to be removed; {A} stays, because cart pulls by it"
    )
    assert undone.outcome[-1].changed is False
    assert rules(clinic) == [*OFFICE, A]
    assert clinic.writes == patches(clinic, 1)


def test_an_app_that_was_rolled_back_itself_keeps_nothing(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A, B), cart=(B, C)), tmp_path)
    shop, cart = healed(clinic, "shop"), healed(clinic, "cart")

    back(clinic, cart)
    back(clinic, shop)

    assert rules(clinic) == OFFICE


def test_one_of_many_takes_back_only_what_it_alone_brought(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A, B), cart=(B, C), mail=(C, D)), tmp_path)
    incidents = [healed(clinic, name) for name in ("shop", "cart", "mail")]

    undone = back(clinic, incidents[1])

    assert rules(clinic) == [*OFFICE, A, B, C, D]  # the others pull by B and by C
    assert f"{C} stays, because mail pulls by it" in undone.timeline[-1].text
    assert clinic.writes == patches(clinic, 3)


def test_a_rule_that_somebody_removed_and_wrote_again_is_theirs(tmp_path: Path) -> None:
    """Another incident's look in between saw the list without it, so that can be told."""
    clinic = Clinic(neighbours(shop=(A, B), cart=(C,)), tmp_path)
    shop = healed(clinic, "shop")
    change(clinic, *OFFICE, B)
    clinic.advance(600)
    healed(clinic, "cart")
    change(clinic, *OFFICE, B, C, A)

    undone = back(clinic, shop)

    assert rules(clinic) == [*OFFICE, C, A]
    assert f"{A} stays, because somebody else wrote it again since" in undone.timeline[-1].text


def test_a_rule_somebody_wrote_again_in_their_own_spelling_is_theirs(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A, B)), tmp_path)
    shop = healed(clinic, "shop")
    change(clinic, *OFFICE, f"{A}/32", B)

    back(clinic, shop)

    assert rules(clinic) == [*OFFICE, f"{A}/32"]


# --- once, by one, at any time


def test_a_rollback_is_not_rolled_back(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    incident = healed(clinic, "shop")
    back(clinic, incident)

    with pytest.raises(Conflict, match="rolled back already; to have it again, heal the workload"):
        back(clinic, incident)

    assert rules(clinic) == OFFICE
    assert clinic.writes == patches(clinic, 2)


@pytest.mark.parametrize("policy", [FREEZE, "version: 1\nmode: observe"], ids=["freeze", "observe"])
def test_neither_a_freeze_nor_observe_keeps_anybody_from_taking_back(
    policy: str, tmp_path: Path
) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    incident = healed(clinic, "shop")

    undone = rollback(incident.id, "back", "ada", medic=with_policy(clinic, policy))

    assert undone.state is State.ROLLED_BACK
    assert rules(clinic) == OFFICE


@pytest.mark.parametrize(
    ("policy", "said"),
    [("version: 1\nmode: of", "not valid"), ("version: 1\nscope: {include: []}", "outside")],
    ids=["a bad policy", "out of scope"],
)
def test_beyond_the_policy_nothing_is_taken_back(policy: str, said: str, tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    incident = healed(clinic, "shop")

    with pytest.raises(Conflict, match=said):
        rollback(incident.id, "back", "ada", medic=with_policy(clinic, policy))

    assert clinic.writes == patches(clinic, 1)


def test_an_open_breaker_does_not_keep_anybody_from_taking_back(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    incident = healed(clinic, "shop")
    clinic.medic.store.trip(clinic.id("contosoimages").key, because="x", now=clinic.medic.now())

    assert back(clinic, incident).state is State.ROLLED_BACK
    assert rules(clinic) == OFFICE


@pytest.mark.parametrize("moment", ["GET", "PATCH"])
def test_nothing_is_taken_back_while_the_heal_is_at_it(moment: str, tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    clinic.pull(clinic.id("shop", "sites"))
    refused: list[str] = []

    def somebody_rolls_back(request: Any) -> None:
        if request.method == moment and not refused:
            refused.append("")
            (incident,) = clinic.medic.store.page().incidents
            with pytest.raises(InUse, match="a worker is busy with inc-"):
                rollback(incident.id, "stop", "ada", medic=machine(clinic, tmp_path))

    before_each(clinic, somebody_rolls_back)
    incident = clinic.heal(clinic.id("shop", "sites"))

    assert refused
    assert incident.state is State.VERIFYING
    assert rules(clinic) == [*OFFICE, A]
    assert back(clinic, incident).state is State.ROLLED_BACK
    assert clinic.writes == patches(clinic, 2)


def test_two_incidents_of_one_registry_are_not_changed_at_once(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,), cart=(C,)), tmp_path)
    shop = healed(clinic, "shop")
    clinic.pull(clinic.id("cart", "sites"))
    refused: list[str] = []

    def somebody_rolls_back(request: Any) -> None:
        if request.method == "PATCH" and not refused:
            with pytest.raises(InUse, match=r"another change of .* is under way") as busy:
                rollback(shop.id, "stop", "ada", medic=machine(clinic, tmp_path))
            refused.append(str(busy.value))

    before_each(clinic, somebody_rolls_back)
    clinic.heal(clinic.id("cart", "sites"), id="cart")

    assert refused
    assert rules(clinic) == [*OFFICE, A, C]


def test_two_people_at_once_take_it_back_once(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    incident = healed(clinic, "shop")
    gate, said = threading.Barrier(2), []

    def person(name: str) -> None:
        medic = machine(clinic, tmp_path)
        gate.wait()
        try:
            rollback(incident.id, "back", name, medic=medic)
            said.append("done")
        except HealError as refusal:
            said.append(type(refusal).__name__)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(person, name) for name in ("ada", "kim")]:
            done.result()

    assert sorted(said)[-1] == "done"
    assert sorted(said)[0] in ("InUse", "Conflict")
    assert clinic.load(incident.id).state is State.ROLLED_BACK
    assert clinic.writes == patches(clinic, 2)


# --- plans of several steps


def two_steps(place: Path) -> tuple[Clinic, Incident]:
    """A link of the registry's zone, and an app that pulls over its network from then on."""
    scenario = private_cases.private(routed=False, linked=False)
    clinic = Clinic({**scenario, "retry": [45]}, place, policy=LINKING)
    clinic.pull(clinic.find("shop"))
    done = clinic.sweep_until_done(clinic.heal(clinic.find("shop")))
    assert [write.split()[0] for write in clinic.writes] == ["PUT", "PUT"]
    return clinic, done


def test_a_rollback_that_stops_half_way_goes_on_where_it_stopped(tmp_path: Path) -> None:
    clinic, done = two_steps(tmp_path)
    clinic.simulator.faults.add({"match": {"method": "DELETE"}, "times": 1, "status": 403})

    with pytest.raises(HealError):
        back(clinic, done)
    half = clinic.load(done.id)
    undone = back(clinic, half)

    assert half.state is done.state
    assert "the rollback stopped" in half.timeline[-1].text
    assert undone.state is State.ROLLED_BACK
    assert [write.split()[0] for write in clinic.writes] == ["PUT", "PUT", "PUT", "DELETE"]
    site = clinic.simulator.world.resources.get(clinic.find("shop").text)
    assert site is not None
    assert site["properties"]["outboundVnetRouting"]["imagePullTraffic"] is False


def test_a_plan_that_was_half_done_is_taken_back_as_far_as_it_went(tmp_path: Path) -> None:
    scenario = private_cases.private(routed=False, linked=False)
    clinic = Clinic({**scenario, "retry": [45]}, tmp_path, policy=LINKING)
    clinic.pull(clinic.find("shop"))
    shop = clinic.find("shop")
    clinic.simulator.faults.add(
        {"match": {"method": "PUT", "path": "/sites/shop"}, "times": 9, "status": 409}
    )
    half = clinic.sweep_until_done(clinic.heal(shop))
    assert [told.changed for told in half.outcome] == [True, False]

    undone = back(clinic, half)

    assert undone.state is State.ROLLED_BACK
    assert [write.split()[0] for write in clinic.writes] == ["PUT", "DELETE"]
