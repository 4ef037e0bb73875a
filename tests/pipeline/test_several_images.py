"""Several images and registries in one app: each is judged, by what its own registry consents to."""

from pathlib import Path
from typing import Any

from shared.model.incident import Incident
from shared.model.words import FindingName, State
from tests.clinic import GENEROUS, Clinic
from tests.simulator.estates import hosts_cases

ONE_REGISTRY = "PATCH /subscriptions/5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d/resourceGroups/platform"
ONE_REGISTRY += "/providers/Microsoft.ContainerRegistry/registries"


def treated(
    scenario: dict[str, Any], place: Path, name: str, text: str = "", policy: str = GENEROUS
) -> tuple[Clinic, Incident]:
    """The platform pulled once, the incident was treated and waited for."""
    clinic = Clinic(scenario | {"retry": [45]}, place, policy=policy)
    workload = clinic.id(name)
    clinic.pull(workload)
    incident = clinic.heal(workload, text)
    return clinic, clinic.sweep_until_done(incident)


def test_two_registries_of_a_sidecar_app_are_both_opened_and_it_runs(tmp_path: Path) -> None:
    clinic, incident = treated(hosts_cases.sidecars(), tmp_path, "shop")

    assert incident.state is State.HEALED
    assert incident.diagnosis
    assert incident.diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert "None of the 2 images" in incident.diagnosis.summary
    assert clinic.pull(clinic.id("shop"))["ok"]
    assert clinic.writes == [f"{ONE_REGISTRY}/contosoimages", f"{ONE_REGISTRY}/contosotools"]


def test_one_write_heals_all_images_of_one_registry(tmp_path: Path) -> None:
    clinic, incident = treated(hosts_cases.compose(images=3), tmp_path, "shop")

    assert incident.state is State.HEALED
    assert clinic.pull(clinic.id("shop"))["ok"]
    assert clinic.writes == [f"{ONE_REGISTRY}/contosoimages"]


def test_the_consent_of_one_registry_is_not_that_of_the_other(tmp_path: Path) -> None:
    clinic, incident = treated(hosts_cases.sidecars(may=(0,)), tmp_path, "shop")

    assert incident.state is State.HELD
    assert incident.decision
    assert "contosotools.azurecr.io/net/proxy:1.0.0" in " ".join(incident.decision.reasons)
    assert clinic.writes == []
