"""
A scan and a patrol cost what is broken, not what is there: the pages acquit whoever is well.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared import signals
from shared.model.signal import Signal
from shared.model.words import State
from shared.pipeline import patrol, scan
from tests.clinic import Clinic
from tests.simulator import alerts
from tests.simulator.estates import healthy_cases
from tests.simulator.estates.cases import OFFICE
from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.services import resourcegraph
from tests.simulator.world import Resource

SHELVES = 3


def pulls(estate: Estate, name: str, acr: Resource, *addresses: str, role: bool = True) -> None:
    site = estate.site(name, image=estate.image(acr, f"shop/{name}", "1.0"), outbound=addresses)
    if role:
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])


def estate_of(healthy: int) -> dict[str, Any]:
    """So many web apps that can pull, from three registries; one that is kept out of its registry,
    and one that has no role there."""
    estate = Estate()
    shelves = [
        estate.registry(f"contoso{number}", deny=True, allow=(*OFFICE, "20.50.2.0/24"))
        for number in range(SHELVES)
    ]
    for number in range(healthy):
        pulls(estate, f"well-{number}", shelves[number % SHELVES], f"20.50.2.{number + 1}")
    pulls(estate, "kept-out", shelves[0], "20.50.9.9")
    pulls(estate, "powerless", shelves[1], "20.50.2.77", role=False)
    return estate.scenario()


def sent(clinic: Clinic) -> Counter[str]:
    """Requests so far: pages of Resource Graph, and others to the resource manager."""
    urls = [str(one["liveRequest"]["url"]) for one in clinic.simulator.traffic]
    arm = [url for url in urls if url.startswith("https://management.azure.com/")]
    return Counter("pages" if "Microsoft.ResourceGraph" in url else "others" for url in arm)


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Counter[str]]:
    """What a scan asks the resource manager for, by the number of healthy workloads."""
    found = {}
    for healthy in (6, 60):
        clinic = Clinic(estate_of(healthy), tmp_path_factory.mktemp("scan"))
        seen = scan(medic=clinic.medic)
        assert (seen.workloads, seen.read) == (healthy + 2, 2)
        told = {
            one.resource.name: one.diagnosis and one.diagnosis.finding for one in seen.incidents
        }
        assert told == {
            "kept-out": "firewall-missing-egress",
            "powerless": "pull-role-missing",
        }
        assert clinic.writes == []
        found[healthy] = sent(clinic)
    return found


def test_what_a_scan_asks_for_does_not_grow_with_the_workloads_that_are_well(
    costs: dict[int, Counter[str]],
) -> None:
    assert costs[60] == costs[6]


def test_nearly_all_of_it_is_about_the_two_that_are_not(
    costs: dict[int, Counter[str]], tmp_path: Path
) -> None:
    clinic = Clinic(estate_of(60), tmp_path)
    for name in ("kept-out", "powerless"):
        clinic.heal(clinic.id(name, "sites"), id=name)

    assert costs[60]["others"] <= sent(clinic)["others"]


def test_a_patrol_of_a_healthy_estate_is_nothing_but_pages(tmp_path: Path) -> None:
    clinic = Clinic(estate_of(60), tmp_path)
    for name in ("kept-out", "powerless"):
        clinic.simulator.world.resources.delete(clinic.id(name, "sites").text)

    assert patrol(medic=clinic.medic) == ()
    assert sent(clinic) == {"pages": 3}


def test_small_pages_are_read_to_the_end(tmp_path: Path) -> None:
    clinic = Clinic(estate_of(60), tmp_path)
    resourcegraph.paged(clinic.simulator.world, 25)

    seen = scan(medic=clinic.medic)

    assert (seen.workloads, seen.read) == (62, 2)


def test_more_pages_than_azure_allows_at_once_are_asked_for_in_its_own_time(
    tmp_path: Path,
) -> None:
    clinic = Clinic(estate_of(60), tmp_path)
    resourcegraph.paged(clinic.simulator.world, 5)  # fifteen questions in five seconds
    heard: list[Signal] = []

    patrol(medic=clinic.medic, hand_on=heard.append)

    assert {one.resource.name for one in heard} == {"kept-out", "powerless"}
    assert sent(clinic)["pages"] > 15
    assert {one["liveResponse"]["statusCode"] for one in clinic.simulator.traffic} == {200}


def test_the_alert_about_what_a_patrol_found_is_followed_under_its_own_id(tmp_path: Path) -> None:
    """An alert about a container app names a workspace, so its incident starts as a search."""
    clinic = Clinic(healthy_cases.working("app"), tmp_path)
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    registry["properties"]["networkRuleSet"]["ipRules"] = []
    app = clinic.only("containerapps")
    patrol(medic=clinic.medic)
    waiting = clinic.medic.store.find_open(app)
    assert waiting is not None
    assert clinic.load(waiting).state is State.HELD

    clinic.pull(app)
    payload = alerts.alert(clinic.simulator.world, app.text)
    heard = signals.from_alert(json.dumps(payload).encode(), now=clinic.medic.now()).accepted
    id = clinic.medic.receive(heard[0])
    clinic.deliver(heard)

    assert clinic.load(waiting).state is State.CLOSED
    assert clinic.load(id).resource == app
    assert clinic.load(id).state is State.VERIFYING
    assert len(clinic.writes) == 1
