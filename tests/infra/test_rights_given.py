"""What a deployment lets the service do: by its policy, its scopes, and nothing besides."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import policy
from shared.model.words import RemedyName
from shared.policy import Mode
from tests.bicep.deploying import Deployed, Deployment, deploy, made
from tests.infra.ways import ACTING, EVERYTHING, FIRST, HERE, MAIN, REGISTRY, SECOND, THERE
from tests.simulator.estates.healer import MAY_GRANT_PULL, ROLES

_DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_WEB = f"/subscriptions/{HERE}/resourceGroups/web"
_PLATFORM = f"/subscriptions/{HERE}/resourceGroups/platform"
_NETWORK = f"/subscriptions/{THERE}/resourceGroups/network"
#: What each remedy touches, as the places of EVERYTHING have it.
_PLACES = {
    RemedyName.FIREWALL_SYNC: {REGISTRY, _PLATFORM},
    RemedyName.PULL_ROLE: {REGISTRY, _PLATFORM},
    RemedyName.CREDENTIAL_RESYNC: {REGISTRY, _PLATFORM, _WEB},
    RemedyName.USE_IDENTITY: {_WEB},
    RemedyName.RESTART: {_WEB},
    RemedyName.VNET_IMAGE_PULL: {_WEB, _NETWORK},
    RemedyName.DNS_ZONE_LINK: {_NETWORK},
}
_HARMLESS = ["Microsoft.Resources/subscriptions/resourceGroups/read"]


def roles(deployment: Deployment) -> dict[str, Deployed]:
    """The custom roles by the name of their file."""
    titles = {file["name"]: name for name, file in ROLES.items()}
    return {
        titles[one.properties["roleName"].partition(" (")[0]]: one
        for one in made(deployment, _DEFINITIONS)
    }


def actions(role: Deployed) -> list[str]:
    (permissions,) = role.properties["permissions"]
    found: list[str] = permissions["actions"]
    return found


def assigned(deployment: Deployment) -> dict[str, set[str]]:
    """Where each custom role is assigned."""
    names = {role.body["name"]: name for name, role in roles(deployment).items()}
    found: dict[str, set[str]] = {}
    for one in made(deployment, _ASSIGNMENTS):
        name = names.get(one.properties["roleDefinitionId"].rpartition("/")[2])
        if name is not None:
            found.setdefault(name, set()).add(one.id.partition("/providers/Microsoft.Auth")[0])
    return found


def deployed(text: str, **given: Any) -> Deployment:
    return deploy(MAIN, loads={"policy.yaml": text}, **(EVERYTHING | given))


def test_as_it_comes_it_observes_and_may_write_nothing_anywhere() -> None:
    deployment = deploy(MAIN, **EVERYTHING)

    subscriptions = {f"/subscriptions/{id}" for id in (HERE, THERE)}
    assert assigned(deployment) == {"reader": subscriptions, "settings-reader": subscriptions}
    for name, role in roles(deployment).items():
        if name != "settings-reader":
            assert all(action.endswith("/read") for action in actions(role)), name


def test_only_the_services_own_account_may_be_written_to_beside_that() -> None:
    deployment = deploy(MAIN, **EVERYTHING)

    custom = {role.body["name"] for role in roles(deployment).values()}
    others = [
        one.id.partition("/providers/Microsoft.Authorization")[0]
        for one in made(deployment, _ASSIGNMENTS)
        if one.properties["roleDefinitionId"].rpartition("/")[2] not in custom
    ]
    assert {place.split("/")[7] for place in others} == {"storageAccounts", "components"}
    assert all("/resourceGroups/rg-prod/" in place for place in others)


@pytest.mark.parametrize("remedy", RemedyName)
@pytest.mark.parametrize("mode", ["approve", "auto"])
def test_a_remedy_that_may_act_gets_its_own_role_at_its_own_places(
    remedy: RemedyName, mode: str
) -> None:
    deployment = deployed(f"version: 1\nremedies: {{{remedy}: {{mode: {mode}}}}}")

    placed = assigned(deployment)
    assert placed[remedy] == _PLACES[remedy]
    assert set(placed) == {"reader", "settings-reader", remedy}
    for name, role in roles(deployment).items():
        full = name in ("reader", "settings-reader", remedy)
        assert actions(role) == (ROLES[name]["actions"] if full else _HARMLESS), name


def test_who_hands_out_roles_does_so_under_the_condition_and_nobody_else_has_one() -> None:
    deployment = deployed(ACTING)

    granting = roles(deployment)["pull-role"].body["name"]
    for one in made(deployment, _ASSIGNMENTS):
        says = one.properties
        if says["roleDefinitionId"].endswith(granting):
            assert (says["condition"], says["conditionVersion"]) == (MAY_GRANT_PULL, "2.0")
        else:
            assert "condition" not in says
        assert says["principalType"] == "ServicePrincipal"


def test_no_role_is_one_of_azures_own_that_could_hand_out_or_change_anything() -> None:
    wide = {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
        "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    }

    given = [
        wide.get(one.properties["roleDefinitionId"].rpartition("/")[2])
        for one in made(deployed(ACTING), _ASSIGNMENTS)
    ]

    assert set(given) == {None}


def test_a_policy_that_gets_narrower_empties_the_roles_that_are_assigned() -> None:
    """An earlier assignment stays, since nothing is deleted; what it gives is gone."""
    before, after = roles(deployed(ACTING)), roles(deployed("version: 1"))

    assert {name: role.id for name, role in before.items()} == {
        name: role.id for name, role in after.items()
    }
    assert actions(before["firewall-sync"]) == ["Microsoft.ContainerRegistry/registries/write"]
    assert actions(after["firewall-sync"]) == _HARMLESS


def test_an_action_the_cloud_does_not_know_is_in_no_role() -> None:
    left_out = "Microsoft.Web/sites/siteStatus/read"
    full, less = (
        roles(deployed(ACTING, unknownActions=text))["reader"]
        for text in ("", f" {left_out}, Microsoft.Web/sites/nonsense/read")
    )

    assert set(actions(full)) - set(actions(less)) == {left_out}


def test_settings_and_passwords_are_read_only_where_that_is_wanted() -> None:
    assert "settings-reader" not in assigned(deploy(MAIN, **EVERYTHING, readSettings=False))


def test_a_policy_that_acts_without_a_scope_says_what_is_missing() -> None:
    deployment = deploy(MAIN, loads={"policy.yaml": ACTING}, **SECOND)

    assert set(assigned(deployment)) == {"reader", "settings-reader"}
    assert "name registries, workloads, networks to be changed" in deployment.outputs["NEXT"]
    assert "to be changed" not in deploy(MAIN, **SECOND).outputs["NEXT"]


_MODE = st.sampled_from(["observe", "approve", "auto"])


@settings(deadline=None, max_examples=25)
@given(own=st.none() | _MODE, remedies=st.dictionaries(st.sampled_from(RemedyName), _MODE))
def test_bicep_reads_a_policy_as_the_product_does(
    own: str | None, remedies: dict[RemedyName, str]
) -> None:
    lines = ["version: 1", f"mode: {own}" if own else ""]
    named = ", ".join(f"{name}: {{mode: {mode}}}" for name, mode in remedies.items())
    text = "\n".join([*lines, f"remedies: {{{named}}}" if named else ""])
    force = policy.load(text)

    given_ones = roles(deploy(MAIN, loads={"policy.yaml": text}, **FIRST))

    for remedy in RemedyName:
        acts = force.mode_of(remedy) is not Mode.OBSERVE
        assert (actions(given_ones[remedy]) != _HARMLESS) is acts, remedy
