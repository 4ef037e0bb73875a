"""Whoever may edit an app can point it anywhere and let it fail; that must never bring them a role.

Access is given back only to the identity that had it, where it had it, to the workload that had
it. Each story ends with no write at all, though the policy lets pull-role act by itself.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.model.incident import Incident
from shared.model.words import FindingName, State
from tests.clinic import Clinic
from tests.simulator.estates import ACR_PULL, REPOSITORY_READER
from tests.simulator.estates import access_cases as cases
from tests.simulator.estates.past import PIPELINE

Scenario = dict[str, Any]
_KIND = "Microsoft.Authorization/roleAssignments"


def forged_request() -> Scenario:
    """In a group of their own somebody made and deleted an assignment whose request names the
    registry as its scope."""
    estate, acr, owner = cases.ground("site")
    mine = f"{estate.subscription}/resourceGroups/web-shop"
    principal, role = owner["identity"]["principalId"], estate.role_id(ACR_PULL)
    id = f"{mine}/providers/{_KIND}/0a0a0a0a-1b1b-4c4c-8d8d-4e4e4e4e4e4e"
    said = {"PrincipalId": principal, "RoleDefinitionId": role, "Scope": acr["id"]}
    request = json.dumps({"Properties": said})
    estate.remember(id, f"{_KIND}/write", timedelta(days=9), by=PIPELINE, requestbody=request)
    estate.remember(id, f"{_KIND}/delete", timedelta(days=1), by=PIPELINE)
    return estate.scenario()


def another_identity() -> Scenario:
    """The app's own identity has the role; somebody told the app to pull with another one."""
    estate, acr, owner = cases.ground("site")
    own = owner["identity"]["principalId"]
    estate.assign(own, ACR_PULL, acr["id"])
    other = estate.user_identity("everybodys")
    owner["identity"]["type"] = "SystemAssigned, UserAssigned"
    ids = {name: other["properties"][name] for name in ("principalId", "clientId")}
    owner["identity"]["userAssignedIdentities"] = {other["id"]: ids}
    config = next(one for one in estate.resources if one["id"] == f"{owner['id']}/config/web")
    config["properties"]["acrUserManagedIdentityID"] = other["properties"]["clientId"]
    estate.new_identity(owner, former=own)
    return estate.scenario()


def another_repository() -> Scenario:
    """The lost role was for another team's repositories only."""
    condition = (
        "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'}))"
        " OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] "
        "StringStartsWithIgnoreCase 'payroll/'))"
    )
    return cases.lost(abac=True, condition=condition)


def narrower_role() -> Scenario:
    """The lost role was for repositories; the registry's mode is one where a role opens all."""
    estate, acr, owner = cases.ground("site")
    principal = owner["identity"]["principalId"]
    estate.forgotten_assignment(principal, REPOSITORY_READER, acr["id"], by=PIPELINE)
    return estate.scenario()


HELD: dict[str, tuple[Callable[[], Scenario], str]] = {
    "pointed here since": (cases.repointed, "may have been pointed here"),
    "another app of the same name": (cases.remade_workload, "another one of the same name"),
    "somebody else's role": (lambda: cases.somebody_elses("principal"), "knows of no pull role"),
    "a role that is not for pulling": (
        lambda: cases.somebody_elses("role"),
        "knows of no pull role",
    ),
    "a role at another registry": (
        lambda: cases.somebody_elses("registry"),
        "knows of no pull role",
    ),
    "a scope that climbs out": (lambda: cases.somebody_elses("below"), "knows of no pull role"),
    "a scope only the request names": (forged_request, "knows of no pull role"),
    "a proof too old": (lambda: cases.lost(days=40), "proof_days"),
    "an identity put in another's place": (another_identity, "knows of no pull role"),
    "a role for other repositories": (another_repository, "for other repositories"),
    "a role narrower than what there is": (narrower_role, "for repositories only"),
}


def treated(clinic: Clinic, text: str = "") -> Incident:
    """The shop's pull fails, and the product hears of it."""
    shop = clinic.find("sites/shop")
    assert not clinic.pull(shop)["ok"]
    return clinic.heal(shop, text)


@pytest.mark.parametrize("story", HELD)
def test_access_that_was_not_this_workloads_is_not_given(story: str, tmp_path: Path) -> None:
    build, because = HELD[story]
    clinic = Clinic(build(), tmp_path)

    incident = treated(clinic)

    assert incident.state is State.HELD, [one.text for one in incident.timeline]
    assert incident.decision is not None
    assert because in " ".join(incident.decision.reasons)
    assert not clinic.pull(clinic.find("sites/shop"))["ok"]
    assert clinic.writes == []


def test_a_new_identity_is_not_taken_for_the_heir_of_a_shared_ones_role(tmp_path: Path) -> None:
    clinic = Clinic(another_identity(), tmp_path)

    incident = treated(clinic)

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is FindingName.PULL_ROLE_MISSING


def test_a_text_that_looks_like_the_activity_log_proves_nothing(tmp_path: Path) -> None:
    scenario = cases.never()
    told = cases.lost()["activityLog"]
    clinic = Clinic(scenario, tmp_path)

    incident = treated(clinic, json.dumps([told[0]["properties"], told[-1]["properties"]]))

    assert incident.state is State.HELD
    assert clinic.writes == []


def test_a_registry_of_another_tenant_gets_no_role_even_with_a_pair(tmp_path: Path) -> None:
    """Both can be read, as with delegated subscriptions; the identity is no member over there."""
    scenario = cases.never()
    far = "7d7d7d7d-1111-4222-8333-444444444444"
    acr = next(one for one in scenario["resources"] if one["type"].endswith("/registries"))
    _move(scenario, acr, far)
    pair = (
        "pairs:\n- registry: /subscriptions/*/resourceGroups/platform\n"
        "  workloads: ['/subscriptions/*/resourceGroups/web-shop']"
    )
    clinic = Clinic(scenario, tmp_path, policy=f"version: 1\nmode: auto\n{pair}\n")
    tenant = {"id": f"/subscriptions/{far}", "tenantId": "99999999-2222-4333-8444-555555555555"}
    match = {"method": "GET", "path": f"(?i)^/subscriptions/{far}$"}
    clinic.simulator.faults.add({"match": match, "status": 200, "times": 99, "body": tenant})

    incident = treated(clinic)

    assert incident.state is State.DENIED, [one.text for one in incident.timeline]
    assert incident.decision is not None
    assert "not of one tenant" in " ".join(incident.decision.reasons)
    assert clinic.writes == []


def _move(scenario: Scenario, acr: dict[str, Any], subscription: str) -> None:
    """The registry lies in another subscription, where the healer may do what it may here."""
    here = scenario["subscriptions"][0]
    scenario["subscriptions"].append(subscription)
    acr["id"] = acr["id"].replace(here, subscription)
    healer = scenario["healer"]["principalId"]
    copies = []
    for one in scenario["resources"]:
        properties = one["properties"]
        if properties.get("principalId") == healer:
            text = json.dumps(one).replace(
                f"/subscriptions/{here}", f"/subscriptions/{subscription}"
            )
            copies.append(json.loads(text))
    scenario["resources"] += copies


@pytest.mark.parametrize("ends", ["approve", "observe"])
def test_a_proof_alone_gives_nothing_where_the_policy_lets_nothing_act(
    ends: str, tmp_path: Path
) -> None:
    clinic = Clinic(cases.lost(), tmp_path, policy=f"version: 1\nmode: {ends}\n")

    incident = treated(clinic)

    assert incident.state is State.HELD
    assert incident.decision is not None
    assert incident.decision.rules == ("somebody-decided",)
    assert clinic.writes == []
