"""Role assignments over the wire, in the service's manners; and what the Activity Log keeps."""

import json

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator.estates import ACR_PULL, Estate, guid
from tests.simulator_tests.core_estate import HEALER, OWNER, Lab, lab

NEWCOMER = guid("an app made a minute ago")
NAME = guid("our own name for it")


@pytest.fixture
def here() -> Lab:
    return lab(owner=True)


def _create(here: Lab, *, name: str = NAME, **changes: object) -> object:
    body = {
        "role_definition_id": here.estate.role_id(ACR_PULL),
        "principal_id": NEWCOMER,
        "principal_type": "ServicePrincipal",
        **changes,
    }
    return here.roles.role_assignments.create(here.registry, name, body)


def _refusal(here: Lab, **changes: object) -> tuple[int | None, str]:
    with pytest.raises(HttpResponseError) as refused:
        _create(here, **changes)  # type: ignore[arg-type]
    return refused.value.status_code, str(refused.value.message)


def test_the_same_assignment_twice_is_one(here: Lab) -> None:
    first, second = _create(here), _create(here)

    assert first.as_dict() == second.as_dict()  # type: ignore[attr-defined]
    found = here.roles.role_assignments.list_for_scope(
        here.registry, filter=f"principalId eq '{NEWCOMER}'"
    )
    assert [one.name for one in found] == [NAME]


def test_the_same_right_under_another_name_exists_already(here: Lab) -> None:
    _create(here)

    status, message = _refusal(here, name=guid("another name"))

    assert status == 409
    assert NAME.replace("-", "") in message


def test_a_name_cannot_move_to_another_principal(here: Lab) -> None:
    _create(here)

    status, message = _refusal(here, principal_id=guid("somebody else"))

    assert (status, "RoleAssignmentUpdateNotPermitted" in message) == (400, True)


def test_an_unknown_principal_needs_its_type(here: Lab) -> None:
    status, message = _refusal(here, principal_type=None)

    assert status == 400
    assert f"Principal {NEWCOMER.replace('-', '')} does not exist in the directory" in message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"role_definition_id": f"x/roleDefinitions/{NAME}"}, "RoleDefinitionDoesNotExist"),
        ({"name": "shop-pull"}, "InvalidRoleAssignmentId"),
        ({"condition": "ActionMatches{'a'}"}, "InvalidConditionOrConditionVersion"),
        ({"principal_id": "shop"}, "BadRequestFormat"),
    ],
)
def test_what_the_service_validates_is_refused(
    here: Lab, changes: dict[str, object], code: str
) -> None:
    assert code in _refusal(here, **changes)[1]


def test_deleting_twice_answers_200_then_204(here: Lab) -> None:
    _create(here)

    first = here.roles.role_assignments.delete(here.registry, NAME)
    second = here.roles.role_assignments.delete(here.registry, NAME)

    assert first is not None
    assert first.principal_id == NEWCOMER
    assert second is None


def test_lists_reach_up_and_down_as_their_filter_says() -> None:
    estate = Estate()
    above = estate.assign(guid("above"), OWNER, estate.subscription)["name"]
    here = lab(estate)
    below = estate.assign(guid("below"), ACR_PULL, here.registry)["name"]
    here = lab(estate)
    group = f"{estate.subscription}/resourceGroups/platform"

    def names(scope: str, filter: str | None) -> set[str]:
        found = here.roles.role_assignments.list_for_scope(scope, filter=filter)
        return {str(one.name) for one in found} & {above, below}

    assert names(group, None) == {above, below}
    assert names(group, "atScope()") == {above}
    assert names(here.registry, "atScope()") == {above, below}
    with pytest.raises(HttpResponseError, match="not both"):
        names(group, f"atScope() and principalId eq '{HEALER}'")


def test_roles_are_found_by_name_and_by_id(here: Lab) -> None:
    (found,) = here.roles.role_definitions.list(here.registry, filter="roleName eq 'acrpull'")
    own = here.roles.role_definitions.list(here.registry, filter="type eq 'CustomRole'")

    assert found.name == ACR_PULL
    assert found.id == here.estate.role_id(ACR_PULL)
    assert here.roles.role_definitions.get_by_id(found.id).role_name == "AcrPull"
    assert {role.role_name for role in own} >= {"Pull Medic reader", "Pull Medic firewall-sync"}


@pytest.mark.usefixtures("off_the_record")  # the SDK leaves an empty segment in the path
def test_a_caller_can_ask_what_it_may_do(here: Lab) -> None:
    group = list(here.roles.permissions.list_for_resource_group("platform"))
    registry = list(
        here.roles.permissions.list_for_resource(
            "platform", "Microsoft.ContainerRegistry", "", "registries", "contosoimages"
        )
    )

    assert "*" not in [action for one in group for action in one.actions or []]
    assert "*" in [action for one in registry for action in one.actions or []]


def test_the_activity_log_keeps_who_gave_and_took_which_role(here: Lab) -> None:
    _create(here)
    here.roles.role_assignments.delete(here.registry, NAME)

    log = here.simulator.world.activity_log[-4:]
    seen = [
        (one["operationName"]["value"].rsplit("/", 1)[1], one["status"]["value"]) for one in log
    ]
    assert seen == [
        ("write", "Started"),
        ("write", "Succeeded"),
        ("delete", "Started"),
        ("delete", "Succeeded"),
    ]
    asked = json.loads(log[0]["properties"]["requestbody"])["Properties"]
    gone = json.loads(log[3]["properties"]["responseBody"])["properties"]
    assert asked["PrincipalId"] == gone["principalId"] == NEWCOMER
    assert log[0]["correlationId"] == log[1]["correlationId"]
    assert {one["caller"] for one in log} == {HEALER}


def test_a_refused_write_is_in_the_activity_log_as_failed() -> None:
    here = lab(healer_actions=("*/read",))

    _refusal(here)

    last = here.simulator.world.activity_log[-1]
    assert last["status"]["value"] == "Failed"
    assert "AuthorizationFailed" in last["properties"]["statusMessage"]
