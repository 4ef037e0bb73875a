"""Advice about a block in the workload's own network: the thing named, the hosts of this cloud."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from shared.model.ground import Firewall, Ground, Subnet, VirtualNetwork
from shared.model.ids import ResourceId
from shared.model.plan import Diagnosis
from shared.model.private_path import Blocked, Obstacle
from shared.model.words import Cause, FindingName
from shared.planning.advice import advise
from tests.diagnosis import given
from tests.planning.test_advice import command_lines

NET = f"{given.SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network"
OWNERS = {
    "network-rule": f"{NET}/networkSecurityGroups/apps-rules",
    "route": f"{NET}/routeTables/apps-routes",
    "firewall": f"{NET}/azureFirewalls/hub",
    "dns-server": f"{NET}/virtualNetworks/hub",
}
POLICY = ResourceId.parse(f"{NET}/firewallPolicies/hub-policy")


def met(kind: str = "network-rule", blocks: Blocked = Blocked.REGISTRY, **more: Any) -> Obstacle:
    plain = Obstacle(
        kind=kind,
        owner=ResourceId.parse(OWNERS[kind]),
        name="stop",
        blocks=blocks,
        because=f"the {kind} stop is in the way of {blocks.value}",
        to=blocks.value,
    )
    return replace(plain, **more)


def text(
    *obstacles: Obstacle,
    host: str = "contoso.azurecr.io",
    policy: bool = False,
    data: tuple[str, ...] = (),
    workload: Any = given.workload,
) -> str:
    firewall = Firewall(id=ResourceId.parse(OWNERS["firewall"]), policy=POLICY if policy else None)
    subnet = Subnet(id=given.SUBNET, prefixes=("10.20.1.0/24",))
    around = VirtualNetwork(
        id=ResourceId.parse(OWNERS["dns-server"]),
        prefixes=(),
        dns_servers=(),
        subnets=(subnet,),
        peerings=(),
    )
    ground = Ground(subnet=subnet, network=around, firewall=firewall)
    seen = given.evidence(
        workload=workload(subnet=given.SUBNET, pulls_over_vnet=True, ground=ground),
        registry=given.registry(
            login_server=host, snapshot={"properties": {"dataEndpointHostNames": list(data)}}
        ),
        obstacles=obstacles,
    )
    found = Diagnosis(
        cause=Cause.NETWORK_TIMEOUT, finding=FindingName.CLIENT_SIDE_BLOCK, summary="?"
    )
    return advise(FindingName.CLIENT_SIDE_BLOCK, found, seen)


def test_what_is_in_the_way_is_said_once_with_everything_it_stops() -> None:
    said = text(met(), met(blocks=Blocked.SIGN_IN), met(blocks=Blocked.LAYERS))

    assert "In the way: the network-rule stop is in the way of registry, and the same goes" in said
    assert said.count("az network nsg rule create") == 1
    assert "--nsg-name apps-rules" in said


def test_a_perhaps_is_called_one_and_a_sure_thing_hides_it() -> None:
    assert "What may be in the way: " in text(met(sure=False))
    assert "may be" not in text(met(), met(kind="route", sure=False))


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        ("contoso.azurecr.io", ("*.blob.core.windows.net", "login.microsoftonline.com")),
        ("contoso.azurecr.cn", ("*.blob.core.chinacloudapi.cn", "login.chinacloudapi.cn")),
        ("contoso.azurecr.us", ("*.blob.core.usgovcloudapi.net", "login.microsoftonline.us")),
    ],
)
def test_the_hosts_are_those_of_the_registrys_cloud(host: str, needed: tuple[str, ...]) -> None:
    said = text(met("firewall"), host=host)

    for name in (host, *needed):
        assert name in said
    others = {"azurecr.io", "azurecr.cn", "azurecr.us"} - {host.partition(".")[2]}
    assert not any(other in said for other in others)


def test_of_a_cloud_nobody_told_us_about_no_host_is_made_up() -> None:
    said = text(met(), host="contoso.azurecr.sovcloud-azure.fr")

    assert "<blob storage of this cloud>" in said
    assert "windows.net" not in said


def test_data_endpoints_take_the_place_of_storage() -> None:
    said = text(met(), data=("contoso.westeurope.data.azurecr.io",))

    assert "contoso.westeurope.data.azurecr.io" in said
    assert "old exception for blob storage no longer suffices" in said
    assert "AzureContainerRegistry AzureActiveDirectory" in said
    assert "Storage" not in said


def test_a_container_app_also_needs_the_platforms_own_images() -> None:
    said = text(met(), workload=given.basket)

    assert "mcr.microsoft.com" in said
    assert "AzureFrontDoor.FirstParty" in said


@pytest.mark.parametrize(
    ("kind", "policy", "command"),
    [
        ("network-rule", False, "az network nsg rule create"),
        ("route", False, "az network route-table route create"),
        ("firewall", False, "az network firewall application-rule create"),
        ("firewall", True, "az network firewall policy rule-collection-group"),
        ("dns-server", False, "nslookup contoso.azurecr.io"),
    ],
)
def test_each_kind_has_its_command(kind: str, policy: bool, command: str) -> None:
    assert command in text(met(kind), policy=policy)


@pytest.mark.parametrize("kind", OWNERS)
def test_names_others_chose_stay_words(kind: str) -> None:
    said = text(met(kind, name="x';reboot;'", because="x\x1b[2J"))

    assert "\x1b" not in said
    for line in command_lines(said):
        words = shlex.split(line, comments=True)
        assert not {";", "reboot", ";reboot;"} & set(words), words


def test_where_nothing_was_seen_that_is_said() -> None:
    assert "Nothing that could be read is in the way" in text()
