"""A role given back, from the decision to taking it back again: approvals, slow roles, locks."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict
from shared.model.incident import Incident
from shared.model.words import FindingName, State
from shared.pipeline import again, approve, diagnose, heal, rollback
from tests.clinic import Clinic
from tests.simulator.estates import ACR_PULL, Estate
from tests.simulator.estates import access_cases as cases
from tests.simulator.estates.cases import OUTBOUND
from tests.simulator.estates.past import PERSON

_KIND = "Microsoft.Authorization/roleAssignments"


def failing(clinic: Clinic) -> Incident:
    shop = clinic.find("sites/shop")
    assert not clinic.pull(shop)["ok"]
    return clinic.heal(shop)


def granted(clinic: Clinic) -> list[str]:
    """Names of the role assignments at the registry."""
    return [
        str(item["name"])
        for item in clinic.simulator.world.resources
        if f"registries/contosoimages/providers/{_KIND}/".lower() in str(item["id"]).lower()
    ]


def test_what_a_person_took_away_another_person_gives_back(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(by=PERSON, retry=[60.0]), tmp_path)
    incident = failing(clinic)
    assert incident.state is State.HELD
    assert incident.plan is not None

    approved = approve(incident.id, incident.plan.digest, "olga", medic=clinic.medic)
    healed = heal(again(approved, medic=clinic.medic), medic=clinic.medic)
    assert healed is not None
    healed = clinic.sweep_until_done(healed)

    assert healed.state is State.HEALED, [one.text for one in healed.timeline]
    assert clinic.pull(clinic.find("sites/shop"))["ok"]
    assert len(clinic.writes) == 1


def test_an_approval_gives_nobody_what_was_never_theirs(tmp_path: Path) -> None:
    clinic = Clinic(cases.never(), tmp_path)
    incident = failing(clinic)
    assert incident.plan is not None

    with pytest.raises(Conflict, match="approval alone does not allow"):
        approve(incident.id, incident.plan.digest, "olga", medic=clinic.medic)

    assert clinic.writes == []


def test_a_role_takes_its_time_and_is_waited_for(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(propagation={"role": 600}, retry=[60.0]), tmp_path)

    incident = failing(clinic)
    assert incident.state is State.VERIFYING
    assert not clinic.pull(clinic.find("sites/shop"))["ok"]
    incident = clinic.sweep_until_done(incident)

    assert incident.state is State.HEALED, [one.text for one in incident.timeline]
    assert len(clinic.writes) == 1


def test_a_role_that_never_takes_effect_is_not_called_healed(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(propagation={"role": 9000}, retry=[60.0]), tmp_path)

    incident = clinic.sweep_until_done(failing(clinic), minutes=60)

    assert incident.state in (State.UNVERIFIED, State.FAILED)
    assert len(clinic.writes) == 1


def test_a_role_is_taken_back_whole(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(retry=[60.0]), tmp_path)
    incident = clinic.sweep_until_done(failing(clinic))
    assert len(granted(clinic)) == 1

    undone = rollback(incident.id, "not agreed", "olga", medic=clinic.medic)

    assert undone.state is State.ROLLED_BACK
    assert granted(clinic) == []
    assert not clinic.pull(clinic.find("sites/shop"))["ok"]
    assert [write.partition(" ")[0] for write in clinic.writes] == ["PUT", "DELETE"]


def test_a_lock_keeps_the_role_where_it_is_and_is_named(tmp_path: Path) -> None:
    """CanNotDelete lets a role be given and not be taken (Lock your Azure resources)."""
    clinic = Clinic(cases.lost(retry=[60.0]), tmp_path)
    incident = clinic.sweep_until_done(failing(clinic))
    acr = clinic.id("contosoimages", "registries")
    _add_lock(clinic, f"{acr}/providers/Microsoft.Authorization/locks/keep")

    with pytest.raises(Conflict, match="ScopeLocked"):
        rollback(incident.id, "not agreed", "olga", medic=clinic.medic)

    assert len(granted(clinic)) == 1
    assert [write.partition(" ")[0] for write in clinic.writes] == ["PUT"]


def _add_lock(clinic: Clinic, path: str) -> None:
    body: dict[str, Any] = {"properties": {"level": "CanNotDelete"}}
    content = json.dumps(body).encode()
    answer = clinic.simulator.change("PUT", f"{path}?api-version=2016-09-01", content)
    assert answer.status < 300, answer.content


def test_looking_gives_nothing(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(), tmp_path)
    shop = clinic.find("sites/shop")
    clinic.pull(shop)

    incident = diagnose(shop, None, medic=clinic.medic)

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is FindingName.PULL_ROLE_MISSING
    assert incident.plan is not None
    assert len(incident.plan.steps) == 1
    assert clinic.writes == []


def test_the_same_failure_heard_again_gives_no_second_role(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(propagation={"role": 300}, retry=[60.0]), tmp_path)
    first = failing(clinic)

    clinic.advance(60)
    second = clinic.heal(clinic.find("sites/shop"), id="signal-2")
    ended = clinic.sweep_until_done(first)

    assert second.id == first.id
    assert ended.state is State.HEALED
    assert len(granted(clinic)) == 1
    assert len(clinic.writes) == 1


def test_one_role_serves_every_repository_an_app_pulls(tmp_path: Path) -> None:
    """Azure knows one assignment of a role to an identity at a registry: it names them all."""
    estate = Estate(retry=[60.0])
    acr = estate.registry("contosoimages", abac=True)
    images = {
        "web": estate.image(acr, "shop/web", "4.2.1"),
        "cart": estate.image(acr, "shop/cart", "1.0.3"),
    }
    site = estate.compose("shop", images, outbound=OUTBOUND)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    clinic = Clinic(estate.scenario(), tmp_path)

    incident = clinic.sweep_until_done(failing(clinic))

    assert incident.state is State.HEALED, [one.text for one in incident.timeline]
    assert clinic.pull(clinic.find("sites/shop"))["ok"]
    assert [write.partition(" ")[0] for write in clinic.writes] == ["PUT"]


def test_a_role_that_somebody_takes_away_again_is_not_fought_over(tmp_path: Path) -> None:
    clinic = Clinic(cases.lost(retry=[60.0]), tmp_path)
    first = clinic.sweep_until_done(failing(clinic))
    assert first.state is State.HEALED
    path = clinic.writes[0].partition(" ")[2]
    answer = clinic.simulator.change("DELETE", f"{path}?api-version=2022-04-01", b"")
    assert answer.status < 300, answer.content
    clinic.advance(3600)

    assert not clinic.pull(clinic.find("sites/shop"))["ok"]
    again_ = clinic.heal(clinic.find("sites/shop"), id="signal-2")

    assert again_.id != first.id
    assert again_.state is State.HELD, [one.text for one in again_.timeline]
    assert again_.decision is not None
    assert "took it away again" in " ".join(again_.decision.reasons)
    assert len(clinic.writes) == 1
