"""Non-Entra tokens of a registry sign in: while enabled, and for their repositories."""

from typing import Any

import pytest

from tests.simulator import pull, workloads
from tests.simulator.estates import Estate
from tests.simulator.world import World


def scenario(**token: Any) -> dict[str, Any]:
    """A web app that signs in with a token for shop/web."""
    estate = Estate()
    acr = estate.registry("contosoimages")
    image = estate.image(acr, "shop/web", "4.2.1")
    site = estate.site("shop", image=image, outbound=("20.50.2.11",), identity=False)
    kind = "Microsoft.ContainerRegistry/registries"
    scope_map = f"{acr['id']}/scopeMaps/shop-pulls"
    actions = [f"repositories/{token.pop('repository', 'shop/web')}/content/read"]
    estate.add(scope_map, f"{kind}/scopeMaps", {"type": "UserDefined", "actions": actions})
    properties = {"scopeMapId": scope_map, "status": "enabled", **token}
    estate.add(f"{acr['id']}/tokens/puller", f"{kind}/tokens", properties)
    estate.parts["passwords"][f"{acr['id']}/tokens/puller"] = ["one", "two"]
    estate.settings(
        site,
        DOCKER_REGISTRY_SERVER_URL="https://contosoimages.azurecr.io",
        DOCKER_REGISTRY_SERVER_USERNAME="puller",
        DOCKER_REGISTRY_SERVER_PASSWORD="two",
    )
    return estate.scenario()


def pulled(given: dict[str, Any]) -> pull.Pull:
    world = World.load(given)
    (site,) = world.resources.of_type("Microsoft.Web/sites")
    workload = workloads.find(world, site["id"])
    assert workload is not None
    return pull.attempt(world, workload)[0]


def test_either_password_of_a_token_pulls_what_its_scope_map_names() -> None:
    assert pulled(scenario()).ok


@pytest.mark.parametrize("wrong", [{"status": "disabled"}, {"repository": "shop/other"}])
def test_a_disabled_token_or_one_for_another_repository_is_refused(wrong: dict[str, str]) -> None:
    refused = pulled(scenario(**wrong))

    assert (refused.stage, refused.why) == ("credential", "refused")


def test_a_wrong_password_is_refused() -> None:
    given = scenario()
    (settings,) = given["appSettings"].values()
    settings["DOCKER_REGISTRY_SERVER_PASSWORD"] = "three"

    assert pulled(given).stage == "credential"
