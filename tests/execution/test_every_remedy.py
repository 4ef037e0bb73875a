"""
What every remedy owes, whoever wrote it: twice equals once, others' changes stay, a target that is
gone stays gone, and undoing leads back to where it began.

Each remedy is taken from the stories of the matrix, once for every kind of target.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import execution
from shared.errors import Conflict, HealError
from shared.model.plan import Outcome, Step
from shared.model.words import FindingName, RemedyName
from shared.pipeline.looking import Look, look
from tests.clinic import Clinic
from tests.matrix.rows import STORIES
from tests.matrix.story import Story
from tests.pipeline.test_unreadable import estate_of

_ELSEWHERE = re.compile("registries/|PUT …$|roleAssignments|-[0-9a-f]{8}$")
#: What cannot be taken back, and says so.
ONE_WAY = frozenset({RemedyName.CREDENTIAL_RESYNC, RemedyName.RESTART})


def _one_of_each() -> list[Story]:
    """The first story of every finding that is mended; on every kind of host where the workload
    itself is what changes."""
    found: dict[Any, Story] = {}
    for story in STORIES:
        if story.writes and story.ends == "healed":
            elsewhere = all(_ELSEWHERE.search(write) for write in story.writes)
            found.setdefault((story.finding, "" if elsewhere else story.host), story)
    return sorted(found.values(), key=str)


class Bed:
    """A story at the moment its plan is made and nothing is written yet."""

    def __init__(self, story: Story, place: Path) -> None:
        self.clinic = Clinic(story.world(), place, policy=story.policy)
        workload = self.clinic.find(story.workload)
        story.fails(self.clinic, workload)
        seen: Look = look(
            self.clinic.signal(workload), azure=self.clinic.azure(), medic=self.clinic.medic
        )
        self.steps = seen.plan.steps

    def estate(self) -> dict[str, str]:
        return estate_of(self.clinic)

    def apply(self) -> list[Outcome]:
        return [execution.apply(step, azure=self.clinic.azure()) for step in self.steps]

    def targets(self) -> Iterator[dict[str, Any]]:
        """The resources the steps change, as they stand."""
        for step in self.steps:
            found = self.clinic.simulator.world.resources.get(_root(step))
            if found is not None:
                yield found


def _root(step: Step) -> str:
    depth = 11 if step.target.type.startswith("microsoft.web/sites/slots") else 9
    return "/".join(step.target.text.split("/")[:depth])


stories = pytest.mark.parametrize("story", _one_of_each(), ids=str)


@stories
def test_twice_equals_once_others_changes_stay_and_undoing_leads_back(
    story: Story, tmp_path: Path
) -> None:
    bed = Bed(story, tmp_path)
    for target in bed.targets():  # since the plan was made
        target.setdefault("tags", {})["owner"] = "somebody else"
    before = bed.estate()

    first = bed.apply()
    writes, estate = bed.clinic.writes, bed.estate()
    again = bed.apply()

    assert first
    assert all(one.changed and not one.failed for one in first), [one.detail for one in first]
    assert not any(one.changed for one in again), [one.detail for one in again]
    assert _comparable(bed.estate()) == _comparable(estate)
    assert bed.clinic.writes == writes
    assert all(target["tags"]["owner"] == "somebody else" for target in bed.targets())
    _undo(bed, first, before)


def _undo(bed: Bed, outcomes: list[Outcome], before: dict[str, str]) -> None:
    for outcome in reversed(outcomes):
        if outcome.remedy is RemedyName.CREDENTIAL_RESYNC:
            with pytest.raises(Conflict):
                execution.undo(outcome, azure=bed.clinic.azure())
            continue
        undone = execution.undo(outcome, azure=bed.clinic.azure())
        assert not undone.failed, undone.detail
    if not any(one.remedy in ONE_WAY for one in outcomes):
        assert _comparable(bed.estate()) == _comparable(before)


@stories
def test_a_target_that_is_gone_is_not_made_again(story: Story, tmp_path: Path) -> None:
    bed = Bed(story, tmp_path)
    world = bed.clinic.simulator.world
    for step in bed.steps:
        root = _root(step).lower()
        for item in list(world.resources):
            if str(item["id"]).lower() == root or str(item["id"]).lower().startswith(root + "/"):
                world.resources.delete(item["id"])
    left = bed.estate()

    for step in bed.steps:
        try:
            outcome = execution.apply(step, azure=bed.clinic.azure())
        except HealError:
            continue
        assert not outcome.changed, outcome.detail

    assert bed.estate() == left


def _comparable(estate: dict[str, str]) -> dict[str, Any]:
    """Without what the service stamps on every write; an empty member is as good as none."""
    return {id: _bare(json.loads(text)) for id, text in estate.items()}


def _bare(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        name: _bare(inner)
        for name, inner in value.items()
        if name not in ("systemData", "etag") and inner not in (None, "")
    }


def _tampered(bed: Bed, outcome: Outcome) -> None:
    """Somebody changes what the outcome left behind into something else."""
    world, target = bed.clinic.simulator.world, outcome.target.text
    if outcome.remedy is RemedyName.FIREWALL_SYNC:
        _of(bed, target)["networkRuleSet"]["ipRules"].pop()
    elif outcome.remedy is RemedyName.PULL_ROLE:
        name = outcome.after["roleAssignment"]["name"]
        found = next(one for one in world.resources if str(one["id"]).endswith(name))
        found["properties"]["condition"] = "@Resource[x] StringEquals 'y'"
    elif outcome.remedy is RemedyName.VNET_IMAGE_PULL:
        _of(bed, target)["outboundVnetRouting"]["applicationTraffic"] ^= True
    elif outcome.remedy is RemedyName.USE_IDENTITY:
        _of(bed, f"{target}/config/web")["acrUserManagedIdentityID"] = "somebody-elses"
    elif outcome.remedy is RemedyName.DNS_ZONE_LINK:
        link = outcome.after["link"]["name"]
        _of(bed, f"{target}/virtualNetworkLinks/{link}")["registrationEnabled"] = True


def _of(bed: Bed, id: str) -> dict[str, Any]:
    found = bed.clinic.simulator.world.resources.get(id)
    assert found is not None, id
    return dict.__getitem__(found, "properties")  # the very one, to be changed in place


def _one_of_each_remedy() -> list[Story]:
    """The simplest story of every remedy that leaves something behind."""
    findings = {
        FindingName.FIREWALL_MISSING_EGRESS,
        FindingName.PULL_ROLE_MISSING,
        FindingName.PRIVATE_PATH_NOT_ROUTED,
        FindingName.IDENTITY_NOT_USED,
        FindingName.PRIVATE_DNS_NOT_LINKED,
        FindingName.CREDENTIALS_STALE,
    }
    found = {one.finding: one for one in reversed(_one_of_each()) if one.finding in findings}
    return list(found.values())


@pytest.mark.parametrize("story", _one_of_each_remedy(), ids=str)
def test_what_somebody_changed_since_is_not_undone_and_the_three_images_are_shown(
    story: Story, tmp_path: Path
) -> None:
    bed = Bed(story, tmp_path)
    made = [one for one in bed.apply() if one.changed and one.remedy is not RemedyName.RESTART]
    for outcome in made:
        _tampered(bed, outcome)
    writes, estate = bed.clinic.writes, bed.estate()

    for outcome in made:
        with pytest.raises(Conflict) as refused:
            execution.undo(outcome, azure=bed.clinic.azure())

        details = refused.value.details  # type: ignore[attr-defined]
        assert {"before", "written", "now", "difference"} <= set(details)
        drifted = [
            row
            for row in details["difference"]
            if row["written"] != row["now"] or outcome.remedy in ONE_WAY
        ]
        assert drifted, details
        assert str(drifted[0]["what"]) in str(refused.value)
    assert bed.clinic.writes == writes
    assert bed.estate() == estate
