"""
The rights the deployment gives: exactly those the product asks for, and none that writes unless a
remedy may act.
"""

from pathlib import Path

import pytest

from shared import catalog
from shared.model.words import RemedyName
from tests.clinic import Clinic
from tests.infra import stories
from tests.simulator import conditions, estates
from tests.simulator.estates.healer import GRANTING, MAY_GRANT_PULL, ROLES

READING = ("reader", "settings-reader")
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
_REPOSITORY_READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"
_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def actions(*roles: str) -> set[str]:
    """What these roles hold, lower-case."""
    return {
        action.lower()
        for name in roles
        for action in (*ROLES[name]["actions"], *ROLES[name]["dataActions"])
    }


def test_there_is_one_role_to_read_one_for_settings_and_one_for_each_remedy() -> None:
    assert set(ROLES) == {*READING, *(remedy.value for remedy in RemedyName)}


@pytest.mark.parametrize("remedy", RemedyName)
def test_a_remedys_role_holds_what_its_card_needs_and_nothing_else(remedy: RemedyName) -> None:
    needed = {action.lower() for action in catalog.CARDS[remedy].permissions}

    assert actions(remedy.value) == needed - actions("reader")


def test_what_is_always_given_reads_and_never_writes() -> None:
    assert all(action.endswith("/read") for action in actions("reader"))
    for action in actions("settings-reader"):
        assert action.endswith("/action")
        assert action.split("/")[-2].startswith("list")


def test_no_role_says_all_of_anything() -> None:
    assert not [action for action in actions(*ROLES) if "*" in action]


def test_every_action_is_asked_for_and_every_question_is_allowed(tmp_path: Path) -> None:
    """Not one action too many, not one too few."""
    asked = stories.told(tmp_path)

    assert asked.refused == set()
    assert asked.allowed == actions(*ROLES)


def test_the_chosen_stories_are_there() -> None:
    assert {str(story) for story in stories.STORIES} >= stories.CHOSEN


def test_who_may_only_read_diagnoses_as_well_and_is_stopped_before_any_change(
    tmp_path: Path,
) -> None:
    clinic = Clinic(estates.blocked_web_app(healer_roles=READING), tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding == "firewall-missing-egress"
    assert incident.state == "failed"
    assert "registries/write" in incident.outcome[0].detail
    assert clinic.writes == []


@pytest.mark.parametrize(
    ("role", "kind", "allowed"),
    [
        (_ACR_PULL, "ServicePrincipal", True),
        (_REPOSITORY_READER, "ServicePrincipal", True),
        (_ACR_PULL, "User", False),
        (_REPOSITORY_READER, "Group", False),
        (_OWNER, "ServicePrincipal", False),
        (_ACR_PULL, "", False),
        ("", "ServicePrincipal", False),
    ],
)
@pytest.mark.parametrize(("verb", "source"), [("write", "Request"), ("delete", "Resource")])
def test_the_condition_lets_pull_roles_be_given_to_service_principals_and_nothing_else(
    role: str, kind: str, allowed: bool, verb: str, source: str
) -> None:
    said = {"RoleDefinitionId": role, "PrincipalType": kind}
    given = {f"@{source}[{_ASSIGNMENTS}:{name}]": value for name, value in said.items() if value}

    held = conditions.holds(MAY_GRANT_PULL, action=f"{_ASSIGNMENTS}/{verb}", attributes=given)

    assert held is allowed


@pytest.mark.parametrize(("verb", "wrong"), [("write", "Resource"), ("delete", "Request")])
def test_the_condition_looks_at_what_is_made_and_at_what_is_deleted(verb: str, wrong: str) -> None:
    given = {
        f"@{wrong}[{_ASSIGNMENTS}:RoleDefinitionId]": _ACR_PULL,
        f"@{wrong}[{_ASSIGNMENTS}:PrincipalType]": "ServicePrincipal",
    }

    action = f"{_ASSIGNMENTS}/{verb}"
    assert not conditions.holds(MAY_GRANT_PULL, action=action, attributes=given)


def test_only_the_role_with_the_condition_hands_out_roles() -> None:
    others = actions(*(name for name in ROLES if name != GRANTING))

    assert not [action for action in others if action.startswith(f"{_ASSIGNMENTS.lower()}/w")]
    assert not [action for action in others if action.startswith(f"{_ASSIGNMENTS.lower()}/d")]
