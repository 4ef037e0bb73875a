"""Stored credentials and idle identities through real SDK clients: what is read, what is not."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared import evidence
from shared.model.credentials import Credentials, Token
from shared.model.evidence import Evidence, PullAuth, Unread
from tests.clinic import Clinic
from tests.simulator.estates import credentials_cases as cases

PLACE = "DOCKER_REGISTRY_SERVER_PASSWORD"
VAULT = f"contoso-kv/secrets/{cases.NAME}"


def clinic(scenario: dict[str, Any], place: Path) -> Clinic:
    made = Clinic(scenario, place)
    made.pull(workload(made))
    return made


def workload(made: Clinic) -> Any:
    for name in ("staging", "basket", "nightly", "shop"):
        try:
            return made.find(name)
        except AssertionError:
            continue
    raise AssertionError("nothing pulls here")


def gather(made: Clinic) -> Evidence:
    return evidence.gather(made.signal(workload(made)), azure=made.azure())


def of(scenario: dict[str, Any], place: Path) -> Credentials:
    seen = gather(clinic(scenario, place)).credentials
    assert isinstance(seen, Credentials), seen
    return seen


SIGN_INS: dict[str, tuple[Callable[[], dict[str, Any]], Credentials]] = {
    "old": (cases.web_app, Credentials(place=PLACE, matches=False, slot_sticky=False)),
    "first": (
        lambda: cases.web_app(password=cases.FIRST),
        Credentials(place=PLACE, matches=True),
    ),
    "second": (
        lambda: cases.web_app(password=cases.SECOND),
        Credentials(place=PLACE, matches=True),
    ),
    "none": (
        lambda: cases.web_app(password=None),
        Credentials(place=PLACE, stored=False, matches=False, slot_sticky=False),
    ),
    "slot setting": (cases.slot, Credentials(place=PLACE, matches=False, slot_sticky=True)),
    "not a slot setting": (
        lambda: cases.slot(sticky=False),
        Credentials(place=PLACE, matches=False, slot_sticky=False),
    ),
    "app": (cases.container_app, Credentials(place=cases.NAME, matches=False)),
    "app, right": (
        lambda: cases.container_app(password=cases.SECOND),
        Credentials(place=cases.NAME, matches=True),
    ),
    "app, shared": (
        lambda: cases.container_app(also="fabrikam"),
        Credentials(place=cases.NAME, matches=False, shared_by=("fabrikam.azurecr.io",)),
    ),
    "job": (cases.job, Credentials(place=cases.NAME, matches=False)),
    "admin off": (cases.admin_off, Credentials(place=PLACE)),
    "nobody's name": (
        cases.token,
        Credentials(place=PLACE, token=Token(name="ci-token", exists=False)),
    ),
    "service principal": (
        lambda: cases.token(username="0f6c2d1e-7f0b-4a53-9a57-3f1c6b1d2e90"),
        Credentials(place=PLACE),
    ),
    "token": (
        cases.registry_token,
        Credentials(
            place=PLACE,
            token=Token(name="ci-token", enabled=True, scope_map="ci-scope", reads=True),
        ),
    ),
    "token, disabled": (
        lambda: cases.registry_token(status="disabled"),
        Credentials(
            place=PLACE,
            token=Token(name="ci-token", enabled=False, scope_map="ci-scope", reads=True),
        ),
    ),
    "token, good for long": (
        lambda: cases.registry_token(expiry="2030-01-01T00:00:00.0000000Z"),
        Credentials(
            place=PLACE,
            token=Token(name="ci-token", enabled=True, scope_map="ci-scope", reads=True),
        ),
    ),
    "token, expired": (
        lambda: cases.registry_token(expiry="2026-07-01T00:00:00.0000000Z"),
        Credentials(
            place=PLACE,
            token=Token(
                name="ci-token",
                enabled=True,
                expired=datetime(2026, 7, 1, tzinfo=UTC),
                scope_map="ci-scope",
                reads=True,
            ),
        ),
    ),
    "token, for another repository": (
        lambda: cases.registry_token(repository="other/one"),
        Credentials(
            place=PLACE,
            token=Token(name="ci-token", enabled=True, scope_map="ci-scope", reads=False),
        ),
    ),
    "reference, no secret": (
        cases.vaulted,
        Credentials(
            place=PLACE,
            vault=VAULT,
            vault_place=PLACE,
            vault_status="SecretNotFound",
            vault_identity="the system identity",
        ),
    ),
    "reference, resolved": (
        lambda: cases.vaulted(holds=cases.OLD, may_read=True),
        Credentials(
            place=PLACE,
            vault=VAULT,
            vault_place=PLACE,
            vault_status="Resolved",
            vault_identity="the system identity",
        ),
    ),
}


@pytest.mark.parametrize("name", SIGN_INS)
def test_each_sign_in_is_compared_and_only_the_answer_leaves(name: str, tmp_path: Path) -> None:
    build, expected = SIGN_INS[name]

    assert of(build(), tmp_path) == expected


def test_a_container_apps_secret_that_its_vault_did_not_deliver_is_told_by_the_log(
    tmp_path: Path,
) -> None:
    seen = of(cases.vaulted_app(), tmp_path)

    assert seen.vault == f"https://contoso-kv.vault.azure.net/secrets/{cases.NAME}"
    assert seen.vault_status == "FetchingKeyVaultSecretFailed"
    assert "SecretNotFound" in seen.vault_detail
    assert seen.matches is None


def test_a_container_apps_secret_that_arrives_has_no_status(tmp_path: Path) -> None:
    seen = of(cases.vaulted_app(holds=cases.OLD, may_read=True), tmp_path)

    assert seen.vault_status is None


def test_a_row_about_a_refused_identity_is_not_the_vaults(tmp_path: Path) -> None:
    """Container Apps logs it under the same reason: "Failed to construct registry secret"."""
    made = clinic(cases.vaulted_app(), tmp_path)
    for rows in made.simulator.world.tables.values():
        for row in rows:
            if row.get("Reason_s") == "FetchingKeyVaultSecretFailed":
                row["Log_s"] = (
                    "Failed to construct registry secret for registry 'x.azurecr.io'. Error: ACR "
                    "token exchange endpoint returned error status: 401"
                )

    seen = gather(made).credentials

    assert isinstance(seen, Credentials)
    assert seen.vault_status is None


def test_without_a_workspace_nothing_is_said_about_a_vault(tmp_path: Path) -> None:
    seen = of({**cases.vaulted_app(), "workspace": None}, tmp_path)

    assert seen.vault_status is None


REFUSED = {
    "/listCredentials": (cases.web_app, "not readable"),
    "/config/configreferences": (cases.vaulted, "not readable"),
    "/containerApps/basket/listSecrets": (cases.container_app, "not readable"),
}


@pytest.mark.parametrize("path", REFUSED)
@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_read_is_unread_and_never_an_answer(
    path: str, status: int, tmp_path: Path
) -> None:
    build, words = REFUSED[path]
    made = clinic(build(), tmp_path)
    body = {"error": {"code": "No", "message": "no"}}
    match = {"path": f"(?i){path}"}
    made.simulator.faults.add({"match": match, "status": status, "times": 99, "body": body})

    seen = gather(made).credentials

    if isinstance(seen, Credentials):
        answers = [one for one in (seen.matches, seen.vault_status) if one is not None]
        assert len(answers) == 1
        (seen,) = answers
    assert isinstance(seen, Unread)
    assert words in seen.because


def test_unknown_stickiness_of_a_slot_setting_is_unread(tmp_path: Path) -> None:
    made = clinic(cases.slot(), tmp_path)
    body = {"Code": "No", "Message": "no"}
    match = {"path": "(?i)/slotConfigNames"}
    made.simulator.faults.add({"match": match, "status": 403, "times": 99, "body": body})

    seen = gather(made).credentials

    assert isinstance(seen, Credentials)
    assert seen.matches is False
    assert isinstance(seen.slot_sticky, Unread)


def test_a_setting_is_found_however_it_is_spelled(tmp_path: Path) -> None:
    scenario = cases.web_app()
    (settings,) = scenario["appSettings"].values()
    settings["Docker_Registry_Server_Password"] = settings.pop(PLACE)

    assert of(scenario, tmp_path).place == "Docker_Registry_Server_Password"


def test_two_settings_of_one_name_are_not_known(tmp_path: Path) -> None:
    scenario = cases.web_app()
    (settings,) = scenario["appSettings"].values()
    settings[PLACE.lower()] = "x"

    assert isinstance(gather(clinic(scenario, tmp_path)).credentials, Unread)


def test_a_sidecars_password_is_compared_only_where_azure_shows_its_place(tmp_path: Path) -> None:
    seen = of(cases.sidecars(), tmp_path)

    assert seen.place == ""
    assert isinstance(seen.matches, Unread)


def test_nothing_is_asked_for_a_workload_that_pulls_with_an_identity(tmp_path: Path) -> None:
    made = clinic(cases.detached(), tmp_path)

    seen = gather(made)

    assert seen.credentials is None
    assert seen.idle == ()


def test_idle_identities_are_judged_each(tmp_path: Path) -> None:
    seen = gather(clinic(cases.idle_identity(users=3, able=(1,)), tmp_path))

    assert [one.pulls for one in seen.idle] == [False, True, False]
    assert all(one.client and one.id and one.principal for one in seen.idle)


def test_the_identity_a_site_names_already_comes_first(tmp_path: Path) -> None:
    scenario = cases.idle_identity(users=3, able=(1,))
    config = next(r for r in scenario["resources"] if r["id"].endswith("/config/web"))
    site = next(r for r in scenario["resources"] if r["id"].endswith("/sites/shop"))
    last = list(site["identity"]["userAssignedIdentities"].values())[-1]["clientId"]
    config["properties"]["acrUserManagedIdentityID"] = last.upper()

    seen = gather(clinic(scenario, tmp_path))

    assert seen.idle[0].client == last
    assert isinstance(seen.workload.auth, PullAuth)
    assert seen.workload.auth.named == last.upper()


def test_idle_identities_are_not_asked_about_where_credentials_may_work(tmp_path: Path) -> None:
    assert gather(clinic(cases.web_app(), tmp_path)).idle == ()


def test_no_password_is_in_the_evidence(tmp_path: Path) -> None:
    for number, build in enumerate((cases.web_app, cases.container_app, cases.vaulted)):
        seen = repr(gather(clinic(build(), tmp_path / str(number))))

        assert not any(one in seen for one in (cases.FIRST, cases.SECOND, cases.OLD, "hunter2"))
