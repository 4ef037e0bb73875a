"""A change that did not help alone is followed by one more look; nothing is done twice."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.model.incident import Incident
from shared.model.words import FindingName, RemedyName, State
from shared.pipeline import sweep
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates, platform
from tests.simulator.estates import pipeline_cases

MOVING = {State.RECEIVED, State.DIAGNOSING, State.APPLYING, State.VERIFYING}


def to_the_end(clinic: Clinic, incident: Incident, minutes: int = 90) -> Incident:
    for _ in range(minutes):
        if incident.state not in MOVING:
            break
        clinic.advance(60)
        sweep(medic=clinic.medic)
        incident = clinic.load(incident.id)
    return incident


def blocked(place: Path, **more: Any) -> Clinic:
    """A site that failed until the platform blocked it, and still is not let in."""
    clinic = Clinic({**estates.blocked_web_app(), "retry": [30]}, place, **more)
    clinic.pull(clinic.only("sites"))
    clinic.advance(140)
    return clinic


def take_away(clinic: Clinic) -> None:
    """Another administrator writes the list as it was."""
    wanted = [{"action": "Allow", "value": estates.OFFICE[0]}]
    body = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": wanted}}}
    path = f"{clinic.id('contosoimages')}?api-version=2025-11-01"
    answer = clinic.simulator.change("PATCH", path, json.dumps(body).encode())
    assert answer.status == 200, answer.body


def patch(clinic: Clinic) -> str:
    return f"PATCH {clinic.id('contosoimages')}"


def test_a_blocked_site_that_is_let_in_heals_when_the_platform_unblocks_it(tmp_path: Path) -> None:
    clinic = blocked(tmp_path)

    ended = to_the_end(clinic, clinic.heal(clinic.only("sites")))

    assert ended.state is State.HEALED, [one.text for one in ended.timeline]
    assert ended.diagnosis is not None
    assert ended.diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert ended.plan is not None
    assert ended.plan.steps
    assert clinic.writes == [patch(clinic)]


def test_a_blocked_site_that_is_let_in_and_forgotten_is_started_in_the_same_incident(
    tmp_path: Path,
) -> None:
    clinic = blocked(tmp_path)
    shop = clinic.only("sites")
    incident = clinic.heal(shop)
    platform.trial_of(clinic.simulator.world, shop.text).turn += 1

    ended = to_the_end(clinic, incident)

    assert ended.state is State.HEALED, [one.text for one in ended.timeline]
    assert [one.remedy for one in ended.outcome] == [RemedyName.FIREWALL_SYNC, RemedyName.RESTART]
    assert len(clinic.medic.store.page().incidents) == 1
    assert clinic.writes == [patch(clinic), f"POST {shop}/stop", f"POST {shop}/start"]


def test_the_second_plan_passes_the_gate_like_the_first(tmp_path: Path) -> None:
    policy = GENEROUS.replace("remedies:", "remedies:\n  restart: {mode: approve}")
    clinic = blocked(tmp_path, policy=policy)
    shop = clinic.only("sites")
    incident = clinic.heal(shop)
    platform.trial_of(clinic.simulator.world, shop.text).turn += 1

    ended = to_the_end(clinic, incident)

    assert ended.state is State.HELD
    assert ended.diagnosis is not None
    assert ended.diagnosis.finding is FindingName.NOT_RETRYING
    assert clinic.writes == [patch(clinic)]


def test_a_fault_behind_the_mended_one_that_no_remedy_mends_is_explained(tmp_path: Path) -> None:
    clinic = Clinic({**pipeline_cases.firewall_and_tag(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)

    ended = to_the_end(clinic, clinic.heal(shop))

    assert ended.state is State.EXPLAINED
    assert ended.diagnosis is not None
    assert ended.diagnosis.finding is FindingName.TAG_MISSING
    assert ended.plan is not None
    assert "4.3.0" in ended.plan.advice[0]
    assert [one.remedy for one in ended.outcome] == [RemedyName.FIREWALL_SYNC]
    assert clinic.writes == [patch(clinic)]


def test_a_change_that_does_not_help_is_not_made_again(tmp_path: Path) -> None:
    """Somebody takes the rules away as often as they come; then nobody acts any more."""
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    incident = clinic.heal(shop)
    take_away(clinic)

    ended = to_the_end(clinic, incident)

    assert ended.state in (State.FAILED, State.UNVERIFIED)
    assert clinic.writes == [patch(clinic)]


def test_what_somebody_takes_away_twice_a_day_is_not_put_back_a_third_time(tmp_path: Path) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    incidents = []
    for number in range(4):
        clinic.pull(shop)
        incidents.append(to_the_end(clinic, clinic.heal(shop, id=f"signal-{number}")))
        clinic.advance(600)
        take_away(clinic)

    assert [one.state for one in incidents] == [State.HEALED, State.HEALED, State.HELD, State.HELD]
    decision = incidents[2].decision
    assert decision is not None
    assert (
        "done 2 times within a day at contosoimages and was taken back by " in (decision.reasons[0])
    )
    assert clinic.writes == [patch(clinic)] * 2


def test_a_day_later_it_is_put_back_again(tmp_path: Path) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    for number in range(3):
        clinic.pull(shop)
        ended = to_the_end(clinic, clinic.heal(shop, id=f"signal-{number}"))
        clinic.advance(13 * 3600)
        take_away(clinic)

    assert ended.state is State.HEALED
    assert clinic.writes == [patch(clinic)] * 3


def puzzling(place: Path) -> tuple[Clinic, Incident]:
    """Denied at an address nobody reports: nothing here can tell why."""
    scenario = pipeline_cases.known_but_kept_out("web app")
    clinic = Clinic({**scenario, "retry": [45]}, place)
    shop = clinic.only("sites")
    clinic.pull(shop)
    incident = clinic.heal(shop)
    assert incident.state is State.EXPLAINED
    return clinic, incident


def test_what_nobody_could_tell_is_looked_at_again_and_closed_when_it_is_over(
    tmp_path: Path,
) -> None:
    clinic, incident = puzzling(tmp_path)
    clinic.simulator.world.egress.clear()  # somebody mends it

    for _ in range(20):
        clinic.advance(60)
        sweep(medic=clinic.medic)

    assert clinic.load(incident.id).state is State.CLOSED
    assert clinic.writes == []


def test_what_stays_a_puzzle_is_left_in_peace_after_a_few_looks(tmp_path: Path) -> None:
    clinic, incident = puzzling(tmp_path)

    for _ in range(180):
        clinic.advance(60)
        sweep(medic=clinic.medic)

    ended = clinic.load(incident.id)
    assert ended.state is State.EXPLAINED
    assert clinic.medic.now() - ended.updated > timedelta(hours=1)
    assert ended.verification is None
    assert clinic.writes == []
