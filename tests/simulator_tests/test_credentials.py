"""Credentials in the simulated Azure: secrets of apps, settings of sites, passwords, vaults."""

from typing import Any

import pytest

from tests.simulator import platform
from tests.simulator.azure import Simulator
from tests.simulator.estates import credentials_cases as cases
from tests.simulator_tests.asking import ACR, APP, WEB, ask, of

BASKET, SHOP = "Microsoft.App/containerApps", "Microsoft.Web/sites"
KEPT = [
    {"name": "queue-key", "value": "queue-key-value"},
    {"name": cases.NAME, "value": cases.FIRST},
    {
        "name": "from-vault",
        "keyVaultUrl": "https://contoso-kv.vault.azure.net/secrets/other",
        "identity": "system",
    },
]


def arranged(scenario: dict[str, Any], type: str) -> tuple[Simulator, str]:
    return Simulator(scenario), of(scenario, type)["id"]


def secrets(*sent: dict[str, str]) -> dict[str, Any]:
    return {"properties": {"configuration": {"secrets": list(sent)}}}


def test_listing_secrets_shows_values_and_for_a_vault_its_address() -> None:
    simulator, id = arranged(cases.container_app(password=cases.FIRST), BASKET)

    listed = ask(simulator, "POST", f"{id}/listSecrets", version=APP).body["value"]
    shown = ask(simulator, "GET", id, version=APP).body["properties"]["configuration"]["secrets"]

    assert listed == KEPT
    assert not any("value" in secret for secret in shown)


def test_a_patch_replaces_the_list_whole_and_what_is_left_out_is_gone() -> None:
    simulator, id = arranged(cases.container_app(), BASKET)

    answer = ask(simulator, "PATCH", id, secrets({"name": cases.NAME, "value": "new"}), version=APP)

    assert answer.status == 202
    listed = ask(simulator, "POST", f"{id}/listSecrets", version=APP).body["value"]
    assert listed == [{"name": cases.NAME, "value": "new"}]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([{"name": cases.NAME}, {"name": "queue-key", "value": "x"}], "ContainerAppSecretInvalid"),
        ([{"name": "queue-key", "value": "x"}], "ContainerAppSecretRefNotFound"),
    ],
    ids=["no value", "the registry's own is missing"],
)
def test_a_list_that_would_break_the_app_is_refused(sent: list[dict[str, str]], code: str) -> None:
    simulator, id = arranged(cases.container_app(), BASKET)

    answer = ask(simulator, "PATCH", id, secrets(*sent), version=APP)

    assert answer.status == 400
    assert answer.body["error"]["code"] == code
    assert simulator.world.secrets[id.lower()][cases.NAME] == cases.OLD


def test_a_revision_goes_on_with_the_secret_it_started_with() -> None:
    simulator, id = arranged(cases.container_app(), BASKET)
    first = platform.pull(simulator.world, id)
    ask(simulator, "PATCH", id, secrets(*KEPT), version=APP)

    second = platform.pull(simulator.world, id)
    path = f"{id}/revisions/basket--0000001/restart"
    ask(simulator, "POST", path, version=APP)
    simulator.world.advance(5)
    third = platform.pull(simulator.world, id)

    assert [first["ok"], second["ok"], third["ok"]] == [False, False, True]


def test_a_jobs_next_execution_takes_the_present_secret() -> None:
    scenario = cases.job()
    simulator, id = arranged(scenario, "Microsoft.App/jobs")
    assert not platform.pull(simulator.world, id)["ok"]

    answer = ask(simulator, "PATCH", id, secrets(*KEPT), version=APP)

    assert answer.status in (200, 202)
    assert platform.pull(simulator.world, id)["ok"]


@pytest.mark.parametrize(
    ("holds", "may_read", "ok"),
    [
        (None, True, False),
        (cases.FIRST, False, False),
        (cases.OLD, True, False),
        (cases.SECOND, True, True),
    ],
    ids=["no secret", "not let in", "an old one", "the right one"],
)
def test_a_vaults_secret_must_be_there_be_read_and_be_right(
    holds: str | None, may_read: bool, ok: bool
) -> None:
    for build, type in ((cases.vaulted, SHOP), (cases.vaulted_app, BASKET)):
        simulator, id = arranged(build(holds=holds, may_read=may_read), type)

        assert platform.pull(simulator.world, id)["ok"] is ok


def test_a_secret_that_does_not_arrive_is_logged_for_container_apps() -> None:
    simulator, id = arranged(cases.vaulted_app(), BASKET)

    logs = platform.pull(simulator.world, id)["logs"]

    assert "FetchingKeyVaultSecretFailed" in [entry["row"].get("Reason_s") for entry in logs]


def test_the_fetching_identity_of_a_site_may_be_a_user_assigned_one() -> None:
    scenario = cases.vaulted(holds=cases.FIRST, may_read=True)
    site = of(scenario, SHOP)
    site["properties"]["keyVaultReferenceIdentity"] = "/subscriptions/x/userAssigned/none"
    simulator, id = arranged(scenario, SHOP)

    path = f"{id}/config/configreferences/appsettings"
    listed = ask(simulator, "GET", path, version=WEB).body["value"]

    assert {one["properties"]["status"] for one in listed} == {"MSINotEnabled"}
    assert not platform.pull(simulator.world, id)["ok"]


def test_settings_are_replaced_whole_and_the_app_pulls_a_moment_later() -> None:
    simulator, id = arranged(cases.web_app(), SHOP)
    settings = dict(simulator.world.app_settings[id.lower()])
    settings["DOCKER_REGISTRY_SERVER_PASSWORD"] = cases.SECOND
    del settings["FEATURE"]

    ask(simulator, "PUT", f"{id}/config/appsettings", {"properties": settings}, version=WEB)
    simulator.world.advance(5)

    assert simulator.world.app_settings[id.lower()] == settings
    rows = [row["Message"] for row in simulator.world.tables["AppServicePlatformLogs"]]
    assert any("Pulled image" in text for text in rows)


def test_a_regenerated_password_is_dead_at_once_and_the_other_lives() -> None:
    simulator, id = arranged(cases.web_app(password=cases.FIRST), SHOP)
    registry = next(iter(simulator.world.passwords))
    assert platform.pull(simulator.world, id)["ok"]

    path = f"{registry}/regenerateCredential"
    answer = ask(simulator, "POST", path, {"name": "password"}, version=ACR)

    values = [one["value"] for one in answer.body["passwords"]]
    assert cases.FIRST not in values
    assert values[1] == cases.SECOND
    assert not platform.pull(simulator.world, id)["ok"]


def test_a_registry_whose_admin_user_is_off_lists_no_credentials() -> None:
    simulator, id = arranged(cases.admin_off(), SHOP)
    registry = next(iter(simulator.world.passwords))

    answer = ask(simulator, "POST", f"{registry}/listCredentials", version=ACR)

    assert answer.status == 400
    assert not platform.pull(simulator.world, id)["ok"]
