"""Why an identity may not pull, from its roles and from what the Activity Log tells of the past."""

from datetime import timedelta
from typing import Any

from shared.diagnosis import roles
from shared.diagnosis.case import Answer, Case, Verdict
from shared.model.evidence import Access, PermissionMode, RoleAssignment, Unread
from shared.model.trail import Hand, PastAccess, Trail
from shared.model.words import Cause
from tests.diagnosis import given
from tests.diagnosis.given import ACR_PULL, CONTOSO, NOW, PRINCIPAL

FORMER = "11111111-2222-4333-8444-555555555555"


def case(*held: RoleAssignment, told: Trail | Unread | None = None, **changes: Any) -> Case:
    mode = changes.pop("mode", PermissionMode.LEGACY)
    seen = given.evidence(
        registry=given.registry(mode=mode, default_allow=True),
        access=changes.pop("access", Access(principal=PRINCIPAL, assignments=held)),
        trail=told,
        **changes,
    )
    return Case(given.signal(), given.reading(Cause.UNAUTHORIZED), seen)


def past(principal: str = PRINCIPAL, **changes: Any) -> PastAccess:
    return PastAccess(
        assignment="a", principal=principal, role=ACR_PULL, scope=CONTOSO.key, **changes
    )


def verdicts(of: Case) -> dict[str, Verdict]:
    checks = (roles.pull_role_wrong_for_abac, roles.identity_recreated, roles.pull_role_missing)
    answers: list[Answer] = [check(of) for check in checks]
    return {one.finding.value: one.verdict for one in answers}


def found(of: Case) -> list[str]:
    return [name for name, verdict in verdicts(of).items() if verdict is Verdict.FOUND]


def test_exactly_one_of_the_three_is_found() -> None:
    switched = case(given.role(pulls=False), mode=PermissionMode.ABAC)
    remade = case(told=Trail(since=NOW, former=(past(FORMER),)))

    assert found(case()) == ["pull-role-missing"]
    assert found(switched) == ["pull-role-wrong-for-abac"]
    assert found(remade) == ["identity-recreated"]
    assert found(case(given.role())) == []


def test_a_role_of_its_own_that_was_lost_comes_before_a_predecessors() -> None:
    both = Trail(since=NOW, past=(past(),), former=(past(FORMER),))

    assert found(case(told=both)) == ["pull-role-missing"]


def test_who_took_the_role_and_when_is_said() -> None:
    gone = past(removed=NOW - timedelta(days=1), removed_by="anna@contoso.example")
    answer = roles.pull_role_missing(case(told=Trail(since=NOW, past=(gone,))))

    assert "deleted by anna@contoso.example" in answer.because
    assert "2026-07-31 10:00 UTC" in answer.because


def test_a_past_of_which_nothing_is_known_is_not_made_up() -> None:
    for told in (None, Unread("not readable: 403"), Trail(since=NOW)):
        answer = roles.pull_role_missing(case(told=told))

        assert answer.verdict is Verdict.FOUND
        assert "until" not in answer.because


def test_a_deny_assignment_is_the_fault_whatever_roles_there_are() -> None:
    denied = Access(principal=PRINCIPAL, assignments=(given.role(),), denials=("no pulls (x)",))
    told = Trail(since=NOW, former=(past(FORMER, hand=Hand.SERVICE),))
    answer = roles.pull_role_missing(case(access=denied, told=told))

    assert answer.verdict is Verdict.FOUND
    assert "no pulls (x)" in answer.because
    assert found(case(access=denied, told=told)) == ["pull-role-missing"]
