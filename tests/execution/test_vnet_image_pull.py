"""vnet-image-pull through real SDK clients: one switch, and everything else as it was."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from shared import execution
from shared.errors import Conflict, PermissionMissing, Unreachable
from shared.model.ids import ResourceId
from shared.model.plan import Outcome
from shared.pipeline.looking import look
from tests.clinic import Clinic
from tests.simulator.estates import private_cases as cases
from tests.simulator.wire import Response

PUT = {"method": "PUT", "path": "/sites/shop"}


class Ward:
    """A web app beside a proven private path, and the one step that sends its pulls there."""

    def __init__(self, place: Path, scenario: dict[str, Any] | None = None) -> None:
        self.clinic = Clinic(scenario or cases.private(routed=False), place)
        self.shop = self.clinic.find("shop")
        signal = self.clinic.signal(self.shop)
        seen = look(signal, azure=self.clinic.azure(), medic=self.clinic.medic)
        (self.step,) = seen.plan.steps
        self.before = copy.deepcopy(self.site)

    @property
    def site(self) -> dict[str, Any]:
        found = self.clinic.simulator.world.resources.get(str(self.shop))
        assert found is not None
        return found

    @property
    def routing(self) -> dict[str, bool]:
        routing: dict[str, bool] = self.site["properties"]["outboundVnetRouting"]
        return routing

    def apply(self) -> Outcome:
        return execution.apply(self.step, azure=self.clinic.azure())

    def undo(self, outcome: Outcome) -> Outcome:
        return execution.undo(outcome, azure=self.clinic.azure())

    def change(self, method: str, id: str, body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.clinic.simulator.change(method, id, content)
        assert answer.status < 300, answer.body

    def routes(self, **switches: bool) -> None:
        """Somebody else changes the site's routing."""
        whole = {**self.routing, **switches}
        self.change("PUT", str(self.shop), {"properties": {"outboundVnetRouting": whole}})

    def pulls(self) -> bool:
        return bool(self.clinic.pull(self.shop)["ok"])

    @property
    def put(self) -> str:
        return f"PUT {self.shop}"


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def test_one_switch_is_put_on_and_the_app_pulls_through_its_network(ward: Ward) -> None:
    assert not ward.pulls()

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (True, False)
    assert ward.routing == ward.step.after["outboundVnetRouting"]
    assert sum(ward.routing.values()) == 1
    assert ward.pulls()
    assert ward.clinic.writes == [ward.put]


def test_everything_else_of_the_site_stays_as_it_was(ward: Ward) -> None:
    ward.apply()

    before, after = copy.deepcopy(ward.before), copy.deepcopy(ward.site)
    for site in (before, after):
        del site["properties"]["outboundVnetRouting"]
    assert after == before


def test_what_is_sent_holds_nothing_that_only_azure_writes_and_no_nulls(ward: Ward) -> None:
    ward.apply()

    (sent,) = [
        one["liveRequest"]["body"]
        for one in ward.clinic.simulator.traffic
        if one["liveRequest"]["method"] == "PUT"
    ]
    body = json.loads(sent) if isinstance(sent, str) else sent
    assert "outboundIpAddresses" not in body["properties"]
    assert body["identity"] == {"type": "SystemAssigned"}
    assert None not in body["properties"].values()


def test_configuration_the_site_shows_otherwise_than_it_is_is_not_sent_back(ward: Ward) -> None:
    handle = ward.clinic.simulator.handle

    def hollow(request: Any) -> Any:
        """A site that shows no image, as function apps do."""
        answer = handle(request)
        if request.method == "GET" and request.path == str(ward.shop):
            answer.body["properties"]["siteConfig"]["linuxFxVersion"] = ""
        return answer

    ward.clinic.simulator.handle = hollow  # type: ignore[method-assign]

    ward.apply()

    config = ward.clinic.simulator.world.resources.get(f"{ward.shop}/config/web")
    assert config is not None
    assert config["properties"]["linuxFxVersion"].startswith("DOCKER|")
    assert ward.pulls()


def test_what_somebody_changes_while_we_look_is_kept(ward: Ward) -> None:
    handle = ward.clinic.simulator.handle

    def meddled(request: Any) -> Any:
        if request.method == "GET" and request.path.endswith("/config/web"):
            ward.site["properties"]["clientAffinityEnabled"] = True
        return handle(request)

    ward.clinic.simulator.handle = meddled  # type: ignore[method-assign]

    outcome = ward.apply()

    assert outcome.changed
    assert ward.site["properties"]["clientAffinityEnabled"] is True
    assert ward.clinic.writes == [ward.put]


def test_twice_equals_once(ward: Ward) -> None:
    ward.apply()

    again = ward.apply()

    assert (again.changed, again.failed) == (False, False)
    assert ward.clinic.writes == [ward.put]


def test_switches_others_set_since_the_plan_stop_the_change(ward: Ward) -> None:
    ward.routes(contentShareTraffic=True)

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (False, True)
    assert "not as planned" in outcome.detail
    assert ward.clinic.writes == []


def test_a_zone_link_that_fell_since_the_plan_stops_the_change(ward: Ward) -> None:
    ward.clinic.simulator.world.resources.delete(ward.step.before["link"])

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (False, True)
    assert "does not answer" in outcome.detail
    assert ward.clinic.writes == []


def test_an_endpoint_refused_since_the_plan_stops_the_change(ward: Ward) -> None:
    endpoint = ward.clinic.simulator.world.resources.get(ward.step.before["endpoint"])
    assert endpoint is not None
    (connection,) = endpoint["properties"]["privateLinkServiceConnections"]
    connection["properties"]["privateLinkServiceConnectionState"]["status"] = "Rejected"

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (False, True)
    assert "not approved any more" in outcome.detail
    assert ward.clinic.writes == []


def test_an_app_moved_to_another_subnet_is_left_alone(ward: Ward) -> None:
    other = ward.site["properties"]["virtualNetworkSubnetId"].replace("apps", "endpoints")
    ward.site["properties"]["virtualNetworkSubnetId"] = other

    outcome = ward.apply()

    assert "another subnet" in outcome.detail
    assert ward.clinic.writes == []


def test_the_right_to_join_the_subnet_is_named_where_it_is_missing(tmp_path: Path) -> None:
    actions = ("*/read", "Microsoft.Web/sites/write", "Microsoft.Web/sites/config/list/action")
    ward = Ward(tmp_path, cases.private(routed=False, healer_actions=actions))

    with pytest.raises(PermissionMissing, match="subnets/join/action"):
        ward.apply()
    assert ward.routing == ward.step.before["outboundVnetRouting"]


def test_a_change_whose_answer_was_lost_is_read_back(ward: Ward) -> None:
    ward.clinic.simulator.faults.add({"match": PUT, "times": 1, "drop": "after"})

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (True, False)
    assert ward.clinic.writes == [ward.put]


def test_a_change_that_never_arrived_says_so(ward: Ward) -> None:
    ward.clinic.simulator.faults.add({"match": PUT, "times": 1, "drop": "before"})

    with pytest.raises(Unreachable):
        ward.apply()
    assert ward.clinic.writes == []


def test_a_change_azure_takes_its_time_over_is_waited_for(ward: Ward) -> None:
    handle = ward.clinic.simulator.handle

    def slow(request: Any) -> Any:
        """202 at once, the change itself some seconds later."""
        if request.method != "PUT":
            return handle(request)
        before = copy.deepcopy(ward.site)
        answer = handle(request)
        after = copy.deepcopy(ward.site)
        resources, world = ward.clinic.simulator.world.resources, ward.clinic.simulator.world
        resources.put(before)

        def done() -> None:
            resources.put(after)

        world.after(8, done)
        location = {"Location": f"https://{request.host}/subscriptions"}
        return Response(status=202, body=answer.body, headers={**answer.headers, **location})

    ward.clinic.simulator.handle = slow  # type: ignore[method-assign]

    outcome = ward.apply()

    assert (outcome.changed, outcome.failed) == (True, False)
    assert ward.routing == ward.step.after["outboundVnetRouting"]


def test_a_lock_on_the_site_refuses_and_nothing_is_changed(ward: Ward) -> None:
    lock = f"{ward.shop}/providers/Microsoft.Authorization/locks/keep"
    ward.change("PUT", lock, {"properties": {"level": "ReadOnly"}})

    with pytest.raises(Conflict, match="locked"):
        ward.apply()
    assert ward.routing == ward.step.before["outboundVnetRouting"]


def test_it_is_taken_back_while_it_is_still_as_written(ward: Ward) -> None:
    outcome = ward.apply()

    undone = ward.undo(outcome)

    assert (undone.changed, undone.failed) == (True, False)
    assert ward.routing == ward.step.before["outboundVnetRouting"]
    assert ward.clinic.writes == [ward.put, ward.put]


def test_what_others_changed_since_is_not_taken_back(ward: Ward) -> None:
    outcome = ward.apply()
    ward.routes(applicationTraffic=True)

    with pytest.raises(Conflict) as refusal:
        ward.undo(outcome)

    assert set(refusal.value.details) == {"written", "now", "before", "difference"}  # type: ignore[attr-defined]
    assert ward.clinic.writes == [ward.put]


def test_an_interrupted_change_is_found_in_place_or_not_at_all(ward: Ward) -> None:
    azure = ward.clinic.azure()

    assert execution.settle(ward.step, azure=azure) is None
    ward.apply()
    settled = execution.settle(ward.step, azure=azure)

    assert settled is not None
    assert ward.undo(settled).changed
    assert ward.routing == ward.step.before["outboundVnetRouting"]


def test_a_slot_is_changed_and_its_site_is_not(tmp_path: Path) -> None:
    clinic = Clinic(cases.private("slot", routed=False), tmp_path)
    slot = clinic.find("staging")
    seen = look(clinic.signal(slot), azure=clinic.azure(), medic=clinic.medic)
    (step,) = seen.plan.steps

    execution.apply(step, azure=clinic.azure())

    assert slot == ResourceId.parse(clinic.writes[0].partition(" ")[2])
    assert "Microsoft.Web/sites/slots/write" in step.permissions
    assert "Microsoft.Web/sites/write" not in step.permissions
    assert clinic.pull(slot)["ok"]
