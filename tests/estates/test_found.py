"""What random estates found, each in the smallest estate that shows it."""

from pathlib import Path

from shared.model.ids import ResourceId
from shared.model.words import State
from shared.pipeline import rollback
from tests.clinic import Clinic
from tests.estates.blueprint import Blueprint
from tests.estates.building import build
from tests.estates.treating import policy_of


def test_a_rollback_says_what_it_cannot_take_back(tmp_path: Path) -> None:
    """Two changes, one of them without a way back: it said that everything was gone again."""
    faults = ("no-rules", "rotated")
    built = build(Blueprint(sign_in="admin", posture="deny", pair=True, faults=faults))
    clinic = Clinic(built.estate.scenario(), tmp_path, policy=policy_of(built))
    shop = ResourceId.parse(built.workload["id"])
    clinic.pull(shop)
    incident = clinic.sweep_until_done(clinic.heal(shop))
    assert incident.state is State.HEALED

    told = rollback(incident.id, "wrong registry", "ada", medic=clinic.medic)

    assert told.state is State.ROLLED_BACK
    assert "not accepted any more" in told.timeline[-1].text
    assert [write.split("/")[-1] for write in clinic.writes] == [
        "contosoimages",
        "appsettings",
        "contosoimages",
    ]


def test_a_job_whose_last_execution_failed_is_not_called_healthy_when_its_log_is_old(
    tmp_path: Path,
) -> None:
    """An hour later no row told of the failure any more, and it was closed as healthy."""
    faults = ("zone-unlinked", "no-record", "nsg-registry")
    private = Blueprint(host="job", posture="deny", way="private", sign_in="anonymous")
    built = build(private.but(faults=faults))
    clinic = Clinic(built.estate.scenario(), tmp_path, policy=policy_of(built))
    job = ResourceId.parse(built.workload["id"])
    clinic.pull(job)
    clinic.advance(3 * 3600)

    incident = clinic.heal(job)

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding != "healthy"
    assert incident.state is State.EXPLAINED
    assert clinic.writes == []
