"""Alerts that name only a workspace: who was given an incident's id can follow it to the end."""

import json
from pathlib import Path

import pytest

from shared import signals
from shared.model.incident import Incident
from shared.model.signal import SignalKind
from shared.model.words import State
from shared.pipeline import sweep
from tests.clinic import Clinic
from tests.simulator import alerts, estates


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    """Five workloads of different kinds, two of them failing."""
    clinic = Clinic(estates.seeds()["default"], tmp_path)
    for name in ("shop", "basket"):
        clinic.pull(clinic.id(name))
    return clinic


def of_basket(clinic: Clinic, *, workspace_only: bool = False) -> signals.Intake:
    """The alert Azure Monitor sends about the container app: rows of its kind carry names alone."""
    payload = alerts.alert(clinic.simulator.world, clinic.id("basket").text)
    if workspace_only:
        payload["data"]["alertContext"]["condition"]["allOf"][0]["dimensions"] = []
    return signals.from_alert(json.dumps(payload).encode(), now=clinic.medic.now())


def incidents(clinic: Clinic) -> dict[str, Incident]:
    return {one.resource.name: one for one in clinic.medic.store.page().incidents}


def test_the_search_becomes_the_incident_of_the_workload_the_alert_names(clinic: Clinic) -> None:
    accepted = of_basket(clinic).accepted
    assert [signal.kind for signal in accepted] == [SignalKind.SEARCH]
    id = clinic.medic.receive(accepted[0])

    clinic.deliver(accepted)

    followed = clinic.load(id)
    assert followed.resource == clinic.id("basket")
    assert followed.state is State.EXPLAINED
    assert followed.host == "container-app"
    assert set(incidents(clinic)) == {"basket", "shop"}


def test_delivered_again_the_alert_finds_its_incident_and_opens_no_other(clinic: Clinic) -> None:
    accepted = of_basket(clinic).accepted
    clinic.deliver(accepted)
    before = incidents(clinic)

    clinic.deliver(accepted)

    assert clinic.medic.receive(accepted[0]) == before["basket"].id
    assert {one.id for one in incidents(clinic).values()} == {one.id for one in before.values()}


def test_where_every_failing_workload_is_known_the_search_says_so_and_ends(clinic: Clinic) -> None:
    known = clinic.medic.receive(clinic.signal(clinic.id("shop"), id="a"))
    other = clinic.medic.receive(clinic.signal(clinic.id("basket"), id="b"))
    accepted = of_basket(clinic, workspace_only=True).accepted
    id = clinic.medic.receive(accepted[0])

    clinic.deliver(accepted)

    search = clinic.load(id)
    assert search.state is State.CLOSED
    assert known in search.timeline[-1].text
    assert other in search.timeline[-1].text


def test_a_search_whose_message_was_lost_is_done_by_the_sweep(clinic: Clinic) -> None:
    id = clinic.medic.receive(of_basket(clinic).accepted[0])

    clinic.advance(11 * 60)
    sweep(medic=clinic.medic)

    assert set(incidents(clinic)) == {"basket", "shop"}
    assert clinic.load(id).state is not State.RECEIVED
