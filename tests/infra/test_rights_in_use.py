"""
What a deployment gives is enough: stories of the matrix, healed with the assignments that
`main.bicep` makes for the story's own policy and its own registries, groups and networks.

In `test_roles.py` the healer holds each role for its whole subscription; here only where Bicep puts
it. The simulated Azure judges every request.
"""

from pathlib import Path
from typing import Any

import pytest

from shared.model.ids import ResourceId
from tests.bicep.deploying import Deployed, deploy, made
from tests.clinic import Clinic
from tests.infra.ways import FIRST, MAIN
from tests.matrix.rows import STORIES
from tests.matrix.story import Story
from tests.simulator import estates

_AUTHORIZATION = "Microsoft.Authorization"
TOLD = {
    "1-firewall-missing-egress-functions-and_the_pull_role_gone",
    "14-credentials-stale-container-app-plain",
    "14-credentials-stale-slot-plain",
    "12-identity-not-used-slot-plain",
    "5-private-path-not-routed-slot-plain",
    "7-private-dns-not-linked-functions-plain",
    "23-not-retrying-slot-plain",
}
Scenario = dict[str, Any]


def handed_over(scenario: Scenario, policy: str) -> Scenario:
    """The scenario, with the healer's rights as they are deployed for its places."""
    healer = scenario["healer"]["principalId"]
    kept = [
        one
        for one in scenario["resources"]
        if str(one["properties"].get("principalId", "")).lower() != healer.lower()
    ]
    deployment = deploy(
        MAIN,
        loads={"policy.yaml": policy},
        **FIRST,
        subscriptions=",".join(scenario["subscriptions"]),
        registries=",".join(_ids(scenario, "Microsoft.ContainerRegistry/registries")),
        workloads=",".join(_groups(estates.workloads_of(scenario))),
        networks=",".join(_groups(_ids(scenario, "Microsoft.Network/"))),
    )
    given = [
        _as_resource(one, healer)
        for kind in ("roleDefinitions", "roleAssignments")
        for one in made(deployment, f"{_AUTHORIZATION}/{kind}")
        if "/resourceGroups/rg-prod/" not in one.id
    ]
    return {**scenario, "resources": [*kept, *given]}


def _as_resource(one: Deployed, healer: str) -> dict[str, Any]:
    properties = dict(one.properties)
    if "principalId" in properties:
        properties |= {
            "principalId": healer,
            "scope": one.id.split(f"/providers/{_AUTHORIZATION}")[0],
        }
    return {"id": one.id, "type": one.kind, "name": one.body["name"], "properties": properties}


def _ids(scenario: Scenario, kind: str) -> list[str]:
    found = [one["id"] for one in scenario["resources"] if one["type"].startswith(kind)]
    return [id for id in found if kind.endswith("/") or id.count("/") == 8]


def _groups(ids: list[str]) -> list[str]:
    return sorted({"/".join(id.split("/")[:5]) for id in ids})


@pytest.mark.parametrize("story", [one for one in STORIES if str(one) in TOLD], ids=str)
def test_it_heals_with_what_is_deployed_for_it(story: Story, tmp_path: Path) -> None:
    scenario = handed_over(story.world(), story.policy)
    clinic = Clinic(scenario, tmp_path, policy=story.policy)
    workload: ResourceId = clinic.find(story.workload)
    story.fails(clinic, workload)

    done = clinic.sweep_until_done(clinic.heal(workload), minutes=story.minutes)

    assert done.state == "healed", done.timeline
    assert clinic.writes


def test_the_same_deployed_to_observe_explains_and_is_not_able_to_write(tmp_path: Path) -> None:
    (story,) = [one for one in STORIES if str(one).startswith("1-") and str(one) in TOLD]
    scenario = handed_over(story.world(), "version: 1")
    clinic = Clinic(
        scenario, tmp_path, policy=story.policy
    )  # a policy that says more than roles do
    workload = clinic.find(story.workload)
    story.fails(clinic, workload)

    done = clinic.heal(workload)

    assert done.state == "failed"
    assert "registries/write" in done.outcome[0].detail
    assert clinic.writes == []


def test_the_stories_told_are_there() -> None:
    assert {str(one) for one in STORIES} >= TOLD
