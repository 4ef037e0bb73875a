"""Routes: where a subnet's traffic goes, and where nobody can tell."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Refused
from shared.evidence.destinations import REGISTRY, endpoint
from shared.evidence.routes import Route, towards, understood
from shared.evidence.security_groups import Unknown


def route(prefix: str, hop: str = "virtualappliance", address: str | None = "10.20.0.4") -> Route:
    return Route(name=prefix, prefix=prefix, hop=hop, address=address)


OUT = route("0.0.0.0/0")
STRAIGHT = route("AzureContainerRegistry", "internet", None)


def test_no_route_for_it_leaves_it_to_azure() -> None:
    assert towards((), REGISTRY) is None
    assert towards((route("10.0.0.0/8"),), REGISTRY) is None


def test_a_service_tag_comes_before_everything() -> None:
    assert towards((OUT, STRAIGHT), REGISTRY) == STRAIGHT
    cloud = route("AzureCloud", "internet", None)
    assert towards((cloud, route("AzureContainerRegistry")), REGISTRY) == route(
        "AzureContainerRegistry"
    )
    assert towards((OUT, cloud), REGISTRY) == cloud


def test_another_services_tag_does_not_count() -> None:
    assert towards((OUT, route("Storage", "internet", None)), REGISTRY) == OUT


def test_a_regional_tag_of_a_registry_whose_region_is_not_known_is_open() -> None:
    answer = towards((OUT, route("AzureContainerRegistry.WestEurope", "internet", None)), REGISTRY)

    assert isinstance(answer, Unknown)


def test_a_block_of_public_addresses_is_open_unless_it_leads_the_same_way() -> None:
    assert isinstance(towards((OUT, route("20.0.0.0/8", "internet", None)), REGISTRY), Unknown)
    assert isinstance(towards((route("20.0.0.0/8"),), REGISTRY), Unknown)
    assert towards((OUT, route("20.0.0.0/8")), REGISTRY) == OUT


def test_two_halves_of_the_internet_beat_the_default_route() -> None:
    halves = (route("0.0.0.0/1"), route("128.0.0.0/1"))

    assert towards((route("0.0.0.0/0", "internet", None), *halves), REGISTRY) in halves


def test_only_an_equally_exact_route_beats_a_private_endpoint() -> None:
    at, exact = endpoint("10.20.9.4"), route("10.20.9.4/32", "none", None)

    assert towards((OUT, route("10.20.9.0/24")), at) is None
    assert towards((OUT, exact), at) == exact
    assert towards((OUT, route("10.20.9.0/24")), at, exact=16) == route("10.20.9.0/24")


def test_a_route_for_ipv6_changes_nothing() -> None:
    assert towards((route("::/0", "none", None),), REGISTRY) is None


@pytest.mark.parametrize("told", [None, {}, {"name": "x", "properties": {}}])
def test_a_route_without_sense_is_refused(told: object) -> None:
    with pytest.raises(Refused):
        understood(told)


@given(
    st.lists(
        st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "10.20.0.0/16", "10.20.9.4/32", "20.0.0.0/8"]),
        unique=True,
    ),
    st.sampled_from(["10.20.9.4", "10.20.7.7"]),
    st.integers(0, 32),
)
def test_the_longest_prefix_that_may_count_wins(
    prefixes: list[str], address: str, exact: int
) -> None:
    inside = [
        one
        for one in prefixes
        if ip_network(address).subnet_of(ip_network(one)) and ip_network(one).prefixlen >= exact  # type: ignore[arg-type]
    ]
    expected = max(inside, key=lambda one: ip_network(one).prefixlen, default=None)

    answer = towards([route(one) for one in prefixes], endpoint(address), exact=exact)

    assert (answer.prefix if isinstance(answer, Route) else None) == expected
