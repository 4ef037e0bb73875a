"""The page on permissions is made from what the product asks for, and is fresh."""

import pytest

from tests import documents
from tests.infra import permissions
from tests.simulator.estates.healer import ROLES


@pytest.mark.parametrize("mark", permissions.PARTS)
def test_the_page_is_as_it_would_be_made_now(mark: str) -> None:
    """`python -m tests.infra.permissions` makes it anew."""
    assert documents.marked("docs/permissions.md", mark) == permissions.PARTS[mark]()


def test_every_action_has_a_reason_and_no_reason_is_left_over() -> None:
    asked = {one for role in ROLES.values() for one in (*role["actions"], *role["dataActions"])}

    assert set(permissions.REASONS) == asked
    assert all(permissions.REASONS.values())


def test_every_role_is_on_the_page() -> None:
    page = documents.text("docs/permissions.md")
    given = [*permissions.catalog.CARDS]

    assert {f"infra/roles/{name}.json" for name in given} <= set(page.split("`"))
    assert {*given, "reader", "settings-reader"} == set(ROLES)
