"""Firewall fixes behind an Azure Firewall: only its own addresses, and only where accepted."""

from pathlib import Path
from typing import Any

import pytest

from shared.model.incident import Incident
from shared.model.words import FindingName as F
from tests.clinic import Clinic
from tests.matrix.rows.wayout import ACCEPTING
from tests.simulator.estates import wayout_cases as cases

Scenario = dict[str, Any]
PUBLIC = "20.61.20.9"


def denied(address: str) -> str:
    return (
        "Head https://contosoimages.azurecr.io/v2/shop/web/manifests/4.2.1: denied: client with IP "
        f"'{address}' is not allowed access, refer https://aka.ms/acr/firewall to grant access"
    )


def named(scenario: Scenario, name: str) -> Any:
    return next(item for item in scenario["resources"] if item["name"] == name)


def listed(clinic: Clinic) -> list[str]:
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    return [rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]]


def reasons(incident: Incident) -> str:
    assert incident.decision is not None
    return " ".join(incident.decision.reasons)


@pytest.mark.parametrize("host", ["site", "app"])
def test_the_firewalls_addresses_are_added_beside_what_is_there_and_the_pull_works(
    host: str, tmp_path: Path
) -> None:
    clinic = Clinic(cases.firewall(host), tmp_path, policy=ACCEPTING)

    incident = clinic.heal(clinic.find("shop"), denied(PUBLIC))

    assert incident.state == "verifying"
    assert listed(clinic) == ["20.61.99.0/28", PUBLIC]
    assert clinic.pull(clinic.find("shop"))["ok"]
    assert [write.split(" ")[0] for write in clinic.writes] == ["PATCH"]


def test_once_let_in_nothing_is_written_again(tmp_path: Path) -> None:
    clinic = Clinic(cases.firewall(), tmp_path, policy=ACCEPTING)
    clinic.heal(clinic.find("shop"), denied(PUBLIC))
    clinic.pull(clinic.find("shop"))

    clinic.heal(clinic.find("shop"), id="signal-2")

    assert len(clinic.writes) == 1


def test_an_address_in_the_text_that_is_not_the_firewalls_is_shown_and_never_written(
    tmp_path: Path,
) -> None:
    clinic = Clinic(cases.firewall(), tmp_path, policy=ACCEPTING)

    incident = clinic.heal(clinic.find("shop"), denied("203.0.113.66"))

    assert incident.state == "held"
    assert "203.0.113.66" in reasons(incident)
    assert PUBLIC in reasons(incident)
    assert clinic.writes == []


def test_where_anybody_may_pull_a_firewall_is_never_let_in(tmp_path: Path) -> None:
    scenario = cases.firewall()
    named(scenario, "contosoimages")["properties"]["anonymousPullEnabled"] = True
    clinic = Clinic(scenario, tmp_path, policy=ACCEPTING)

    incident = clinic.heal(clinic.find("shop"), denied(PUBLIC))

    assert incident.state == "held"
    assert "anonymous pulls" in reasons(incident)
    assert clinic.writes == []


@pytest.mark.parametrize("outside", ["azureFirewalls/hub-firewall", "natGateways/hub-nat"])
def test_a_firewall_or_gateway_behind_it_outside_the_scope_is_left_alone(
    outside: str, tmp_path: Path
) -> None:
    group = "/subscriptions/*/resourceGroups/platform/providers/Microsoft.Network"
    policy = ACCEPTING + f'scope: {{exclude: ["{group}/{outside}"]}}\n'
    clinic = Clinic(cases.firewall(nat=("20.61.18.42",)), tmp_path, policy=policy)

    incident = clinic.heal(clinic.find("shop"), denied("20.61.18.42"))

    assert incident.state == "held"
    assert outside.split("/")[1] in reasons(incident)
    assert clinic.writes == []


def test_layers_behind_a_firewall_that_stops_them_are_told_beside_the_fix(tmp_path: Path) -> None:
    hosts = ("*.azurecr.io", "login.microsoftonline.com")
    clinic = Clinic(cases.firewall(hosts=hosts), tmp_path, policy=ACCEPTING)

    incident = clinic.heal(clinic.find("shop"), denied(PUBLIC))

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is F.FIREWALL_MISSING_EGRESS
    assert incident.diagnosis.also == (F.CLIENT_SIDE_BLOCK,)
    assert not clinic.pull(clinic.find("shop"))["ok"]
    assert len(clinic.writes) == 1


def test_a_whole_heal_behind_a_firewall_with_an_inherited_policy_stays_within_its_requests(
    tmp_path: Path,
) -> None:
    many = tuple(f"20.61.20.{number}" for number in range(1, 11))
    clinic = Clinic(cases.firewall("app", policy=True, public=many), tmp_path, policy=ACCEPTING)

    incident = clinic.heal(clinic.find("shop"), denied("20.61.20.1"))

    assert incident.state == "verifying"
    assert incident.azure_calls.reads + incident.azure_calls.writes < 40
    assert listed(clinic)[1:] == list(many)
