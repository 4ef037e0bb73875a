"""Which cloud: by name, or as a resource manager of its own describes it, over a real socket."""

from dataclasses import replace

import pytest

from shared.clients import cloud
from shared.errors import BadInput, Unreachable
from tests.simulator.estates import healthy_web_app
from tests.simulator.server import running

NAMES = ("AzureCloud", "AzureChinaCloud", "AzureUSGovernment")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("off_the_record")
def test_a_resource_manager_describes_the_cloud_that_its_name_stands_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = cloud.find(name)

    with running(healthy_web_app() | {"cloud": name}) as (endpoints, _):
        for variable, value in endpoints.env.items():
            monkeypatch.setenv(variable, value)
        described = cloud.find(f"{endpoints.arm}/")

    assert replace(described, name=name, arm=known.arm, arm_audience=known.arm_audience) == known
    assert described.arm == endpoints.arm


def test_an_address_where_nobody_answers_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="which cloud it belongs to"):
        cloud.find("https://localhost:9")


@pytest.mark.parametrize("name", ["Mars", "http://localhost:1", ""])
def test_anything_else_is_bad_input_that_names_the_clouds(name: str) -> None:
    with pytest.raises(BadInput, match="AzureCloud, AzureChinaCloud, AzureUSGovernment"):
        cloud.find(name)
