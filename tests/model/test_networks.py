"""Addresses and rules as networks."""

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model import networks

ADDRESSES = st.integers(0, 255).map(lambda last: f"20.50.2.{last}")
BLOCKS = st.builds(
    lambda last, prefix: str(IPv4Network(f"20.50.2.{last}/{prefix}", strict=False)),
    st.integers(0, 255),
    st.integers(24, 32),
)
RULES = st.lists(st.one_of(ADDRESSES, BLOCKS), max_size=8)


def members(values: list[str] | tuple[str, ...]) -> set[int]:
    found: set[int] = set()
    for value in values:
        network = IPv4Network(value)
        found |= set(range(int(network.network_address), int(network.broadcast_address) + 1))
    return found


@given(wanted=RULES, rules=RULES)
def test_with_what_is_missing_added_every_wanted_address_is_admitted(
    wanted: list[str], rules: list[str]
) -> None:
    added = networks.missing(wanted, rules)

    assert members(wanted) <= members(rules) | members(added)
    assert set(added) <= {networks.written(IPv4Network(value)) for value in wanted}


@given(wanted=RULES, rules=RULES)
def test_adding_twice_adds_nothing_more(wanted: list[str], rules: list[str]) -> None:
    added = networks.missing(wanted, rules)

    assert networks.missing(wanted, [*rules, *added]) == ()
    assert len({IPv4Network(value) for value in added}) == len(added)


@given(wanted=RULES, rules=RULES)
def test_nothing_is_added_that_the_rules_admit_already(wanted: list[str], rules: list[str]) -> None:
    for value in networks.missing(wanted, rules):
        assert members([value]) - members(rules)


def test_spellings_of_one_network_are_one() -> None:
    assert networks.missing(["20.50.2.11", "20.50.2.11/32"], []) == ("20.50.2.11",)
    assert networks.missing(["20.50.2.11"], ["20.50.2.11/32"]) == ()
    assert networks.same("20.50.2.11", " 20.50.2.11/32")


def test_two_halves_cover_the_whole() -> None:
    assert networks.missing(["20.50.2.0/28"], ["20.50.2.0/29", "20.50.2.8/29"]) == ()


def test_a_wanted_block_makes_its_members_superfluous() -> None:
    assert networks.missing(["20.50.2.3", "20.50.2.0/29"], []) == ("20.50.2.0/29",)


def test_rules_that_are_not_ipv4_cover_nothing() -> None:
    assert networks.missing(["20.50.2.3"], ["::/0", "everything", ""]) == ("20.50.2.3",)


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "0.0.0.0/0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "20.50.0.0/16",
        "20.50.2.0/23",
        "20.50.2.1/24",
        "2603:1020::1",
        "20.50.2.256",
        "020.050.002.011",
        "6.6.6.6; rm",
        "AppService",
        "",
    ],
)
def test_what_must_never_become_a_rule(text: str) -> None:
    with pytest.raises(networks.Inadmissible):
        networks.admissible(text)


@pytest.mark.parametrize("text", ["20.50.2.11", "203.0.113.0/24", "172.32.0.1", "100.128.0.1"])
def test_public_addresses_may(text: str) -> None:
    assert networks.written(networks.admissible(text)) == text
