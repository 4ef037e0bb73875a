"""What access there once was, read from the simulated Azure's own Activity Log through the wire."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from shared import evidence
from shared.model.evidence import Evidence, Unread
from shared.model.ids import ResourceId
from shared.model.trail import Hand, Trail
from tests.clinic import Clinic
from tests.simulator.estates import ACR_PULL, REPOSITORY_READER
from tests.simulator.estates import access_cases as cases
from tests.simulator.estates.past import PERSON

_KIND = "Microsoft.Authorization/roleAssignments"
_READ = {"method": "GET", "path": "(?i)/eventtypes/management"}


def look(clinic: Clinic, workload: str = "sites/shop") -> Evidence:
    id = clinic.find(workload)
    return evidence.gather(clinic.signal(id), azure=clinic.azure())


def trail(clinic: Clinic, workload: str = "sites/shop") -> Trail:
    found = look(clinic, workload).trail
    assert isinstance(found, Trail), found
    return found


def asked(clinic: Clinic) -> list[str]:
    """The filters the Activity Log was asked with."""
    return [
        one["liveRequest"]["url"]
        for one in clinic.simulator.traffic
        if "eventtypes/management" in one["liveRequest"]["url"]
    ]


def change(clinic: Clinic, method: str, path: str, body: Any = None) -> None:
    """Somebody else changes Azure."""
    content = b"" if body is None else json.dumps(body).encode()
    answer = clinic.simulator.change(method, path, content)
    assert answer.status < 300, answer.content


def grant(clinic: Clinic, acr: ResourceId, principal: str, role: str = ACR_PULL) -> str:
    path = f"{acr}/providers/{_KIND}/0a0a0a0a-1b1b-4c4c-8d8d-4e4e4e4e4e4e"
    subscription = f"/subscriptions/{acr.subscription}"
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"roleDefinitionId": definition, "principalId": principal}
    properties["principalType"] = "ServicePrincipal"
    change(clinic, "PUT", f"{path}?api-version=2022-04-01", {"properties": properties})
    return path


@pytest.mark.parametrize("told", [True, False])
def test_a_role_that_was_really_given_and_taken_is_found_again(told: bool, tmp_path: Path) -> None:
    clinic = Clinic(cases.never(), tmp_path)
    acr = clinic.id("contosoimages", "registries")
    principal = clinic.simulator.world.resources.get(clinic.find("sites/shop").text)
    assert principal is not None
    path = grant(clinic, acr, principal["identity"]["principalId"])
    clinic.advance(3600)
    change(clinic, "DELETE", f"{path}?api-version=2022-04-01")
    if not told:
        for record in clinic.simulator.world.activity_log:
            record["properties"].pop("responseBody", None)

    (had,) = trail(clinic).past

    assert had.role == ACR_PULL
    assert had.scope == acr.key
    assert had.granted is not None
    assert had.removed is not None
    assert (had.removed - had.granted).total_seconds() == 3600


def test_what_happened_a_moment_ago_is_not_in_the_log_yet(tmp_path: Path) -> None:
    clinic = Clinic(cases.never(propagation={"activityLog": 600}), tmp_path)
    acr = clinic.id("contosoimages", "registries")
    shop = clinic.simulator.world.resources.get(clinic.find("sites/shop").text)
    assert shop is not None
    path = grant(clinic, acr, shop["identity"]["principalId"])
    change(clinic, "DELETE", f"{path}?api-version=2022-04-01")

    assert trail(clinic).past == ()
    clinic.advance(900)
    assert len(trail(clinic).past) == 1


@pytest.mark.parametrize(("host", "workload"), [("site", "sites/shop"), ("app", "shop")])
def test_an_identity_switched_off_and_on_has_a_predecessor_with_the_role(
    host: str, workload: str, tmp_path: Path
) -> None:
    clinic = Clinic(cases.never(host), tmp_path)
    id = clinic.find(workload)
    acr = clinic.id("contosoimages", "registries")
    stored = clinic.simulator.world.resources.get(id.text)
    assert stored is not None
    before = stored["identity"]["principalId"]
    grant(clinic, acr, before)
    version = "2025-05-01" if host == "site" else "2026-07-01"
    for type_ in ("SystemAssigned", "None", "SystemAssigned"):
        clinic.advance(60)
        whole = {name: stored[name] for name in ("location", "properties") if name in stored}
        body = whole | {"identity": {"type": type_}}
        change(clinic, "PUT", f"{id}?api-version={version}", body)

    found = trail(clinic, workload)

    assert found.past == ()
    assert [(one.principal, one.role, one.removed) for one in found.former] == [
        (before, ACR_PULL, None)
    ]
    assert found.identity_remade is not None


def test_only_what_was_there_at_the_registry_or_above_counts(tmp_path: Path) -> None:
    for proof in ("principal", "role", "registry", "below"):
        (tmp_path / proof).mkdir()
        clinic = Clinic(cases.somebody_elses(proof), tmp_path / proof)

        assert trail(clinic).past == (), proof


def test_a_condition_is_judged_for_the_repository_that_is_pulled(tmp_path: Path) -> None:
    condition = (
        "@Request[Microsoft.ContainerRegistry/registries/repositories:name] "
        "StringStartsWithIgnoreCase '{}/'"
    )
    for number, (prefix, covers) in enumerate((("shop", True), ("payroll", False))):
        (tmp_path / str(number)).mkdir()
        scenario = cases.lost(abac=True, condition=condition.format(prefix))
        (had,) = trail(Clinic(scenario, tmp_path / str(number))).past

        assert had.role == REPOSITORY_READER
        assert had.covers is covers


def test_nothing_is_asked_of_the_log_where_the_role_is_there(tmp_path: Path) -> None:
    clinic = Clinic(cases.deaf(), tmp_path)

    assert look(clinic).trail is None
    assert asked(clinic) == []


def test_the_log_is_asked_in_its_own_narrow_words(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(), tmp_path)

    trail(clinic)

    filters = [unquote(url).partition(" and eventTimestamp le ")[2] for url in asked(clinic)]
    about = sorted(text.partition(" and ")[2].rpartition("/")[2] for text in filters)
    assert about == ["resourceProvider eq 'Microsoft.Authorization'", "shop'", "web'"]
    assert not any("select" in url.lower() for url in asked(clinic))


@pytest.mark.parametrize("status", [403, 404, 400])
def test_a_log_that_may_not_be_read_is_not_an_empty_one(status: int, tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(), tmp_path)
    body = {"code": "Forbidden", "message": "no"}
    clinic.simulator.faults.add({"match": _READ, "status": status, "times": 9, "body": body})

    seen = look(clinic)

    assert isinstance(seen.trail, Unread)
    assert [one.value for one in seen.facts if one.fact == "earlier access"] == [seen.trail.because]


@pytest.mark.parametrize(
    "body", [{}, {"value": None}, {"value": [{}]}, {"value": [{"eventTimestamp": "soon"}]}]
)
def test_a_log_without_sense_is_not_an_empty_one(body: dict[str, Any], tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(), tmp_path)
    clinic.simulator.faults.add({"match": _READ, "status": 200, "times": 9, "body": body})

    assert isinstance(look(clinic).trail, Unread)


def test_a_long_log_is_read_page_by_page_and_no_further_than_it_can_be_judged(
    tmp_path: Path,
) -> None:
    scenario = cases.lost()
    clinic = Clinic(scenario, tmp_path)
    log = clinic.simulator.world.activity_log
    busy = [one for one in log if one["operationName"]["value"].endswith("/write")]
    for number in range(700):  # younger than the proof: grants to others
        for one in busy:
            at = clinic.medic.now().strftime("%Y-%m-%dT%H:%M:%S")
            id = one["resourceId"].rpartition("/")[0] + f"/{number:08}-1b1b-4c4c-8d8d-4e4e4e4e4e4e"
            log.append(one | {"eventTimestamp": f"{at}.0000000Z", "resourceId": id})

    found = trail(clinic)

    assert all(one.assignment.split("/")[-1][:8].isdigit() for one in found.past)
    assert (clinic.medic.now() - found.since).total_seconds() < 3600
    assert len(asked(clinic)) <= 10


def test_facts_say_who_took_the_role_and_when(tmp_path: Path) -> None:
    seen = look(Clinic(cases.lost(by=PERSON), tmp_path))

    (told,) = [one.value for one in seen.facts if one.fact == "earlier access"]

    assert PERSON in told
    assert "AcrPull" in told
    assert isinstance(seen.trail, Trail)
    assert seen.trail.past[0].hand is Hand.PERSON
