"""An honest victim of a rotation is told apart from somebody who points an app at a registry: its
password worked until it was made anew, and nobody changed the app since. No pair says anything."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.words import FindingName, State
from tests.clinic import Clinic
from tests.simulator.estates import credentials_cases as cases

HOSTS: dict[str, tuple[Callable[[], dict[str, object]], str]] = {
    "web app": (lambda: cases.web_app(password=cases.FIRST), "sites/shop"),
    "container app": (lambda: cases.container_app(password=cases.FIRST), "containerApps/basket"),
}
_RESYNCED = {
    "web app": ["PUT config/appsettings"],
    "container app": ["PATCH containerApps/basket", "POST basket--0000001/restart"],
}


def change(clinic: Clinic, method: str, path: str, body: object) -> None:
    """Somebody else changes Azure."""
    answer = clinic.simulator.change(method, path, json.dumps(body).encode())
    assert answer.status < 300, answer.content


def rotate(clinic: Clinic) -> None:
    """The registry's owner makes both passwords anew."""
    acr = clinic.id(cases.REGISTRY, "registries")
    for name in ("password", "password2"):
        path = f"{acr}/regenerateCredential?api-version=2025-11-01"
        change(clinic, "POST", path, {"name": name})
        clinic.advance(60)


def treated(clinic: Clinic, workload: ResourceId) -> Incident:
    assert not clinic.pull(workload)["ok"]
    return clinic.sweep_until_done(clinic.heal(workload), minutes=20)


def done(clinic: Clinic) -> list[str]:
    """Method and the last two names of each write."""
    return [f"{write.partition(' ')[0]} {'/'.join(_names(write)[-2:])}" for write in clinic.writes]


def _names(write: str) -> list[str]:
    parts = write.partition(" ")[2].split("/")
    return parts if parts[-1] != "restart" else [parts[-2], parts[-1]]


@pytest.mark.parametrize("host", HOSTS)
def test_a_password_that_worked_until_it_was_made_anew_is_followed(
    host: str, tmp_path: Path
) -> None:
    build, name = HOSTS[host]
    clinic = Clinic(build(), tmp_path)
    workload = clinic.find(name)
    assert clinic.pull(workload)["ok"]
    clinic.advance(300)
    rotate(clinic)

    incident = treated(clinic, workload)

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is FindingName.CREDENTIALS_STALE
    assert incident.decision is not None
    assert "rotation" in incident.decision.rules
    assert incident.state is State.HEALED, [one.text for one in incident.timeline]
    assert clinic.pull(workload)["ok"]
    assert done(clinic) == _RESYNCED[host]


def test_a_password_that_never_worked_is_not_helped_by_a_rotation(tmp_path: Path) -> None:
    clinic = Clinic(cases.web_app(), tmp_path)
    shop = clinic.find("sites/shop")
    rotate(clinic)

    incident = treated(clinic, shop)

    assert incident.state is State.HELD
    assert incident.decision is not None
    assert "no pull of this image for which" in " ".join(incident.decision.reasons)
    assert clinic.writes == []


def test_an_app_changed_since_its_last_good_pull_is_not_followed(tmp_path: Path) -> None:
    clinic = Clinic(cases.web_app(password=cases.FIRST), tmp_path)
    shop = clinic.find("sites/shop")
    assert clinic.pull(shop)["ok"]
    clinic.advance(300)
    rotate(clinic)
    change(clinic, "PATCH", f"{shop}/config/web?api-version=2025-05-01", {"properties": {}})
    clinic.advance(60)

    incident = treated(clinic, shop)

    assert incident.state is State.HELD
    assert incident.decision is not None
    assert "may have been pointed here" in " ".join(incident.decision.reasons)
    assert clinic.writes == []


def test_a_wrong_password_without_any_rotation_stays_wrong(tmp_path: Path) -> None:
    clinic = Clinic(cases.web_app(password=cases.FIRST), tmp_path)
    shop = clinic.find("sites/shop")
    assert clinic.pull(shop)["ok"]
    clinic.advance(300)
    settings = clinic.simulator.world.app_settings[shop.key]
    settings["DOCKER_REGISTRY_SERVER_PASSWORD"] = "a-typo"

    incident = treated(clinic, shop)

    assert incident.state is State.HELD
    assert incident.decision is not None
    assert "knows of no new password" in " ".join(incident.decision.reasons)
    assert clinic.writes == []


def test_an_activity_log_nobody_may_read_proves_nothing(tmp_path: Path) -> None:
    clinic = Clinic(cases.web_app(password=cases.FIRST), tmp_path)
    shop = clinic.find("sites/shop")
    assert clinic.pull(shop)["ok"]
    clinic.advance(300)
    rotate(clinic)
    body = {"error": {"code": "AuthorizationFailed", "message": "no"}}
    match = {"method": "GET", "path": "(?i)/eventtypes/management"}
    clinic.simulator.faults.add({"match": match, "status": 403, "times": 99, "body": body})

    incident = treated(clinic, shop)

    assert incident.state is State.HELD
    assert clinic.writes == []
