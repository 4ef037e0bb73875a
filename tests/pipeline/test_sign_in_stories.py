"""Sign-ins in the whole pipeline: several faults at once, consent by a right password, rollback."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict, TransientError
from shared.model.incident import Incident
from shared.model.words import FindingName, State
from shared.pipeline import heal, rollback
from tests.clinic import GENEROUS, Clinic
from tests.simulator.estates import credentials_cases as cases
from tests.simulator.wire import Response

F = FindingName
PAIR = """pairs:
- registry: /subscriptions/*/resourceGroups/platform
  workloads: ['/subscriptions/*/resourceGroups/web-shop']
"""


def closed(scenario: dict[str, Any]) -> dict[str, Any]:
    """The registry admits listed addresses only, and lists none of the workload's."""
    for item in scenario["resources"]:
        if str(item["type"]).endswith("/registries"):
            item["properties"]["networkRuleSet"]["defaultAction"] = "Deny"
    return {**scenario, "retry": [45]}


def healed(scenario: dict[str, Any], place: Path, policy: str) -> tuple[Clinic, Incident]:
    clinic = Clinic(scenario, place, policy=policy)
    workload = clinic.find("shop")
    clinic.pull(workload)
    return clinic, clinic.sweep_until_done(clinic.heal(workload))


def test_a_password_that_is_right_lets_the_workload_in_without_a_pair(tmp_path: Path) -> None:
    clinic, incident = healed(closed(cases.web_app(password=cases.FIRST)), tmp_path, GENEROUS)

    assert incident.state is State.HEALED
    assert incident.decision is not None
    assert "matching credentials" in incident.decision.rules
    assert clinic.pull(clinic.find("shop"))["ok"]
    assert clinic.writes == [f"PATCH {clinic.id(cases.REGISTRY)}"]


def test_a_password_that_is_dead_lets_nobody_in(tmp_path: Path) -> None:
    clinic, incident = healed(closed(cases.web_app()), tmp_path, GENEROUS)

    assert incident.state is State.HELD
    assert clinic.writes == []


def test_firewall_and_password_are_both_repaired_in_the_order_a_pull_meets_them(
    tmp_path: Path,
) -> None:
    clinic, incident = healed(closed(cases.web_app()), tmp_path, GENEROUS + PAIR)

    shop = clinic.find("shop")
    assert incident.diagnosis is not None
    assert incident.state is State.HEALED
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [
        f"PATCH {clinic.id(cases.REGISTRY)}",
        f"PUT {shop}/config/appsettings",
    ]


def test_an_admin_user_that_is_off_is_never_switched_on(tmp_path: Path) -> None:
    clinic, incident = healed(closed(cases.admin_off()), tmp_path, GENEROUS + PAIR)

    registry = clinic.simulator.world.resources.get(clinic.id(cases.REGISTRY).text)
    assert registry is not None
    assert incident.state is not State.HEALED
    assert registry["properties"]["adminUserEnabled"] is False
    assert not any("regenerate" in write.lower() for write in clinic.writes)


def test_a_rollback_of_a_dead_password_is_refused_with_the_reason_and_changes_nothing(
    tmp_path: Path,
) -> None:
    clinic, incident = healed({**cases.web_app(), "retry": [45]}, tmp_path, GENEROUS + PAIR)
    shop = clinic.find("shop")

    with pytest.raises(Conflict, match="is not accepted any more"):
        rollback(incident.id, "back", "ada", medic=clinic.medic)

    assert clinic.load(incident.id).state is State.HEALED
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [f"PUT {shop}/config/appsettings"]


def test_use_identity_is_rolled_back_to_exactly_what_was_there(tmp_path: Path) -> None:
    clinic, incident = healed({**cases.idle_identity(), "retry": [45]}, tmp_path, GENEROUS)
    shop = clinic.find("shop")

    back = rollback(incident.id, "not yet", "ada", medic=clinic.medic)

    config = clinic.simulator.world.resources.get(f"{shop}/config/web")
    assert config is not None
    assert back.state is State.ROLLED_BACK
    assert config["properties"]["acrUseManagedIdentityCreds"] is False
    assert clinic.writes == [f"PATCH {shop}/config/web"] * 2


def test_a_password_rotated_again_is_a_new_incident_and_is_written_again(tmp_path: Path) -> None:
    clinic, first = healed({**cases.web_app(), "retry": [45]}, tmp_path, GENEROUS + PAIR)
    shop = clinic.find("shop")
    path = f"{clinic.id(cases.REGISTRY)}/regenerateCredential?api-version=2025-11-01"
    for name in ("password", "password2"):
        body = f'{{"name": "{name}"}}'.encode()
        assert clinic.simulator.change("POST", path, body).status == 200
    clinic.advance(2 * 3600)
    assert not clinic.pull(shop)["ok"]

    second = clinic.sweep_until_done(clinic.heal(shop, id="signal-2"))

    assert second.id != first.id
    assert second.state is State.HEALED
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [f"PUT {shop}/config/appsettings"] * 2


def test_a_serving_app_nobody_complains_about_is_not_restarted_for_a_dead_password(
    tmp_path: Path,
) -> None:
    """The cached image still runs; the next pull would fail, and a person decides when."""
    scenario = cases.web_app(password=cases.FIRST)
    clinic = Clinic(scenario, tmp_path, policy=GENEROUS + PAIR)
    shop = clinic.find("shop")
    assert clinic.pull(shop)["ok"]
    clinic.advance(3600)
    clinic.simulator.world.passwords[clinic.id(cases.REGISTRY).key] = ["new-one", "new-two"]

    signal = clinic.signal(shop)

    incident = heal(replace(signal, source="log-alert"), medic=clinic.medic)

    assert incident is not None
    assert incident.state is State.HELD
    assert clinic.writes == []


def test_a_rollback_of_two_changes_takes_back_the_one_and_says_that_the_other_stays(
    tmp_path: Path,
) -> None:
    clinic, incident = healed(closed(cases.web_app()), tmp_path, GENEROUS + PAIR)

    back = rollback(incident.id, "not yet", "ada", medic=clinic.medic)

    shop, registry = (
        clinic.find("shop"),
        clinic.simulator.world.resources.get(clinic.id(cases.REGISTRY).text),
    )
    assert registry is not None
    assert back.state is State.ROLLED_BACK
    assert registry["properties"]["networkRuleSet"]["ipRules"] == []
    assert "is not accepted any more" in back.timeline[-1].text
    assert len(clinic.writes) == 3
    assert clinic.simulator.world.app_settings[shop.key]["DOCKER_REGISTRY_SERVER_PASSWORD"] == (
        cases.FIRST
    )


def test_a_worker_that_loses_the_line_behind_its_write_finds_it_in_place_and_sends_it_once(
    tmp_path: Path,
) -> None:
    clinic = Clinic({**cases.web_app(), "retry": [45]}, tmp_path, policy=GENEROUS + PAIR)
    shop = clinic.find("shop")
    clinic.pull(shop)
    faults = clinic.simulator.faults
    faults.add({"match": {"method": "PUT", "path": "/appsettings"}, "times": 1, "drop": "after"})
    handle, written = clinic.simulator.handle, []

    def deaf(request: Any) -> Any:
        """Once the write was carried out, the settings cannot be read for a while."""
        if written and request.method == "POST" and "/appsettings/list" in request.path.lower():
            return Response(status=503, body={"Code": "ServiceUnavailable", "Message": "later"})
        written.extend([request] if request.method == "PUT" else [])
        return handle(request)

    clinic.simulator.handle = deaf  # type: ignore[method-assign]
    with pytest.raises(TransientError):
        clinic.heal(shop)
    clinic.simulator.handle = handle  # type: ignore[method-assign]

    incident = clinic.sweep_until_done(clinic.heal(shop))

    assert incident.state is State.HEALED
    assert [told.changed for told in incident.outcome] == [True]
    assert "after an interruption" in incident.outcome[0].detail
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [f"PUT {shop}/config/appsettings"]


def showing(clinic: Clinic, secret: str) -> None:
    """Azure answers with `passwordSecret`, which its document calls a secret and leaves out."""
    handle = clinic.simulator.handle

    def shown(request: Any) -> Any:
        answer = handle(request)
        if not request.path.lower().endswith("/sitecontainers") or answer.status != 200:
            return answer
        body = copy.deepcopy(answer.body)
        for item in body["value"]:
            item["properties"]["passwordSecret"] = secret
        return Response(body=body, headers=answer.headers)

    clinic.simulator.handle = shown  # type: ignore[method-assign]


def test_a_sidecars_password_is_written_where_azure_shows_which_setting_holds_it(
    tmp_path: Path,
) -> None:
    clinic = Clinic({**cases.sidecars(), "retry": [45]}, tmp_path, policy=GENEROUS + PAIR)
    showing(clinic, "SIDECAR_PASSWORD")
    shop = clinic.find("shop")
    clinic.pull(shop)

    incident = clinic.sweep_until_done(clinic.heal(shop))

    assert incident.state is State.HEALED
    assert clinic.simulator.world.app_settings[shop.key]["SIDECAR_PASSWORD"] == cases.FIRST
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [f"PUT {shop}/config/appsettings"]


def test_a_sidecars_password_that_stands_there_itself_is_never_shown(tmp_path: Path) -> None:
    """No app setting has that name, so it may be the password: it is dropped where it is read."""
    clinic = Clinic({**cases.sidecars(), "retry": [45]}, tmp_path, policy=GENEROUS + PAIR)
    showing(clinic, "plain-Pa55word-right-here")
    shop = clinic.find("shop")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    said = repr(incident) + repr(clinic.medic.store.records(incident.id))
    assert "pa55word" not in said.lower()
    assert incident.state is State.EXPLAINED
    assert clinic.writes == []
