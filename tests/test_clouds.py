"""The page on sovereign clouds says what the product knows of each, and what is shown in it."""

from collections import defaultdict
from types import SimpleNamespace

from shared.clients import cloud
from shared.evidence import private_zones
from shared.planning.advice import blocked
from shared.settings import CLOUDS
from shared.store import tables
from tests import documents
from tests.matrix.rows import STORIES

PAGE = "docs/clouds.md"


def test_what_is_asked_where_is_as_the_product_has_it() -> None:
    told = {row[0]: row[1:] for row in documents.rows(documents.marked(PAGE, "clouds"))}
    clouds = [cloud.find(name) for name in CLOUDS]

    assert told == {
        "resource manager": [f"`{one.arm}`" for one in clouds],
        "sign-in": [f"`{one.authority}`" for one in clouds],
        "logs": [f"`{one.logs}`" for one in clouds],
        "registries": [f"`{one.registry_suffix}`" for one in clouds],
        "private zone": [f"`{_zone(one)}`" for one in clouds],
        "token for the store's tables": [f"`{_audience(one)}`" for one in clouds],
    }


def test_the_stories_are_told_in_the_clouds_the_page_names() -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for story in STORIES:
        told[f"`{story.world()['cloud']}`"].add(f"`{story.finding}`")
    del told["`AzureCloud`"]

    rows = documents.rows(documents.marked(PAGE, "stories"))

    assert {row[0]: row[1] for row in rows} == {
        name: " ".join(sorted(findings)) for name, findings in told.items()
    }


def test_what_advice_names_in_china_is_what_the_page_names() -> None:
    storage, sign_in, images = blocked._CLOUDS["azurecr.cn"]

    page = documents.text(PAGE)
    assert all(f"`{host}`" in page for host in (storage, sign_in[0], images[0], blocked._OTHER[0]))


def _zone(one: cloud.Cloud) -> str:
    registry = SimpleNamespace(login_server=f"contoso{one.registry_suffix}")
    return private_zones.suffix(registry)  # type: ignore[arg-type]


def _audience(one: cloud.Cloud) -> str:
    ends = (value for suffix, value in tables._AUDIENCES.items() if one.arm.endswith(suffix))
    return next(ends, tables._AUDIENCE)
