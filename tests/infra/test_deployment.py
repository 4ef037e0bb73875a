"""What a deployment makes, held against what the product needs and says of itself."""

import json
import re
from typing import Any

import pytest
import yaml

from functions import alerts, duty, events
from shared import policy, settings
from shared.clients import telemetry
from shared.signals import activity
from shared.store import tables
from tests import documents
from tests.bicep.deploying import Deployed, Deployment, deploy, made
from tests.bicep.syntax import BicepError
from tests.host.app import Function, functions
from tests.infra.ways import EVERYTHING, FIRST, HERE, INFRA, MAIN, SECOND, SOVEREIGN, THERE

ROOT = INFRA.parent
_GUID = "33333333-3333-4333-8333-333333333333"


@pytest.fixture(scope="module")
def full() -> Deployment:
    return deploy(MAIN, **EVERYTHING)


def only(deployment: Deployment, kind: str) -> Deployed:
    (found,) = made(deployment, kind)
    return found


def names(deployment: Deployment, kind: str) -> set[str]:
    return {one.body["name"] for one in made(deployment, kind)}


def app_settings(deployment: Deployment) -> dict[str, str]:
    return only(deployment, "Microsoft.Web/sites/config").properties


def function(door: Any) -> Function:
    """The one function of a door, as the platform sees it."""
    import azure.functions as func

    app = func.FunctionApp()
    app.register_functions(door.bp)
    (found,) = functions(app)
    return found


def test_every_setting_of_the_product_is_given_and_no_other(full: Deployment) -> None:
    given = {name for name in app_settings(full) if name.startswith("MEDIC_")}

    assert given == {f"MEDIC_{name.upper()}" for name in settings._READERS}


def test_the_product_finds_nothing_wrong_with_the_settings(full: Deployment) -> None:
    """With Azure's own answers in the place of those that only it has."""
    given = {name: str(value) for name, value in app_settings(full).items()}
    given["MEDIC_STORE"] = "https://stmedic.table.core.windows.net/"
    given["MEDIC_WORKSPACES"] = re.sub(r"<[^>]*>", _GUID, given["MEDIC_WORKSPACES"])

    read = settings.load(given)

    assert read.problems == ()
    assert read.subscriptions == (HERE, THERE)
    assert read.workspaces == (_GUID,)
    assert read.cloud == "AzureCloud"
    assert len(given["MEDIC_WORKSPACES"].split(",")) == 2


def test_the_policy_arrives_as_it_is_in_its_file() -> None:
    text = (
        "version: 1\nmode: approve\nscope: {exclude: ['/subscriptions/*/resourceGroups/x']}\n"
        "wait: {verify_first: 90s}\nfreeze: [{from: '2026-12-24T00:00:00Z', "
        "to: '2027-01-02T00:00:00Z'}]\n"
    )
    deployment = deploy(MAIN, loads={"policy.yaml": text}, **FIRST)

    read = settings.load(app_settings(deployment))

    assert isinstance(read.policy, settings.PolicyText)
    assert policy.load(read.policy.text) == policy.load(text)
    own = (INFRA / "policy.yaml").read_text("utf-8")
    assert policy.load(own) == policy.load("version: 1")


def test_telemetry_is_sent_where_and_how_the_product_reads_it(full: Deployment) -> None:
    given, insights = app_settings(full), only(full, "Microsoft.Insights/components")

    assert telemetry.CONNECTION in given
    signs_in = given["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    assert signs_in == f"Authorization=AAD;ClientId={given['AZURE_CLIENT_ID']}"
    assert insights.properties["DisableLocalAuth"] is True
    assert json.loads((ROOT / "host.json").read_text())["telemetryMode"] == "OpenTelemetry"
    assert given["PYTHON_ENABLE_OPENTELEMETRY"] == "true"
    assert "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY" not in given


def test_no_key_opens_anything(full: Deployment) -> None:
    account = only(full, "Microsoft.Storage/storageAccounts")
    given = app_settings(full)

    assert account.properties["allowSharedKeyAccess"] is False
    assert not [name for name in given if "KEY" in name.upper() or name == duty.STORAGE]
    assert {name for name in given if name.startswith(duty.STORAGE)} >= {
        f"{duty.STORAGE}__{part}"
        for part in ("blobServiceUri", "queueServiceUri", "tableServiceUri", "credential")
    }
    passwords = made(full, "Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert [one.properties["allow"] for one in passwords] == [False, False]


def test_what_the_product_keeps_has_its_place(full: Deployment) -> None:
    account = "Microsoft.Storage/storageAccounts"

    assert names(full, f"{account}/queueServices/queues") == {duty.QUEUE, duty.POISON}
    assert names(full, f"{account}/tableServices/tables") == {tables._TABLE}
    containers = names(full, f"{account}/blobServices/containers")
    assert containers == {tables._CONTAINER, "packages", "dead-letters"}


def test_it_runs_on_flex_consumption_and_python_3_13(full: Deployment) -> None:
    site, plan = only(full, "Microsoft.Web/sites"), only(full, "Microsoft.Web/serverfarms")
    config = site.properties["functionAppConfig"]

    assert plan.body["sku"]["name"] == "FC1"
    assert config["runtime"] == {"name": "python", "version": "3.13"}
    assert config["deployment"]["storage"]["authentication"]["type"] == "UserAssignedIdentity"
    assert config["scaleAndConcurrency"]["maximumInstanceCount"] == 40


def test_exactly_the_changes_the_product_watches_are_told_to_it(full: Deployment) -> None:
    told = list(made(full, "Microsoft.EventGrid/systemTopics/eventSubscriptions"))
    watched = {one for pattern in activity.WATCHED for one in _spelled_out(pattern)}

    assert len(told) == 2
    for one in told:
        (condition,) = one.properties["filter"]["advancedFilters"]
        assert condition["key"] == "data.operationName"
        assert {value.lower() for value in condition["values"]} == watched
        assert len(condition["values"]) == len(watched) <= 25  # Event Grid takes no more
        assert one.properties["eventDeliverySchema"] == "CloudEventSchemaV1_0"
        kept = one.properties["deadLetterWithResourceIdentity"]["deadLetterDestination"]
        assert kept["properties"]["blobContainerName"] == "dead-letters"
        target = one.properties["destination"]["properties"]["resourceId"]
        assert target.rpartition("/")[2] == function(events).name


def _spelled_out(pattern: str) -> set[str]:
    """Everything a pattern of the table matches: groups of alternatives, some of them optional."""
    found = re.search(r"\(([^()]*)\)(\?)?", pattern)
    if found is None:
        return {pattern.replace("\\", "")}
    choices = [*found[1].split("|"), *([""] if found[2] else [])]
    before, after = pattern[: found.start()], pattern[found.end() :]
    return {one for choice in choices for one in _spelled_out(f"{before}{choice}{after}")}


def test_a_subscription_with_a_topic_keeps_it_and_one_without_gets_one(full: Deployment) -> None:
    (topic,) = made(full, "Microsoft.EventGrid/systemTopics")

    assert topic.id.startswith(f"/subscriptions/{HERE}/")
    assert topic.properties["source"] == f"/subscriptions/{HERE}"
    shared = [one.id for one in full.made if one.existing and one.id.endswith("systemTopics/all")]
    assert all(id.startswith(f"/subscriptions/{THERE}/") for id in shared)
    assert shared


def test_the_action_group_calls_the_alert_door_with_a_key_for_that_door(full: Deployment) -> None:
    group, door = only(full, "Microsoft.Insights/actionGroups"), function(alerts)
    (receiver,) = group.properties["azureFunctionReceivers"]

    route = door.trigger["route"]
    assert receiver["functionName"] == door.name
    assert f"/api/{route}?code=<key of " in receiver["httpTriggerUrl"]
    assert receiver["httpTriggerUrl"].endswith(f"/functions/{door.name}>")
    assert receiver["useCommonAlertSchema"] is True


def test_before_the_functions_are_there_nothing_is_connected_to_them() -> None:
    first, second = deploy(MAIN, **FIRST), deploy(MAIN, **SECOND)

    late = {one.kind for one in made(second)} - {one.kind for one in made(first)}
    assert late == {
        "Microsoft.EventGrid/systemTopics",
        "Microsoft.EventGrid/systemTopics/eventSubscriptions",
        "Microsoft.Insights/actionGroups",
        "Microsoft.Insights/scheduledQueryRules",
    }
    assert "functionsDeployed=true" in first.outputs["NEXT"]
    assert "functionsDeployed" not in second.outputs["NEXT"]


def test_a_region_without_flex_consumption_is_refused_with_what_to_do() -> None:
    elsewhere = FIRST | {"location": "chinanorth3"}

    with pytest.raises(BicepError, match=r"known to be in chinanorth3\. Choose one of: .*eastus"):
        deploy(MAIN, **elsewhere)
    with pytest.raises(BicepError, match="=false; else with hostingPlan=Dedicated"):
        deploy(MAIN, **elsewhere)
    assert deploy(MAIN, **elsewhere, checkRegion=False).made


def test_where_there_is_no_flex_consumption_it_runs_on_a_plan_of_its_own() -> None:
    own, flex = deploy(MAIN, **SOVEREIGN), deploy(MAIN, **FIRST)
    config = only(own, "Microsoft.Web/sites").properties["siteConfig"]

    assert only(own, "Microsoft.Web/serverfarms").body["sku"]["tier"] != "FlexConsumption"
    assert (config["linuxFxVersion"], config["alwaysOn"]) == ("PYTHON|3.13", True)
    assert config["minTlsVersion"] == "1.2"
    more = app_settings(own).keys() - app_settings(flex).keys()
    assert {"FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION"} <= more
    assert not app_settings(flex).keys() - app_settings(own).keys()


def test_a_second_deployment_beside_the_first_shares_nothing_with_it() -> None:
    one, other = deploy(MAIN, **SECOND), deploy(MAIN, **(SECOND | {"environmentName": "test"}))

    assert {it.id for it in made(one)} & {it.id for it in made(other)} == set()
    roles = "Microsoft.Authorization/roleDefinitions"
    named = [{it.properties["roleName"] for it in made(each, roles)} for each in (one, other)]
    assert named[0] & named[1] == set()


def test_everything_that_can_bear_a_tag_says_whose_it_is(full: Deployment) -> None:
    for one in made(full):
        if "location" in one.body:
            assert one.body["tags"]["azd-env-name"] == "prod", one.origin


def test_azd_finds_what_its_file_names(full: Deployment) -> None:
    plan = yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))
    (service,) = plan["services"]

    assert only(full, "Microsoft.Web/sites").body["tags"]["azd-service-name"] == service
    assert (ROOT / plan["infra"]["path"] / f"{plan['infra']['module']}.bicep").resolve() == MAIN
    assert (ROOT / plan["services"][service]["project"] / "function_app.py").exists()
    scripts = {hook["run"] for hook in plan["hooks"].values() if "/" in hook["run"]}
    assert {ROOT / one for one in scripts} == set((INFRA / "hooks").iterdir())
    for one in scripts:
        assert (ROOT / one).stat().st_mode & 0o111, one
    assert "FUNCTIONS_DEPLOYED false" in plan["hooks"]["postdown"]["run"]


def test_every_parameter_can_be_given_by_azd_and_by_hand() -> None:
    declared = {one.name for one in deploy(MAIN, **FIRST).file.declarations if one.what == "param"}
    azd = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    by_hand = (INFRA / "by-hand.bicepparam").read_text("utf-8")

    assert set(azd) == declared
    assert set(re.findall(r"^param (\w+) =", by_hand, re.MULTILINE)) <= declared
    assert "using 'main.bicep'" in by_hand


def test_a_message_finds_a_thread_and_the_page_gives_every_number_with_its_reason(
    full: Deployment,
) -> None:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))
    queues, threads = host["extensions"]["queues"], "PYTHON_THREADPOOL_THREAD_COUNT"
    site = only(full, "Microsoft.Web/sites")
    most = site.properties["functionAppConfig"]["scaleAndConcurrency"]["maximumInstanceCount"]
    said = _leaves({one: host[one] for one in host if one != "version"})
    said |= {threads: app_settings(full)[threads], "maximumInstanceCount": str(most)}

    rows = documents.rows(documents.section("docs/deploy.md", "Storms"))

    assert {row[0].strip("`"): row[1].strip("`") for row in rows} == said
    assert all(row[2] for row in rows)
    at_once = queues["batchSize"] + queues["newBatchThreshold"]
    assert at_once == 12 <= int(said[threads])


def _leaves(value: Any, path: str = "") -> dict[str, str]:
    """Every value of nested objects by its dotted path."""
    if not isinstance(value, dict):
        return {path: str(value)}
    inner = (_leaves(one, f"{path}.{name}".lstrip(".")) for name, one in value.items())
    return {name: text for one in inner for name, text in one.items()}


def test_the_page_explains_every_parameter() -> None:
    azd = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    told = {
        (row[1].strip("`"), row[0].strip("`"))
        for row in documents.rows(documents.section("docs/deploy.md", "With azd"))
    }

    assert told == {(name, re.match(r"\$\{(\w+)", one["value"])[1]) for name, one in azd.items()}
