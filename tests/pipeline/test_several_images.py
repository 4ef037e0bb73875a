"""Several images and registries in one app: each is judged by its own registry's consent."""

from pathlib import Path
from typing import Any

from shared.model.incident import Incident
from shared.model.words import FindingName, State
from shared.pipeline import again, approve, heal, rollback
from shared.pipeline.looking import diagnose
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates
from tests.simulator.estates import Estate, hosts_cases

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


DENIED = (
    "DockerApiException: Docker API responded with status code=InternalServerError, "
    'response={{"message":"Head \\"https://{host}/v2/{repository}/manifests/{tag}\\": {said}"}}'
)


def test_a_text_about_one_image_says_nothing_against_the_other(tmp_path: Path) -> None:
    said = "denied: client with IP '20.50.2.11' is not allowed access."
    text = DENIED.format(
        host="contosotools.azurecr.io", repository="net/proxy", tag="1.0.0", said=said
    )

    clinic, incident = treated(hosts_cases.sidecars(), tmp_path, "shop", text)

    assert incident.state is State.HEALED
    assert incident.diagnosis
    assert incident.diagnosis.doubts == ()
    assert clinic.writes == [f"{ONE_REGISTRY}/contosoimages", f"{ONE_REGISTRY}/contosotools"]


def test_while_a_registry_turns_one_image_away_nothing_is_changed_for_the_others(
    tmp_path: Path,
) -> None:
    text = DENIED.format(
        host="contosoimages.azurecr.io",
        repository="shop/part1",
        tag="1.0.0",
        said="toomanyrequests: too many requests",
    )

    clinic, incident = treated(hosts_cases.compose(), tmp_path, "shop", text)

    assert incident.state is State.EXPLAINED
    assert incident.diagnosis
    assert {FindingName.THROTTLED, FindingName.FIREWALL_MISSING_EGRESS} == {
        incident.diagnosis.finding,
        *incident.diagnosis.also,
    }
    assert clinic.writes == []


def test_a_registry_that_may_not_be_read_holds_back_nothing_that_is_proven_of_another(
    tmp_path: Path,
) -> None:
    clinic = Clinic(hosts_cases.sidecars(second_open=True), tmp_path)
    clinic.simulator.faults.add(
        {"match": {"path": ".*/registries/contosotools"}, "times": 99, "status": 403}
    )
    shop = clinic.id("shop")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.diagnosis
    assert "Not known: contosotools.azurecr.io/net/proxy:1.0.0 (proxy)." in (
        incident.diagnosis.summary
    )
    assert clinic.writes == [f"{ONE_REGISTRY}/contosoimages"]
    assert clinic.pull(shop)["ok"]


def test_more_registries_than_the_policys_requests_allow_are_said_not_to_be_known(
    tmp_path: Path,
) -> None:
    estate = Estate()
    registries = [
        estate.registry(f"contoso{name}", deny=True, allow=estates.OFFICE) for name in "abcd"
    ]
    site = estate.sidecars(
        "shop",
        {
            f"part{number}": {"image": estate.image(acr, "shop/part", "1.0.0")}
            for number, acr in enumerate(registries)
        },
        outbound=estates.OUTBOUND,
    )
    hosts_cases.pulls(estate, site, *registries)
    clinic = Clinic(estate.scenario(), tmp_path)
    shop = clinic.id("shop")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.diagnosis
    assert "Not known: contosoc.azurecr.io/shop/part:1.0.0 (part2)" in incident.diagnosis.summary
    assert any("limits.azure_calls_per_incident" in one for one in incident.diagnosis.doubts)
    assert clinic.writes == [f"{ONE_REGISTRY}/contosoa", f"{ONE_REGISTRY}/contosob"]


def test_a_person_approves_what_is_done_to_all_registries_at_once(tmp_path: Path) -> None:
    policy = GENEROUS.replace("mode: auto", "mode: approve")
    clinic = Clinic(hosts_cases.sidecars() | {"retry": [45]}, tmp_path, policy=policy)
    shop = clinic.id("shop")
    clinic.pull(shop)
    held = clinic.heal(shop)
    assert (held.state, clinic.writes) == (State.HELD, [])
    assert held.plan

    approve(held.id, held.plan.digest, "ops", medic=clinic.medic)
    heal(again(clinic.load(held.id), medic=clinic.medic), medic=clinic.medic)
    incident = clinic.sweep_until_done(clinic.load(held.id))

    assert incident.state is State.HEALED
    assert clinic.writes == [f"{ONE_REGISTRY}/contosoimages", f"{ONE_REGISTRY}/contosotools"]


def test_twice_is_once_and_a_dry_run_is_none(tmp_path: Path) -> None:
    clinic = Clinic(hosts_cases.sidecars() | {"retry": [45]}, tmp_path)
    shop = clinic.id("shop")
    clinic.pull(shop)

    dry = diagnose(shop, None, medic=clinic.medic)
    before = list(clinic.writes)
    clinic.sweep_until_done(clinic.heal(shop))
    after = list(clinic.writes)
    clinic.advance(3600)
    second = clinic.heal(shop, id="signal-2")

    assert dry.plan
    assert len(dry.plan.steps) == 2
    assert (before, len(after)) == ([], 2)
    assert second.state is State.CLOSED
    assert clinic.writes == after


def test_everything_is_taken_back_from_both(tmp_path: Path) -> None:
    clinic, incident = treated(hosts_cases.sidecars(), tmp_path, "shop")

    back = rollback(incident.id, "it was a test", "ops", medic=clinic.medic)

    assert back.state is State.ROLLED_BACK
    assert not clinic.pull(clinic.id("shop"))["ok"]
    assert [write.rpartition("/")[2] for write in clinic.writes] == [
        "contosoimages",
        "contosotools",
        "contosotools",
        "contosoimages",
    ]


def test_each_registrys_writes_count_for_that_registry(tmp_path: Path) -> None:
    clinic, _ = treated(hosts_cases.sidecars(), tmp_path, "shop")

    counted = [
        clinic.medic.store.history(clinic.id(name), "", now=clinic.medic.now())
        for name in ("contosoimages", "contosotools")
    ]

    assert [one.registry_writes_last_hour for one in counted] == [1, 1]
    assert {one.writes_today for one in counted} == {2}


def test_an_image_too_many_is_said_not_to_be_known(tmp_path: Path) -> None:
    clinic = Clinic(hosts_cases.compose(images=9, shut=False), tmp_path)
    shop = clinic.id("shop")
    clinic.pull(shop)

    incident = diagnose(shop, None, medic=clinic.medic)

    assert incident.diagnosis
    assert "Not known: contosoimages.azurecr.io/shop/part8:1.0.0 (part8)." in (
        incident.diagnosis.summary
    )
    assert "one look judges 8 images" in " ".join(incident.diagnosis.doubts)
    assert clinic.writes == []
