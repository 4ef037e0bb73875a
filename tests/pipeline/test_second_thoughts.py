"""What a person decided is not overruled: not by the next alert, a queue, or a changed policy."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict, HealError, TransientError
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import again, approve, heal, reject, rollback
from shared.settings import PolicyText, Settings
from shared.store import RecordKind
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

APPROVE = GENEROUS.replace("mode: auto", "mode: approve")
FREEZE = GENEROUS + "freeze: [{from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z'}]\n"


def blocked() -> dict[str, Any]:
    return {**estates.blocked_web_app(), "retry": [45]}


def rules(clinic: Clinic) -> list[str]:
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    return [rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]]


def healed(clinic: Clinic, id: str = "signal-1") -> Incident:
    shop = clinic.only("sites")
    clinic.pull(shop)
    return clinic.heal(shop, id=id)


def with_policy(clinic: Clinic, policy: str) -> Medic:
    """The same Medic after somebody changed its policy."""
    settings = Settings(policy=PolicyText(policy))
    store = clinic.medic.store
    return Medic(settings, connection=clinic.connection, store=store, clock=clinic.medic._clock)


def one_write(clinic: Clinic, times: int = 1) -> list[str]:
    return [f"PATCH {clinic.id('contosoimages')}"] * times


def test_what_a_person_took_back_the_next_alert_does_not_put_back(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)
    rollback(incident.id, "not this registry", "ada", medic=clinic.medic)

    clinic.advance(300)
    again_ill = healed(clinic, id="signal-2")

    assert again_ill.id != incident.id
    assert again_ill.state is State.HELD
    assert again_ill.decision is not None
    assert "a person refused" in again_ill.decision.reasons[0]
    assert incident.id in again_ill.decision.reasons[0]
    assert rules(clinic) == [*estates.OFFICE]
    assert clinic.writes == one_write(clinic, 2)


def test_not_even_when_the_rules_changed_since_and_the_plan_is_another(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)
    rollback(incident.id, "not this registry", "ada", medic=clinic.medic)
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    registry["properties"]["networkRuleSet"]["ipRules"] = []

    held = healed(clinic, id="signal-2")

    assert held.state is State.HELD
    assert rules(clinic) == []


def test_an_approval_of_the_new_plan_lifts_it(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    rollback(healed(clinic).id, "a mistake", "ada", medic=clinic.medic)
    held = healed(clinic, id="signal-2")
    assert held.plan is not None

    approved = approve(held.id, held.plan.digest, "ada", medic=clinic.medic)
    done = heal(again(approved, medic=clinic.medic), medic=clinic.medic)

    assert done is not None
    assert done.state is State.VERIFYING
    assert rules(clinic) == [*estates.OFFICE, *estates.OUTBOUND]


def test_a_rejected_plan_is_not_carried_out_when_what_held_it_is_over(tmp_path: Path) -> None:
    """The freeze held it, a person said no, the freeze ended, and the alert fires again."""
    clinic = Clinic(blocked(), tmp_path, policy=FREEZE)
    incident = healed(clinic)
    reject(incident.id, "we are moving", "ada", medic=clinic.medic)
    thawed = with_policy(clinic, GENEROUS)

    later = heal(clinic.signal(clinic.only("sites"), id="signal-2"), medic=thawed)

    assert later is not None
    assert later.state is State.HELD
    assert clinic.writes == []


def test_a_queued_heal_of_an_incident_rejected_meanwhile_does_nothing(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident = healed(clinic)
    assert incident.plan is not None
    approved = approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)
    queued = again(approved, medic=clinic.medic)
    clinic.medic.receive(queued)  # as the door does

    reject(incident.id, "second thoughts", "bob", medic=clinic.medic)
    heal(queued, medic=clinic.medic)

    assert clinic.load(incident.id).state is State.REJECTED
    assert len(clinic.medic.store.page().incidents) == 1
    assert clinic.writes == []


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (APPROVE.replace("mode: approve", "mode: observe"), State.HELD),
        (
            APPROVE + "scope: {exclude: ['/subscriptions/*/resourceGroups/platform']}\n",
            State.DENIED,
        ),
        (APPROVE.replace("mode: approve", "mode: aprove"), State.DENIED),
        (APPROVE.replace("shared_egress: allow", "shared_egress: hold"), State.HELD),
        (APPROVE + "limits: {writes_per_day: 0}\n", State.HELD),
    ],
)
def test_a_policy_tightened_after_the_approval_counts(
    policy: str, state: State, tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident = healed(clinic)
    assert incident.plan is not None
    approved = approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)

    tightened = with_policy(clinic, policy)
    done = heal(again(approved, medic=tightened), medic=tightened)

    assert done is not None
    assert done.state is state
    assert clinic.writes == []


def test_an_approval_does_not_reach_the_workloads_next_incident(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    first = healed(clinic)
    assert first.plan is not None
    approved = approve(first.id, first.plan.digest, "ada", medic=clinic.medic)
    heal(again(approved, medic=clinic.medic), medic=clinic.medic)
    clinic.sweep_until_done(clinic.load(first.id))
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    registry["properties"]["networkRuleSet"]["ipRules"] = [
        {"action": "Allow", "value": estates.OFFICE[0]}
    ]

    clinic.advance(3600)
    second = healed(clinic, id="signal-2")

    assert second.id != first.id
    assert second.plan is not None
    assert second.plan.digest == first.plan.digest
    assert second.state is State.HELD
    assert clinic.writes == one_write(clinic)


# --- a rollback is a write like any other


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("version: 1\nmode: autoo\n", "not valid"),
        (GENEROUS + "scope: {exclude: ['/subscriptions/*/resourceGroups/platform']}\n", "scope"),
    ],
)
def test_a_rollback_needs_a_valid_policy_with_the_registry_in_scope(
    policy: str, said: str, tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)

    with pytest.raises(Conflict, match=said):
        rollback(incident.id, "back", "ada", medic=with_policy(clinic, policy))

    assert clinic.load(incident.id).state is State.VERIFYING
    assert clinic.writes == one_write(clinic)


def test_a_rollback_is_announced_before_it_is_sent_and_counted(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)

    back = rollback(incident.id, "back", "ada", medic=clinic.medic)

    kinds = [(one.kind, one.writes) for one in clinic.medic.store.records(incident.id)]
    intents = [place for place, (kind, _) in enumerate(kinds) if kind is RecordKind.INTENT]
    assert len(intents) == 2
    assert [kinds[place][1] for place in intents] == [1, 1]
    assert kinds[intents[1] + 1][0] is RecordKind.OUTCOME
    assert back.azure_calls.writes == 2
    assert clinic.writes == one_write(clinic, 2)


def test_a_rollback_waits_for_the_worker_that_has_the_incident(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)
    now = clinic.medic.now()
    until = now + timedelta(minutes=15)
    clinic.medic.store.lease(f"incident/{incident.id}", holder="x", until=until, now=now)

    with pytest.raises(TransientError, match="busy"):
        rollback(incident.id, "back", "ada", medic=clinic.medic)

    assert clinic.writes == one_write(clinic)


def test_rules_that_come_back_at_once_are_not_called_gone(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)
    after_each_patch(clinic, lambda: restore(clinic))

    back = rollback(incident.id, "back", "ada", medic=clinic.medic)

    assert back.state is State.FAILED
    assert "came back at once" in back.timeline[-1].text
    assert len(clinic.writes) == 2


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 503}, {"drop": "before"}])
def test_a_rollback_azure_does_not_carry_out_says_so_and_can_be_repeated(
    fault: dict[str, Any], tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)
    clinic.simulator.faults.add({"match": {"method": "PATCH"}, "times": 1, **fault})

    with pytest.raises(HealError, match=r"403|503|no answer|cut"):
        rollback(incident.id, "back", "ada", medic=clinic.medic)
    assert "the rollback stopped" in clinic.load(incident.id).timeline[-1].text
    back = rollback(incident.id, "back", "ada", medic=clinic.medic)

    assert back.state is State.ROLLED_BACK
    assert rules(clinic) == [*estates.OFFICE]
    assert clinic.writes == one_write(clinic, 2)


def test_a_rollback_whose_answer_is_cut_is_settled_by_looking(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    incident = healed(clinic)
    clinic.simulator.faults.add({"match": {"method": "PATCH"}, "drop": "after"})

    back = rollback(incident.id, "back", "ada", medic=clinic.medic)

    assert back.state is State.ROLLED_BACK
    assert rules(clinic) == [*estates.OFFICE]
    assert clinic.writes == one_write(clinic, 2)


@pytest.mark.parametrize("fault", [{"status": 503, "times": 99}, {"status": 403, "times": 99}])
def test_an_approval_azure_gives_no_answer_to_changes_nothing(
    fault: dict[str, Any], tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident = healed(clinic)
    assert incident.plan is not None
    clinic.simulator.faults.add({"match": {"path": "/sites/shop"}, **fault})

    with pytest.raises(HealError, match=r"503|403"):
        approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)

    after = clinic.load(incident.id)
    assert after.state is State.HELD
    assert after.approved is None
    assert clinic.writes == []


def test_a_rollback_leaves_what_another_incident_brought_to_the_same_registry(
    tmp_path: Path,
) -> None:
    estate = estates.Estate(retry=[45])
    acr = estate.registry("contosoimages", deny=True, allow=estates.OFFICE)
    image = estate.image(acr, "shop/web", "4.2.1")
    for name, outbound in (("shop", estates.OUTBOUND), ("cart", ("20.51.7.21",))):
        site = estate.site(name, image=image, outbound=outbound)
        estate.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    clinic = Clinic(estate.scenario(), tmp_path)
    healed_ = {}
    for name in ("shop", "cart"):
        clinic.pull(clinic.id(name, "sites"))
        healed_[name] = clinic.heal(clinic.id(name, "sites"), id=name)
        clinic.advance(60)

    back = rollback(healed_["shop"].id, "back", "ada", medic=clinic.medic)

    assert "cart" not in back.timeline[-1].text
    assert rules(clinic) == [*estates.OFFICE, "20.51.7.21"]


# --- a write that nobody heard of


def test_a_change_whose_outcome_was_lost_is_found_told_and_can_be_taken_back(
    tmp_path: Path,
) -> None:
    """Azure applied the change, then gave no answer for a while."""
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    clinic.simulator.faults.add({"match": {"method": "PATCH"}, "drop": "after"})
    registry = {"method": "GET", "path": "/registries/contosoimages$", "nth": 3}
    clinic.simulator.faults.add({"match": registry, "status": 503, "times": 4})
    with pytest.raises(TransientError, match="fate is unknown"):
        clinic.heal(shop)

    found = clinic.heal(shop)

    assert found.state is State.VERIFYING
    assert [told.changed for told in found.outcome] == [True]
    assert found.plan is not None
    assert len(found.plan.steps) == 1
    assert found.azure_calls.writes == 1
    rollback(found.id, "back", "ada", medic=clinic.medic)
    assert rules(clinic) == [*estates.OFFICE]
    assert clinic.writes == one_write(clinic, 2)


def after_each_patch(clinic: Clinic, action: Callable[[], None]) -> None:
    handle = clinic.simulator.handle

    def watched(request: Any) -> Any:
        answer = handle(request)
        if request.method == "PATCH":
            action()
        return answer

    clinic.simulator.handle = watched  # type: ignore[method-assign]


def restore(clinic: Clinic) -> None:
    """Somebody's template puts the addresses back."""
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    values = [*estates.OFFICE, *estates.OUTBOUND]
    registry["properties"]["networkRuleSet"]["ipRules"] = [
        {"action": "Allow", "value": value} for value in values
    ]
