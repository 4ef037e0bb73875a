"""dns-zone-link over the wire: a link of its own, made once, and taken away with nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared import execution
from shared.errors import Conflict, PermissionMissing, Unreachable
from shared.model.plan import Outcome
from shared.pipeline.looking import look
from tests.clinic import Clinic
from tests.simulator.estates import private_cases as cases

LINK = "virtualNetworkLinks/pulls-from-spoke"
PUT = {"method": "PUT", "path": "virtualNetworkLinks"}


class Ward:
    """A container app whose network does not ask the zone, and the one step that links it."""

    def __init__(self, place: Path, **options: Any) -> None:
        self.clinic = Clinic(cases.private("app", linked=False, **options), place)
        self.app = self.clinic.find("shop")
        signal = self.clinic.signal(self.app)
        seen = look(signal, azure=self.clinic.azure(), medic=self.clinic.medic)
        (self.step,) = seen.plan.steps
        self.zone = str(self.step.target)
        self.network = self.step.after["link"]["virtualNetwork"]["id"]

    def apply(self) -> Outcome:
        return execution.apply(self.step, azure=self.clinic.azure())

    def undo(self, outcome: Outcome) -> Outcome:
        return execution.undo(outcome, azure=self.clinic.azure())

    def change(self, method: str, id: str, properties: Any = None) -> None:
        body = {"location": "global", "properties": properties}
        content = b"" if properties is None else json.dumps(body).encode()
        answer = self.clinic.simulator.change(method, id, content)
        assert answer.status < 300, answer.body
        self.clinic.advance(5)

    @property
    def links(self) -> dict[str, dict[str, Any]]:
        kind = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
        found = self.clinic.simulator.world.resources.of_type(kind)
        return {one["name"]: one["properties"] for one in found}

    def pulls(self) -> bool:
        return bool(self.clinic.pull(self.app)["ok"])


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def test_the_link_is_made_registers_nothing_and_falls_back_to_public_names(ward: Ward) -> None:
    assert not ward.pulls()

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (True, False)
    ((name, link),) = ward.links.items()
    assert name.startswith("pulls-from-spoke-")
    assert link["virtualNetwork"]["id"] == ward.network
    assert link["registrationEnabled"] is False
    assert link["resolutionPolicy"] == "NxDomainRedirect"
    assert ward.pulls()
    assert ward.clinic.writes == [f"PUT {ward.zone}/virtualNetworkLinks/{name}"]


def test_twice_equals_once(ward: Ward) -> None:
    ward.apply()

    again = ward.apply()

    assert (again.changed, again.failed) == (False, False)
    assert len(ward.clinic.writes) == 1


def test_a_link_somebody_else_made_meanwhile_stays_and_is_not_ours(ward: Ward) -> None:
    ward.change("PUT", f"{ward.zone}/virtualNetworkLinks/theirs", _to(ward.network))

    outcome = ward.apply()
    undone = ward.undo(outcome)

    assert (outcome.changed, undone.changed) == (False, False)
    assert list(ward.links) == ["theirs"]
    assert ward.clinic.writes == []


def test_a_link_of_our_name_to_another_network_is_left_alone(ward: Ward) -> None:
    name = ward.step.after["link"]["name"]
    ward.change("PUT", f"{ward.zone}/virtualNetworkLinks/{name}", _to(f"{ward.network}2"))

    outcome = ward.apply()

    assert "another network" in outcome.detail
    assert (outcome.changed, outcome.failed) == (False, True)
    assert ward.clinic.writes == []


def test_a_link_made_in_the_very_moment_before_ours_is_not_replaced(ward: Ward) -> None:
    link = f"{ward.zone}/virtualNetworkLinks/{ward.step.after['link']['name']}"
    handle = ward.clinic.simulator.handle
    done: list[bool] = []

    def raced(request: Any) -> Any:
        if request.method == "PUT" and not done:
            done.append(True)
            ward.change("PUT", link, {**_to(ward.network), "registrationEnabled": True})
        return handle(request)

    ward.clinic.simulator.handle = raced  # type: ignore[method-assign]

    with pytest.raises(Exception, match="412"):
        ward.apply()
    assert [one["registrationEnabled"] for one in ward.links.values()] == [True]


def test_a_record_that_changed_since_the_plan_stops_the_link(ward: Ward) -> None:
    record = next(
        one
        for one in ward.clinic.simulator.world.resources.of_type(
            "Microsoft.Network/privateDnsZones/A"
        )
    )
    record["properties"]["aRecords"] = [{"ipv4Address": "10.20.9.77"}]

    outcome = ward.apply()

    assert "10.20.9.77" in outcome.detail
    assert (outcome.changed, outcome.failed) == (False, True)
    assert ward.clinic.writes == []


def test_a_network_that_asks_its_own_name_servers_now_is_not_linked(ward: Ward) -> None:
    network = ward.clinic.simulator.world.resources.get(ward.network)
    assert network is not None
    network["properties"]["dhcpOptions"] = {"dnsServers": ["10.99.0.4"]}

    outcome = ward.apply()

    assert "10.99.0.4" in outcome.detail
    assert ward.clinic.writes == []


def test_a_network_linked_to_another_zone_of_the_name_is_refused_by_azure(ward: Ward) -> None:
    twin = ward.zone.replace("/platform/", "/web-shop/")
    ward.change("PUT", f"{ward.zone}/virtualNetworkLinks/spare", _to(f"{ward.network}2"))
    world = ward.clinic.simulator.world
    world.resources.put({"id": twin, "name": "z", "type": "z", "properties": {}})
    world.resources.put(
        {
            "id": f"{twin}/virtualNetworkLinks/other",
            "name": "other",
            "type": "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
            "properties": _to(ward.network) | {"virtualNetworkLinkState": "Completed"},
        }
    )

    with pytest.raises(Conflict, match="already linked"):
        ward.apply()


def test_the_right_to_join_the_network_is_named_where_it_is_missing(tmp_path: Path) -> None:
    kind = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
    ward = Ward(tmp_path, healer_actions=("*/read", f"{kind}/write"))

    with pytest.raises(PermissionMissing, match="virtualNetworks/join/action"):
        ward.apply()
    assert ward.links == {}


def test_a_link_whose_making_was_cut_off_is_found_again(ward: Ward) -> None:
    ward.clinic.simulator.faults.add({"match": PUT, "times": 1, "drop": "after"})

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (True, False)
    assert len(ward.links) == 1


def test_a_link_that_never_arrived_says_so(ward: Ward) -> None:
    ward.clinic.simulator.faults.add({"match": PUT, "times": 1, "drop": "before"})

    with pytest.raises(Unreachable):
        ward.apply()
    assert ward.links == {}


def test_an_interrupted_link_is_settled_and_can_be_taken_back(ward: Ward) -> None:
    azure = ward.clinic.azure()
    assert execution.settle(ward.step, azure=azure) is None
    ward.apply()

    settled = execution.settle(ward.step, azure=azure)

    assert settled is not None
    assert ward.undo(settled).changed
    assert ward.links == {}


def test_undo_deletes_the_own_link_and_no_other(ward: Ward) -> None:
    ward.change("PUT", f"{ward.zone}/virtualNetworkLinks/hub", _to(f"{ward.network}-hub"))
    outcome = ward.apply()

    undone = ward.undo(outcome)

    assert (undone.changed, undone.failed) == (True, False)
    assert list(ward.links) == ["hub"]
    assert [write.split()[0] for write in ward.clinic.writes] == ["PUT", "DELETE"]


def test_a_link_somebody_changed_since_is_not_deleted(ward: Ward) -> None:
    outcome = ward.apply()
    link = f"{ward.zone}/virtualNetworkLinks/{outcome.after['link']['name']}"
    ward.change("PUT", link, {**_to(ward.network), "resolutionPolicy": "Default"})

    with pytest.raises(Conflict, match="changed since"):
        ward.undo(outcome)
    assert len(ward.links) == 1


def _to(network: str) -> dict[str, Any]:
    return {"virtualNetwork": {"id": network}, "registrationEnabled": False}
