"""For whom the pages of Resource Graph vouch, and why they do not for others."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.evidence import survey, vouching
from shared.evidence.vouching import Knowledge, Suspect, Topic
from shared.model.evidence import Unread
from tests.clinic import Clinic
from tests.simulator.estates import healthy_cases
from tests.simulator.estates.cases import OFFICE, OUTBOUND
from tests.simulator.estates.estate import ACR_PULL, REPOSITORY_READER, Estate, guid
from tests.simulator.world import Resource

NAT = "20.61.18.42"
GROUP = guid("a group")
TENANT_ROOT = "/providers/Microsoft.Management/managementGroups/everything"


def doubted(scenario: dict[str, Any], place: Path, known: Knowledge | None = None) -> list[Suspect]:
    clinic = Clinic(scenario, place)
    seen = survey.read(clinic.azure())
    assert seen.workloads
    return list(vouching.suspects(seen, known or Knowledge()))


def site_with(
    change: Callable[[Estate, Resource, Resource], object], *, role: bool = False, **registry: Any
) -> dict[str, Any]:
    """A web app whose registry admits it; `change` says how it came by its rights."""
    estate = Estate()
    acr = estate.registry("contosoimages", deny=True, allow=(*OFFICE, *OUTBOUND), **registry)
    site = estate.site("shop", image=estate.image(acr, "shop/web", "4.2.1"), outbound=OUTBOUND)
    if role:
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    change(estate, site, acr)
    return estate.scenario()


def principal(site: Resource) -> str:
    return str(site["identity"]["principalId"])


def by_the_subscription(estate: Estate, site: Resource, _: Resource) -> None:
    estate.assign(principal(site), ACR_PULL, estate.subscription)


def by_a_management_group(estate: Estate, site: Resource, _: Resource) -> None:
    estate.assign(principal(site), ACR_PULL, TENANT_ROOT)


def by_a_role_of_their_own(estate: Estate, site: Resource, acr: Resource) -> None:
    role = guid("puller")
    actions = {"actions": ["Microsoft.ContainerRegistry/registries/pull/*"], "dataActions": []}
    estate.add(
        estate.role_id(role),
        "Microsoft.Authorization/roleDefinitions",
        {
            "roleName": "Puller",
            "type": "CustomRole",
            "assignableScopes": [estate.subscription],
            "permissions": [{**actions, "notActions": [], "notDataActions": []}],
        },
    )
    estate.assign(principal(site), role, acr["id"])


@pytest.mark.parametrize(
    "given", [by_the_subscription, by_a_management_group, by_a_role_of_their_own]
)
def test_a_role_counts_wherever_it_was_given(
    given: Callable[[Estate, Resource, Resource], object], tmp_path: Path
) -> None:
    assert doubted(site_with(given), tmp_path) == []


@pytest.mark.parametrize("host", ["site", "windows", "slot", "functions", "app", "job"])
def test_whoever_pulls_is_vouched_for_on_every_host(host: str, tmp_path: Path) -> None:
    found = doubted(healthy_cases.working(host), tmp_path)

    assert [one.id.name for one in found] == (["shop"] if host == "slot" else [])  # it has no role


@pytest.mark.parametrize(
    "scenario",
    [healthy_cases.working_in_private, healthy_cases.working_as_the_admin_user],
)
def test_so_is_who_pulls_in_private_or_by_a_password(
    scenario: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    assert doubted(scenario(), tmp_path) == []


def by_a_group(estate: Estate, _: Resource, acr: Resource) -> None:
    estate.assign(GROUP, ACR_PULL, acr["id"])["properties"]["principalType"] = "Group"


def by_one_of_two(estate: Estate, site: Resource, acr: Resource) -> None:
    estate.assign(principal(site), ACR_PULL, acr["id"])
    other = estate.user_identity("vault-reader")
    site["identity"]["userAssignedIdentities"] = {
        other["id"]: {name: other["properties"][name] for name in ("principalId", "clientId")}
    }


def for_another_repository(estate: Estate, site: Resource, acr: Resource) -> None:
    acr["properties"]["roleAssignmentMode"] = "AbacRepositoryPermissions"
    name = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]"
    condition = f"{name} StringEquals 'shop/other'"
    estate.assign(principal(site), REPOSITORY_READER, acr["id"], condition=condition)


def for_the_other_mode(estate: Estate, site: Resource, acr: Resource) -> None:
    acr["properties"]["roleAssignmentMode"] = "AbacRepositoryPermissions"
    estate.assign(principal(site), ACR_PULL, acr["id"])


def refused_by_audience(estate: Estate, site: Resource, acr: Resource) -> None:
    acr["properties"]["policies"]["azureADAuthenticationAsArmPolicy"]["status"] = "disabled"
    estate.assign(principal(site), ACR_PULL, acr["id"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (by_a_group, "no assignment of its own"),
        (by_one_of_two, "no page tells which identity it uses"),
        (for_another_repository, "no assignment of its own"),
        (for_the_other_mode, "no assignment of its own"),
        (refused_by_audience, "refuses tokens"),
    ],
)
def test_where_the_pages_show_no_role_for_sure_the_workload_is_read(
    given: Callable[[Estate, Resource, Resource], object], said: str, tmp_path: Path
) -> None:
    (found,) = doubted(site_with(given), tmp_path)

    assert found.topic is Topic.ROLE
    assert said in found.because


def nothing(estate: Estate, site: Resource, acr: Resource) -> None:
    pass


def without_an_address(_: Estate, site: Resource, __: Resource) -> None:
    site["properties"]["outboundIpAddresses"] = ""


def in_an_environment(_: Estate, site: Resource, __: Resource) -> None:
    site["properties"]["hostingEnvironmentProfile"] = {"id": f"{site['id']}-ase"}


def behind_an_appliance(estate: Estate, site: Resource, __: Resource) -> None:
    table = estate.add(
        estate.id("Microsoft.Network/routeTables", "to-the-hub", "platform"),
        "Microsoft.Network/routeTables",
        {
            "routes": [
                {
                    "name": "all",
                    "properties": {
                        "addressPrefix": "0.0.0.0/0",
                        "nextHopType": "VirtualAppliance",
                        "nextHopIpAddress": "10.9.9.9",
                    },
                }
            ]
        },
    )
    subnet = estate.subnet("apps")
    network = next(one for one in estate.resources if one["type"].endswith("/virtualNetworks"))
    network["properties"]["subnets"][-1]["properties"]["routeTable"] = {"id": table["id"]}
    site["properties"]["virtualNetworkSubnetId"] = subnet
    site["properties"]["outboundVnetRouting"]["imagePullTraffic"] = True


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (without_an_address, "lists no outbound addresses"),
        (in_an_environment, "App Service Environment"),
        (behind_an_appliance, "the route table to-the-hub"),
    ],
)
def test_who_leaves_by_a_way_no_page_tells_is_read_where_there_is_a_firewall(
    given: Callable[[Estate, Resource, Resource], object], said: str, tmp_path: Path
) -> None:
    (found,) = doubted(site_with(given, role=True), tmp_path / "shut")

    assert found.topic is Topic.NETWORK
    assert said in found.because


def test_a_nat_gateway_speaks_for_those_behind_it(tmp_path: Path) -> None:
    estate = Estate()
    acr = estate.registry("contosoimages", deny=True, allow=(NAT,))
    site = estate.site(
        "shop",
        image=estate.image(acr, "shop/web", "4.2.1"),
        outbound=OUTBOUND,
        subnet=estate.subnet("apps", nat=(NAT, "20.61.18.43")),
    )
    estate.assign(principal(site), ACR_PULL, acr["id"])

    (found,) = doubted(estate.scenario(), tmp_path)

    assert found.because == "the registry's rules do not admit 20.61.18.43"


def test_sidecars_are_in_no_page_and_are_read(tmp_path: Path) -> None:
    (found,) = doubted(healthy_cases.working_sidecars(), tmp_path)

    assert found.because == "its sidecars are in no page"


def test_a_page_without_sense_acquits_nobody(tmp_path: Path) -> None:
    def spoil(_: Estate, site: Resource, __: Resource) -> None:
        site["identity"]["userAssignedIdentities"] = {"x": "y"}
        site["properties"]["outboundVnetRouting"] = ["?"]
        site["properties"]["virtualNetworkSubnetId"] = f"{site['id']}/subnets/x"

    (found,) = doubted(site_with(spoil, role=True), tmp_path)

    assert "made no sense" in found.because


@pytest.mark.parametrize(
    ("renewed", "vouched"),
    [
        (None, True),
        (datetime(2026, 7, 1, tzinfo=UTC), True),  # the site was written after that
        (datetime(2026, 8, 1, tzinfo=UTC), False),
        (Unread("not readable"), False),
    ],
)
def test_a_password_is_vouched_for_while_it_was_not_made_anew_since(
    renewed: datetime | Unread | None, vouched: bool, tmp_path: Path
) -> None:
    clinic = Clinic(healthy_cases.working_as_the_admin_user(), tmp_path)
    registry = clinic.id("contosoimages")
    seen = survey.read(clinic.azure())

    found = list(vouching.suspects(seen, Knowledge(renewed={registry: renewed})))

    assert [one.topic for one in found] == ([] if vouched else [Topic.PASSWORD])
    assert vouching.with_passwords(seen) == {registry}
