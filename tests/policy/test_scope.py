"""Patterns mean what their owner reads in them: whole names, no neighbours, no escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import policy
from shared.model.ids import ResourceId
from shared.policy import Policy, PolicyError

SUB = "11111111-1111-1111-1111-111111111111"
SITE = f"/subscriptions/{SUB}/resourceGroups/web-shop/providers/Microsoft.Web/sites/shop"


def scoped(include: str, exclude: str = "") -> Policy:
    return policy.load(f"version: 1\nscope: {{include: [{include}], exclude: [{exclude}]}}")


def covers(pattern: str, id: str = SITE) -> bool:
    return scoped(f"'{pattern}'").in_scope(ResourceId(id))


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "/subscriptions/*",
        f"/subscriptions/{SUB}",
        f"/subscriptions/{SUB}/",
        "/subscriptions/*/resourceGroups/web-*",
        "/SUBSCRIPTIONS/*/RESOURCEGROUPS/WEB-*",
        "/subscriptions/*/resourceGroups/*-shop",
        "/subscriptions/*/resourceGroups/w*b*sh*p",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Web",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Web/sites/s*",
        SITE,
    ],
)
def test_a_pattern_covers_what_it_names_and_all_below(pattern: str) -> None:
    assert covers(pattern)
    assert covers(pattern, f"{SITE}/slots/staging")
    assert covers(pattern, SITE.upper())


@pytest.mark.parametrize(
    "pattern",
    [
        "/subscriptions/2*",
        "/subscriptions/*/resourceGroups/web",
        "/subscriptions/*/resourceGroups/web-sho",
        "/subscriptions/*/resourceGroups/*/providers/*/sites/sho",
        f"{SITE}/slots/*",
        "/subscriptions/*/resourceGroups/web-shop/providers/Microsoft.App",
    ],
)
def test_a_pattern_does_not_cover_a_neighbour(pattern: str) -> None:
    assert not covers(pattern)


def test_a_star_never_crosses_into_another_segment() -> None:
    assert not covers("/subscriptions/*/resourceGroups/web*shop/providers/Microsoft*shop")
    assert not covers("/subscriptions/*/resourceGroups/*/providers/*/shop")


@pytest.mark.parametrize(
    "id",
    [
        f"/subscriptions/{SUB}/resourceGroups/web-shop/../hr/providers/Microsoft.Web/sites/x",
        f"/subscriptions/{SUB}/resourceGroups/web-shop/%2e%2e/hr",
        f"/subscriptions/{SUB}/resourceGroups/web-shop",
        f"{SITE}/",
        f"{SITE}?x=1",
        f"{SITE}\n/x",
        f"{SITE}//x",
        "",
    ],
)
def test_a_malformed_id_is_in_nobodys_scope(id: str) -> None:
    assert not covers("*", id)


def test_exclusion_wins_and_takes_everything_below_with_it() -> None:
    read = scoped("'*'", f"'{SITE}'")

    assert not read.in_scope(ResourceId(SITE))
    assert not read.in_scope(ResourceId(f"{SITE}/slots/staging"))
    assert read.in_scope(ResourceId(f"{SITE}2"))


def test_no_scope_is_everything_and_an_empty_include_is_nothing() -> None:
    assert policy.load("version: 1").in_scope(ResourceId(SITE))
    assert policy.load("version: 1\nscope: {exclude: []}").in_scope(ResourceId(SITE))
    assert not scoped("").in_scope(ResourceId(SITE))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "/",
        "**",
        "/subscriptions/**",
        "subscriptions/x",
        "/subscriptions",
        "/subscription/*",
        "/subscriptions/my-subscription",
        "/subscriptions/*/resourceGroup/web",
        "/subscriptions/*/web-*",
        "/subscriptions/*/resourceGroups/../x",
        "/subscriptions/*/resourceGroups//x",
        "/subscriptions/*/resourceGroups/web-[ab]",
        "/subscriptions/*/resourceGroups/web-?",
        "/subscriptions/*/resourceGroups/wéb",
        "/providers/Microsoft.Management/managementGroups/x",
    ],
)
def test_a_pattern_that_could_never_match_is_a_mistake(pattern: str) -> None:
    with pytest.raises(PolicyError, match=r"scope\.include\[0\]"):
        scoped(f"'{pattern}'")


_name = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


@given(_name, _name, _name)
def test_a_named_group_covers_exactly_itself(group: str, other: str, name: str) -> None:
    read = scoped(f"'/subscriptions/{SUB}/resourceGroups/{group}'")
    site = ResourceId(
        f"/subscriptions/{SUB}/resourceGroups/{other}/providers/Microsoft.Web/sites/{name}"
    )

    assert read.in_scope(site) == (group == other)


def test_hostile_names_do_not_make_matching_slow() -> None:
    pattern = f"/subscriptions/{SUB}/resourceGroups/" + "*a" * 30 + "*b"
    site = SITE.replace("web-shop", "a" * 1500)

    assert not covers(pattern, site)


PAIR = f"""
version: 1
pairs:
  - registry: /subscriptions/*/resourceGroups/acr/providers/*/registries/contoso
    workloads: [/subscriptions/*/resourceGroups/web-shop/providers/Microsoft.Web/sites/shop*]
  - registry: /subscriptions/{SUB}/resourceGroups/acr/providers/*/registries/other
    workloads: [/subscriptions/*/resourceGroups/hr]
"""


@pytest.mark.parametrize(
    ("registry", "workload", "allowed"),
    [
        ("contoso", SITE, True),
        ("contoso", f"{SITE}-eu", True),
        ("contoso", f"{SITE}/slots/staging", True),
        ("contoso", SITE.replace("sites/shop", "sites/blog"), False),
        ("contoso2", SITE, False),
        ("other", SITE, False),
        ("contoso", SITE.replace("web-shop", "hr"), False),
    ],
)
def test_a_pair_names_both_sides(registry: str, workload: str, allowed: bool) -> None:
    acr = f"/subscriptions/{SUB}/resourceGroups/acr/providers/Microsoft.ContainerRegistry"

    read = policy.load(PAIR)

    assert (
        read.pair_allows(ResourceId(f"{acr}/registries/{registry}"), ResourceId(workload))
        is allowed
    )


@pytest.mark.parametrize(
    ("tag", "tags", "asked"),
    [
        ("medic=off", {"medic": "off"}, True),
        ("medic=off", {"Medic": " OFF "}, True),
        ("medic=off", {"medic": "on"}, False),
        ("medic=off", {"my-medic": "off"}, False),
        ("medic=off", {}, False),
        ("no-medic", {"no-medic": "because"}, True),
        ("no-medic", {"no-medic": ""}, True),
        ("a=b=c", {"a": "b=c"}, True),
    ],
)
def test_a_tag_can_ask_to_be_left_alone(tag: str, tags: dict[str, str], asked: bool) -> None:
    read = policy.load(f"version: 1\nscope: {{opt_out_tag: '{tag}'}}")

    assert read.opts_out(tags) is asked
