"""One estate after another: what each ends as, and that nothing else was written."""

from pathlib import Path
from typing import Any

import pytest

from shared.model.words import Cause, FindingName, State
from shared.pipeline import scan
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

F = FindingName


def test_a_web_app_behind_a_nat_gateway_has_the_gateway_admitted(tmp_path: Path) -> None:
    clinic = Clinic({**estates.nat_web_app(), "retry": [45]}, tmp_path)
    orders = clinic.id("orders", "sites")
    clinic.pull(orders)

    incident = clinic.sweep_until_done(clinic.heal(orders))

    assert incident.state is State.HEALED
    assert incident.plan is not None
    assert estates.NAT in incident.plan.steps[0].after["ipRules"]
    assert not set(estates.OUTBOUND) & set(incident.plan.steps[0].after["ipRules"])
    assert len(clinic.writes) == 1


def test_a_slot_is_healed_with_its_own_addresses(tmp_path: Path) -> None:
    clinic = Clinic({**estates.blocked_slot(), "retry": [45]}, tmp_path)
    staging = clinic.id("staging")
    clinic.pull(staging)

    incident = clinic.sweep_until_done(clinic.heal(staging))

    assert incident.state is State.HEALED
    assert incident.host == "slot"
    assert len(clinic.writes) == 1


@pytest.mark.parametrize(
    ("estate", "name", "type", "finding"),
    [
        (estates.container_app_403, None, "containerapps", F.PUBLIC_ACCESS_DISABLED),
        (estates.missing_tag, None, "sites", F.TAG_MISSING),
        (estates.premium_v4_web_app, None, "sites", F.FIREWALL_EGRESS_UNPROVABLE),
    ],
)
def test_what_cannot_be_healed_safely_is_explained_and_left_alone(
    estate: Any, name: str | None, type: str, finding: FindingName, tmp_path: Path
) -> None:
    clinic = Clinic(estate(), tmp_path)
    workload = clinic.id(name) if name else clinic.only(type)
    clinic.pull(workload)

    incident = clinic.heal(workload)

    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is finding
    assert incident.state is State.EXPLAINED
    assert incident.plan is not None
    assert incident.plan.advice
    assert clinic.writes == []


def test_a_failure_that_goes_on_stays_one_incident_until_it_is_seen_to_be_over(
    tmp_path: Path,
) -> None:
    clinic = Clinic(estates.missing_tag(), tmp_path)
    catalog = clinic.only("sites")
    clinic.pull(catalog)
    first = clinic.heal(catalog, id="monday-1")

    clinic.advance(300)
    second = clinic.heal(catalog, id="monday-2")
    clinic.advance(2 * 24 * 3600)
    third = clinic.heal(catalog, id="wednesday")

    assert first.state is second.state is third.state is State.EXPLAINED
    assert first.id == second.id
    assert third.id != first.id
    assert [heard.id for heard in clinic.load(first.id).signals] == ["monday-1", "monday-2"]


def test_a_healthy_workload_is_closed_without_a_write(tmp_path: Path) -> None:
    clinic = Clinic(estates.healthy_web_app(), tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.state is State.CLOSED
    assert clinic.writes == []


@pytest.mark.parametrize("owner", ["shop", "contosoimages", "web-shop", "platform"])
def test_an_opt_out_tag_anywhere_denies_every_write(owner: str, tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    tagged = [r for r in scenario["resources"] if r["id"].rsplit("/", 1)[-1] == owner]
    for resource in tagged:
        resource["tags"] = {**resource.get("tags", {}), "medic": "off"}
    clinic = Clinic(scenario, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert tagged
    assert incident.state is State.DENIED
    assert "medic=off" in " ".join(incident.decision.reasons if incident.decision else ())
    assert clinic.writes == []


def test_an_app_that_lost_its_consent_is_held(tmp_path: Path) -> None:
    """The app was pointed at somebody else's registry: nothing says it may be let in."""
    scenario = estates.blocked_web_app()
    scenario["resources"] = [
        r
        for r in scenario["resources"]
        if "/roleassignments/" not in r["id"].lower()
        or r["properties"]["principalId"] == scenario["healer"]["principalId"]
    ]
    clinic = Clinic(scenario, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)

    incident = clinic.heal(shop)

    assert incident.state is State.HELD
    assert clinic.writes == []


def test_a_pair_in_the_policy_is_consent(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    scenario["resources"] = [
        r
        for r in scenario["resources"]
        if "/roleassignments/" not in r["id"].lower()
        or r["properties"]["principalId"] == scenario["healer"]["principalId"]
    ]
    pairs = (
        "pairs:\n- registry: /subscriptions/*/resourceGroups/platform\n"
        "  workloads: ['/subscriptions/*/resourceGroups/web-shop']\n"
    )
    clinic = Clinic(scenario, tmp_path, policy=GENEROUS + pairs)
    shop = clinic.only("sites")
    clinic.pull(shop)

    clinic.heal(shop)

    verbs = [write.split()[0] for write in clinic.writes]
    assert verbs == ["PATCH", "PUT"]  # let in, and given the pull role


def test_a_scan_names_what_will_fail_and_writes_nothing(tmp_path: Path) -> None:
    clinic = Clinic(estates.blocked_web_app(), tmp_path)

    found = scan(medic=clinic.medic)

    assert [incident.resource.name for incident in found.incidents] == ["shop"]
    assert found.workloads == 1
    assert clinic.writes == []


def test_without_a_workspace_the_sites_own_status_says_what_failed(tmp_path: Path) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45], "workspace": None}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)

    incident = clinic.sweep_until_done(clinic.heal(shop))

    assert incident.cause is Cause.UNAUTHORIZED  # App Service's word for every refusal
    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is F.FIREWALL_MISSING_EGRESS
    assert incident.state is State.HEALED
    assert len(clinic.writes) == 1
