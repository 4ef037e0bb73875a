"""
The real az CLI, unmodified, against the simulated Azure.

Needs an installed azure-cli (PyPI), found by the environment variable AZ or on the PATH; it is far
too large to be installed by the suite.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.estates import ACR_PULL, Estate, guid
from tests.simulator.server import Endpoints, running
from tests.simulator_tests.core_estate import HEALER, OWNER

AZ = os.environ.get("AZ") or shutil.which("az")
pytestmark = [
    pytest.mark.skipif(
        AZ is None, reason="no az command: put azure-cli on the PATH or name it in the variable AZ"
    ),
    pytest.mark.usefixtures("off_the_record"),
]
Az = Callable[..., Any]


def _estate() -> Estate:
    estate = Estate(clock=None)
    registry = estate.registry("contosoimages", deny=True, allow=("198.51.100.0/28",))
    image = estate.image(registry, "shop/web", "4.2.1")
    estate.site("shop", image=image, outbound=("203.0.113.10",))
    catalog = estate.registry("contosocatalog")
    soft_delete = {"status": "enabled", "retentionDays": 7}
    catalog["properties"]["policies"]["softDeletePolicy"] = soft_delete
    estate.image(catalog, "catalog/web", "3.0.9", pushed="2026-07-01T08:00:00Z")
    host = estate.image(catalog, "catalog/web", "3.1.0").partition("/")[0]
    gone = {"digest": f"sha256:{'0' * 64}", "deleted": "2026-08-01T10:00:00Z"}
    estate.parts["deletedImages"] = {host: {"catalog/web": {"3.2.0": gone}}}
    estate.assign(HEALER, OWNER, estate.subscription)
    return estate


@pytest.fixture(scope="module", params=["registered cloud", "forward proxy"])
def az(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Az]:
    """The command, signed in as the healer; results are parsed JSON."""
    home = tmp_path_factory.mktemp("az")
    with running(_estate().scenario()) as (endpoints, _):
        command = _command(endpoints, home)
        if request.param == "registered cloud":
            command("cloud", "register", "-n", "Sim", "--endpoint-resource-manager", endpoints.arm)
            command("cloud", "set", "-n", "Sim")
        command("login", "--identity")
        yield command


def _command(endpoints: Endpoints, home: Path) -> Az:
    environment = {
        **os.environ,
        **endpoints.env,
        "AZURE_CONFIG_DIR": str(home),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
    }

    def run(*words: str) -> Any:
        done = subprocess.run(
            [str(AZ), *words, "-o", "json"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_the_account_is_the_scenarios_subscription(az: Az) -> None:
    account = az("account", "show")

    assert account["id"] == _estate().subscription.split("/")[2]
    assert account["user"]["name"] == "systemAssignedIdentity"


def test_a_registry_is_shown_and_its_network_rules_change(az: Az) -> None:
    assert az("acr", "show", "-n", "contosoimages")["loginServer"] == "contosoimages.azurecr.io"

    def addresses() -> list[str]:
        rules = az("acr", "network-rule", "list", "-n", "contosoimages")["ipRules"]
        return [rule["ipAddressOrRange"] for rule in rules]

    rule = ("-n", "contosoimages", "--ip-address", "203.0.113.10")
    az("acr", "network-rule", "add", *rule)
    assert addresses() == ["198.51.100.0/28", "203.0.113.10"]
    az("acr", "network-rule", "remove", *rule)
    assert addresses() == ["198.51.100.0/28"]


def test_a_web_app_and_its_container_settings_are_shown(az: Az) -> None:
    site = ("-g", "web-shop", "-n", "shop")

    assert az("webapp", "show", *site)["state"] == "Running"
    settings = {
        one["name"]: one["value"] for one in az("webapp", "config", "container", "show", *site)
    }
    assert settings["DOCKER_CUSTOM_IMAGE_NAME"].endswith("contosoimages.azurecr.io/shop/web:4.2.1")


def test_a_pull_role_is_assigned_and_listed(az: Az) -> None:
    registry = az("acr", "show", "-n", "contosoimages")["id"]
    app = guid("an app of the az test")

    made = az(
        *("role", "assignment", "create", "--role", "AcrPull", "--scope", registry),
        *("--assignee-object-id", app, "--assignee-principal-type", "ServicePrincipal"),
    )
    listed = az("role", "assignment", "list", "--scope", registry)

    assert made["roleDefinitionId"].endswith(ACR_PULL)
    assert [(one["principalId"], one["roleDefinitionName"]) for one in listed] == [(app, "AcrPull")]


def test_a_registrys_tags_and_an_images_attributes_are_shown(az: Az) -> None:
    repository = ("-n", "contosocatalog", "--repository", "catalog/web")

    tags = az("acr", "repository", "show-tags", *repository, "--orderby", "time_desc")
    image = az("acr", "repository", "show", "-n", "contosocatalog", "--image", "catalog/web:3.1.0")

    assert tags == ["3.1.0", "3.0.9"]
    assert image["changeableAttributes"]["readEnabled"] is True
    assert az("acr", "repository", "list", "-n", "contosocatalog") == ["catalog/web"]


def test_what_was_deleted_softly_is_listed(az: Az) -> None:
    listed = az("acr", "manifest", "list-deleted-tags", "-r", "contosocatalog", "-n", "catalog/web")

    assert [one["tag"] for one in listed] == ["3.2.0"]
