"""Every kind of host as the product meets it: what is heard of it, what is asked, what is not."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared import signals
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.signal import Signal
from shared.model.words import Cause, FindingName, Host, State
from tests.clinic import Clinic
from tests.simulator import alerts, estates
from tests.simulator.estates import Estate, hosts_cases
from tests.simulator.estates.sites import WINDOWS

RULES = "/providers/Microsoft.ContainerRegistry/registries/contosoimages"


def clinic_of(scenario: dict[str, Any], place: Path) -> Clinic:
    return Clinic(scenario | {"retry": scenario.get("retry") or [45]}, place)


def told_by_event(
    clinic: Clinic, operation: str, resource: ResourceId | str, status: str = "Succeeded"
) -> list[Incident]:
    """Event Grid tells of a management operation; what it leads to is worked off."""
    accepted: list[Signal] = []
    for one in alerts.event(clinic.simulator.world, operation, str(resource), status=status):
        accepted += signals.from_event(one, now=clinic.medic.now()).accepted
    clinic.deliver(accepted)
    return list(clinic.medic.store.page().incidents)


def refused_by_azure(clinic: Clinic, workload: ResourceId, image: str) -> None:
    """Somebody deploys an image, and Azure refuses the deployment."""
    template = {"containers": [{"name": workload.name, "image": image}]}
    body = {"location": "West Europe", "properties": {"template": template}}
    answer = clinic.simulator.change(
        "PATCH", f"{workload}?api-version=2026-07-01", json.dumps(body).encode()
    )
    assert answer.status == 202
    clinic.advance(60)


def test_a_write_that_failed_is_a_failure_and_the_activity_log_says_of_what(tmp_path: Path) -> None:
    estate = Estate()
    acr = estate.registry("contosoimages")
    image = estate.image(acr, "basket/api", "1.8.0")
    app = estate.container_app("basket", estate.environment("env"), image=image, registry=acr)
    hosts_cases.pulls(estate, app, acr)
    clinic = clinic_of(estate.scenario(), tmp_path)
    basket = clinic.id("basket")
    refused_by_azure(clinic, basket, "contosoimages.azurecr.io/basket/api:1.9.0")

    (incident,) = told_by_event(clinic, "Microsoft.App/containerApps/write", basket, "Failed")

    assert (incident.state, incident.cause) == (State.EXPLAINED, Cause.MANIFEST_UNKNOWN)
    assert incident.diagnosis
    assert incident.diagnosis.finding is FindingName.TAG_MISSING
    assert "contosoimages.azurecr.io/basket/api:1.9.0" in str(incident.image)
    assert clinic.writes == []


def test_the_address_in_a_refused_deployment_is_azures_own_and_is_never_admitted(
    tmp_path: Path,
) -> None:
    estate = Estate()
    acr = estate.registry("contosoimages", deny=True, allow=estates.OFFICE)
    image = estate.image(acr, "basket/api", "1.8.0")
    environment = estate.environment("env", subnet=estate.subnet("env", nat=(estates.NAT,)))
    app = estate.container_app("basket", environment, image=image, registry=acr)
    app["tags"] = {"image-validation": "strict"}
    hosts_cases.pulls(estate, app, acr)
    clinic = clinic_of(estate.scenario(), tmp_path)
    basket = clinic.id("basket")
    newer = estate.image(acr, "basket/api", "1.9.0")
    refused_by_azure(clinic, basket, newer)
    said = clinic.simulator.world.activity_log[-1]["properties"]["statusMessage"]
    assert "20.93.250.17" in said

    (incident,) = told_by_event(clinic, "Microsoft.App/containerApps/write", basket, "Failed")

    registry = clinic.simulator.world.resources.get(acr["id"])
    assert registry is not None
    rules = registry["properties"]["networkRuleSet"]["ipRules"]
    assert "20.93.250.17" not in str(rules)
    assert incident.plan
    assert all(step.after["ipRules"][-1] == estates.NAT for step in incident.plan.steps)


def test_a_job_whose_write_failed_is_looked_at(tmp_path: Path) -> None:
    estate = Estate()
    acr = estate.registry("contosoimages")
    image = estate.image(acr, "night/run", "2.2.0")
    job = estate.job("nightly", estate.environment("env"), image=image, registry=acr)
    hosts_cases.pulls(estate, job, acr)
    clinic = clinic_of(estate.scenario(), tmp_path)
    nightly = clinic.id("nightly")
    refused_by_azure(clinic, nightly, "contosoimages.azurecr.io/night/run:2.3.0")

    (incident,) = told_by_event(clinic, "Microsoft.App/jobs/write", nightly, "Failed")

    assert (incident.host, incident.cause) == (Host.JOB, Cause.MANIFEST_UNKNOWN)
    assert incident.diagnosis
    assert incident.diagnosis.finding is FindingName.TAG_MISSING
    assert clinic.writes == []


@pytest.mark.parametrize(
    ("operation", "child"),
    [
        ("Microsoft.Web/sites/config/write", "/config/web"),
        ("Microsoft.Web/sites/config/write", "/config/appsettings"),
        ("Microsoft.Web/sites/sitecontainers/write", "/sitecontainers/proxy"),
        ("Microsoft.Web/sites/write", ""),
    ],
)
def test_a_change_below_a_site_is_a_reason_to_look_at_the_site(
    operation: str, child: str, tmp_path: Path
) -> None:
    clinic = clinic_of(hosts_cases.sidecars(), tmp_path)
    clinic.pull(clinic.id("shop"))

    (incident,) = told_by_event(clinic, operation, f"{clinic.id('shop')}{child}")

    assert incident.resource == clinic.id("shop")
    assert clinic.sweep_until_done(incident).state is State.HEALED
    assert len(clinic.writes) == 2


@pytest.mark.parametrize(
    ("scenario", "workload"),
    [
        (hosts_cases.web_app(), "shop"),
        (hosts_cases.web_app(kind=WINDOWS), "shop"),
        (hosts_cases.web_app(functions=True), "shop"),
        (hosts_cases.sidecars(), "shop"),
        (estates.blocked_slot(), "staging"),
        (hosts_cases.functions_on_container_apps(), "worker"),
    ],
    ids=["linux", "windows", "functions", "sidecars", "slot", "on Container Apps"],
)
def test_nobody_ever_asks_the_apps_own_management_site(
    scenario: dict[str, Any], workload: str, tmp_path: Path
) -> None:
    clinic = clinic_of(scenario, tmp_path)
    id = clinic.find(workload)
    clinic.pull(id)

    incident = clinic.sweep_until_done(clinic.heal(id))

    hosts = {urlsplit(one["liveRequest"]["url"]).hostname or "" for one in clinic.simulator.traffic}
    assert incident.state is State.HEALED
    assert clinic.pull(id)["ok"]
    assert hosts
    assert not [host for host in hosts if ".scm." in host or "azurewebsites" in host]


def test_a_windows_site_has_no_status_and_its_rows_tell_and_prove_it(tmp_path: Path) -> None:
    clinic = clinic_of(hosts_cases.web_app(kind=WINDOWS), tmp_path)
    shop = clinic.id("shop")
    clinic.pull(shop)

    incident = clinic.sweep_until_done(clinic.heal(shop))

    assert incident.diagnosis
    shown = {fact.fact: fact.value for fact in incident.diagnosis.facts}
    assert "instances" not in shown, "that there is none is not that it may not be read"
    assert incident.verification
    assert "AppServicePlatformLogs" in incident.verification.proof
    assert [write.rpartition("/")[2] for write in clinic.writes] == ["contosoimages"]


def test_an_app_that_went_to_sleep_is_not_woken_to_be_looked_at(tmp_path: Path) -> None:
    clinic = clinic_of(hosts_cases.sleeping_app() | {"retry": [600]}, tmp_path)
    basket = clinic.id("basket")
    clinic.pull(basket)
    clinic.advance(200)

    incident = clinic.sweep_until_done(clinic.heal(basket))

    assert incident.state is not State.HEALED
    assert incident.verification
    assert "no replica is wanted" in incident.verification.proof
    assert [write.rpartition("/")[2] for write in clinic.writes] == ["contosoimages"]
    assert clinic.pull(basket)["ok"], "whoever calls it next finds it well"


def test_an_older_revision_that_serves_is_left_alone(tmp_path: Path) -> None:
    clinic = clinic_of(hosts_cases.newest_revision_fails(), tmp_path)
    basket = clinic.id("basket")
    clinic.pull(basket)

    incident = clinic.heal(basket)

    older = clinic.simulator.world.resources.get(f"{basket}/revisions/basket--0000001")
    assert older is not None
    assert older["properties"]["runningState"] == "Running"
    assert incident.diagnosis
    assert incident.diagnosis.finding is FindingName.TAG_MISSING
    assert clinic.writes == []


def test_one_alert_line_of_the_stream_form_is_understood(tmp_path: Path) -> None:
    from tests.simulator import pull, systemrows, workloads

    clinic = clinic_of(estates.blocked_container_app(nat=True), tmp_path)
    basket = clinic.id("basket")
    world = clinic.simulator.world
    workload = workloads.find(world, basket.text)
    assert workload is not None
    line = systemrows.stream(world, workload, pull.attempt(world, workload))[-1]

    incident = clinic.heal(basket, line)

    assert incident.cause is Cause.NETWORK_DENIED
    assert incident.state is State.VERIFYING
    assert [write.rpartition("/")[2] for write in clinic.writes] == ["contosoimages"]


def test_an_environment_nobody_may_read_leaves_a_closed_registry_undetermined(
    tmp_path: Path,
) -> None:
    estate = Estate()
    acr = estate.registry("contosoclosed", deny=True, public=False)
    estate.private_endpoint(acr)
    environment = estate.environment("apps-env", subnet=estate.subnet("environment"))
    image = estate.image(acr, "basket/api", "1.8.0")
    app = estate.container_app("basket", environment, image=image, registry=acr)
    hosts_cases.pulls(estate, app, acr)
    clinic = clinic_of(estate.scenario(), tmp_path)
    clinic.simulator.faults.add(
        {"match": {"path": ".*/managedEnvironments/.*"}, "times": 99, "status": 403}
    )

    incident = clinic.heal(clinic.id("basket"))

    assert incident.diagnosis
    assert incident.diagnosis.finding is not FindingName.PUBLIC_ACCESS_DISABLED
    assert clinic.writes == []


@pytest.mark.parametrize("form", ["classic", "current", "console"])
def test_every_form_of_the_sites_log_leads_to_the_same_change(form: str, tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    site = next(one for one in scenario["resources"] if one["id"].endswith("/sites/shop"))
    site["tags"] = {"pull-logs": form}
    clinic = clinic_of(scenario, tmp_path)
    shop = clinic.id("shop")
    clinic.pull(shop)

    incident = clinic.sweep_until_done(clinic.heal(shop))

    assert incident.state is State.HEALED
    assert clinic.pull(shop)["ok"]
    assert [write.rpartition("/")[2] for write in clinic.writes] == ["contosoimages"]


@pytest.mark.parametrize("destination", ["log-analytics", "azure-monitor", "none"])
def test_wherever_an_environment_logs_its_app_is_healed(destination: str, tmp_path: Path) -> None:
    scenario = estates.blocked_container_app(nat=True)
    environment = next(
        one for one in scenario["resources"] if one["id"].endswith("/managedEnvironments/apps-env")
    )
    environment["properties"]["appLogsConfiguration"] = {"destination": destination}
    clinic = clinic_of(scenario, tmp_path)
    basket = clinic.id("basket")
    clinic.pull(basket)

    incident = clinic.sweep_until_done(clinic.heal(basket))

    assert incident.verification
    assert incident.state is State.HEALED, incident.verification.proof
    assert clinic.pull(basket)["ok"]
    assert [write.rpartition("/")[2] for write in clinic.writes] == ["contosoimages"]
