"""What is read about web apps and slots, and what a refusal leaves behind."""

import base64
from pathlib import Path
from typing import Any

import pytest

from shared.errors import BadInput, NotFound, PermissionMissing
from shared.model.evidence import PullAuth, PullMode, Unread, Via
from shared.model.ids import ResourceId
from tests.clinic import Clinic
from tests.evidence.examining import examine, find, told
from tests.simulator import estates


def config(scenario: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = find(scenario, "/sites/shop/config/web")["properties"]
    return properties


def test_a_web_app_tells_its_image_identity_addresses_and_status(tmp_path: Path) -> None:
    seen = examine(estates.blocked_web_app(), tmp_path)

    assert seen.image is not None
    assert seen.image.text == "contosoimages.azurecr.io/shop/web:4.2.1"
    assert isinstance(seen.workload.auth, PullAuth)
    assert seen.workload.auth.mode is PullMode.SYSTEM_IDENTITY
    assert not isinstance(seen.workload.egress, Unread)
    assert seen.workload.egress.addresses == estates.OUTBOUND
    assert seen.workload.egress.via is Via.PLATFORM
    assert told(seen, "may pull") == "yes"
    assert all(fact.source for fact in seen.facts)


def test_reads_that_are_refused_are_facts_and_not_crashes(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app(
        healer_actions=(
            "Microsoft.Web/sites/read",
            "Microsoft.Web/sites/config/read",
            "Microsoft.ContainerRegistry/registries/read",
        )
    )
    roles = [r for r in scenario["resources"] if r["type"].endswith("roleDefinitions")]
    assert roles
    scenario["resources"] = [
        r
        for r in scenario["resources"]
        if r["type"].endswith("roleDefinitions")
        or r.get("properties", {}).get("principalId") != scenario["healer"]["principalId"]
        or r["properties"]["roleDefinitionId"].lower().endswith(roles[0]["name"].lower())
    ]

    seen = examine(scenario, tmp_path)

    assert isinstance(seen.access, Unread)
    assert isinstance(seen.surroundings.locks, Unread)
    refused = [fact for fact in seen.facts if fact.value.startswith("not readable")]
    assert {"role assignments", "locks"} <= {fact.fact for fact in refused}
    assert all("403" in fact.value for fact in refused)


def test_a_site_that_may_not_be_read_or_is_gone_raises(tmp_path: Path) -> None:
    clinic = Clinic(estates.blocked_web_app(healer_actions=()), tmp_path)
    shop = clinic.only("sites")
    clinic.simulator.world.resources.delete(shop.text)

    with pytest.raises((NotFound, PermissionMissing)):
        examine(clinic.simulator.world.snapshot(), tmp_path, shop)


def test_what_is_no_workload_is_refused(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()

    with pytest.raises(BadInput, match="pulls no images"):
        examine(scenario, tmp_path, "contosoimages")


@pytest.mark.parametrize(
    ("fx", "note"),
    [
        ("", "no container is configured"),
        ("PYTHON|3.12", "built-in stack"),
        ("COMPOSE|%%%", "compose file"),
        ("COMPOSE|" + base64.b64encode(b"services: [1]").decode(), "compose file"),
        ("DOCKER|", "container 'main'"),
        ("DOCKER|contoso.azurecr.io/<script>:1", "container 'main'"),
    ],
)
def test_a_configuration_without_an_image_says_so(fx: str, note: str, tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    config(scenario)["linuxFxVersion"] = fx

    seen = examine(scenario, tmp_path)

    assert seen.image is None
    assert seen.registry is None
    assert note in seen.workload.note


def test_every_image_of_a_compose_app_is_seen_and_the_one_complained_of_is_judged(
    tmp_path: Path,
) -> None:
    scenario = estates.blocked_web_app()
    compose = (
        b"services:\n  cache: {image: 'redis:7'}\n"
        b"  front: {image: 'other.azurecr.io/front:1'}\n"
        b"  web: {image: 'contosoimages.azurecr.io/shop/web:4.2.1'}\n"
    )
    config(scenario)["linuxFxVersion"] = "COMPOSE|" + base64.b64encode(compose).decode()

    seen = examine(scenario, tmp_path, text="Image pull for contosoimages.azurecr.io/shop/web")

    assert [image.container for image in seen.workload.images] == ["cache", "front", "web"]
    assert seen.image is not None
    assert seen.image.container == "web"


def test_a_sidecar_app_signs_in_as_its_main_container_says(tmp_path: Path) -> None:
    scenario = estates.blocked_web_app()
    config(scenario)["linuxFxVersion"] = "sitecontainers"
    site = find(scenario, "/providers/Microsoft.Web/sites/shop")
    scenario["resources"] += [
        {
            "id": f"{site['id']}/sitecontainers/{name}",
            "name": name,
            "type": "Microsoft.Web/sites/sitecontainers",
            "properties": {"image": image, "isMain": main, "authType": auth},
        }
        for name, image, main, auth in (
            ("metrics", "docker.io/library/busybox:1", False, "Anonymous"),
            ("web", "contosoimages.azurecr.io/shop/web:4.2.1", True, "SystemIdentity"),
        )
    ]

    seen = examine(scenario, tmp_path)

    assert seen.image is not None
    assert seen.image.container == "web"
    assert isinstance(seen.workload.auth, PullAuth)
    assert seen.workload.auth.mode is PullMode.SYSTEM_IDENTITY


def test_app_settings_leave_only_names_and_harmless_values_behind(tmp_path: Path) -> None:
    scenario = estates.rotated_password()

    seen = examine(scenario, tmp_path)

    secrets = [
        value
        for settings in scenario["appSettings"].values()
        for name, value in settings.items()
        if "PASSWORD" in name
    ]
    assert secrets
    assert isinstance(seen.workload.auth, PullAuth)
    assert seen.workload.auth.mode is PullMode.CREDENTIALS
    assert not any(secret in repr(seen) for secret in secrets)


def test_a_premium_v4_plan_has_no_address_to_admit(tmp_path: Path) -> None:
    seen = examine(estates.premium_v4_web_app(), tmp_path)

    assert not isinstance(seen.workload.egress, Unread)
    assert seen.workload.egress.addresses == ()
    assert not seen.workload.egress.stable


def test_a_routed_app_leaves_through_its_nat_gateway_s_addresses_and_prefixes(
    tmp_path: Path,
) -> None:
    def build(estate: estates.Estate) -> None:
        estates.add_nat_web_app(estate, prefix="20.61.18.48/30")

    estate = estates.Estate()
    build(estate)

    seen = examine(estate.scenario(), tmp_path)

    assert not isinstance(seen.workload.egress, Unread)
    assert seen.workload.egress.via is Via.NAT_GATEWAY
    assert set(seen.workload.egress.addresses) == {estates.NAT, "20.61.18.48/30"}
    assert seen.workload.egress.owner is not None


@pytest.mark.parametrize(
    ("routing", "setting", "expected"),
    [
        ({"imagePullTraffic": False}, None, False),
        ({"imagePullTraffic": True}, None, True),
        ({"imagePullTraffic": False, "allTraffic": True}, None, True),
        ({"imagePullTraffic": False, "applicationTraffic": True}, None, False),
        ({"imagePullTraffic": False}, "1", "unread"),
    ],
)
def test_only_what_routes_image_pulls_routes_image_pulls(
    routing: dict[str, bool], setting: str | None, expected: bool | str, tmp_path: Path
) -> None:
    scenario = estates.nat_web_app()
    site = find(scenario, "/providers/Microsoft.Web/sites/orders")
    site["properties"]["outboundVnetRouting"] = routing
    if setting:
        scenario["appSettings"][site["id"]] = {"WEBSITE_PULL_IMAGE_OVER_VNET": setting}

    routed = examine(scenario, tmp_path).workload.pulls_over_vnet

    assert ("unread" if isinstance(routed, Unread) else routed) == expected


def test_an_id_in_an_answer_that_is_no_id_does_not_stop_the_look(tmp_path: Path) -> None:
    scenario = estates.nat_web_app()
    find(scenario, "/sites/orders")["properties"]["virtualNetworkSubnetId"] = "/not/an/id"

    seen = examine(scenario, tmp_path)

    assert seen.workload.subnet is None
    assert isinstance(seen.workload.id, ResourceId)
