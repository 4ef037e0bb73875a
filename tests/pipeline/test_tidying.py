"""
Rules of ours that nobody needs any more are offered for removal, and a person decides.
"""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict
from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import again, approve, reject, rollback, sweep, take
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_at_once import before_each, change, rules
from tests.pipeline.test_undoing import OFFICE, A, B, C, healed, neighbours, patches
from tests.simulator import estates
from tests.simulator.services import resourcegraph

DAYS = 2 * 24 * 3600
KEEP = GENEROUS.replace("shared_egress: allow", "shared_egress: allow, unneeded: keep")
OBSERVE = "version: 1\nmode: observe"


def later(clinic: Clinic) -> Incident | None:
    """Two days pass, and the sweep comes by: the offer it makes, if it makes one."""
    clinic.advance(DAYS)
    sweep(medic=clinic.medic)
    return offer(clinic)


def offer(clinic: Clinic) -> Incident | None:
    found = [one for one in clinic.medic.store.page().incidents if "unneeded" in one.resource.type]
    return found[0] if found else None


def gone(clinic: Clinic, name: str) -> None:
    """Somebody deletes the app."""
    clinic.simulator.world.resources.delete(clinic.id(name, "sites").text)


def moved(clinic: Clinic, name: str, *addresses: str) -> None:
    """The app moves to another plan, and leaves by other addresses from then on."""
    site = clinic.simulator.world.resources.get(clinic.id(name, "sites").text)
    assert site is not None
    site["properties"]["outboundIpAddresses"] = ",".join(addresses)
    site["properties"]["possibleOutboundIpAddresses"] = ",".join(addresses)


def said(clinic: Clinic) -> str:
    """What today's look over the registry found, as the store keeps it."""
    day = f"tidying/{clinic.medic.now():%Y-%m-%d}/{clinic.id('contosoimages').key}"
    return " ".join(record.text for record in clinic.medic.store.records(day))


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Two apps let in by this service, each by addresses of its own and one they share: the Azure
    they live in, and what the service remembers."""
    place = tmp_path_factory.mktemp("yesterday")
    clinic = Clinic(neighbours(shop=(A, B), cart=(B, C)), place)
    for name in ("shop", "cart"):
        assert healed(clinic, name).state is State.HEALED
    clinic.medic.store.close()
    return clinic.simulator.world.snapshot(), place / "medic.db"


@pytest.fixture
def ward(yesterday: tuple[dict[str, Any], Path], tmp_path: Path) -> Clinic:
    scenario, memory = yesterday
    shutil.copy(memory, tmp_path / "medic.db")
    return Clinic(copy.deepcopy(scenario), tmp_path)


def approved(clinic: Clinic, waiting: Incident) -> Incident:
    """A person says yes, the queue delivers, and the sweep looks until it is over."""
    assert waiting.plan is not None
    yes = approve(waiting.id, waiting.plan.digest, "ada", medic=clinic.medic)
    take(again(yes, medic=clinic.medic), medic=clinic.medic)
    return clinic.sweep_until_done(clinic.load(waiting.id))


def test_a_deleted_apps_addresses_are_offered_removed_when_approved_and_put_back_on_demand(
    ward: Clinic,
) -> None:
    clinic = ward
    gone(clinic, "shop")

    waiting = later(clinic)

    assert waiting is not None
    assert waiting.state is State.HELD
    assert waiting.registry == clinic.id("contosoimages")
    assert waiting.plan is not None
    assert waiting.plan.steps[0].after["ipRules"] == [*OFFICE, B, C]  # cart pulls by B as well
    assert waiting.diagnosis is not None
    told = {fact.fact: fact.value for fact in waiting.diagnosis.facts}
    assert told[f"rule {A}"] == "not needed: shop: it is gone"
    assert told[f"rule {B}"] == "stays: cart may pull by it"
    assert clinic.writes == []

    done = approved(clinic, waiting)

    assert done.state is State.HEALED, [one.text for one in done.timeline]
    assert rules(clinic) == [*OFFICE, B, C]
    assert clinic.pull(clinic.id("cart", "sites"))["ok"]

    back = rollback(done.id, "we want it", "ada", medic=clinic.medic)

    assert back.state is State.ROLLED_BACK
    assert set(rules(clinic)) == {*OFFICE, A, B, C}
    assert clinic.writes == patches(clinic, 2)
    later(clinic)
    assert [one.state for one in clinic.medic.store.page(state=State.HELD).incidents] == []


def test_what_is_needed_is_not_offered(ward: Clinic) -> None:
    clinic = ward

    assert later(clinic) is None
    assert "shop may pull by it" in said(clinic)


def test_what_was_added_a_moment_ago_is_not_even_asked_about(ward: Clinic) -> None:
    clinic = ward
    gone(clinic, "shop")
    clinic.advance(3600)
    sweep(medic=clinic.medic)

    assert offer(clinic) is None
    assert said(clinic) == ""


def test_an_app_that_moved_to_another_plan_leaves_its_old_addresses_behind(ward: Clinic) -> None:
    clinic = ward
    moved(clinic, "shop", B, "20.50.9.9")

    waiting = later(clinic)

    assert waiting is not None
    assert waiting.plan is not None
    assert waiting.plan.steps[0].after["ipRules"] == [*OFFICE, B, C]


def test_an_app_nobody_ever_heard_of_keeps_the_address_it_pulls_by(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,), quiet=(A,)), tmp_path)
    healed(clinic, "shop")
    gone(clinic, "shop")

    assert later(clinic) is None
    assert "quiet may pull by it" in said(clinic)


@pytest.mark.parametrize("hidden", [False, True])
def test_an_app_that_cannot_be_read_keeps_everything_and_that_is_said(
    hidden: bool, ward: Clinic
) -> None:
    """Resource Graph shows it leaving by other addresses, or does not show it at all."""
    clinic = ward
    moved(clinic, "cart", B)
    moved(clinic, "shop", B)
    if hidden:
        site = clinic.id("cart", "sites")
        clinic.simulator.world.resources.delete(site.text)
    clinic.advance(DAYS)
    match = {"method": "GET", "path": "/sites/cart$"}
    clinic.simulator.faults.add({"match": match, "times": 99, "status": 403})
    sweep(medic=clinic.medic)

    assert offer(clinic) is None
    assert "it is not known whether it is needed (cart: it could not be read" in said(clinic)
    assert clinic.writes == []


def test_what_resource_graph_does_not_know_yet_keeps_what_is_needed(ward: Clinic) -> None:
    """It still shows the shop where it was for an hour; the resource manager knows better."""
    clinic = ward
    moved(clinic, "shop", B)
    resourcegraph.freeze(clinic.simulator.world)
    moved(clinic, "shop", A, B)

    assert later(clinic) is None
    assert f"rule {A} stays: shop may pull by it" in said(clinic)


def test_what_an_offer_asks_for_does_not_grow_with_the_workloads_that_need_nothing(
    tmp_path: Path,
) -> None:
    asked = []
    for others in (2, 40):
        crowd = {f"quiet{number}": (C,) for number in range(others)}
        clinic = Clinic(neighbours(shop=(A,), **crowd), tmp_path / str(others))
        healed(clinic, "shop")
        gone(clinic, "shop")
        clinic.advance(DAYS)
        before = len(clinic.simulator.traffic)
        sweep(medic=clinic.medic)
        assert offer(clinic) is not None
        asked.append(len(clinic.simulator.traffic) - before)

    assert asked[0] == asked[1]


def test_an_app_without_a_fixed_way_out_keeps_everything_and_that_is_said(ward: Clinic) -> None:
    clinic = ward
    gone(clinic, "shop")
    moved(clinic, "cart")

    assert later(clinic) is None
    assert "cart: its way out cannot be proven" in said(clinic)


def test_a_search_that_fails_keeps_everything_until_tomorrow(ward: Clinic) -> None:
    clinic = ward
    gone(clinic, "shop")
    clinic.advance(DAYS)
    match = {"method": "POST", "path": "Microsoft.ResourceGraph"}
    clinic.simulator.faults.add({"match": match, "times": 9, "status": 403})
    sweep(medic=clinic.medic)
    assert offer(clinic) is None
    assert "stay, for they could not be looked over" in said(clinic)

    clinic.simulator.faults.clear()
    sweep(medic=clinic.medic)
    assert offer(clinic) is None  # once a day
    assert later(clinic) is not None


@pytest.mark.parametrize("policy", [KEEP, "version: 1\nmode: autoo"])
def test_a_policy_that_wants_no_offers_or_cannot_be_read_gets_none(
    policy: str, ward: Clinic
) -> None:
    from tests.pipeline.test_second_thoughts import with_policy

    clinic = ward
    gone(clinic, "shop")
    clinic.advance(DAYS)
    sweep(medic=with_policy(clinic, policy))

    assert offer(clinic) is None


def test_nobody_elses_rule_is_ever_offered(ward: Clinic) -> None:
    """Not the office's, not one an administrator added, not one they wrote anew after us."""
    clinic = ward
    change(clinic, *OFFICE, "20.61.77.1", f"{A}/32", B, C)
    gone(clinic, "shop")
    gone(clinic, "cart")

    waiting = later(clinic)

    assert waiting is not None
    assert waiting.plan is not None
    assert waiting.plan.steps[0].after["ipRules"] == [*OFFICE, "20.61.77.1", f"{A}/32"]


def test_an_offer_is_made_once_renewed_when_it_changes_and_withdrawn_when_it_is_void(
    ward: Clinic,
) -> None:
    clinic = ward
    gone(clinic, "shop")
    first = later(clinic)
    assert first is not None
    assert later(clinic) == clinic.load(first.id)  # nothing new: not even a line in its story
    site = clinic.id("cart", "sites")

    moved(clinic, "cart", A, B, C)
    assert later(clinic) is not None
    withdrawn = clinic.load(first.id)
    clinic.simulator.world.resources.delete(site.text)
    renewed = later(clinic)

    assert withdrawn.state is State.CLOSED
    assert "nothing is to be removed any more" in withdrawn.timeline[-1].text
    assert renewed is not None
    assert renewed.id != first.id
    assert renewed.plan is not None
    assert renewed.plan.steps[0].after["ipRules"] == OFFICE


def test_what_a_person_wanted_kept_is_not_offered_again(ward: Clinic) -> None:
    clinic = ward
    gone(clinic, "shop")
    waiting = later(clinic)
    assert waiting is not None
    reject(waiting.id, "it comes back", "ada", medic=clinic.medic)

    later(clinic)

    assert [one.state for one in clinic.medic.store.page(state=State.HELD).incidents] == []
    assert "a person wanted it kept" in said(clinic)


def test_an_approval_is_refused_when_somebody_needs_it_by_then(ward: Clinic) -> None:
    clinic = ward
    gone(clinic, "shop")
    waiting = later(clinic)
    assert waiting is not None
    assert waiting.plan is not None
    moved(clinic, "cart", A, B, C)

    with pytest.raises(Conflict):
        approve(waiting.id, waiting.plan.digest, "ada", medic=clinic.medic)

    assert rules(clinic) == [*OFFICE, A, B, C]


def test_where_the_policy_only_observes_the_offer_is_shown_and_cannot_be_approved(
    ward: Clinic,
) -> None:
    from tests.pipeline.test_second_thoughts import with_policy

    clinic = ward
    gone(clinic, "shop")
    clinic.advance(DAYS)
    medic = with_policy(clinic, OBSERVE)
    sweep(medic=medic)
    waiting = offer(clinic)
    assert waiting is not None
    assert waiting.plan is not None

    with pytest.raises(Conflict, match="observe"):
        approve(waiting.id, waiting.plan.digest, "ada", medic=medic)
    assert clinic.writes == []


def test_what_others_change_while_it_is_removed_stays(ward: Clinic) -> None:
    clinic = ward
    gone(clinic, "shop")
    waiting = later(clinic)
    assert waiting is not None
    done: list[str] = []

    def somebody_adds(request: Any) -> None:
        if request.method == "GET" and "siteStatus" not in request.path and waiting.approved:
            return
        state = clinic.load(waiting.id).state
        if state is State.APPLYING and not done:
            done.append("once")
            change(clinic, *rules(clinic), "20.61.77.1")

    before_each(clinic, somebody_adds)
    ended = approved(clinic, waiting)

    assert done
    assert ended.state is State.HEALED
    assert rules(clinic) == [*OFFICE, B, C, "20.61.77.1"]


def test_a_removal_that_keeps_somebody_out_is_taken_back_by_itself(ward: Clinic) -> None:
    """An app that was made in the minutes after the offer was approved."""
    clinic = ward
    gone(clinic, "shop")
    waiting = later(clinic)
    assert waiting is not None
    assert waiting.plan is not None
    yes = approve(waiting.id, waiting.plan.digest, "ada", medic=clinic.medic)
    take(again(yes, medic=clinic.medic), medic=clinic.medic)
    assert rules(clinic) == [*OFFICE, B, C]
    clinic.medic.store.trip("*", because="so that nobody adds it again", now=clinic.medic.now())
    moved(clinic, "cart", A)
    assert not clinic.pull(clinic.id("cart", "sites"))["ok"]
    clinic.heal(clinic.id("cart", "sites"), id="kept out")

    ended = clinic.sweep_until_done(clinic.load(waiting.id))

    assert ended.state is State.ROLLED_BACK, [one.text for one in ended.timeline]
    assert "cart cannot pull since" in " ".join(one.text for one in ended.timeline)
    assert set(rules(clinic)) == {*OFFICE, A, B, C}
    assert clinic.pull(clinic.id("cart", "sites"))["ok"]


def test_an_app_that_pulls_from_elsewhere_now_needs_nothing_here(ward: Clinic) -> None:
    clinic = ward
    config = clinic.simulator.world.resources.get(f"{clinic.id('shop', 'sites')}/config/web")
    assert config is not None
    config["properties"]["linuxFxVersion"] = "DOCKER|ghcr.io/house/web:1"

    waiting = later(clinic)

    assert waiting is not None
    assert waiting.diagnosis is not None
    (told,) = [f.value for f in waiting.diagnosis.facts if f.fact == f"rule {A}"]
    assert told == "not needed: shop: it pulls nothing from contosoimages.azurecr.io"


def test_an_apps_events_about_the_registry_are_not_swallowed_by_an_offer(ward: Clinic) -> None:
    clinic = ward
    gone(clinic, "shop")
    waiting = later(clinic)
    assert waiting is not None

    assert waiting.resource != clinic.id("contosoimages")
    assert waiting.resource.within(clinic.id("contosoimages").text)
    assert clinic.medic.store.find_open(clinic.id("contosoimages")) is None


def test_estates_that_were_never_touched_cost_no_request(tmp_path: Path) -> None:
    clinic = Clinic(estates.healthy_web_app(), tmp_path)
    before = len(clinic.simulator.traffic)
    clinic.advance(DAYS)
    sweep(medic=clinic.medic)

    assert len(clinic.simulator.traffic) == before
