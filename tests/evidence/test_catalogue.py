"""What a registry itself is asked, when it is not, and what its answers become."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared import evidence
from shared.model.catalogue import Catalogue, Trouble
from shared.model.evidence import Evidence
from shared.model.views import incident_view
from shared.model.words import FindingName
from tests.clinic import Clinic
from tests.evidence.examining import find, told
from tests.simulator.estates import ACR_PULL, Estate, cases
from tests.simulator.estates.image_cases import DIGEST, case

Resource = dict[str, Any]
NOW = "2026-08-03T09:00:00+00:00"
JUST_NOW, TODAY = "2026-08-03T08:56:00Z", "2026-08-03T06:00:00Z"
FULL_RIGHTS = "*/read"


class Look:
    """One look at the only site of a scenario, after its platform tried to pull."""

    def __init__(self, scenario: dict[str, Any], place: Path, *, pulls: bool = True) -> None:
        self.clinic = Clinic(scenario, place)
        workload = self.clinic.only("sites")
        if pulls:
            self.clinic.pull(workload)
        before = len(self.clinic.simulator.traffic)
        signal = self.clinic.signal(workload)
        self.seen: Evidence = evidence.gather(signal, azure=self.clinic.azure())
        self.asked = [
            f"{one['liveRequest']['method']} {one['liveRequest']['url'].partition('?')[0]}"
            for one in self.clinic.simulator.traffic[before:]
        ]

    @property
    def catalogue(self) -> Catalogue:
        assert isinstance(self.seen.catalogue, Catalogue)
        return self.seen.catalogue

    @property
    def asked_registry(self) -> list[str]:
        """What was asked of the registry's own host, without the host."""
        host = ".azurecr.io/"
        return [one.replace("https://", "").split(host)[1] for one in self.asked if host in one]


def test_an_image_that_is_there_is_described(tmp_path: Path) -> None:
    look = Look(case("web app", has={"pushed": TODAY}), tmp_path)

    seen = look.catalogue
    assert (seen.repository_exists, seen.image_exists, seen.readable) == (True, True, True)
    assert seen.platforms == ("linux/amd64",)
    assert seen.quarantined is None
    assert f"{seen.pushed:%H:%M}" == "06:00"
    assert told(look.seen, "built for") == "linux/amd64"
    assert len(look.asked_registry) == 5


@pytest.mark.usefixtures("off_the_record")
def test_an_index_is_built_for_what_its_parts_are(tmp_path: Path) -> None:
    parts = ["linux/amd64", "linux/arm64/v8", "unknown/unknown"]

    seen = Look(case("web app", has={"platforms": parts}), tmp_path).catalogue

    assert seen.platforms == ("linux/amd64", "linux/arm64")


def test_a_missing_tag_is_told_with_the_nearest_first_and_what_can_be_restored(
    tmp_path: Path,
) -> None:
    gone = {"3.2.0": "2026-08-01T10:00:00.1234567Z"}

    seen = Look(case("web app", deleted=gone, kept_days=30), tmp_path).catalogue

    assert (seen.repository_exists, seen.image_exists) == (True, False)
    assert seen.tags[0].name == "3.1.0"
    assert seen.soft_delete_days == 30
    assert f"{seen.restorable_until:%Y-%m-%d}" == "2026-08-31"


def test_the_registrys_own_log_tells_who_removed_an_image(tmp_path: Path) -> None:
    clinic = Clinic(case("web app"), tmp_path)
    event = {
        "_ResourceId": clinic.id("contosoimages").text,
        "LoginServer": "contosoimages.azurecr.io",
        "Repository": "shop/web",
        "Identity": "cleanup-pipeline",
        "CallerIpAddress": "203.0.113.9",
        "ResultDescription": "202",
    }
    for at, operation, tag in (
        ("2026-07-20T07:15:00Z", "Push", "3.2.0"),
        ("2026-08-02T03:00:00Z", "Untag", "3.2.0"),
        ("2026-08-02T04:00:00Z", "Untag", "1.0.0"),
        ("2026-08-02T05:00:00Z", "Pull", "3.2.0"),
    ):
        row = event | {"TimeGenerated": at, "OperationName": operation, "Tag": tag}
        clinic.simulator.world.log("ContainerRegistryRepositoryEvents", row)
    clinic.pull(clinic.only("sites"))

    incident = clinic.heal(clinic.only("sites"))

    assert incident.diagnosis is not None
    assert "removed 2026-08-02 03:00 UTC (Untag)" in incident.diagnosis.summary
    facts = {fact.fact: fact.value for fact in incident.diagnosis.facts}
    assert facts["last change of the image"] == (
        "Untag of shop/web by cleanup-pipeline at 2026-08-02 03:00 UTC"
    )


def cached(*, upstream: bool = True, source: str = "docker.io/library/*") -> dict[str, Any]:
    """An image that a cache rule fetches from another registry at the first pull."""
    scenario = case("web app", wants="hub/nginx:1.27")
    registry = find(scenario, "/registries/contosoimages")
    kind = "Microsoft.ContainerRegistry/registries/cacheRules"
    scenario["resources"].append(
        {
            "id": f"{registry['id']}/cacheRules/hub",
            "type": kind,
            "name": "hub",
            "properties": {"sourceRepository": source, "targetRepository": "hub/*"},
        }
    )
    tags = {"1.27": {"digest": DIGEST, "platforms": ["linux/amd64"]}}
    scenario["images"]["docker.io"] = {"library/nginx": tags} if upstream else {}
    return scenario


def test_what_a_cache_has_not_fetched_yet_is_not_missing(tmp_path: Path) -> None:
    clinic = Clinic(cached(), tmp_path)

    seen = evidence.gather(clinic.signal(clinic.only("sites")), azure=clinic.azure())

    assert clinic.pull(clinic.only("sites"))["ok"]
    assert isinstance(seen.catalogue, Catalogue)
    assert seen.catalogue.image_exists is None
    assert "cache of docker.io/library/*" in seen.catalogue.because


def test_what_a_cache_could_not_fetch_either_is_missing_by_the_hosts_word(tmp_path: Path) -> None:
    clinic = Clinic(cached(upstream=False), tmp_path)
    clinic.pull(clinic.only("sites"))

    incident = clinic.heal(clinic.only("sites"))

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is FindingName.REPOSITORY_MISSING
    assert "not confirmed: the repository is a cache" in incident.diagnosis.summary


def test_cache_rules_that_may_not_be_read_leave_the_image_unknown(tmp_path: Path) -> None:
    clinic = Clinic(case("web app"), tmp_path)
    clinic.simulator.faults.add({"match": {"path": "/cacheRules"}, "times": 9, "status": 403})

    seen = evidence.gather(clinic.signal(clinic.only("sites")), azure=clinic.azure())

    assert isinstance(seen.catalogue, Catalogue)
    assert seen.catalogue.image_exists is None
    assert "fetches it at the first pull" in seen.catalogue.because


def test_a_missing_digest_is_not_compared_with_names(tmp_path: Path) -> None:
    seen = Look(case("web app", wants=f"shop/web@{DIGEST}"), tmp_path).catalogue

    assert seen.image_exists is False
    assert {tag.name for tag in seen.tags} == {"3.0.9", "3.1.0", "3.1.0-rc1"}


def test_a_missing_repository_is_told_as_such(tmp_path: Path) -> None:
    seen = Look(case("web app", wants="shop/webb:3.2.0"), tmp_path).catalogue

    assert (seen.repository_exists, seen.image_exists, seen.tags) == (False, False, ())


@pytest.mark.parametrize(
    ("special", "members"),
    [
        ({"has": {"locked": True}}, {"readable": False}),
        ({"has": {"quarantined": True}, "quarantine": True}, {"quarantined": True}),
        ({"has": {}, "quarantine": True}, {"quarantined": False, "readable": True}),
    ],
)
def test_what_holds_an_image_back_is_read(
    special: dict[str, Any], members: dict[str, Any], tmp_path: Path
) -> None:
    seen = Look(case("web app", **special), tmp_path).catalogue

    assert {name: getattr(seen, name) for name in members} == members


def test_a_young_push_to_a_replicated_registry_is_known_to_travel(tmp_path: Path) -> None:
    scenario = case("web app", has={"pushed": JUST_NOW})
    registry = find(scenario, "/registries/contosoimages")
    kind = "Microsoft.ContainerRegistry/registries/replications"
    for region in ("westeurope", "northeurope"):
        scenario["resources"].append(
            {
                "id": f"{registry['id']}/replications/{region}",
                "type": kind,
                "name": region,
                "location": region,
                "properties": {"provisioningState": "Succeeded"},
            }
        )

    look = Look(scenario, tmp_path)

    assert look.catalogue.replicas == ("northeurope",)
    assert look.catalogue.travelling(look.seen.gathered)


def test_a_young_push_to_one_region_is_there(tmp_path: Path) -> None:
    look = Look(case("web app", has={"pushed": JUST_NOW}), tmp_path)

    assert look.catalogue.replicas == ()
    assert not look.catalogue.travelling(look.seen.gathered)


def test_network_rules_that_keep_us_out_end_the_asking(tmp_path: Path) -> None:
    look = Look(case("web app", shut=True), tmp_path)

    assert look.asked_registry == ["v2/"]
    assert "did not let Pull Medic in (challenge)" in look.catalogue.because
    assert "its own path" in next(
        fact.source for fact in look.seen.facts if fact.fact == "registry check, challenge"
    )


def test_a_registry_without_a_public_door_is_not_asked_and_that_is_said(tmp_path: Path) -> None:
    scenario = case("web app")
    find(scenario, "/registries/contosoimages")["properties"]["publicNetworkAccess"] = "Disabled"

    look = Look(scenario, tmp_path)

    assert look.asked_registry == []
    assert look.catalogue.because.startswith("the registry's public network access is off")
    assert "not known" in told(look.seen, "image in the registry")


def test_in_abac_mode_we_need_a_role_of_our_own_and_say_so(tmp_path: Path) -> None:
    only_arm = ("*/read", "Microsoft.Web/sites/config/list/action")
    scenario = case("web app", healer_actions=only_arm)
    find(scenario, "/registries/contosoimages")["properties"]["roleAssignmentMode"] = (
        "AbacRepositoryPermissions"
    )
    clinic = Clinic(scenario, tmp_path)
    text = 'manifest unknown: manifest tagged by "3.2.0" is not found'
    site = clinic.only("sites")
    clinic.simulator.world.log("AppServicePlatformLogs", _platform_row(site.text, text))

    seen = evidence.gather(clinic.signal(site), azure=clinic.azure())

    assert isinstance(seen.catalogue, Catalogue)
    assert "may not read this repository" in seen.catalogue.because
    assert seen.catalogue.image_exists is None


@pytest.mark.parametrize(
    ("status", "trouble"), [(503, Trouble.UNAVAILABLE), (500, Trouble.UNAVAILABLE)]
)
def test_trouble_of_the_registry_is_told_and_raises_nothing(
    status: int, trouble: Trouble, tmp_path: Path
) -> None:
    seen = Look(case("web app", has={}, status=status), tmp_path).catalogue

    assert seen.trouble is trouble
    assert seen.image_exists is None


def test_who_is_throttled_is_not_asked_once_more(tmp_path: Path) -> None:
    look = Look(case("web app", has={}, status=429), tmp_path)

    assert look.asked_registry == []


def test_a_way_in_that_is_shut_comes_before_any_question_about_the_image(tmp_path: Path) -> None:
    look = Look(cases.blocked_web_app(), tmp_path)

    assert look.seen.catalogue is None
    assert look.asked_registry == []


def test_a_lost_role_comes_before_any_question_about_the_image(tmp_path: Path) -> None:
    assert Look(cases.lost_role(), tmp_path).seen.catalogue is None


def test_stale_credentials_come_before_any_question_about_the_image(tmp_path: Path) -> None:
    assert Look(cases.rotated_password(), tmp_path).seen.catalogue is None


@pytest.mark.parametrize("body", ["<html>", {}, {"tag": []}, {"tag": {"name": "other"}}, [1]])
def test_an_answer_without_sense_leaves_the_image_unknown(body: Any, tmp_path: Path) -> None:
    clinic = Clinic(case("web app", has={}), tmp_path)
    fault = {"match": {"path": "/_tags/3.2.0"}, "status": 200, "body": body}
    clinic.simulator.faults.add(fault)

    seen = evidence.gather(clinic.signal(clinic.only("sites")), azure=clinic.azure())

    assert isinstance(seen.catalogue, Catalogue)
    assert seen.catalogue.image_exists is None
    assert seen.catalogue.because


def test_a_registry_whose_login_server_carries_a_hash_is_named(tmp_path: Path) -> None:
    server = "contosoimages-a1b2c3.azurecr.io"

    where = Look(case("web app", has={}, server=server), tmp_path).catalogue.whereabouts

    assert where is not None
    assert where.namesake == server
    assert where.name_taken is True


def test_a_name_nobody_has_is_told(tmp_path: Path) -> None:
    look = Look(case("web app", standing=False), tmp_path)

    where = look.catalogue.whereabouts
    assert where is not None
    assert where.name_taken is False
    assert look.asked_registry == []
    assert told(look.seen, "registry name") == "nobody in Azure has it"


def test_a_regional_name_with_capitals_is_asked_for_at_the_login_server(tmp_path: Path) -> None:
    scenario = case("web app", has={})
    config = find(scenario, "/sites/shop/config/web")["properties"]
    config["linuxFxVersion"] = "DOCKER|ContosoImages.westeurope.geo.azurecr.io/shop/web:3.2.0"

    look = Look(scenario, tmp_path)

    assert look.catalogue.image_exists is True
    assert all("https://contosoimages.azurecr.io/" in one for one in look.asked if "/v2" in one)


def test_no_token_leaves_the_wire(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    clinic = Clinic(case("web app"), tmp_path)
    clinic.pull(clinic.only("sites"))

    incident = clinic.heal(clinic.only("sites"))

    assert "eyJ" not in json.dumps(incident_view(incident))
    assert "eyJ" not in caplog.text
    assert b"eyJ" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_many_images_of_one_registry_are_asked_for_within_the_policys_requests(
    tmp_path: Path,
) -> None:
    estate = Estate()
    acr = estate.registry("contosoimages")
    names = {f"part{at}": estate.image(acr, f"shop/part{at}", "1") for at in range(7)}
    host = acr["properties"]["loginServer"]
    site = estate.compose("shop", names | {"last": f"{host}/shop/part0:2"}, outbound=cases.OUTBOUND)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    clinic = Clinic(estate.scenario(), tmp_path)
    clinic.pull(clinic.only("sites"))

    incident = clinic.heal(clinic.only("sites"))

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is FindingName.TAG_MISSING
    assert "2 in shop/part0" in incident.diagnosis.summary
    assert incident.azure_calls.reads <= 40


def _platform_row(site: str, message: str) -> Resource:
    return {
        "TimeGenerated": "2026-08-03T09:00:00.0000000Z",
        "_ResourceId": site.lower(),
        "Type": "AppServicePlatformLogs",
        "Level": "Error",
        "Message": message,
    }
