"""What is pulled: tags, digests, platforms, several images, every cloud."""

import base64
from typing import Any

import pytest

from tests.simulator import estates, pull, workloads
from tests.simulator.pull import Pull
from tests.simulator.world import World
from tests.simulator_tests.asking import change, of

REGISTRY = "Microsoft.ContainerRegistry/registries"


def pulls(scenario: dict[str, Any]) -> list[Pull]:
    world = World.load(scenario)
    workload = workloads.find(world, estates.workloads_of(scenario)[0])
    assert workload is not None
    return pull.attempt(world, workload)


def attempt(scenario: dict[str, Any]) -> Pull:
    return pulls(scenario)[-1]


def config(scenario: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = of(scenario, "Microsoft.Web/sites/config")["properties"]
    return properties


@pytest.mark.parametrize(
    ("more", "reference", "stage"),
    [
        ({}, "shop/web:4.2.1", None),
        ({}, "shop/web:9.9.9", "image"),
        ({}, "shop/other:4.2.1", "image"),
        ({}, "shop/web@sha256:" + "0" * 64, "image"),
        ({"locked": True}, "shop/web:4.2.1", "image"),
        ({"quarantined": True}, "shop/web:4.2.1", "image"),
        ({"platforms": ["linux/arm64"]}, "shop/web:4.2.1", "platform"),
        ({"platforms": ["windows/amd64", "linux/amd64"]}, "shop/web:4.2.1", None),
    ],
)
def test_what_the_repository_holds_decides_last(
    more: dict[str, Any], reference: str, stage: str | None
) -> None:
    scenario = estates.healthy_web_app()
    server = "contosoimages.azurecr.io"
    scenario["images"][server]["shop/web"]["4.2.1"] |= more
    config(scenario)["linuxFxVersion"] = f"DOCKER|{server}/{reference}"

    assert attempt(scenario).stage == stage


def test_a_digest_finds_its_image_whatever_the_tag() -> None:
    scenario = estates.healthy_web_app()
    server = "contosoimages.azurecr.io"
    digest = scenario["images"][server]["shop/web"]["4.2.1"]["digest"]
    config(scenario)["linuxFxVersion"] = f"DOCKER|{server}/shop/web@{digest}"

    assert attempt(scenario).ok


def test_of_several_images_the_first_that_fails_decides() -> None:
    scenario = estates.healthy_web_app()
    server = "contosoimages.azurecr.io"
    compose = (
        "services:\n"
        f"  web: {{image: '{server}/shop/web:4.2.1'}}\n"
        f"  cache: {{image: '{server}/shop/cache:1'}}\n"
        f"  never: {{image: '{server}/shop/never:1'}}\n"
    )
    config(scenario)["linuxFxVersion"] = "COMPOSE|" + base64.b64encode(compose.encode()).decode()

    seen = pulls(scenario)

    assert [(one.image.container, one.stage) for one in seen] == [("web", None), ("cache", "image")]


@pytest.mark.parametrize(
    ("properties", "stage"),
    [
        ({"authType": "SystemIdentity"}, None),
        ({"authType": "Anonymous"}, "credential"),
        ({"authType": "UserCredentials", "userName": "x", "passwordSecret": "y"}, "credential"),
        ({"authType": "UserAssigned", "userManagedIdentityClientId": "nobody"}, "identity"),
    ],
)
def test_sidecars_sign_in_by_themselves(properties: dict[str, Any], stage: str | None) -> None:
    scenario = estates.healthy_web_app()
    site = of(scenario, "Microsoft.Web/sites")
    config(scenario)["linuxFxVersion"] = "sitecontainers"
    image = "contosoimages.azurecr.io/shop/web:4.2.1"
    scenario["resources"].append(
        {
            "id": f"{site['id']}/sitecontainers/main",
            "name": "main",
            "type": "Microsoft.Web/sites/sitecontainers",
            "properties": {"image": image, "isMain": True, **properties},
        }
    )

    assert attempt(scenario).stage == stage


def test_init_containers_are_pulled_first() -> None:
    scenario = estates.blocked_container_app()
    change(of(scenario, REGISTRY), networkRuleSet={"defaultAction": "Allow", "ipRules": []})
    template = of(scenario, "Microsoft.App/containerApps")["properties"]["template"]
    template["initContainers"] = [{"name": "migrate", "image": "contosoimages.azurecr.io/none:1"}]

    seen = pulls(scenario)

    assert [(one.image.container, one.stage) for one in seen] == [("migrate", "image")]


@pytest.mark.parametrize("cloud", ["AzureCloud", "AzureChinaCloud", "AzureUSGovernment"])
def test_every_cloud_pulls_from_its_own_hosts(cloud: str) -> None:
    scenario = estates.healthy_web_app(cloud=cloud)

    assert attempt(scenario).ok
    assert attempt(estates.private_web_app(cloud=cloud)).ok
    assert attempt(estates.blocked_web_app(cloud=cloud)).stage == "network-rules"


@pytest.mark.parametrize(("known", "stage"), [(True, "role"), (False, "dns")])
def test_a_registry_out_of_sight_lets_no_identity_of_ours_in(known: bool, stage: str) -> None:
    scenario = estates.healthy_web_app()
    scenario["resources"] = [
        one for one in scenario["resources"] if not one["type"].startswith(REGISTRY)
    ]
    if not known:
        scenario["images"] = {}

    assert attempt(scenario).stage == stage


@pytest.mark.parametrize(
    ("image", "stage"),
    [
        ("mcr.microsoft.com/azuredocs/containerapps-helloworld:latest", None),
        ("nginx:1.29", None),
        ("quay.io/prometheus/busybox", None),
        ("registry.fabrikam.example/web:1", "dns"),
        ("gone.azurecr.io/web:1", "dns"),
    ],
)
def test_a_public_registry_everybody_knows_is_there_without_being_listed(
    image: str, stage: str | None
) -> None:
    scenario = estates.healthy_web_app()
    config(scenario)["linuxFxVersion"] = f"DOCKER|{image}"

    assert attempt(scenario).stage == stage


def test_a_public_registry_that_is_listed_holds_what_is_listed() -> None:
    scenario = estates.healthy_web_app()
    scenario["images"]["docker.io"] = {"library/nginx": {"1.29": {"digest": "sha256:" + "1" * 64}}}
    config(scenario)["linuxFxVersion"] = "DOCKER|nginx:1.30"

    assert attempt(scenario).stage == "image"
