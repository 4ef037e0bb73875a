"""Which cloud: by name, or as a resource manager of its own describes it, over a real socket."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.clients import cloud
from shared.errors import BadInput, Unreachable
from tests.receivers import Post
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
    with pytest.raises(
        Unreachable, match=r"which cloud it belongs to: .*; see whether MEDIC_CLOUD"
    ):
        cloud.find("https://localhost:9")


@pytest.mark.parametrize(
    ("status", "words", "said"),
    [
        (200, "{}", "does not describe a cloud; see whether MEDIC_CLOUD is"),
        (200, "<html>", "see whether MEDIC_CLOUD is a resource manager's address"),
        (404, "{}", "see whether MEDIC_CLOUD is a resource manager's address"),
    ],
)
def test_an_address_of_something_else_is_told_with_the_setting_to_look_at(
    status: int, words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Post.opened(tmp_path) as shop:
        shop.answer, shop.words = status, words
        for name, value in shop.env.items():
            monkeypatch.setenv(name, value)

        with pytest.raises(Unreachable, match=said):
            cloud.find("https://shop.example")


@pytest.mark.parametrize("name", ["Mars", "http://localhost:1", ""])
def test_anything_else_is_bad_input_that_names_the_clouds(name: str) -> None:
    with pytest.raises(BadInput, match="AzureCloud, AzureChinaCloud, AzureUSGovernment"):
        cloud.find(name)
