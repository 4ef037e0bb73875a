"""The condition language on role assignments, as Azure documents it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.conditions import holds, matches
from tests.simulator.wire import Refusal

ROLE = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
PULL, PUSH = "7f951dda-4ed3-4680-a7ca-43fe172d538d", "8311e382-0749-4cb8-b61a-304f252e45ec"


def _holds(text: str, action: str = "a/b/write", **attributes: str | tuple[str, ...]) -> bool:
    return holds(text, action=action, attributes=attributes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ActionMatches{'a/b/write'}", True),
        ("ActionMatches{'A/*/Write'}", True),
        ("ActionMatches{'a/b'}", False),
        ("!(ActionMatches{'a/*'})", False),
        ("NOT ActionMatches{'x'}", True),
        ("ActionMatches{'x'} OR ActionMatches{'a/*'}", True),
        ("ActionMatches{'x'} || ActionMatches{'y'}", False),
        ("ActionMatches{'a/*'} AND ActionMatches{'x'}", False),
        ("ActionMatches{'a/*'} && !(ActionMatches{'x'})", True),
        # AND binds tighter than OR
        ("ActionMatches{'a/*'} OR ActionMatches{'x'} AND ActionMatches{'y'}", True),
        ("(ActionMatches{'a/*'} OR ActionMatches{'x'}) AND ActionMatches{'y'}", False),
        ("SubOperationMatches{'List'}", False),
    ],
)
def test_actions_and_logic(text: str, expected: bool) -> None:
    assert _holds(text) is expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (f"{ROLE} ForAnyOfAnyValues:GuidEquals {{{PULL}, {PUSH}}}", PUSH.upper(), True),
        (f"{ROLE} ForAnyOfAnyValues:GuidEquals {{{PULL}}}", PUSH, False),
        (f"{ROLE} GuidEquals '{PULL}'", PULL, True),
        (f"{ROLE} ForAnyOfAllValues:GuidNotEquals {{{PULL}, {PUSH}}}", PULL, False),
        (f"{ROLE} ForAnyOfAllValues:GuidNotEquals {{{PULL}}}", PUSH, True),
        (f"{ROLE} StringEquals 'a'", "A", False),
        (f"{ROLE} StringEqualsIgnoreCase 'a'", "A", True),
        (f"{ROLE} StringStartsWithIgnoreCase 'team/'", "Team/app", True),
        (f"{ROLE} StringNotStartsWith 'team/'", "team/app", False),
        (f"{ROLE} StringLike 'team/*/prod-?'", "team/x/prod-1", True),
        (f"Exists {ROLE}", "x", True),
    ],
)
def test_attributes(text: str, value: str, expected: bool) -> None:
    assert _holds(text, **{ROLE: value}) is expected


def test_every_quantifier_counts_what_it_says() -> None:
    def quantified(quantifier: str, *own: str) -> bool:
        return _holds(f"{ROLE} {quantifier}:StringEquals {{'a', 'b'}}", **{ROLE: own})

    assert quantified("ForAnyOfAnyValues", "x", "b")
    assert not quantified("ForAllOfAnyValues", "x", "b")
    assert quantified("ForAllOfAnyValues", "a", "b")
    assert not quantified("ForAnyOfAllValues", "a")


def test_a_comparison_with_nothing_is_false_even_when_negative() -> None:
    assert not _holds(f"{ROLE} StringNotEquals 'x'")
    assert not _holds(f"Exists {ROLE}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "true",
        f"{ROLE} DateTimeGreaterThan '2026-01-01'",
        f"{ROLE} StringEquals {{'a', 'b'}}",
        "ActionMatches{'a'",
        "@Request[a:b] StringEquals @Resource[a:b]",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        _holds(text)

    assert refused.value.status == 501


@given(st.text(max_size=200))
def test_any_text_is_answered_or_refused(text: str) -> None:
    try:
        assert _holds(text) in (True, False)
    except Refusal as refusal:
        assert refusal.status == 501  # noqa: PT017


@given(st.text("ab/*", max_size=12), st.text("ab/", max_size=12))
def test_a_star_matches_anything_and_nothing(pattern: str, action: str) -> None:
    assert matches(action, "*")
    assert matches(action, action)
    if matches(action, pattern):
        assert matches(action, pattern + "*")
