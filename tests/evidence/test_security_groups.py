"""Security rules: who gets through, who does not, and where nobody can tell."""

import random
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Refused
from shared.evidence.destinations import LAYERS, REGISTRY, SIGN_IN, Destination, endpoint
from shared.evidence.security_groups import Allowed, Denied, Rule, Unknown, understood, verdict

OWN = ("10.20.1.0/24",)


def rule(name: str, priority: int, *, allow: bool = False, **more: Any) -> Rule:
    return Rule(name=name, priority=priority, inbound=False, allow=allow, **more)


def test_a_group_without_rules_lets_everything_out() -> None:
    assert verdict((), REGISTRY, 443, source=OWN) == Allowed("AllowInternetOutBound")
    assert verdict((), endpoint("10.20.9.4"), 443, source=OWN) == Allowed("AllowVnetOutBound")


def test_the_lowest_number_decides_whatever_the_order_of_the_list() -> None:
    rules = (
        rule("deny-out", 4000),
        rule("registries", 200, allow=True, destinations=("AzureContainerRegistry",)),
    )

    assert verdict(rules, REGISTRY, 443, source=OWN) == Allowed("registries")
    assert verdict(rules[::-1], REGISTRY, 443, source=OWN) == Allowed("registries")
    assert verdict(rules, LAYERS, 443, source=OWN) == Denied("deny-out")
    assert verdict(rules, SIGN_IN, 443, source=OWN) == Denied("deny-out")


@pytest.mark.parametrize(
    ("ports", "stopped"),
    [(("443",), True), (("400-500",), True), (("80", "8443"), False), (("80", "440-443"), True)],
)
def test_a_rule_counts_for_the_ports_it_names(ports: tuple[str, ...], stopped: bool) -> None:
    answer = verdict((rule("some-ports", 100, ports=ports),), REGISTRY, 443, source=OWN)

    assert isinstance(answer, Denied) is stopped


@pytest.mark.parametrize("protocol", ["Udp", "Icmp", "Esp", "Ah"])
def test_another_protocol_stops_no_pull(protocol: str) -> None:
    answer = verdict((rule("not-tcp", 100, protocol=protocol),), REGISTRY, 443, source=OWN)

    assert answer == Allowed("AllowInternetOutBound")


def test_a_regional_tag_is_judged_by_the_regions_the_registry_answers_from() -> None:
    north = rule("north", 100, destinations=("AzureContainerRegistry.NorthEurope",))

    assert isinstance(verdict((north,), REGISTRY, 443), Unknown)
    here = replace(REGISTRY, regions=("North Europe",))
    assert verdict((north,), here, 443) == Denied("north")
    elsewhere = replace(REGISTRY, regions=("westeurope",))
    assert verdict((north,), elsewhere, 443) == Allowed("AllowInternetOutBound")
    both = replace(REGISTRY, regions=("westeurope", "northeurope"))
    assert isinstance(verdict((north,), both, 443), Unknown)


def test_a_block_of_public_addresses_leaves_a_public_service_open() -> None:
    block = rule("some-block", 100, destinations=("20.0.0.0/8",))

    answer = verdict((block, rule("out", 200, allow=True)), REGISTRY, 443)

    assert answer == Unknown("the rule some-block comes before out and may cover the registry")


def test_two_halves_of_the_internet_are_the_whole() -> None:
    halves = rule("halves", 100, destinations=("0.0.0.0/1", "128.0.0.0/1"))

    assert verdict((halves,), REGISTRY, 443) == Denied("halves")


def test_a_rule_for_other_senders_does_not_count() -> None:
    others = rule("others", 100, sources=("10.30.0.0/16",))

    assert verdict((others,), REGISTRY, 443, source=OWN) == Allowed("AllowInternetOutBound")
    partly = rule("partly", 100, sources=("10.20.1.0/25",))
    assert isinstance(verdict((partly,), REGISTRY, 443, source=OWN), Unknown)


def test_the_tag_of_the_virtual_network_covers_endpoints_and_perhaps_what_one_routes() -> None:
    inside = rule("inside", 100, allow=True, destinations=("VirtualNetwork",))
    rules = (inside, rule("deny-out", 200))

    assert verdict(rules, endpoint("10.20.9.4"), 443, source=OWN) == Allowed("inside")
    assert verdict(rules, REGISTRY, 443, source=OWN) == Denied("deny-out")
    assert isinstance(verdict(rules, replace(REGISTRY, routed=True), 443, source=OWN), Unknown)


def test_members_of_application_groups_are_not_known() -> None:
    grouped = rule("grouped", 100, destinations=(), destination_groups=True)

    assert isinstance(verdict((grouped,), endpoint("10.20.9.4"), 443, source=OWN), Unknown)


def test_what_comes_in_at_an_endpoint_is_judged_by_its_sender() -> None:
    closed = Rule(name="closed", priority=100, inbound=True, allow=False, sources=("*",))
    at = endpoint("10.20.9.4")

    assert verdict((closed,), at, 443, source=OWN, inbound=True) == Denied("closed")
    assert verdict((), at, 443, source=OWN, inbound=True) == Allowed("AllowVnetInBound")
    assert verdict((closed,), at, 443, source=OWN) == Allowed("AllowVnetOutBound")


def test_an_augmented_rule_is_read_with_all_its_prefixes_and_ports() -> None:
    told = {
        "name": "many",
        "properties": {
            "priority": 300,
            "direction": "Outbound",
            "access": "Deny",
            "protocol": "Tcp",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefixes": ["Sql", "AzureContainerRegistry"],
            "destinationPortRanges": ["80", "443"],
        },
    }

    assert verdict((understood(told),), REGISTRY, 443, source=OWN) == Denied("many")


@pytest.mark.parametrize("told", [None, {}, {"name": "x", "properties": {"priority": "first"}}])
def test_a_rule_without_sense_is_refused_and_never_taken_for_none(told: Any) -> None:
    with pytest.raises(Refused):
        understood(told)


BLOCKS = st.sampled_from(
    [
        "*",
        "10.0.0.0/8",
        "10.20.0.0/16",
        "10.20.9.0/24",
        "10.20.9.4",
        "20.0.0.0/8",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "51.0.0.0/8",
        "Internet",
        "VirtualNetwork",
        "AzureCloud",
        "Storage",
        "AzureContainerRegistry",
    ]
)
RULES = st.lists(
    st.builds(
        Rule,
        name=st.uuids().map(str),
        priority=st.integers(100, 4096),
        inbound=st.booleans(),
        allow=st.booleans(),
        protocol=st.sampled_from(["*", "Tcp", "Udp"]),
        ports=st.lists(st.sampled_from(["*", "443", "80", "400-500"]), min_size=1).map(tuple),
        destinations=st.lists(BLOCKS, min_size=1, max_size=3).map(tuple),
    ),
    max_size=6,
    unique_by=(lambda one: one.name, lambda one: one.priority),
)


def decided(rules: list[Rule], address: str, tags: set[str]) -> bool:
    """What Azure does with a packet to this very address: the plainest reading of its page."""
    for one in sorted((one for one in rules if not one.inbound), key=lambda one: one.priority):
        if one.protocol == "Udp" or not ({"*", "443", "400-500"} & set(one.ports)):
            continue
        for prefix in one.destinations:
            block = prefix[0].isdigit() and ip_address(address) in ip_network(prefix)
            if prefix == "*" or block or prefix in tags:
                return one.allow
    return True


@given(RULES, st.sampled_from(["20.61.3.4", "51.124.9.9", "4.210.7.1", "200.1.2.3"]))
def test_a_sure_answer_holds_for_every_address_the_registry_may_have(
    rules: list[Rule], address: str
) -> None:
    answer = verdict(rules, REGISTRY, 443)

    tags = {"Internet", "AzureCloud", "AzureContainerRegistry"}
    if not isinstance(answer, Unknown):
        assert isinstance(answer, Allowed) is decided(rules, address, tags)


@given(RULES, st.sampled_from(["10.20.9.4", "10.20.7.7", "10.99.1.1"]))
def test_a_known_address_always_gets_a_sure_and_right_answer(
    rules: list[Rule], address: str
) -> None:
    answer = verdict(rules, endpoint(address), 443)

    assert isinstance(answer, Allowed) is decided(rules, address, {"VirtualNetwork"})


@given(RULES, st.randoms(use_true_random=False))
def test_the_order_of_the_list_changes_nothing(rules: list[Rule], chance: random.Random) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)

    assert verdict(shuffled, REGISTRY, 443) == verdict(rules, REGISTRY, 443)


@given(RULES)
def test_a_name_in_the_answer_is_a_rule_of_the_group_or_a_default_one(rules: list[Rule]) -> None:
    known = {one.name for one in rules} | {"AllowInternetOutBound", "DenyAllOutBound"}

    answer = verdict(rules, Destination(name="x", tags=("Storage",)), 443)

    assert isinstance(answer, Unknown) or answer.by in known
