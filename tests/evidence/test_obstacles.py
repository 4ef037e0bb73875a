"""What stands in the way of a pull inside the workload's own network."""

from pathlib import Path
from typing import Any

import pytest

from shared import evidence
from shared.model.evidence import Evidence, Unread
from shared.model.private_path import Blocked, Obstacle
from tests.clinic import Clinic
from tests.evidence.examining import told
from tests.simulator.estates import Estate, ways_out
from tests.simulator.estates import wayout_cases as cases

Scenario = dict[str, Any]
STOP = ("no-internet", 4000, "Deny", "Internet")


def look(scenario: Scenario, place: Path, *faults: dict[str, Any]) -> Evidence:
    clinic = Clinic(scenario, place)
    for fault in faults:
        clinic.simulator.faults.add({"times": 99, **fault})
    return evidence.gather(clinic.signal(clinic.find("shop")), azure=clinic.azure())


def met(scenario: Scenario, place: Path, *faults: dict[str, Any]) -> tuple[Obstacle, ...]:
    found = look(scenario, place, *faults).obstacles
    assert not isinstance(found, Unread)
    return found


def said(found: tuple[Obstacle, ...]) -> list[tuple[str, str, Blocked, bool]]:
    return [(one.kind, one.name, one.blocks, one.sure) for one in found]


def named(scenario: Scenario, name: str) -> Any:
    return next(item for item in scenario["resources"] if item["name"] == name)


def test_who_pulls_from_no_network_of_its_own_meets_nothing(tmp_path: Path) -> None:
    assert met(cases.platform(), tmp_path) == ()


def test_an_open_network_holds_nothing_in_the_way(tmp_path: Path) -> None:
    assert met(cases.nat(), tmp_path) == ()


def test_a_rule_against_everything_is_named_for_every_stage(tmp_path: Path) -> None:
    found = met(cases.guarded("site", STOP), tmp_path)

    assert said(found) == [
        ("network-rule", "no-internet", stage, True)
        for stage in (Blocked.REGISTRY, Blocked.SIGN_IN, Blocked.LAYERS)
    ]
    assert {one.owner.name for one in found} == {"apps-rules"}


def test_a_registry_with_data_endpoints_needs_no_storage(tmp_path: Path) -> None:
    allowed = ["AzureContainerRegistry", "AzureActiveDirectory"]
    scenario = cases.guarded("site", ("pulls", 100, "Allow", allowed), STOP)
    registry = named(scenario, "contosoimages")["properties"]
    assert [one.blocks for one in met(scenario, tmp_path)] == [Blocked.LAYERS]

    registry["dataEndpointEnabled"] = True
    registry["dataEndpointHostNames"] = ["contosoimages.westeurope.data.azurecr.io"]

    assert met(scenario, tmp_path) == ()


def test_one_of_several_regions_in_the_way_is_only_a_perhaps(tmp_path: Path) -> None:
    allowed = ["AzureContainerRegistry.WestEurope", "AzureActiveDirectory"]
    scenario = cases.guarded("site", ("pulls", 100, "Allow", allowed), STOP)
    registry = named(scenario, "contosoimages")["properties"]
    registry["dataEndpointEnabled"] = True
    registry["dataEndpointHostNames"] = [
        f"contosoimages.{region}.data.azurecr.io" for region in ("westeurope", "northeurope")
    ]

    found = met(scenario, tmp_path)

    assert {(one.blocks, one.sure) for one in found} == {
        (Blocked.REGISTRY, False),
        (Blocked.LAYERS, False),
    }


def test_who_signs_in_with_a_password_needs_no_token(tmp_path: Path) -> None:
    scenario = cases.guarded("site", STOP)
    site = named(scenario, "shop")
    config = next(one for one in scenario["resources"] if one["id"] == f"{site['id']}/config/web")
    config["properties"]["acrUseManagedIdentityCreds"] = False

    assert Blocked.SIGN_IN not in {one.blocks for one in met(scenario, tmp_path)}


def test_an_environment_that_obeys_no_routes_is_not_stopped_by_one(tmp_path: Path) -> None:
    scenario = cases.nowhere("app")
    assert [one.kind for one in met(scenario, tmp_path)] == ["route"] * 3

    named(scenario, "apps-env")["properties"]["workloadProfiles"] = None

    assert met(scenario, tmp_path) == ()


def test_a_firewall_that_lets_everything_through_is_not_in_the_way(tmp_path: Path) -> None:
    assert met(cases.firewall(hosts=None), tmp_path) == ()
    assert met(cases.firewall(policy=True), tmp_path) == ()


def test_a_parent_policy_counts_too(tmp_path: Path) -> None:
    estate = Estate()
    cases.add_firewall(estate, "site", policy=True, hosts=())
    base = ways_out.firewall_policy(estate, ways_out.HOSTS, name="base")
    scenario = estate.scenario()
    assert len(met(scenario, tmp_path)) == 3

    named(scenario, "hub-policy")["properties"]["basePolicy"] = {"id": base["id"]}

    assert met(scenario, tmp_path) == ()


def test_hidden_rules_are_a_perhaps_and_say_why(tmp_path: Path) -> None:
    scenario = cases.firewall(policy=True)
    scenario["resources"].remove(named(scenario, "pulls"))  # a group of rules we may not see

    found = met(scenario, tmp_path)

    assert {(one.kind, one.sure) for one in found} == {("firewall", False)}
    assert "rules of the Azure Firewall hub-firewall are not readable" in found[0].because


def test_a_hidden_security_group_is_a_perhaps(tmp_path: Path) -> None:
    hidden = {"match": {"path": "/networkSecurityGroups/"}, "status": 403}

    found = met(cases.guarded("site", STOP), tmp_path, hidden)

    assert {(one.kind, one.sure) for one in found} == {("network-rule", False)}


def test_somebody_elses_appliance_is_a_perhaps(tmp_path: Path) -> None:
    found = met(cases.appliance(), tmp_path)

    assert {(one.kind, one.sure) for one in found} == {("route", False)}
    assert "10.20.200.4" in found[0].because


def test_name_servers_of_ones_own_are_a_perhaps_and_a_rule_against_them_is_sure(
    tmp_path: Path,
) -> None:
    scenario = cases.guarded("site")
    named(scenario, "spoke")["properties"]["dhcpOptions"]["dnsServers"] = ["10.50.0.10"]
    assert said(met(scenario, tmp_path)) == [("dns-server", "10.50.0.10", Blocked.NAMES, False)]

    rule = {
        "id": "/r",
        "name": "no-names",
        "properties": {
            "priority": 100,
            "direction": "Outbound",
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "10.50.0.0/16",
            "destinationPortRange": "53",
        },
    }
    named(scenario, "apps-rules")["properties"]["securityRules"].append(rule)

    found = met(scenario, tmp_path)
    assert said(found)[0] == ("network-rule", "no-names", Blocked.NAMES, True)


def test_azures_own_name_servers_are_stopped_by_their_tag_alone(tmp_path: Path) -> None:
    scenario = cases.guarded("site", ("no-udp", 100, "Deny", "AzurePlatformDNS"))
    rule = named(scenario, "apps-rules")["properties"]["securityRules"][0]["properties"]
    rule |= {"protocol": "Udp", "destinationPortRange": "53"}

    assert said(met(scenario, tmp_path)) == [("network-rule", "no-udp", Blocked.NAMES, True)]


def test_a_service_endpoint_policy_is_a_perhaps_for_the_layers(tmp_path: Path) -> None:
    scenario = cases.nat()
    subnet = named(scenario, "spoke")["properties"]["subnets"][0]["properties"]
    group = scenario["resources"][0]["id"]
    policy = f"{group}/providers/Microsoft.Network/serviceEndpointPolicies/own-accounts"
    subnet["serviceEndpointPolicies"] = [{"id": policy}]

    found = met(scenario, tmp_path)

    assert said(found) == [("service-endpoint-policy", "accounts", Blocked.LAYERS, False)]
    assert "own-accounts" in found[0].because


def test_the_ground_and_what_is_on_it_are_facts(tmp_path: Path) -> None:
    seen = look(cases.walled(hosts=()), tmp_path)

    assert told(seen, "subnet pulls leave from") == "apps"
    assert told(seen, "route for registries") == "0-0-0-0-0 (0.0.0.0/0) to the appliance 10.50.0.4"
    assert "no rule of the Azure Firewall hub-firewall" in told(seen, "in the way")


@pytest.mark.parametrize("path", ["/virtualNetworks/spoke"])
def test_a_network_that_is_not_readable_is_said(path: str, tmp_path: Path) -> None:
    seen = look(cases.nat(), tmp_path, {"match": {"path": path}, "status": 403})

    assert isinstance(seen.obstacles, Unread)
    assert "403" in told(seen, "in the way")
