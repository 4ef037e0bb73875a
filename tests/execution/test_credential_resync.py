"""credential-resync through real SDK clients: what it writes, what it keeps, what it never does."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared import execution
from shared.errors import Conflict, Refused, Throttled, Unreachable, WriteForbidden
from shared.model.plan import Outcome, Step
from shared.pipeline.looking import look
from shared.remediations.credential_resync import NoWayBack
from tests.clinic import GENEROUS, Clinic
from tests.simulator.estates import credentials_cases as cases

PAIR = (
    GENEROUS + "pairs:\n- registry: /subscriptions/*/resourceGroups/platform\n"
    "  workloads: ['/subscriptions/*/resourceGroups/web-shop']\n"
)
PLACE = "DOCKER_REGISTRY_SERVER_PASSWORD"
SETTINGS = {"method": "PUT", "path": "/config/appsettings"}
SECRETS = {"method": "PATCH", "path": "/containerApps/basket"}


class Ward:
    """A workload with a dead password, and the step that writes the present one."""

    def __init__(self, scenario: dict[str, Any], name: str, place: Path) -> None:
        self.clinic = Clinic(scenario, place, policy=PAIR)
        self.id = self.clinic.find(name)
        self.clinic.pull(self.id)
        seen = look(self.clinic.signal(self.id), azure=self.clinic.azure(), medic=self.clinic.medic)
        self.step = seen.plan.steps[0]

    def apply(self, step: Step | None = None) -> Outcome:
        return execution.apply(step or self.step, azure=self.clinic.azure())

    @property
    def world(self) -> Any:
        return self.clinic.simulator.world

    @property
    def settings(self) -> dict[str, str]:
        found: dict[str, str] = self.world.app_settings[self.id.key]
        return found

    @property
    def secrets(self) -> dict[str, str]:
        found: dict[str, str] = self.world.secrets[self.id.key]
        return found

    def change(self, method: str, path: str, **body: Any) -> None:
        """Somebody else changes Azure."""
        answer = self.clinic.simulator.change(method, path, json.dumps(body).encode())
        assert answer.status < 300, answer.body

    def set(self, **settings: str) -> None:
        path = f"{self.id}/config/appsettings?api-version=2025-05-01"
        self.change("PUT", path, properties=settings)

    def fault(self, **said: Any) -> None:
        self.clinic.simulator.faults.add(said)

    def meanwhile(self, verb: str, action: Callable[[], None], *, times: int = 1) -> None:
        """Somebody acts between our write and our reading back."""
        handle, done = self.clinic.simulator.handle, []

        def witness(request: Any) -> Any:
            answer = handle(request)
            if request.method == verb and len(done) < times and answer.status < 300:
                done.append(request)
                action()
            return answer

        self.clinic.simulator.handle = witness  # type: ignore[method-assign]


@pytest.fixture
def shop(tmp_path: Path) -> Ward:
    return Ward(cases.web_app(), "shop", tmp_path)


@pytest.fixture
def basket(tmp_path: Path) -> Ward:
    return Ward(cases.container_app(), "basket", tmp_path)


def test_the_present_password_is_written_and_every_other_setting_kept(shop: Ward) -> None:
    before = dict(shop.settings)

    outcome = shop.apply()

    assert outcome.changed
    assert not outcome.failed
    assert shop.settings == {**before, PLACE: cases.FIRST}
    assert list(shop.settings) == list(before)
    assert shop.clinic.writes == [f"PUT {shop.id}/config/appsettings"]


def test_twice_equals_once(shop: Ward) -> None:
    shop.apply()

    again = shop.apply()

    assert not again.changed
    assert not again.failed
    assert len(shop.clinic.writes) == 1


@pytest.mark.parametrize("password", [cases.FIRST, cases.SECOND])
def test_a_password_that_became_right_meanwhile_stays(shop: Ward, password: str) -> None:
    shop.set(**{**shop.settings, PLACE: password})

    outcome = shop.apply()

    assert not outcome.changed
    assert shop.settings[PLACE] == password
    assert shop.clinic.writes == []


def test_a_setting_somebody_else_changed_after_the_plan_is_kept(shop: Ward) -> None:
    shop.set(**{**shop.settings, "FEATURE": "on", "NEW": "1"})

    shop.apply()

    assert shop.settings["FEATURE"] == "on"
    assert shop.settings["NEW"] == "1"
    assert shop.settings[PLACE] == cases.FIRST


NOT_AS_PLANNED: dict[str, dict[str, str]] = {
    "gone": {PLACE: ""},
    "Key Vault": {PLACE: "@Microsoft.KeyVault(VaultName=v;SecretName=s)"},
    "another user": {"DOCKER_REGISTRY_SERVER_USERNAME": "ci"},
    "for fabrikam.azurecr.io": {"DOCKER_REGISTRY_SERVER_URL": "https://fabrikam.azurecr.io"},
    "for no registry": {"DOCKER_REGISTRY_SERVER_URL": ""},
}


@pytest.mark.parametrize("words", NOT_AS_PLANNED)
def test_a_workload_that_is_not_as_planned_gets_no_password(shop: Ward, words: str) -> None:
    changed = {**shop.settings, **NOT_AS_PLANNED[words]}
    shop.set(**{name: value for name, value in changed.items() if value})

    outcome = shop.apply()

    assert outcome.failed
    assert not outcome.changed
    assert words in outcome.detail
    assert cases.FIRST not in shop.settings.values()
    assert shop.clinic.writes == []


def test_a_registry_whose_admin_user_was_switched_off_meanwhile_gives_no_password(
    shop: Ward,
) -> None:
    path = f"{shop.clinic.id(cases.REGISTRY)}?api-version=2025-11-01"
    shop.change("PATCH", path, properties={"adminUserEnabled": False})

    outcome = shop.apply()

    assert outcome.failed
    assert "does not show its passwords" in outcome.detail
    assert shop.clinic.writes == []


def test_a_writer_with_an_old_list_takes_it_away_and_it_is_put_back_on_top_of_theirs(
    shop: Ward,
) -> None:
    old = {**shop.settings, "THEIRS": "1"}
    shop.meanwhile("PUT", lambda: shop.set(**old))

    outcome = shop.apply()

    assert outcome.changed
    assert not outcome.failed
    assert "written again" in outcome.detail
    assert shop.settings == {**old, PLACE: cases.FIRST}
    assert shop.clinic.writes == [f"PUT {shop.id}/config/appsettings"] * 2


def test_a_writer_who_insists_is_told_of_and_not_fought(shop: Ward) -> None:
    old = dict(shop.settings)
    shop.meanwhile("PUT", lambda: shop.set(**old), times=2)

    outcome = shop.apply()

    assert outcome.failed
    assert "somebody else is writing here too" in outcome.detail
    assert shop.settings == old
    assert len(shop.clinic.writes) == 2


def test_a_writer_who_moved_the_password_to_a_vault_meanwhile_is_left_alone(shop: Ward) -> None:
    reference = "@Microsoft.KeyVault(VaultName=v;SecretName=s)"
    shop.meanwhile("PUT", lambda: shop.set(**{**shop.settings, PLACE: reference}))

    outcome = shop.apply()

    assert outcome.failed
    assert shop.settings[PLACE] == reference
    assert len(shop.clinic.writes) == 1


def test_what_else_changed_at_the_same_time_is_told_by_name_alone(shop: Ward) -> None:
    shop.meanwhile("PUT", lambda: shop.set(**{**shop.settings, "DB_CONNECTION": "hush-hush"}))

    outcome = shop.apply()

    assert not outcome.failed
    assert "DB_CONNECTION has another value" in outcome.detail
    assert "hush" not in repr(outcome)
    assert shop.settings["DB_CONNECTION"] == "hush-hush"


def test_a_write_that_was_carried_out_behind_a_cut_line_counts(shop: Ward) -> None:
    shop.fault(match=SETTINGS, times=1, drop="after")

    outcome = shop.apply()

    assert outcome.changed
    assert shop.settings[PLACE] == cases.FIRST
    assert len(shop.clinic.writes) == 1


def test_a_write_that_never_arrived_is_no_outcome(shop: Ward) -> None:
    shop.fault(match=SETTINGS, times=1, drop="before")

    with pytest.raises(Unreachable):
        shop.apply()

    assert shop.settings[PLACE] == cases.OLD
    assert shop.clinic.writes == []


@pytest.mark.parametrize(
    ("status", "error"), [(400, Refused), (409, Conflict), (429, Throttled), (503, Unreachable)]
)
def test_a_refused_write_says_so_and_changes_nothing(
    shop: Ward, status: int, error: type[Exception]
) -> None:
    body = {"Code": "No", "Message": f"not {cases.FIRST}"}
    shop.fault(match=SETTINGS, times=1, status=status, body=body)

    with pytest.raises(error) as said:
        shop.apply()

    assert cases.FIRST not in str(said.value)
    assert shop.settings[PLACE] == cases.OLD
    assert shop.clinic.writes == []


def test_an_interrupted_step_is_found_in_place_and_not_sent_again(shop: Ward) -> None:
    azure = shop.clinic.azure()
    assert execution.settle(shop.step, azure=azure) is None
    shop.apply()

    settled = execution.settle(shop.step, azure=azure)

    assert settled is not None
    assert settled.changed
    assert len(shop.clinic.writes) == 1


def test_a_dead_password_is_never_put_back(shop: Ward) -> None:
    outcome = shop.apply()

    with pytest.raises(NoWayBack, match="not accepted by the registry any more"):
        execution.undo(outcome, azure=shop.clinic.azure())

    assert execution.reverse(outcome).requests == ()
    assert len(shop.clinic.writes) == 1


def test_the_guard_stops_a_write_to_another_setting(shop: Ward) -> None:
    body = {"properties": {"OTHER": "x"}}
    step = replace(shop.step, requests=(replace(shop.step.requests[0], body=body),))

    with pytest.raises(WriteForbidden):
        shop.apply(step)

    assert shop.clinic.writes == []


def test_no_password_is_in_a_step_or_an_outcome(shop: Ward, basket: Ward) -> None:
    for ward in (shop, basket):
        said = repr((ward.step, ward.apply()))

        assert not any(one in said for one in (cases.FIRST, cases.SECOND, cases.OLD))


def test_a_container_apps_secret_is_written_and_the_others_kept(basket: Ward) -> None:
    listed = list(basket.clinic.simulator.world.resources.get(basket.id.text)["properties"][
        "configuration"
    ]["secrets"])  # fmt: skip

    outcome = basket.apply()

    app = basket.world.resources.get(basket.id.text)
    assert outcome.changed
    assert not outcome.failed
    assert basket.secrets == {"queue-key": "queue-key-value", cases.NAME: cases.FIRST}
    assert app["properties"]["configuration"]["secrets"] == listed
    assert basket.clinic.writes == [f"PATCH {basket.id}"]


def test_a_secret_reaches_the_running_revision_only_at_a_restart(basket: Ward) -> None:
    basket.apply()

    assert not basket.clinic.pull(basket.id)["ok"]
    path = f"{basket.id}/revisions/basket--0000001/restart?api-version=2026-07-01"
    basket.change("POST", path)
    assert basket.clinic.pull(basket.id)["ok"]


def test_an_app_whose_secret_serves_another_registry_by_now_gets_none(basket: Ward) -> None:
    app = basket.world.resources.get(basket.id.text)
    app["properties"]["configuration"]["registries"].append(
        {"server": "evil.azurecr.io", "username": "evil", "passwordSecretRef": cases.NAME}
    )

    outcome = basket.apply()

    assert outcome.failed
    assert "evil.azurecr.io" in outcome.detail
    assert basket.clinic.writes == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"username": "ci", "passwordSecretRef": cases.NAME}, "another user"),
        ({"identity": "system"}, "no registry of the app takes its password"),
    ],
)
def test_an_app_that_signs_in_otherwise_by_now_gets_none(
    basket: Ward, entry: dict[str, str], words: str
) -> None:
    app = basket.world.resources.get(basket.id.text)
    server = app["properties"]["configuration"]["registries"][0]["server"]
    app["properties"]["configuration"]["registries"] = [{"server": server, **entry}]

    outcome = basket.apply()

    assert outcome.failed
    assert words in outcome.detail
    assert basket.clinic.writes == []


def test_a_secret_that_came_into_a_vault_meanwhile_is_not_overwritten(basket: Ward) -> None:
    configuration = basket.world.resources.get(basket.id.text)["properties"]["configuration"]
    url = "https://contoso-kv.vault.azure.net/secrets/registry"
    configuration["secrets"] = [{"name": cases.NAME, "keyVaultUrl": url, "identity": "system"}]

    outcome = basket.apply()

    assert outcome.failed
    assert "Key Vault" in outcome.detail
    assert basket.clinic.writes == []


def test_a_secret_whose_value_is_not_shown_stops_the_write_that_would_lose_it(
    basket: Ward,
) -> None:
    configuration = basket.world.resources.get(basket.id.text)["properties"]["configuration"]
    configuration["secrets"].append({"name": "hidden"})

    with pytest.raises(Refused, match="hidden is not shown"):
        basket.apply()

    assert basket.clinic.writes == []


def test_an_app_that_is_being_changed_is_waited_for(basket: Ward) -> None:
    app = basket.world.resources.get(basket.id.text)
    app["properties"]["provisioningState"] = "InProgress"
    done = {**app["properties"], "provisioningState": "Succeeded"}
    basket.world.after(5, lambda: app.update(properties=done))

    outcome = basket.apply()

    assert outcome.changed
    assert basket.clinic.writes == [f"PATCH {basket.id}"]


def test_a_cut_line_behind_a_patch_of_secrets_is_read_back(basket: Ward) -> None:
    basket.fault(match=SECRETS, times=1, drop="after")

    outcome = basket.apply()

    assert outcome.changed
    assert basket.secrets[cases.NAME] == cases.FIRST
    assert len(basket.clinic.writes) == 1


def test_a_jobs_secret_is_written_and_no_execution_started(tmp_path: Path) -> None:
    nightly = Ward(cases.job(), "nightly", tmp_path)

    outcome = nightly.apply()

    job = nightly.world.resources.get(nightly.id.text)
    assert outcome.changed
    assert nightly.secrets[cases.NAME] == cases.FIRST
    assert job["properties"]["configuration"]["triggerType"] == "Schedule"
    assert job["properties"]["configuration"]["scheduleTriggerConfig"]
    assert nightly.clinic.writes == [f"PATCH {nightly.id}"]


def test_a_slot_is_written_itself_and_production_left_alone(tmp_path: Path) -> None:
    staging = Ward(cases.slot(), "staging", tmp_path)
    production = staging.id.parent
    assert production is not None
    before = dict(staging.world.app_settings[production.key])

    staging.apply()

    assert staging.settings[PLACE] == cases.FIRST
    assert staging.world.app_settings[production.key] == before
    assert staging.clinic.writes == [f"PUT {staging.id}/config/appsettings"]
