"""Whoever may edit an app can point it anywhere; that must never bring them another's password."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.model.words import State
from tests.clinic import GENEROUS, Clinic
from tests.simulator.estates import credentials_cases as cases
from tests.simulator.estates.estate import Estate

TREASURE = ("Zx9treasure+ACRQwErTy", "Zx8treasure+ACRQwErTy")
#: The owner of contosoimages agrees; that of contosopayroll was never asked.
PAIR = """pairs:
- registry: /subscriptions/*/resourceGroups/platform/providers/*/registries/contosoimages
  workloads: ['/subscriptions/*/resourceGroups/web-shop']
"""


def payroll(estate: Estate) -> dict[str, Any]:
    """Another team's registry, whose admin user is on."""
    return estate.registry("contosopayroll", admin=TREASURE)


def repointed_site() -> dict[str, Any]:
    """Image, address and user name all name the other team's registry; the password is a guess."""
    estate = Estate()
    estate.registry(cases.REGISTRY, admin=(cases.FIRST, cases.SECOND))
    acr = payroll(estate)
    image = estate.image(acr, "payroll/api", "9")
    site = estate.site("shop", image=image, outbound=("20.50.2.11",), identity=False)
    estate.settings(
        site,
        DOCKER_REGISTRY_SERVER_URL=f"https://{acr['properties']['loginServer']}",
        DOCKER_REGISTRY_SERVER_USERNAME=acr["name"],
        DOCKER_REGISTRY_SERVER_PASSWORD="a-guess",
    )
    return estate.scenario()


def repointed_app() -> dict[str, Any]:
    """The same with a container app's list of registries."""
    estate = Estate()
    estate.registry(cases.REGISTRY, admin=(cases.FIRST, cases.SECOND))
    acr = payroll(estate)
    app = estate.container_app(
        "shop",
        estate.environment("apps-env"),
        image=estate.image(acr, "payroll/api", "9"),
        registry=acr,
        sign_in={"username": acr["name"], "passwordSecretRef": "guess"},
    )
    estate.secret(app, "guess", "a-guess")
    return estate.scenario()


def half_repointed() -> dict[str, Any]:
    """The image is of the agreed registry, the address of the other: the host sends nothing."""
    scenario = cases.web_app()
    (settings,) = scenario["appSettings"].values()
    settings["DOCKER_REGISTRY_SERVER_URL"] = "https://contosopayroll.azurecr.io"
    return scenario


def another_user() -> dict[str, Any]:
    """The agreed registry, and the name of the other team's admin user."""
    return cases.token(username="contosopayroll")


ESTATES: dict[str, tuple[Callable[[], dict[str, Any]], State]] = {
    "site": (repointed_site, State.HELD),
    "container app": (repointed_app, State.HELD),
    "address": (half_repointed, State.EXPLAINED),
    "user name": (another_user, State.EXPLAINED),
    "secret shared with another registry": (
        lambda: cases.container_app(also="evil"),
        State.EXPLAINED,
    ),
}


@pytest.mark.parametrize("estate", ESTATES)
def test_an_app_pointed_elsewhere_harvests_nothing(estate: str, tmp_path: Path) -> None:
    build, state = ESTATES[estate]
    clinic = Clinic(build(), tmp_path, policy=GENEROUS + PAIR)
    name = "basket" if "secret" in estate else "shop"
    workload = clinic.find(name)
    assert not clinic.pull(workload)["ok"]

    incident = clinic.heal(workload)

    assert incident.state is state
    world = clinic.simulator.world
    held = [*world.app_settings.get(workload.key, {}).values()]
    held += world.secrets.get(workload.key, {}).values()
    assert not set(held) & {*TREASURE, cases.FIRST, cases.SECOND}
    assert clinic.writes == []


def test_a_registry_outside_the_policys_scope_gives_no_password(tmp_path: Path) -> None:
    scope = "scope: {exclude: ['/subscriptions/*/resourceGroups/platform']}\n"
    clinic = Clinic(cases.web_app(), tmp_path, policy=GENEROUS + scope + PAIR)
    shop = clinic.find("shop")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.state is State.DENIED
    assert clinic.writes == []


@pytest.mark.parametrize("mode", ["observe", "approve"])
def test_without_the_opt_in_of_the_policys_mode_a_pair_alone_hands_nothing_over(
    mode: str, tmp_path: Path
) -> None:
    policy = (GENEROUS + PAIR).replace(
        "remedies:\n", f"remedies:\n  credential-resync: {{mode: {mode}}}\n"
    )
    clinic = Clinic(cases.web_app(), tmp_path, policy=policy)
    shop = clinic.find("shop")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.state is State.HELD
    assert clinic.writes == []


def test_a_comparison_nobody_may_make_is_no_reason_to_write(tmp_path: Path) -> None:
    """The service may not list the registry's credentials: unknown means hold."""
    scenario = cases.web_app()
    clinic = Clinic(scenario, tmp_path, policy=GENEROUS + PAIR)
    body = {"error": {"code": "AuthorizationFailed", "message": "no"}}
    match = {"method": "POST", "path": "(?i)/listCredentials"}
    clinic.simulator.faults.add({"match": match, "status": 403, "times": 99, "body": body})
    shop = clinic.find("shop")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.state is State.EXPLAINED
    assert incident.diagnosis is not None
    assert incident.diagnosis.finding == "undetermined"
    assert "cannot be compared" in " ".join(incident.diagnosis.doubts)
    assert clinic.writes == []


def test_the_world_changing_between_looking_and_writing_stops_the_hand_over(
    tmp_path: Path,
) -> None:
    """The app is pointed elsewhere after the gate allowed the plan and before the write."""
    clinic = Clinic(cases.web_app(), tmp_path, policy=GENEROUS + PAIR)
    shop = clinic.find("shop")
    clinic.pull(shop)
    handle, asked = clinic.simulator.handle, []

    def swap(request: Any) -> Any:
        if "/listcredentials" in request.path.lower():
            asked.append(request)
            if len(asked) == 2:  # the remedy's own last look begins
                settings = clinic.simulator.world.app_settings[shop.key]
                settings["DOCKER_REGISTRY_SERVER_URL"] = "https://evil.azurecr.io"
        return handle(request)

    clinic.simulator.handle = swap  # type: ignore[method-assign]

    incident = clinic.heal(shop)

    assert incident.state is not State.HEALED
    assert cases.FIRST not in clinic.simulator.world.app_settings[shop.key].values()
    assert clinic.writes == []
