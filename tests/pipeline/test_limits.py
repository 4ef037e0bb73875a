"""Budgets, cooldown, freezes and breakers: what holds a plan back, and what lets it go on."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import heal, reset_breaker, sweep
from shared.settings import PolicyText, Settings
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

MOVING = {State.RECEIVED, State.DIAGNOSING, State.APPLYING, State.VERIFYING}


def apps(*names: str, registries: Sequence[str] = ("contosoimages",)) -> dict[str, Any]:
    """Web apps on plans of their own, each at the next of the registries, none of them let in."""
    estate = estates.Estate(retry=[45])
    known = [estate.registry(name, deny=True, allow=estates.OFFICE) for name in registries]
    for number, name in enumerate(names):
        acr = known[number % len(known)]
        image = estate.image(acr, f"{name}/web", "4.2.1")
        site = estate.site(name, image=image, outbound=(f"20.51.{number}.21",))
        estate.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    return estate.scenario()


def opened(place: Path, *names: str, rules: str = "", **more: Any) -> Clinic:
    clinic = Clinic(apps(*names, **more), place, policy=f"{GENEROUS}{rules}\n")
    for name in names:
        clinic.pull(clinic.id(name, "sites"))
    return clinic


def healed(clinic: Clinic, name: str, id: str = "") -> Incident:
    """Heal it and wait for the end."""
    incident = clinic.heal(clinic.id(name, "sites"), id=id or f"signal-{name}")
    for _ in range(90):
        if incident.state not in MOVING:
            break
        clinic.advance(60)
        sweep(medic=clinic.medic)
        incident = clinic.load(incident.id)
    return incident


def take_away(clinic: Clinic, registry: str = "contosoimages") -> None:
    """Another administrator writes the list as it was."""
    wanted = [{"action": "Allow", "value": estates.OFFICE[0]}]
    body = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": wanted}}}
    path = f"{clinic.id(registry)}?api-version=2025-11-01"
    answer = clinic.simulator.change("PATCH", path, json.dumps(body).encode())
    assert answer.status == 200, answer.body


def in_vain(clinic: Clinic, *names: str, registries: Sequence[str] = ("contosoimages",)) -> None:
    """Fixes that somebody takes away at once, while the platform goes on trying and failing."""
    for name in names:
        clinic.heal(clinic.id(name, "sites"), id=f"signal-{name}")
        clinic.advance(60)
    for registry in registries:
        take_away(clinic, registry)
    for _ in range(14):
        clinic.advance(60)
        for name in names:
            clinic.pull(clinic.id(name, "sites"))
        sweep(medic=clinic.medic)
    hour_ago = clinic.medic.now() - timedelta(hours=1)
    failed = clinic.medic.store.failures(since=hour_ago, now=clinic.medic.now())
    assert sum(failed.values()) == len(names), failed


def swept(clinic: Clinic, incident: Incident, minutes: int, *, every: int = 60) -> Incident:
    for _ in range(minutes * 60 // every):
        clinic.advance(every)
        sweep(medic=clinic.medic)
    return clinic.load(incident.id)


def test_a_plan_over_the_hours_limit_waits_whole_and_goes_on_when_the_hour_has_room(
    tmp_path: Path,
) -> None:
    clinic = opened(tmp_path, "cart", rules="limits: {writes_per_registry_per_hour: 3}")
    spent, registry = clinic.medic.now(), clinic.id("contosoimages")
    spend(clinic, registry, 3)

    held = healed(clinic, "cart")
    early = swept(clinic, held, 50, every=600)
    late = swept(clinic, held, 40, every=300)

    assert held.state is early.state is State.HELD
    assert held.decision is not None
    assert held.decision.rules == ("within-limits",)
    assert held.decision.until == spent + timedelta(hours=1)
    assert late.state is State.HEALED
    assert late.outcome[0].at >= held.decision.until
    assert clinic.writes[0] == f"PATCH {registry}"


def test_a_limit_of_one_workload_does_not_hold_another(tmp_path: Path) -> None:
    rules = "limits: {writes_per_workload_per_day: 1, cooldown: 0s}"
    clinic = opened(tmp_path, "shop", "cart", rules=rules)
    healed(clinic, "shop")
    take_away(clinic)
    clinic.pull(clinic.id("shop", "sites"))

    again = healed(clinic, "shop", id="signal-2")
    other = healed(clinic, "cart")

    assert again.state is State.HELD
    assert "this workload's day has seen 1; the policy allows 1" in again.timeline[-2].text
    assert other.state is State.HEALED


def test_what_no_limit_will_ever_admit_waits_for_a_person_and_is_not_looked_at_for_ever(
    tmp_path: Path,
) -> None:
    clinic = opened(tmp_path, "shop", rules="limits: {writes_per_day: 0}")

    held = healed(clinic, "shop")
    later = swept(clinic, held, 600, every=600)

    assert held.state is State.HELD
    assert held.verification is None
    assert later == held
    assert clinic.writes == []


def test_what_stays_held_is_looked_at_ever_more_seldom(tmp_path: Path) -> None:
    """Every hour another app takes the only write."""
    clinic = opened(tmp_path, "shop", rules="limits: {writes_per_registry_per_hour: 1}")
    registry = clinic.id("contosoimages")
    spend(clinic, registry)
    held = healed(clinic, "shop")

    for _ in range(24):
        held = swept(clinic, held, 30, every=600)
        spend(clinic, registry)

    assert held.state is State.HELD
    assert 8 < sum(moment.stage == "later" for moment in held.timeline) < 16
    assert clinic.writes == []


def spend(clinic: Clinic, registry: ResourceId, writes: int = 1) -> None:
    """Another incident announces writes at the registry."""
    from shared.store import Record, RecordKind

    clinic.medic.store.record(
        Record(
            incident="inc-other",
            at=clinic.medic.now(),
            kind=RecordKind.INTENT,
            stage="intent",
            text="another app",
            registry=registry.text,
            writes=writes,
        )
    )


def test_a_fix_that_is_gone_again_at_once_waits_a_while_and_is_made_once_more(
    tmp_path: Path,
) -> None:
    clinic = opened(tmp_path, "shop", rules="limits: {cooldown: 30m}")
    first = healed(clinic, "shop")
    take_away(clinic)
    clinic.pull(clinic.id("shop", "sites"))

    held = healed(clinic, "shop", id="signal-2")
    later = swept(clinic, held, 60)

    assert held.id != first.id
    assert held.state is State.HELD
    assert held.decision is not None
    assert held.decision.rules == ("cooled-down",)
    assert later.state is State.HEALED
    assert later.outcome[0].at >= first.outcome[0].at + timedelta(minutes=30)


def test_a_plan_goes_on_when_the_freeze_ends(tmp_path: Path) -> None:
    clinic = opened(tmp_path, "shop")
    start = clinic.medic.now()
    frozen = f"freeze: [{{from: '{start.isoformat()}', to: '{_after(start, 2)}'}}]"
    clinic = opened(tmp_path / "frozen", "shop", rules=frozen)

    held = healed(clinic, "shop")
    early = swept(clinic, held, 110, every=600)
    late = swept(clinic, held, 20)

    assert held.state is early.state is State.HELD
    assert late.state is State.HEALED


def _after(moment: datetime, hours: int) -> str:
    return (moment + timedelta(hours=hours)).isoformat()


BROKEN = "breaker: {failed_verifications: 1}\nlimits: {cooldown: 0s}"


def tripped(place: Path) -> tuple[Clinic, Incident]:
    """A fix that did not help, and another app's plan that the breaker holds."""
    clinic = opened(place, "shop", "cart", rules=BROKEN)
    in_vain(clinic, "shop")
    held = healed(clinic, "cart")
    assert held.state is State.HELD
    assert held.decision is not None
    assert held.decision.rules == ("breaker-closed",)
    return clinic, held


def test_what_a_breaker_holds_goes_on_when_a_person_has_reset_it(tmp_path: Path) -> None:
    clinic, held = tripped(tmp_path)
    untouched = swept(clinic, held, 120, every=600)

    assert reset_breaker(
        clinic.id("contosoimages").text, "the list is ours", "ada", medic=clinic.medic
    )
    ended = swept(clinic, held, 30, every=300)

    assert untouched == held
    assert ended.state is State.HEALED
    assert any("ada reset the breaker" in moment.text for moment in ended.timeline)


class Shifted:
    """A clock that is wrong."""

    def __init__(self, clinic: Clinic, by: timedelta) -> None:
        self._clinic, self._by = clinic, by

    def now(self) -> datetime:
        return self._clinic.medic.now() + self._by


@pytest.mark.parametrize("days", [-400, -1, 2, 400])
def test_no_clock_resets_a_breaker(days: int, tmp_path: Path) -> None:
    clinic, held = tripped(tmp_path)
    wrong = Medic(
        Settings(policy=PolicyText(f"{GENEROUS}{BROKEN}\n")),
        connection=clinic.connection,
        store=clinic.medic.store,
        clock=Shifted(clinic, timedelta(days=days)),
    )

    signal = clinic.signal(held.resource, id="signal-3")
    heal(signal, medic=wrong)
    sweep(medic=wrong)

    assert clinic.load(held.id).state is State.HELD
    assert len(clinic.medic.store.breakers()) == 1
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_failures_at_several_registries_stop_every_write_until_a_person_resets_that(
    tmp_path: Path,
) -> None:
    rules = "breaker: {failed_verifications: 5, failed_everywhere: 2}"
    registries = ("contosoone", "contosotwo", "contosothree")
    clinic = opened(tmp_path, "shop", "cart", "till", rules=rules, registries=registries)
    in_vain(clinic, "shop", "cart", registries=registries[:2])

    held = healed(clinic, "till")
    assert [one.scope for one in clinic.medic.store.breakers()] == ["*"]
    assert held.state is State.HELD
    assert held.decision is not None
    assert "fixes failed at 2 registries" in held.decision.reasons[0]

    assert reset_breaker("*", "the pipeline is stopped", "ada", medic=clinic.medic)
    assert swept(clinic, held, 30, every=300).state is State.HEALED


def test_many_failures_at_one_registry_do_not_stop_the_others(tmp_path: Path) -> None:
    rules = "breaker: {failed_verifications: 1, failed_everywhere: 2}"
    clinic = opened(tmp_path, "shop", "cart", rules=rules)
    in_vain(clinic, "shop", "cart")

    assert [one.scope for one in clinic.medic.store.breakers()] == [clinic.id("contosoimages").key]
