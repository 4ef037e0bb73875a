"""Records of the Activity Log, read one by one: who had which role, who took it, and whose word
counts for what."""

import json
from typing import Any

import pytest

from shared.evidence import trail_records as records
from shared.model.trail import Hand

SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
REGISTRY = (
    f"{SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/contoso"
)
MINE = f"{SUBSCRIPTION}/resourceGroups/mine"
SITE = f"{SUBSCRIPTION}/resourceGroups/web/providers/Microsoft.Web/sites/shop"
NAME = "0a0a0a0a-1b1b-2c2c-3d3d-4e4e4e4e4e4e"
PRINCIPAL = "99999999-8888-7777-6666-555555555555"
ANOTHER = "12121212-3434-5656-7878-909090909090"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
ROLE = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{ACR_PULL}"
SCHEMA = "http://schemas.microsoft.com/identity/claims"


def assignment_id(scope: str = REGISTRY) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{NAME}"


def record(verb: str, status: str = "Succeeded", **changes: Any) -> dict[str, Any]:
    """One record; `at` sets its minute."""
    minute = changes.pop("at", 0)
    made: dict[str, Any] = {
        "caller": PRINCIPAL,
        "claims": {"appid": ANOTHER},
        "eventTimestamp": f"2026-07-01T10:{minute:02}:00.1234567Z",
        "operationId": "one",
        "operationName": {"value": f"Microsoft.Authorization/roleAssignments/{verb}"},
        "status": {"value": status},
        "resourceId": assignment_id(),
        "properties": {},
    }
    return made | changes


def body(**changes: Any) -> dict[str, Any]:
    said = {"PrincipalId": PRINCIPAL, "RoleDefinitionId": ROLE, "Scope": REGISTRY} | changes
    return {"requestbody": json.dumps({"Id": NAME.replace("-", ""), "Properties": said})}


def making(scope: str = REGISTRY, **said: Any) -> list[dict[str, Any]]:
    """Both records of an assignment's making."""
    id = assignment_id(scope)
    return [
        record("write", "Started", resourceId=id, properties=body(**said)),
        record("write", resourceId=id, properties={"statusCode": "Created"}),
    ]


def test_a_making_is_read_from_the_request_of_an_operation_that_succeeded() -> None:
    found = records.made(making(Condition="@Request[…]"))

    made = found[assignment_id().lower()]
    assert (made.principal, made.role, made.scope) == (PRINCIPAL, ACR_PULL, REGISTRY.lower())
    assert made.condition == "@Request[…]"


def test_keys_of_a_request_come_in_either_case() -> None:
    said = {"principalId": PRINCIPAL, "roleDefinitionId": ROLE, "scope": REGISTRY}
    text = json.dumps({"properties": said})
    started = record("write", "Started", properties={"requestBody": text})

    assert records.made([started, record("write")])


@pytest.mark.parametrize("ending", ["Failed", "Started", ""])
def test_a_making_that_did_not_succeed_is_none(ending: str) -> None:
    started = record("write", "Started", properties=body())

    assert records.made([started, record("write", ending)]) == {}


def test_where_an_assignment_lies_is_told_by_its_id_and_not_by_who_asked_for_it() -> None:
    """Whoever may grant roles in a group of their own can write any scope into the request."""
    assert records.made(making(MINE, Scope=REGISTRY)) == {}

    unsaid = records.made(making(MINE, Scope=None))
    assert [made.scope for made in unsaid.values()] == [MINE.lower()]


def test_a_failed_attempt_does_not_borrow_the_success_of_another_resource() -> None:
    """Callers may choose the correlation id, so two operations can share one."""
    tried = record("write", "Started", operationId="", correlationId="mine", properties=body())
    won = record("write", operationId="", correlationId="mine", resourceId=assignment_id(MINE))

    assert records.made([tried, won]) == {}


def test_a_request_that_says_one_thing_twice_says_nothing() -> None:
    said = {"principalId": ANOTHER, "PrincipalId": PRINCIPAL, "roleDefinitionId": ROLE}
    text = json.dumps({"properties": said})
    started = record("write", "Started", properties={"requestbody": text})

    assert records.made([started, record("write")]) == {}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"Properties": 7}', '{"Properties": {"PrincipalId": "x"}}']
)
def test_a_request_without_sense_is_no_making(text: str) -> None:
    started = record("write", "Started", properties={"requestbody": text})

    assert records.made([started, record("write")]) == {}


def test_a_deletion_tells_what_was_deleted_where_it_can() -> None:
    properties = {"principalId": PRINCIPAL, "roleDefinitionId": ROLE, "scope": REGISTRY}
    told = {"responseBody": json.dumps({"properties": properties})}

    (gone,) = records.removed([record("delete", properties=told)])

    assert gone.made is not None
    assert gone.made.principal == PRINCIPAL
    assert records.removed([record("delete")])[0].made is None
    assert records.removed([record("delete", "Failed", properties=told)]) == ()


@pytest.mark.parametrize(
    ("caller", "claims", "hand"),
    [
        ("anna@contoso.example", {}, Hand.PERSON),
        (ANOTHER, {"appid": ANOTHER}, Hand.SERVICE),
        (ANOTHER, {}, Hand.SERVICE),
        (ANOTHER, {"appid": ANOTHER, f"{SCHEMA}/scope": "user_impersonation"}, Hand.PERSON),
        (ANOTHER, {"appid": ANOTHER, "name": "Anna"}, Hand.PERSON),
        (ANOTHER, {"appid": ANOTHER, "idtyp": "user"}, Hand.PERSON),
        (ANOTHER, {"appid": ANOTHER, "idtyp": "app"}, Hand.SERVICE),
        ("Microsoft.Web", {}, Hand.PLATFORM),
        ("", {}, Hand.UNKNOWN),
        ("somebody", None, Hand.UNKNOWN),
    ],
)
def test_whose_hand_it_was(caller: str, claims: Any, hand: Hand) -> None:
    assert records.hand(record("delete", caller=caller, claims=claims)) is hand


def test_a_refused_grant_names_the_policy_and_who_tried() -> None:
    info = {"policyAssignmentName": "only-approved-roles"}
    error = {"code": "RequestDisallowedByPolicy", "additionalInfo": [{"info": info}]}
    trouble = {"statusMessage": json.dumps({"error": error})}
    tried = record("write", "Started", caller="anna@contoso.example", properties=body())
    refused = record("write", "Failed", caller="anna@contoso.example", properties=trouble)

    (told,) = records.refused([tried, refused], PRINCIPAL)

    assert "anna@contoso.example tried" in told
    assert "only-approved-roles" in told
    assert records.refused([tried, refused], ANOTHER) == ()


def test_what_happens_to_a_namesake_or_below_it_does_not_happen_to_the_workload() -> None:
    def written(id: str, verb: str = "write") -> dict[str, Any]:
        return record(verb, operationName=f"Microsoft.Web/sites/{verb}", resourceId=id)

    told = [written(SITE), written(f"{SITE}/config/web"), written(f"{SITE}2")]
    told += [written(f"{SITE}/slots/staging"), written(SITE, "delete")]

    assert len(records.of_workload(told, SITE, "write")) == 2
    assert len(records.of_workload(told, SITE, "delete")) == 1


def test_the_identities_a_resource_had_are_its_own_words_alone() -> None:
    def answered(id: str, principal: str, status: str = "Succeeded") -> dict[str, Any]:
        text = json.dumps({"identity": {"principalId": principal}})
        return record("write", status, resourceId=id, properties={"responseBody": text})

    told = [
        answered(SITE, ANOTHER),
        answered(f"{SITE}2", PRINCIPAL),
        answered(SITE, PRINCIPAL, "Failed"),
    ]

    assert [principal for _, principal in records.identities(told, SITE)] == [ANOTHER]
