"""A pull's way through an Azure Firewall: what it lets through, and the address it leaves from."""

from typing import Any

import pytest

from tests.simulator import estates, pull, workloads
from tests.simulator.estates import Estate, ways_out
from tests.simulator.pull import Pull
from tests.simulator.world import World

PUBLIC = ways_out.HUB_PUBLIC[0]


def world(*, prefix: str = "0.0.0.0/0", hop: str = ways_out.FIREWALL, **hub: Any) -> Estate:
    """A web app whose pulls go through the hub's firewall to a registry open to everybody."""
    estate = Estate()
    acr = estate.registry("contosoimages")
    subnet = estate.subnet("apps")
    image = estate.image(acr, "shop/web", "4.2.1")
    site = estate.site("shop", image=image, outbound=estates.OUTBOUND, subnet=subnet)
    estate.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    ways_out.hub(estate, **hub)
    ways_out.routes(estate, subnet, (prefix, "VirtualAppliance", hop))
    return estate


def attempt(estate: Estate) -> Pull:
    loaded = World.load(estate.scenario())
    workload = workloads.find(loaded, estates.workloads_of(estate.scenario())[0])
    assert workload is not None
    return pull.attempt(loaded, workload)[-1]


@pytest.mark.parametrize("policy", [False, True])
@pytest.mark.parametrize("hosts", [ways_out.HOSTS, None])
def test_its_public_address_is_seen(policy: bool, hosts: tuple[str, ...] | None) -> None:
    seen = attempt(world(policy=policy, hosts=hosts))

    assert (seen.ok, seen.client) == (True, PUBLIC)


def test_several_addresses_are_used_in_turn() -> None:
    estate = world(public=("20.61.20.9", "20.61.20.10"))
    loaded = World.load(estate.scenario())
    workload = workloads.find(loaded, estates.workloads_of(estate.scenario())[0])
    assert workload is not None

    seen = [pull.attempt(loaded, workload)[-1].client for _ in range(3)]

    assert seen == ["20.61.20.9", "20.61.20.10", "20.61.20.9"]


def test_a_nat_gateway_on_its_subnet_takes_its_place() -> None:
    assert attempt(world(nat=("20.61.18.42",))).client == "20.61.18.42"


def test_behind_forced_tunnelling_only_the_scenario_knows_the_address() -> None:
    estate = world(onward="10.50.9.9")
    site = estates.workloads_of(estate.scenario())[0]
    estate.parts["egress"][site] = ["20.70.7.7"]

    assert attempt(estate).client == "20.70.7.7"


@pytest.mark.parametrize(
    ("hosts", "stage"),
    [
        ((), "route"),
        (("*.azurecr.io",), "identity"),
        (("*.azurecr.io", "login.microsoftonline.com"), "data-endpoint"),
        (("other.azurecr.io",), "route"),
        (("*",), None),
    ],
)
@pytest.mark.parametrize("policy", [False, True])
def test_what_it_does_not_name_does_not_pass(
    hosts: tuple[str, ...], stage: str | None, policy: bool
) -> None:
    assert attempt(world(hosts=hosts, policy=policy)).stage == stage


def test_a_parent_policys_rules_are_asked_first() -> None:
    estate = world(policy=True, hosts=())
    base = ways_out.firewall_policy(estate, None, name="base")
    policy = next(one for one in estate.resources if one["name"] == "hub-policy")
    policy["properties"]["basePolicy"] = {"id": base["id"]}

    assert attempt(estate).ok


def test_a_firewall_in_a_network_that_is_not_peered_is_not_the_one_meant() -> None:
    estate = world()
    spoke = next(one for one in estate.resources if one["name"] == "spoke")
    spoke["properties"]["virtualNetworkPeerings"] = []

    assert attempt(estate).stage == "route"


def test_a_service_tag_may_leave_beside_the_firewall() -> None:
    estate = world(hosts=())
    table = next(one for one in estate.resources if one["type"].endswith("/routeTables"))
    straight = {"addressPrefix": "AzureContainerRegistry", "nextHopType": "Internet"}
    table["properties"]["routes"].append({"name": "straight", "properties": straight})

    seen = attempt(estate)

    assert (seen.stage, seen.client) == ("identity", estates.OUTBOUND[0])
