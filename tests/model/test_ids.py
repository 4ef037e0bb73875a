"""Resource ids: what is accepted, what is refused, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.ids import InvalidId, ResourceId

SUBSCRIPTION = "/subscriptions/5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d"
SITE = f"{SUBSCRIPTION}/resourceGroups/web-shop/providers/Microsoft.Web/sites/shop"


def test_an_id_tells_its_parts() -> None:
    slot = ResourceId.parse(f"{SITE}/slots/staging")

    assert slot.subscription == "5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d"
    assert slot.group == "web-shop"
    assert slot.type == "microsoft.web/sites/slots"
    assert slot.names == ("shop", "staging")
    assert slot.parent == ResourceId.parse(SITE)


def test_ids_that_differ_only_in_case_are_one() -> None:
    lower, mixed = ResourceId.parse(SITE.lower()), ResourceId.parse(SITE)

    assert lower == mixed
    assert len({lower, mixed}) == 1
    assert mixed.text == SITE


def test_a_scope_contains_whole_segments_only() -> None:
    site = ResourceId.parse(SITE)

    assert site.within(SUBSCRIPTION)
    assert site.within(f"{SUBSCRIPTION}/resourcegroups/WEB-SHOP")
    assert not site.within(f"{SUBSCRIPTION}/resourceGroups/web")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop",
        SUBSCRIPTION,
        f"{SUBSCRIPTION}/resourceGroups/web-shop",
        f"{SITE}/slots",
        f"{SITE}/../../other",
        SITE.replace("web-shop", ".."),
        SITE.replace("shop", "a b"),
        SITE.replace("shop", "a?x=1"),
        SITE.replace("shop", "a%2fb"),
        SITE.replace("shop", "a\nb"),
        SITE.replace("5a1d0c3b", "5a1d0c3z"),
        "https://evil.example" + SITE,
        SITE * 20,
    ],
)
def test_what_is_not_an_id_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(InvalidId, match=r"\w"):
        ResourceId.parse(text)


@given(st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text())))
def test_anything_is_either_an_id_or_refused(value: object) -> None:
    try:
        id = ResourceId.parse(value)
    except InvalidId:
        return
    assert ResourceId.parse(id.text) == id


@given(st.text(alphabet="./%\\?#&= \n\tab", max_size=20))
def test_no_name_can_leave_its_place_in_the_path(name: str) -> None:
    try:
        id = ResourceId.parse(
            f"{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Web/sites/{name}"
        )
    except InvalidId:
        return
    assert ".." not in id.text
    assert not set(id.text) & set("%\\?#&= \n\t")
