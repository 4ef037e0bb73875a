"""Many at once have one cause, which is named; and what waited while nobody was here is planned."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.model.incident import Incident
from shared.model.words import State, Verdict
from shared.pipeline import again, approve, heal, sweep
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_deciding import blocked
from tests.pipeline.test_limits import apps as kept_out
from tests.simulator import estates
from tests.simulator.estates.past import PERSON, PIPELINE

NAMES = ("shop", "cart", "till", "mail")
AT_ONCE = f"{GENEROUS}limits: {{workloads_at_once: 3, writes_per_registry_per_hour: 20}}\n"


def without_a_role(*, abac: bool = False) -> dict[str, Any]:
    """Web apps of one registry: a pipeline deleted their roles, or a person switched the mode."""
    estate = estates.Estate(retry=[45, 7200])
    acr = estate.registry("contosoimages", abac=abac)
    for name in NAMES:
        site = estate.site(
            name, image=estate.image(acr, f"{name}/web", "1"), outbound=estates.OUTBOUND
        )
        principal = site["identity"]["principalId"]
        if abac:
            estate.assign(principal, estates.ACR_PULL, acr["id"])
        else:
            estate.forgotten_assignment(principal, estates.ACR_PULL, acr["id"], by=PIPELINE)
    if abac:
        estate.remember(acr["id"], f"{acr['type']}/write", timedelta(hours=1), by=PERSON)
    return estate.scenario()


def healed(clinic: Clinic) -> list[Incident]:
    """Every app fails, and is treated, one after the other."""
    for name in NAMES:
        clinic.pull(clinic.id(name, "sites"))
    return [clinic.heal(clinic.id(name, "sites"), id=f"signal-{name}") for name in NAMES]


@pytest.mark.parametrize(
    ("abac", "suffered", "cause"),
    [
        (False, "have no pull role any more since", "deleted an assignment at /subscriptions/"),
        (True, "have a role that its permission mode does not count", "mode was switched; conto"),
    ],
)
def test_the_third_that_lost_its_role_alike_is_held_with_what_took_all_of_them(
    abac: bool, suffered: str, cause: str, tmp_path: Path
) -> None:
    clinic = Clinic(without_a_role(abac=abac), tmp_path, policy=AT_ONCE)

    ended = healed(clinic)

    held = [one.decision for one in ended[2:] if one.decision]
    assert [one.state for one in ended] == [State.VERIFYING] * 2 + [State.HELD] * 2
    assert [one.rules for one in held] == [("no-shared-fault",)] * 2
    assert held[0].reasons[0].startswith(f"3 workloads of contosoimages {suffered}")
    assert held[1].reasons[0].startswith("4 workloads of contosoimages")
    assert cause in held[0].reasons[0]
    assert (PERSON if abac else PIPELINE) in held[0].reasons[0]
    assert all(one.approvable for one in held)
    assert len(clinic.writes) == 2


def test_a_person_approves_one_of_many_and_no_other(tmp_path: Path) -> None:
    clinic = Clinic(without_a_role(), tmp_path, policy=AT_ONCE)
    *_, third, fourth = healed(clinic)
    assert third.plan is not None

    approved = approve(third.id, third.plan.digest, "ada", medic=clinic.medic)
    heal(again(approved, medic=clinic.medic), medic=clinic.medic)
    for _ in range(6):
        clinic.advance(600)
        sweep(medic=clinic.medic)

    assert clinic.load(third.id).state is State.HEALED
    assert clinic.load(fourth.id).state is State.HELD
    assert len(clinic.writes) == 3


def test_those_of_many_whose_shared_cause_was_settled_are_closed_by_the_next_look(
    tmp_path: Path,
) -> None:
    clinic = Clinic(without_a_role(abac=True), tmp_path, policy=AT_ONCE)
    *_, held = healed(clinic)
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    registry["properties"]["roleAssignmentMode"] = "LegacyRegistryPermissions"
    clinic.pull(held.resource)

    for _ in range(4):
        clinic.advance(600)
        sweep(medic=clinic.medic)

    assert clinic.load(held.id).state is State.CLOSED
    assert len(clinic.writes) == 2


def test_many_that_one_write_lets_in_are_not_held(tmp_path: Path) -> None:
    clinic = Clinic(kept_out(*NAMES), tmp_path, policy=AT_ONCE)

    ended = healed(clinic)

    assert {one.state for one in ended} <= {State.VERIFYING, State.RECEIVED}  # or waits its turn
    assert {one.decision.verdict for one in ended if one.decision} == {Verdict.ALLOW}


def late(clinic: Clinic, hours: float) -> Incident:
    """An alert that fired so long ago is delivered now."""
    shop = clinic.only("sites")
    at = clinic.medic.now() - timedelta(hours=hours)
    alert = replace(clinic.signal(shop, id=f"alert-{hours}"), source="log-alert", at=at)
    incident = heal(alert, medic=clinic.medic)
    assert incident is not None
    return incident


def opened(place: Path, policy: str = GENEROUS) -> Clinic:
    clinic = Clinic({**blocked(), "retry": [45, 7200]}, place, policy=policy)
    clinic.pull(clinic.only("sites"))
    return clinic


def test_a_new_service_acts_on_what_happens_now(tmp_path: Path) -> None:
    assert late(opened(tmp_path), 0.1).state is State.VERIFYING


def test_a_new_service_has_missed_nothing_however_old_what_it_hears_is(tmp_path: Path) -> None:
    clinic = opened(tmp_path)
    sweep(medic=clinic.medic)

    assert late(clinic, 50).state is State.VERIFYING


def back_after_hours(place: Path, policy: str = GENEROUS) -> Clinic:
    """The service ran once, and then for three hours it did not."""
    clinic = opened(place, policy)
    sweep(medic=clinic.medic)
    clinic.advance(3 * 3600)
    return clinic


def test_a_service_that_wakes_to_hours_of_signals_plans_only_until_a_person_approves(
    tmp_path: Path,
) -> None:
    clinic = back_after_hours(tmp_path)

    held = late(clinic, 3)
    assert held.plan is not None
    approved = approve(held.id, held.plan.digest, "ada", medic=clinic.medic)
    done = heal(again(approved, medic=clinic.medic), medic=clinic.medic)

    assert held.state is State.HELD
    assert held.decision is not None
    assert held.decision.rules == ("nothing-missed",)
    assert "this service was away from" in held.decision.reasons[0]
    assert done is not None
    assert done.state is State.VERIFYING


@pytest.mark.parametrize("swept", [True, False])
def test_what_waited_while_the_service_was_away_is_held_whether_or_not_the_sweep_was_first(
    swept: bool, tmp_path: Path
) -> None:
    clinic = opened(tmp_path)
    sweep(medic=clinic.medic)
    clinic.advance(3 * 3600)
    if swept:
        sweep(medic=clinic.medic)

    held = late(clinic, 2)

    assert held.state is State.HELD
    assert "was away from 2026-08-03 09:00 UTC until 2026-08-03 12:00 UTC" in held.timeline[-1].text


def test_something_new_about_a_backlog_is_no_backlog(tmp_path: Path) -> None:
    clinic = back_after_hours(tmp_path)
    held = late(clinic, 2)
    clinic.advance(60)

    fresh = late(clinic, 0)

    assert (held.state, fresh.state) == (State.HELD, State.VERIFYING)
    assert fresh.id == held.id


def test_a_late_signal_while_the_service_was_here_all_the_time_is_acted_on(tmp_path: Path) -> None:
    clinic = opened(tmp_path)
    for _ in range(9):
        sweep(medic=clinic.medic)
        clinic.advance(20 * 60)

    assert late(clinic, 1.5).state is State.VERIFYING


def test_the_policy_may_say_that_a_backlog_is_acted_on(tmp_path: Path) -> None:
    assert late(back_after_hours(tmp_path, f"{GENEROUS}backlog: act\n"), 2).state is State.VERIFYING


def test_a_clock_that_ran_ahead_for_a_moment_leaves_no_lasting_backlog(tmp_path: Path) -> None:
    clinic = opened(tmp_path)
    now = clinic.medic.now()
    for hours in (-9, 400, 0):
        clinic.medic.store.beat(now + timedelta(hours=hours), longest=timedelta(minutes=30))

    fresh = late(clinic, 0.5)

    assert fresh.decision is not None
    assert fresh.decision.verdict is Verdict.ALLOW
