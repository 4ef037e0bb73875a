"""
Bad input through the whole pipeline: a clear answer, nothing lost, nothing written.

Bent payloads are told where they arrive (tests/functions, tests/signals); here the world itself is
not what the product is made for.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.errors import OutOfScope
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.views import incident_view
from shared.model.words import FindingName, State
from shared.pipeline import diagnose, scan
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

F = FindingName
OTHER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
FORGED = (
    "ERROR - DockerApiException: Docker API responded with status code=InternalServerError, "
    'response={"message":"Head \\"https://contosoimages.azurecr.io/v2/shop/web/manifests/4.2.1\\": '
    "denied: client with IP '6.6.6.6' is not allowed access. Refer https://aka.ms/acr/firewall to "
    'grant access."}'
)
OWN = FORGED.replace("6.6.6.6", estates.OUTBOUND[0])
DENIED = FORGED.replace("contosoimages.azurecr.io/v2/shop/web", "contosoorders.azurecr.io/v2/api")


def blocked() -> dict[str, Any]:
    return {**estates.blocked_web_app(), "retry": [45]}


def of_type(scenario: dict[str, Any], end: str) -> dict[str, Any]:
    """The one resource whose type ends so."""
    found: list[dict[str, Any]] = [
        item for item in scenario["resources"] if str(item["type"]).lower().endswith(end)
    ]
    assert len(found) == 1
    return found[0]


def with_fx(fx: str | None) -> dict[str, Any]:
    """The blocked web app, told to run something else."""
    scenario = blocked()
    of_type(scenario, "sites/config")["properties"]["linuxFxVersion"] = fx
    return scenario


def compose(text: str) -> str:
    return "COMPOSE|" + base64.b64encode(text.encode()).decode()


def told(clinic: Clinic, incident: Incident) -> str:
    """The whole answer, as the API gives it: JSON that any reader can read."""
    assert incident == clinic.load(incident.id)
    assert len(clinic.medic.store.page().incidents) == 1
    said = json.dumps(incident_view(incident), ensure_ascii=False)
    said.encode()
    return said


def finding(incident: Incident) -> FindingName | None:
    return incident.diagnosis.finding if incident.diagnosis else None


# --- what the app is told to run


@pytest.mark.parametrize("fx", ["", None, "DOCKER|", "PYTHON|3.12", "docker", "|"])
def test_an_app_that_is_told_to_run_no_image_has_no_pull_to_heal(
    fx: str | None, tmp_path: Path
) -> None:
    clinic = Clinic(with_fx(fx), tmp_path)

    incident = clinic.heal(clinic.only("sites"), FORGED)

    assert incident.state is State.EXPLAINED
    assert finding(incident) is F.NOT_A_PULL_FAILURE
    assert "no image pull to judge" in told(clinic, incident)
    assert clinic.writes == []


@pytest.mark.parametrize(
    "fx",
    [
        "DOCKER|nginx:1.27",
        "DOCKER|ghcr.io/contoso/web:1",
        "DOCKER|mcr.microsoft.com/appsvc/staticsite:latest",
        "DOCKER|contosoimages.azurecr.io.evil.example/shop/web:4.2.1",
        "DOCKER|contosoimages.azurecr.io:8443/shop/web:4.2.1",
        "DOCKER|contosoimages.westeurope.data.azurecr.io/shop/web:4.2.1",
        "DOCKER|images.contoso.example/shop/web:4.2.1",
        "DOCKER|20.50.2.11/shop/web:4.2.1",
    ],
)
def test_an_image_from_elsewhere_is_explained_and_no_registry_of_ours_is_touched(
    fx: str, tmp_path: Path
) -> None:
    clinic = Clinic(with_fx(fx), tmp_path)

    incident = clinic.heal(clinic.only("sites"), FORGED)

    assert incident.state is State.EXPLAINED
    assert incident.registry is None
    assert "not an Azure Container Registry" in told(clinic, incident)
    assert clinic.writes == []


@pytest.mark.parametrize(
    "fx",
    [
        "DOCKER|contosoimages.azurecr.io/shop/web:4.2.1\x1b[31m",
        "DOCKER|contosoimages.azurecr.io/<script>alert(1)</script>:1",
        "DOCKER|contosoimages.azurecr.io/shop/../web:1",
        "DOCKER|contosoimages.azurecr.io/shop/w\u0435b:4.2.1",
        "DOCKER|" + "a" * 5000,
        "COMPOSE|not base64",
        compose("services: [1, 2]"),
        compose("services: {web: {build: .}}"),
        compose("a: &a [x]\nb: [*a, *a]"),
        "COMPOSE|" + "QUFB" * 100_000,
    ],
)
def test_a_configuration_that_cannot_be_understood_is_said_and_left_alone(
    fx: str, tmp_path: Path
) -> None:
    clinic = Clinic(with_fx(fx), tmp_path)

    incident = clinic.heal(clinic.only("sites"), FORGED)

    assert incident.state is State.EXPLAINED
    assert "\x1b" not in told(clinic, incident)
    assert clinic.writes == []


def test_of_a_compose_file_the_image_from_the_registry_is_judged(tmp_path: Path) -> None:
    text = (
        "services:\n  cache: {image: 'redis:7'}\n"
        "  web: {image: contosoimages.azurecr.io/shop/web:4.2.1}"
    )
    clinic = Clinic(with_fx(compose(text)), tmp_path)

    incident = clinic.heal(clinic.only("sites"), OWN)

    assert incident.image == "contosoimages.azurecr.io/shop/web:4.2.1"
    assert finding(incident) is F.FIREWALL_MISSING_EGRESS
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_sidecar_containers_that_may_not_be_listed_are_not_guessed(tmp_path: Path) -> None:
    clinic = Clinic(with_fx("sitecontainers"), tmp_path)
    clinic.simulator.faults.add({"match": {"path": "/sitecontainers"}, "times": 99, "status": 403})

    incident = clinic.heal(clinic.only("sites"), FORGED)

    assert incident.state is State.EXPLAINED
    assert "403" in told(clinic, incident)
    assert clinic.writes == []


# --- whose registry it is


def test_a_registry_of_another_tenant_is_not_visible_and_never_guessed_from_its_name(
    tmp_path: Path,
) -> None:
    """Ours has the name, the image has the host: only the login server counts."""
    scenario = with_fx("DOCKER|contosoimages-h4sh.azurecr.io/shop/web:4.2.1")
    clinic = Clinic(scenario, tmp_path)

    incident = clinic.heal(clinic.only("sites"), FORGED)

    assert incident.state is State.EXPLAINED
    assert finding(incident) is F.REGISTRY_NOT_FOUND
    assert incident.registry is None
    assert "owned by somebody else" in told(clinic, incident)
    assert clinic.writes == []


def test_two_registries_that_claim_one_login_server_are_nobodys(tmp_path: Path) -> None:
    scenario = blocked()
    real = of_type(scenario, "/registries")
    twin = json.loads(json.dumps(real).replace("/registries/contosoimages", "/registries/evil"))
    scenario["resources"].append({**twin, "name": "evil"})
    clinic = Clinic(scenario, tmp_path)

    incident = clinic.heal(clinic.only("sites"), FORGED)

    assert incident.state is State.EXPLAINED
    assert "2 registries claim" in told(clinic, incident)
    assert clinic.writes == []


def in_two_subscriptions() -> dict[str, Any]:
    """The registry lives in another subscription, where the healer may do the same."""
    scenario = blocked()
    (first,) = scenario["subscriptions"]
    here = f"/subscriptions/{first}/resourceGroups/platform"
    registry = "/providers/Microsoft.ContainerRegistry"
    text = json.dumps(scenario).replace(
        here + registry, f"/subscriptions/{OTHER}/resourceGroups/platform{registry}"
    )
    scenario = json.loads(text)
    scenario["subscriptions"].append(OTHER)
    (group,) = [item for item in scenario["resources"] if item["id"] == here]
    scenario["resources"].append({**group, "id": group["id"].replace(first, OTHER)})
    healer = scenario["healer"]["principalId"]
    for item in list(scenario["resources"]):
        assigned = str(item["type"]).endswith("roleAssignments")
        if assigned and item["properties"]["principalId"] == healer:
            again = json.loads(json.dumps(item).replace(f"/subscriptions/{first}", "<>"))
            role = item["properties"]["roleDefinitionId"]
            again = json.loads(json.dumps(again).replace("<>", f"/subscriptions/{OTHER}"))
            again["properties"]["roleDefinitionId"] = role
            scenario["resources"].append(again)
    return scenario


def test_a_registry_in_another_subscription_is_healed_when_the_settings_name_both(
    tmp_path: Path,
) -> None:
    clinic = Clinic(in_two_subscriptions(), tmp_path)

    incident = clinic.heal(clinic.only("sites"))

    assert incident.state is State.VERIFYING, told(clinic, incident)
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_a_registry_in_a_subscription_the_settings_do_not_name_does_not_exist_for_us(
    tmp_path: Path,
) -> None:
    scenario = in_two_subscriptions()
    clinic = Clinic(scenario, tmp_path, subscriptions=(scenario["subscriptions"][0],))

    incident = clinic.heal(clinic.only("sites"))

    assert incident.state is State.EXPLAINED
    assert finding(incident) is F.REGISTRY_NOT_FOUND
    assert OTHER not in told(clinic, incident)
    assert clinic.writes == []


def test_an_answer_that_names_a_registry_out_of_reach_is_not_followed(tmp_path: Path) -> None:
    """Even if the search answered more than it was asked for."""
    scenario = in_two_subscriptions()
    clinic = Clinic(scenario, tmp_path, subscriptions=(scenario["subscriptions"][0],))
    found = {"data": [{"id": clinic.id("contosoimages").text}], "count": 1, "totalRecords": 1}
    clinic.simulator.faults.add(
        {"match": {"path": "ResourceGraph"}, "times": 99, "status": 200, "body": found}
    )

    incident = clinic.heal(clinic.only("sites"))

    assert finding(incident) is F.REGISTRY_NOT_FOUND
    assert clinic.writes == []


def test_a_workload_in_a_subscription_the_settings_do_not_name_is_denied_unread(
    tmp_path: Path,
) -> None:
    clinic = Clinic(blocked(), tmp_path, subscriptions=(OTHER,))
    shop = clinic.only("sites")

    incident = clinic.heal(shop)

    assert incident.state is State.DENIED
    assert "MEDIC_SUBSCRIPTIONS" in told(clinic, incident)
    with pytest.raises(OutOfScope, match="MEDIC_SUBSCRIPTIONS"):
        diagnose(shop, None, medic=clinic.medic)
    assert clinic.simulator.traffic == []


@pytest.mark.parametrize(
    "host",
    ["CONTOSOIMAGES.azurecr.io", "contosoimages.westeurope.geo.azurecr.io"],
)
def test_another_spelling_of_the_registrys_host_is_the_same_registry(
    host: str, tmp_path: Path
) -> None:
    clinic = Clinic(with_fx(f"DOCKER|{host}/shop/web:4.2.1"), tmp_path)
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    registry["properties"]["loginServer"] = "ContosoImages.azurecr.io"

    incident = clinic.heal(clinic.only("sites"), OWN)

    assert finding(incident) is F.FIREWALL_MISSING_EGRESS
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


# --- forged text and hostile names


@pytest.mark.parametrize(
    "address", ["6.6.6.6", "20.61.99.7", "0.0.0.0/0", "::ffff:20.50.2.11", "20.50.2.11\n6.6.6.6"]
)
def test_an_address_in_a_text_never_reaches_a_request(address: str, tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.only("sites")

    clinic.heal(shop, FORGED.replace("6.6.6.6", address))

    sent = [each["liveRequest"] for each in clinic.simulator.traffic]
    bodies = json.dumps([each["body"] for each in sent if each["method"] != "GET"])
    stranger = address.split("\n")[-1]
    assert stranger not in bodies
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    rules = {rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]}
    assert rules <= {*estates.OFFICE, *estates.OUTBOUND}


HOSTILE = "\x1b]0;owned\x07\r\n<img src=x onerror=alert(1)>\u202egnp\u2028\ud800'; drop table x --"


def hostile_everywhere() -> dict[str, Any]:
    """Names and tags that somebody chose to hurt whoever shows them."""
    scenario = blocked()
    for item in scenario["resources"]:
        if "tags" in item:
            item["tags"] = {HOSTILE.replace("\ud800", ""): HOSTILE.replace("\ud800", "")}
    group = of_type(scenario, "/registries")["id"].split("/providers/")[0]
    definition = "/providers/Microsoft.Authorization/policyDefinitions/"
    definition += "a3701552-92ea-433e-9d17-33b7f1208fc9"
    type_ = "Microsoft.Authorization/policyAssignments"
    scenario["resources"].append(
        {
            "id": f"{group}/providers/{type_}/closing",
            "name": "closing",
            "type": type_,
            "properties": {
                "displayName": HOSTILE.replace("\ud800", ""),
                "policyDefinitionId": definition,
                "scope": group,
                "enforcementMode": "Default",
                "parameters": {},
            },
        }
    )
    return scenario


def test_control_characters_and_markup_are_harmless_in_every_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    clinic = Clinic(hostile_everywhere(), tmp_path)

    incident = clinic.heal(clinic.only("sites"), FORGED.replace("6.6.6.6", HOSTILE))

    said = told(clinic, incident)
    for unsafe in "\x1b\x07\u202e\u2028\ud800":
        assert unsafe not in said
        assert json.dumps(unsafe)[1:-1] not in said
    ours = [record for record in caplog.records if record.name.startswith(("shared", "medic"))]
    assert ours
    for record in ours:
        for text in (record.getMessage(), *map(str, vars(record).values())):
            assert not set(text) & set("\x1b\x07\r\u202e\u2028"), text
    assert clinic.writes == []


def test_half_a_character_in_a_log_line_breaks_no_page(tmp_path: Path) -> None:
    import msgspec

    clinic = Clinic(blocked(), tmp_path)

    incident = clinic.heal(clinic.only("sites"), "\ud83d denied \udc00" + FORGED)

    assert msgspec.json.encode(incident_view(clinic.load(incident.id)))
    assert not [write for write in clinic.writes if "6.6.6.6" in write]


# --- what is not there any more


def gone(name: str) -> Callable[[Clinic], None]:
    def remove(clinic: Clinic) -> None:
        clinic.simulator.world.resources.delete(clinic.id(name).text)

    return remove


def test_a_registry_deleted_meanwhile_is_explained(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    clinic.pull(clinic.only("sites"))
    gone("contosoimages")(clinic)

    incident = clinic.heal(clinic.only("sites"))

    assert incident.state is State.EXPLAINED
    assert finding(incident) is F.REGISTRY_NOT_FOUND
    assert clinic.writes == []


def test_a_scan_names_what_it_cannot_read_and_goes_on(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop: ResourceId = clinic.only("sites")
    clinic.simulator.faults.add({"match": {"path": "/sites/shop$"}, "times": 99, "status": 403})

    found = scan(medic=clinic.medic)

    assert [incident.resource for incident in found.incidents] == [shop]
    assert "403" in found.incidents[0].timeline[-1].text
    assert found.workloads == 1
    assert clinic.writes == []


# --- ways out that cannot be proven


@pytest.mark.parametrize(
    ("prefix", "hop"),
    [
        ("0.0.0.0/0", "VirtualAppliance"),
        ("0.0.0.0/0", "VirtualNetworkGateway"),
        ("0.0.0.0/1", "VirtualAppliance"),
        ("AzureContainerRegistry", "VirtualAppliance"),
        ("AzureContainerRegistry.WestEurope", "VirtualNetworkGateway"),
        ("20.0.0.0/8", "VirtualAppliance"),
    ],
)
def test_a_route_that_leads_elsewhere_proves_no_way_out(
    prefix: str, hop: str, tmp_path: Path
) -> None:
    clinic = Clinic(routed(prefix, hop), tmp_path)

    incident = clinic.heal(clinic.only("sites"), DENIED)

    assert finding(incident) is F.FIREWALL_EGRESS_UNPROVABLE, told(clinic, incident)
    assert prefix in told(clinic, incident)
    assert clinic.writes == []


def test_a_route_into_nowhere_is_named_before_the_firewall_behind_it(tmp_path: Path) -> None:
    clinic = Clinic(routed("0.0.0.0/0", "None"), tmp_path)

    incident = clinic.heal(clinic.only("sites"), DENIED)

    assert finding(incident) is F.CLIENT_SIDE_BLOCK, told(clinic, incident)
    assert "drops what is for the registry" in told(clinic, incident)
    assert clinic.writes == []


@pytest.mark.parametrize(
    ("prefix", "hop"),
    [("10.20.0.0/16", "VirtualAppliance"), ("0.0.0.0/0", "Internet"), ("10.0.0.0/8", "VnetLocal")],
)
def test_a_route_for_private_traffic_leaves_the_way_out_as_it_is(
    prefix: str, hop: str, tmp_path: Path
) -> None:
    clinic = Clinic(routed(prefix, hop), tmp_path)

    clinic.heal(clinic.only("sites"))

    assert clinic.writes == [f"PATCH {clinic.id('contosoorders')}"]


def routed(prefix: str, hop: str) -> dict[str, Any]:
    """A web app behind a NAT gateway whose subnet has one route of its own."""
    scenario = estates.nat_web_app()
    type_ = "Microsoft.Network/routeTables"
    (network,) = [r for r in scenario["resources"] if r["type"].endswith("/virtualNetworks")]
    id = network["id"].split("/providers/")[0] + f"/providers/{type_}/table"
    next_ip = {"nextHopIpAddress": "10.9.0.4"} if hop == "VirtualAppliance" else {}
    route = {"addressPrefix": prefix, "nextHopType": hop, **next_ip}
    routes = [{"name": "away", "properties": route}]
    scenario["resources"].append(
        {
            "id": id,
            "name": "table",
            "type": type_,
            "location": "westeurope",
            "properties": {"routes": routes, "provisioningState": "Succeeded"},
        }
    )
    for subnet in network["properties"].get("subnets", []):
        subnet["properties"]["routeTable"] = {"id": id}
    for item in scenario["resources"]:
        if item["type"].endswith("/subnets"):
            item["properties"]["routeTable"] = {"id": id}
    return scenario


def test_a_nat_gateway_in_a_subscription_the_settings_do_not_name_is_not_used(
    tmp_path: Path,
) -> None:
    scenario = estates.nat_web_app()
    (first,) = scenario["subscriptions"]
    text = json.dumps(scenario)
    (gateway,) = [r["id"] for r in scenario["resources"] if r["type"].endswith("/natGateways")]
    text = text.replace(f'{{"id": "{gateway}"}}', f'{{"id": "{gateway.replace(first, OTHER)}"}}')
    clinic = Clinic(json.loads(text), tmp_path, subscriptions=(first,))

    incident = clinic.heal(clinic.only("sites"), DENIED)

    assert finding(incident) is F.FIREWALL_EGRESS_UNPROVABLE
    assert "MEDIC_SUBSCRIPTIONS" in told(clinic, incident)
    assert clinic.writes == []


# --- a registry that is not as usual


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"networkRuleSet": None}, State.EXPLAINED),
        ({"provisioningState": "Updating"}, State.HELD),
        ({"provisioningState": "Failed"}, State.HELD),
        ({"anonymousPullEnabled": True}, State.HELD),
        ({"anonymousPullEnabled": None}, State.HELD),
        ({"publicNetworkAccess": None}, State.HELD),
        ({"publicNetworkAccess": "SecuredByPerimeter"}, State.EXPLAINED),
    ],
)
def test_a_registry_that_is_not_as_usual_is_left_alone(
    change: dict[str, Any], state: State, tmp_path: Path
) -> None:
    scenario = blocked()
    of_type(scenario, "/registries")["properties"].update(change)
    clinic = Clinic(scenario, tmp_path)

    incident = clinic.heal(clinic.only("sites"), OWN)

    assert incident.state is state, told(clinic, incident)
    assert clinic.writes == []


@pytest.mark.parametrize(
    "usage",
    [
        {"value": []},
        {"value": None},
        {},
        {"value": [{"name": "Size", "limit": 5, "currentValue": 1, "unit": "Bytes"}]},
        {"value": [{"name": "IPRules", "currentValue": 1, "unit": "Count"}]},
        {"value": [{"name": "IPRules", "limit": 100, "currentValue": 87, "unit": "Count"}]},
        {"value": [{"name": "IPRules", "limit": 200, "currentValue": 187, "unit": "Count"}]},
    ],
)
def test_without_proven_room_for_rules_nothing_is_written(
    usage: dict[str, Any], tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path)
    clinic.simulator.faults.add(
        {"match": {"path": "/listUsages"}, "times": 99, "status": 200, "body": usage}
    )

    incident = clinic.heal(clinic.only("sites"))

    assert incident.state is State.HELD, told(clinic, incident)
    assert clinic.writes == []


@pytest.mark.parametrize(
    "outbound",
    [
        "20.50.2.11,2603:1020::1",
        "0.0.0.0/0,20.50.2.11",
        "10.0.0.0/8,20.50.2.11",
        "20.50.0.0/16",
        "168.63.129.16",
        "not an address",
        "20.50.2.11/24",
    ],
)
def test_addresses_no_rule_may_admit_hold_the_whole_plan(outbound: str, tmp_path: Path) -> None:
    scenario = blocked()
    properties = of_type(scenario, "web/sites")["properties"]
    properties["outboundIpAddresses"] = properties["possibleOutboundIpAddresses"] = outbound
    clinic = Clinic(scenario, tmp_path)

    incident = clinic.heal(clinic.only("sites"), OWN)

    assert incident.state in (State.HELD, State.EXPLAINED), told(clinic, incident)
    assert clinic.writes == []


@pytest.mark.parametrize("outbound", [" 20.50.2.11 ,20.50.2.11,,20.50.2.11/32", ",20.50.2.11,"])
def test_repeated_and_empty_addresses_are_one_rule_each(outbound: str, tmp_path: Path) -> None:
    scenario = blocked()
    of_type(scenario, "web/sites")["properties"]["outboundIpAddresses"] = outbound
    clinic = Clinic(scenario, tmp_path)

    clinic.heal(clinic.only("sites"))

    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    rules = [rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]]
    assert rules == [*estates.OFFICE, "20.50.2.11"]
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_a_list_of_locks_that_goes_on_elsewhere_counts_as_unread(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=GENEROUS)
    page = {"value": [], "nextLink": "https://elsewhere.example/locks?page=2"}
    clinic.simulator.faults.add(
        {"match": {"path": "/locks"}, "times": 99, "status": 200, "body": page}
    )

    incident = clinic.heal(clinic.only("sites"))

    assert incident.state is State.HELD
    assert "the locks could not be read" in told(clinic, incident)
    assert clinic.writes == []


def test_an_answer_about_another_app_is_refused_before_anything_is_judged(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path)
    shop = clinic.only("sites")
    site = clinic.simulator.world.resources.get(shop.text)
    assert site is not None
    other = json.loads(json.dumps(site).replace("/sites/shop", "/sites/crown-jewels"))
    clinic.simulator.faults.add(
        {"match": {"path": "/sites/shop$"}, "times": 9, "status": 200, "body": other}
    )

    incident = clinic.heal(shop)

    assert incident.state is State.EXPLAINED
    assert incident.resource == shop
    assert clinic.writes == []
