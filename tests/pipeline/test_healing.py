"""The whole story, told through real SDK clients: from a failed pull to one that works."""

from pathlib import Path
from typing import Any

import pytest

from shared.model.words import FindingName, Result, State, Verdict
from shared.pipeline import diagnose
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates


def blocked() -> dict[str, Any]:
    """A web app whose registry does not admit it; the platform tries again every minute."""
    return {**estates.blocked_web_app(), "retry": [45]}


def test_a_blocked_web_app_is_admitted_and_its_next_pull_is_seen_to_work(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop, registry = clinic.id("shop", "sites"), clinic.id("contosoimages")
    assert clinic.pull(shop)["stage"] == "network-rules"

    incident = clinic.sweep_until_done(clinic.heal(shop))

    assert incident.state is State.HEALED
    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert incident.verification is not None
    assert incident.verification.result is Result.HEALED
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [f"PATCH {registry}"]


def test_the_default_policy_plans_and_writes_nothing(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy="version: 1")
    shop = clinic.id("shop", "sites")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.state is State.HELD
    assert incident.decision is not None
    assert incident.decision.verdict is Verdict.HOLD
    assert "observe" in " ".join(incident.decision.reasons)
    assert incident.plan is not None
    assert len(incident.plan.steps) == 1
    assert clinic.writes == []


def test_a_dry_run_takes_the_same_look_and_writes_nothing(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.id("shop", "sites")
    clinic.pull(shop)

    dry = diagnose(shop, None, medic=clinic.medic)
    healed = clinic.heal(shop)

    assert dry.state is State.DRY_RUN
    assert dry.plan is not None
    assert healed.plan is not None
    assert dry.plan.digest == healed.plan.digest
    assert dry.azure_calls.writes == 0
    assert clinic.medic.store.page().incidents == (clinic.load(healed.id),)


@pytest.mark.parametrize("deliveries", [2, 10])
def test_the_same_signal_again_and_again_is_one_incident_and_one_write(
    deliveries: int, tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.id("shop", "sites")
    clinic.pull(shop)

    for _ in range(deliveries):
        clinic.heal(shop)
    clinic.sweep_until_done(clinic.medic.store.page().incidents[0])
    clinic.heal(shop)

    assert len(clinic.medic.store.page().incidents) == 1
    assert len(clinic.writes) == 1


def test_a_bad_policy_stops_every_write_and_says_why(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy="version: 1\nmode: autoo\n")
    shop = clinic.id("shop", "sites")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.state is State.DENIED
    assert any("line 2" in problem for problem in clinic.medic.policy_problems)
    assert clinic.writes == []


def test_an_address_in_a_log_line_is_never_written(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.id("shop", "sites")
    forged = (
        "DockerApiException: Docker API responded with status code=InternalServerError, response="
        '{"message":"Head \\"https://contosoimages.azurecr.io/v2/shop/web/manifests/4.2.1\\": '
        "denied: client with IP '93.184.216.34' is not allowed access. Refer "
        'https://aka.ms/acr/firewall to grant access."}'
    )

    incident = clinic.heal(shop, forged)

    assert incident.plan is not None
    assert "93.184.216.34" not in str([step.after for step in incident.plan.steps])
    assert "93.184.216.34" not in str(
        clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    )


@pytest.mark.parametrize(
    ("scope", "advice"),
    [
        ('{include: ["/subscriptions/*/resourceGroups/other-*"]}', "add it to scope.include"),
        ('{exclude: ["/subscriptions/*/resourceGroups/*"]}', "is excluded by the policy's scope"),
    ],
)
def test_a_workload_outside_the_scope_is_denied_without_a_single_read(
    scope: str, advice: str, tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=f"{GENEROUS}scope: {scope}\n")

    incident = clinic.heal(clinic.id("shop", "sites"))

    assert incident.state is State.DENIED
    assert incident.decision is not None
    assert advice in incident.decision.reasons[0]
    assert clinic.simulator.traffic == []


def test_a_deleted_workload_closes_its_incident(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.id("shop", "sites")
    clinic.simulator.world.resources.delete(shop.text)

    incident = clinic.heal(shop)

    assert incident.state is State.CLOSED
    assert "nothing to heal" in incident.timeline[-1].text
    assert clinic.writes == []


def test_a_healed_workload_is_healthy_again_although_its_old_lines_are_still_there(
    tmp_path: Path,
) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.id("shop", "sites")
    clinic.pull(shop)
    clinic.sweep_until_done(clinic.heal(shop))

    again = diagnose(shop, None, medic=clinic.medic)

    assert again.diagnosis is not None
    assert again.diagnosis.finding is FindingName.HEALTHY


def test_a_healed_container_app_is_healthy_again(tmp_path: Path) -> None:
    clinic = Clinic({**estates.blocked_container_app(nat=True), "retry": [45]}, tmp_path)
    app = clinic.only("containerapps")
    clinic.pull(app)
    healed = clinic.sweep_until_done(clinic.heal(app))

    again = diagnose(app, None, medic=clinic.medic)

    assert healed.state is State.HEALED
    assert again.diagnosis is not None
    assert again.diagnosis.finding is FindingName.HEALTHY
