"""What pulls nothing at present is looked at again: after an hour, then daily, for a week."""

from datetime import timedelta
from pathlib import Path

from shared.model.incident import Incident
from shared.model.words import Result, State
from shared.pipeline import sweep
from tests.clinic import Clinic
from tests.simulator import estates


def asleep(place: Path) -> tuple[Clinic, Incident]:
    """A container app that was let in, and scaled to zero before it pulled again."""
    clinic = Clinic({**estates.blocked_container_app(nat=True), "retry": []}, place)
    basket = clinic.only("containerapps")
    clinic.pull(basket)
    incident = clinic.heal(basket)
    (revision,) = clinic.simulator.world.resources.of_type("Microsoft.App/containerApps/revisions")
    revision["properties"]["replicas"] = 0
    clinic.advance(60)
    sweep(medic=clinic.medic)
    return clinic, clinic.load(incident.id)


def test_an_app_that_sleeps_is_looked_at_again_and_healed_when_it_has_pulled(
    tmp_path: Path,
) -> None:
    clinic, incident = asleep(tmp_path)
    assert incident.verification is not None
    assert incident.verification.result is Result.DEFERRED
    assert incident.verification.due == clinic.medic.now() + timedelta(hours=1)

    clinic.advance(1800)
    clinic.pull(clinic.only("containerapps"))
    clinic.advance(1800)
    sweep(medic=clinic.medic)

    assert clinic.load(incident.id).state is State.HEALED
    assert len(clinic.writes) == 1


def test_an_app_that_wakes_up_and_fails_is_told_as_failed(tmp_path: Path) -> None:
    clinic, incident = asleep(tmp_path)
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    registry["properties"]["networkRuleSet"]["ipRules"] = []

    clinic.advance(1800)
    clinic.pull(clinic.only("containerapps"))
    clinic.advance(1800)
    sweep(medic=clinic.medic)

    assert clinic.load(incident.id).state is State.FAILED
    assert len(clinic.writes) == 1


def test_an_app_that_never_wakes_up_is_looked_at_for_a_week_and_no_longer(tmp_path: Path) -> None:
    clinic, incident = asleep(tmp_path)

    for _ in range(24 * 10):
        clinic.advance(3600)
        sweep(medic=clinic.medic)

    ended = clinic.load(incident.id)
    looks = [one for one in ended.timeline if one.stage == "verification"]
    assert ended.state is State.UNVERIFIED
    assert ended.verification is not None
    assert ended.verification.due is None
    assert len(looks) <= 2 + 1 + 8
    assert len(clinic.writes) == 1


def test_a_job_between_two_executions_waits_for_the_next(tmp_path: Path) -> None:
    estate = estates.Estate()
    acr = estate.registry("contosoimages", deny=True, allow=estates.OFFICE)
    subnet = estate.subnet("environment", nat=(estates.cases.NAT,))
    environment = estate.environment("jobs-env", subnet=subnet)
    image = estate.image(acr, "night/run", "2.2.0")
    job = estate.job("nightly", environment, image=image, registry=acr)
    estate.assign(job["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    clinic = Clinic({**estate.scenario(), "retry": []}, tmp_path)
    nightly = clinic.only("jobs")
    clinic.pull(nightly)
    incident = clinic.sweep_until_done(clinic.heal(nightly))
    assert incident.state is State.UNVERIFIED

    clinic.advance(20 * 3600)
    clinic.pull(nightly)  # its schedule comes round
    clinic.advance(5 * 3600)
    sweep(medic=clinic.medic)

    assert clinic.load(incident.id).state is State.HEALED
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]
