"""Microsoft.Web in the resource manager: sites, slots, settings; a write starts the app."""

from typing import Any

import pytest
from azure.mgmt.web import WebSiteManagementClient

from tests.simulator import estates, platform
from tests.simulator.azure import Simulator
from tests.simulator.siterows import PLATFORM
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator_tests.asking import WEB, ask, of

SITE = "Microsoft.Web/sites"


def arranged(scenario: dict[str, Any]) -> tuple[Simulator, str]:
    return Simulator(scenario), of(scenario, SITE)["id"]


def pulls(simulator: Simulator) -> int:
    """How often the platform tried to pull so far."""
    rows_ = simulator.world.tables.get(PLATFORM, [])
    return sum("Action: PullingImage" in row["Message"] for row in rows_)


def test_the_sdk_reads_a_site_its_configuration_and_its_settings() -> None:
    simulator, id = arranged(estates.rotated_password())
    client = WebSiteManagementClient(
        SimulatedCredential(simulator),
        simulator.world.subscriptions[0],
        transport=SimulatedTransport(simulator),
    )

    site = client.web_apps.get("web-shop", "shop")
    config = client.web_apps.get_configuration("web-shop", "shop")
    settings = client.web_apps.list_application_settings("web-shop", "shop")
    plan = client.app_service_plans.get("web-shop", "plan-p1v3")

    assert site.id == id
    assert config.linux_fx_version == "DOCKER|contosoimages.azurecr.io/shop/web:4.2.1"
    assert settings.properties is not None
    assert settings.properties["DOCKER_REGISTRY_SERVER_USERNAME"] == "contosoimages"
    assert plan.sku is not None
    assert plan.sku.name == "P1v3"


def test_a_site_lists_its_slots_and_a_group_its_sites_without_them() -> None:
    simulator, id = arranged(estates.blocked_slot())
    group = id.split("/providers/")[0]

    sites = ask(simulator, "GET", f"{group}/providers/{SITE}", version=WEB).body["value"]
    slots = ask(simulator, "GET", f"{id}/slots", version=WEB).body["value"]
    slot = ask(simulator, "GET", f"{id}/slots/staging", version=WEB).body

    assert [site["name"] for site in sites] == ["shop"]
    assert [one["name"] for one in slots] == ["shop/staging"]
    assert slot["identity"]["principalId"] != sites[0]["identity"]["principalId"]


def test_premium_v4_lists_no_addresses() -> None:
    simulator, id = arranged(estates.premium_v4_web_app())

    properties = ask(simulator, "GET", id, version=WEB).body["properties"]

    assert properties["outboundIpAddresses"] == properties["possibleOutboundIpAddresses"] == ""


def test_old_versions_tell_the_routing_in_flags() -> None:
    simulator, id = arranged(estates.nat_web_app())

    old = ask(simulator, "GET", id, version="2024-04-01").body["properties"]
    new = ask(simulator, "GET", id, version="2024-11-01").body["properties"]

    assert old["vnetImagePullEnabled"] is True
    assert "outboundVnetRouting" not in old
    assert new["outboundVnetRouting"]["imagePullTraffic"] is True
    assert "vnetImagePullEnabled" not in new


def test_the_whole_site_put_back_changes_its_routing_and_keeps_its_identity() -> None:
    simulator, id = arranged(estates.private_web_app(routed=False))
    site = ask(simulator, "GET", id, version=WEB).body
    site["properties"]["outboundVnetRouting"]["imagePullTraffic"] = True

    answer = ask(simulator, "PUT", id, site, version=WEB)

    assert answer.status == 200
    assert answer.body["properties"]["outboundVnetRouting"]["imagePullTraffic"] is True
    assert answer.body["identity"] == site["identity"]
    assert platform.pull(simulator.world, id)["ok"]


def test_object_ids_are_azures_to_give() -> None:
    simulator, id = arranged(estates.healthy_web_app())
    first = ask(simulator, "GET", id, version=WEB).body["identity"]["principalId"]

    ids = []
    for kind in ("SystemAssigned", "None", "SystemAssigned"):
        body = {"identity": {"type": kind, "principalId": "33333333-0000-4000-8000-000000000003"}}
        answer = ask(simulator, "PATCH", id, body, version=WEB)
        ids.append(answer.body["identity"].get("principalId"))

    assert ids[:2] == [first, None]
    assert ids[2] not in (None, first, "33333333-0000-4000-8000-000000000003")
    assert platform.pull(simulator.world, id)["stage"] == "role"


def test_a_patch_does_not_know_the_routing() -> None:
    simulator, id = arranged(estates.private_web_app(routed=False))
    body = {"properties": {"outboundVnetRouting": {"imagePullTraffic": True}}}

    answer = ask(simulator, "PATCH", id, body, version=WEB)

    assert answer.status == 200
    assert answer.body["properties"]["outboundVnetRouting"]["imagePullTraffic"] is False


def test_writing_a_site_in_a_subnet_needs_the_right_to_join_it() -> None:
    scenario = estates.nat_web_app(
        healer_actions=("*/read", "Microsoft.Web/sites/write", "Microsoft.Web/sites/config/*")
    )
    simulator, id = arranged(scenario)
    healer = scenario["healer"]["principalId"]
    site = ask(simulator, "GET", id, version=WEB, principal=healer).body

    refused = ask(simulator, "PUT", id, site, version=WEB, principal=healer)

    assert (refused.status, refused.body["error"]["code"]) == (403, "LinkedAuthorizationFailed")
    assert "subnets/join/action" in refused.body["error"]["message"]


def test_settings_are_replaced_whole_and_start_the_app() -> None:
    simulator, id = arranged(estates.rotated_password())
    settings = ask(simulator, "POST", f"{id}/config/appsettings/list", version=WEB).body
    settings["properties"]["DOCKER_REGISTRY_SERVER_PASSWORD"] = "first-password"

    ask(simulator, "PUT", f"{id}/config/appsettings", settings, version=WEB)
    simulator.world.advance(5)

    last = simulator.world.tables[PLATFORM][-1]["Message"]
    assert last.startswith("State: Started")
    only = ask(
        simulator, "PUT", f"{id}/config/appsettings", {"properties": {"A": "1"}}, version=WEB
    )
    assert only.body["properties"] == {"A": "1"}


def test_telling_the_app_to_use_its_identity_starts_it() -> None:
    scenario = estates.healthy_web_app()
    of(scenario, f"{SITE}/config")["properties"]["acrUseManagedIdentityCreds"] = False
    simulator, id = arranged(scenario)
    stage = platform.pull(simulator.world, id)["stage"]

    body = {"properties": {"acrUseManagedIdentityCreds": True}}
    answer = ask(simulator, "PATCH", f"{id}/config/web", body, version=WEB)
    simulator.world.advance(5)

    assert stage == "credential"
    assert answer.body["id"] == id
    assert answer.body["name"] == "shop"
    assert answer.body["properties"]["linuxFxVersion"].startswith("DOCKER|")
    assert simulator.world.tables[PLATFORM][-1]["Message"].startswith("State: Started")


def test_restart_pulls_and_stop_start_too_but_a_stopped_site_does_not_restart() -> None:
    simulator, id = arranged(estates.healthy_web_app())

    counts = []
    for operation in ("restart", "stop", "restart", "start"):
        assert ask(simulator, "POST", f"{id}/{operation}", version=WEB).status == 200
        counts.append(pulls(simulator))

    assert counts == [1, 1, 1, 2]


def test_site_status_tells_what_happened() -> None:
    simulator, id = arranged(estates.blocked_web_app())
    before = ask(simulator, "GET", f"{id}/siteStatus", version=WEB).body["properties"]
    platform.pull(simulator.world, id)

    after = ask(simulator, "GET", f"{id}/siteStatus", version=WEB).body["properties"]
    instance = after[0]["instanceId"]
    one = ask(simulator, "GET", f"{id}/siteStatus/{instance}", version=WEB).body["properties"]
    names = ask(simulator, "GET", f"{id}/instances", version=WEB).body["value"]

    assert before[0]["state"] == "Started"
    assert before[0]["lastErrorTimestamp"] == "0001-01-01T00:00:00"
    assert one == after[0]
    assert one["lastError"] == "ImagePullUnauthorizedFailure"
    assert "contosoimages.azurecr.io/shop/web:4.2.1" in one["lastErrorDetails"]
    assert [item["name"] for item in names] == [instance]


@pytest.mark.parametrize(
    ("reference", "status"),
    [
        ("@Microsoft.KeyVault(nonsense)", "InvalidSyntax"),
        ("@Microsoft.KeyVault(VaultName=none;SecretName=acr)", "VaultNotFound"),
    ],
)
def test_a_reference_tells_how_it_resolves(reference: str, status: str) -> None:
    scenario = estates.healthy_web_app()
    simulator, id = arranged(scenario)
    simulator.world.app_settings[id.lower()] = {"PASSWORD": reference, "PLAIN": "x"}
    below = f"{id}/config/configreferences/appsettings"

    listed = ask(simulator, "GET", below, version=WEB).body["value"]
    one = ask(simulator, "GET", f"{below}/PASSWORD", version=WEB).body
    plain = ask(simulator, "GET", f"{below}/PLAIN", version=WEB)

    assert [item["name"] for item in listed] == ["PASSWORD"]
    assert one["properties"]["status"] == status
    assert (plain.status, plain.body["Code"]) == (404, "NotFound")


def test_a_sidecars_password_is_not_shown() -> None:
    scenario = estates.healthy_web_app()
    simulator, id = arranged(scenario)
    simulator.world.resources.put(
        {
            "id": f"{id}/sitecontainers/main",
            "name": "main",
            "type": f"{SITE}/sitecontainers",
            "properties": {"image": "a.azurecr.io/b:1", "isMain": True, "passwordSecret": "p"},
        }
    )

    listed = ask(simulator, "GET", f"{id}/sitecontainers", version=WEB).body["value"]

    assert listed[0]["properties"] == {"image": "a.azurecr.io/b:1", "isMain": True}


def test_scaling_out_starts_every_running_site_of_the_plan() -> None:
    simulator, id = arranged(estates.healthy_web_app())
    plan = ask(simulator, "GET", id, version=WEB).body["properties"]["serverFarmId"]
    body = {"location": "West Europe", "sku": {"name": "P1v3", "capacity": 2}}

    answer = ask(simulator, "PUT", plan, body, version=WEB)

    assert answer.body["sku"]["capacity"] == 2
    assert pulls(simulator) == 1


def test_a_swap_exchanges_images_and_both_sides_pull() -> None:
    scenario = estates.blocked_slot()
    configs = [one for one in scenario["resources"] if one["type"].endswith("/config")]
    configs[1]["properties"]["linuxFxVersion"] = "DOCKER|contosoimages.azurecr.io/shop/web:next"
    simulator, id = arranged(scenario)

    answer = ask(simulator, "POST", f"{id}/slotsswap", {"targetSlot": "staging"}, version=WEB)
    web = ask(simulator, "GET", f"{id}/config/web", version=WEB).body

    assert answer.status == 200
    assert web["properties"]["linuxFxVersion"].endswith(":next")
    assert pulls(simulator) == 2


def test_a_deleted_site_is_not_found() -> None:
    simulator, id = arranged(estates.healthy_web_app())

    ask(simulator, "DELETE", id, version=WEB)
    gone = ask(simulator, "GET", f"{id}/config/web", version=WEB)

    assert (gone.status, gone.body["error"]["code"]) == (404, "ResourceNotFound")
