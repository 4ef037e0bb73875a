"""firewall-sync through real SDK clients: what it writes, what it leaves, what it says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import execution
from shared.errors import (
    Conflict,
    HealError,
    PermissionMissing,
    Refused,
    Throttled,
    Unreachable,
)
from shared.model.plan import Outcome, Step
from shared.pipeline.looking import look
from tests.clinic import Clinic
from tests.simulator import estates
from tests.simulator.estates.cases import OFFICE, OUTBOUND
from tests.simulator.wire import Response

PATCH = {"method": "PATCH", "path": "/registries/contosoimages"}


class Ward:
    """A blocked web app, and the one step that lets it in."""

    def __init__(self, place: Path) -> None:
        self.clinic = Clinic(estates.blocked_web_app(), place)
        self.shop = self.clinic.id("shop", "sites")
        self.registry = self.clinic.id("contosoimages")
        seen = look(
            self.clinic.signal(self.shop), azure=self.clinic.azure(), medic=self.clinic.medic
        )
        (self.step,) = seen.plan.steps

    def apply(self, step: Step | None = None) -> Outcome:
        return execution.apply(step or self.step, azure=self.clinic.azure())

    def undo(self, outcome: Outcome) -> Outcome:
        return execution.undo(outcome, azure=self.clinic.azure())

    @property
    def now(self) -> dict[str, Any]:
        found = self.clinic.simulator.world.resources.get(str(self.registry))
        assert found is not None
        return found

    @property
    def rules(self) -> list[str]:
        return [rule["value"] for rule in self.now["properties"]["networkRuleSet"]["ipRules"]]

    def change(self, **properties: Any) -> None:
        """Somebody else changes the registry."""
        body = json.dumps({"properties": properties}).encode()
        path = f"{self.registry}?api-version=2025-11-01"
        answer = self.clinic.simulator.change("PATCH", path, body)
        assert answer.status == 200, answer.body

    def allow(self, *values: str) -> None:
        rules = [{"action": "Allow", "value": value} for value in values]
        self.change(networkRuleSet={"defaultAction": "Deny", "ipRules": rules})

    def fault(self, **said: Any) -> None:
        self.clinic.simulator.faults.add(said)

    def answer_to_the_patch(self, body: bytes) -> None:
        """Azure carries our PATCH out; a gateway answers something else."""
        handle = self.clinic.simulator.handle

        def garbled(request: Any) -> Any:
            answer = handle(request)
            if request.method != "PATCH":
                return answer
            return Response(status=200, body=body, headers={"Content-Type": "application/json"})

        self.clinic.simulator.handle = garbled  # type: ignore[method-assign]

    def meanwhile(self, action: Callable[[], None]) -> None:
        """Somebody acts between our PATCH and our reading back."""
        witness = self.clinic.simulator.handle
        done: list[Any] = []

        def handle(request: Any) -> Any:
            answer = witness(request)
            if request.method == "PATCH" and not done:
                done.append(request)
                action()
            return answer

        self.clinic.simulator.handle = handle  # type: ignore[method-assign]


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def test_the_missing_addresses_are_added_and_the_others_kept_in_order(ward: Ward) -> None:
    outcome = ward.apply()

    assert outcome.changed
    assert not outcome.failed
    assert ward.rules == [*OFFICE, *OUTBOUND]
    assert outcome.before["ipRules"] == [{"action": "Allow", "value": OFFICE[0]}]
    assert [rule["value"] for rule in outcome.after["ipRules"]] == ward.rules
    assert ward.clinic.writes == [f"PATCH {ward.registry}"]


def test_the_request_carries_the_network_rules_and_nothing_else(ward: Ward) -> None:
    ward.apply()

    (sent,) = [
        exchange["liveRequest"]
        for exchange in ward.clinic.simulator.traffic
        if exchange["liveRequest"]["method"] == "PATCH"
    ]
    body = sent["body"] if isinstance(sent["body"], dict) else json.loads(sent["body"])
    assert body == ward.step.requests[0].body
    assert sent["url"].endswith(ward.step.requests[0].url)


def test_twice_equals_once(ward: Ward) -> None:
    ward.apply()

    again = ward.apply()

    assert not again.changed
    assert not again.failed
    assert "already present" in again.detail
    assert len(ward.clinic.writes) == 1


def test_rules_added_since_the_plan_stay_and_rules_removed_stay_removed(ward: Ward) -> None:
    ward.allow("198.51.100.7", OUTBOUND[0])

    outcome = ward.apply()

    assert not outcome.failed
    assert ward.rules == ["198.51.100.7", *OUTBOUND]


def test_a_block_that_covers_the_addresses_leaves_nothing_to_write(ward: Ward) -> None:
    ward.allow("20.50.2.0/24", "20.50.3.128/26")

    outcome = ward.apply()

    assert not outcome.changed
    assert ward.clinic.writes == []


@pytest.mark.usefixtures("off_the_record")  # what no document allows
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"publicNetworkAccess": "Disabled"}, "public endpoint was switched off"),
        ({"publicNetworkAccess": "SecuredByPerimeter"}, "public endpoint was switched off"),
        ({"networkRuleSet": {"defaultAction": "Allow"}}, "default action is Allow"),
    ],
)
def test_a_registry_whose_posture_changed_is_left_alone(
    change: dict[str, Any], why: str, ward: Ward
) -> None:
    ward.change(**change)

    outcome = ward.apply()

    assert outcome.failed
    assert not outcome.changed
    assert why in outcome.detail
    assert ward.clinic.writes == []


def test_a_full_registry_is_left_alone(ward: Ward) -> None:
    ward.fault(
        match={"path": "/listUsages"},
        status=200,
        body={"value": [{"name": "IPRules", "limit": 4, "currentValue": 1, "unit": "Count"}]},
    )

    outcome = ward.apply()

    assert outcome.failed
    assert "1 of 4 are used" in outcome.detail
    assert ward.clinic.writes == []


def test_a_busy_registry_is_asked_again_after_a_pause(ward: Ward) -> None:
    ward.fault(match=PATCH, status=409, times=2)
    before = ward.clinic.medic.now()

    outcome = ward.apply()

    assert outcome.changed
    assert not outcome.failed
    assert (ward.clinic.medic.now() - before).total_seconds() == 20


def test_a_registry_that_stays_busy_is_given_up_in_words(ward: Ward) -> None:
    ward.fault(match=PATCH, status=409, times=9)

    with pytest.raises(Conflict, match="was busy each of 4 times"):
        ward.apply()

    assert ward.rules == [*OFFICE]


def test_a_registry_being_updated_is_waited_for(ward: Ward) -> None:
    ward.now["properties"]["provisioningState"] = "Updating"
    ward.clinic.simulator.world.after(
        5, lambda: ward.now["properties"].update(provisioningState="Succeeded")
    )

    outcome = ward.apply()

    assert outcome.changed
    assert ward.rules == [*OFFICE, *OUTBOUND]


def test_a_lock_is_not_waited_for(ward: Ward) -> None:
    locked = {"error": {"code": "ScopeLocked", "message": "The scope is locked."}}
    ward.fault(match=PATCH, status=409, body=locked)
    before = ward.clinic.medic.now()

    with pytest.raises(Conflict, match="ScopeLocked"):
        ward.apply()

    assert ward.clinic.medic.now() == before


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, PermissionMissing), (429, Throttled), (500, Unreachable), (503, Unreachable)],
)
def test_a_refused_write_raises_and_leaves_the_rules_as_they_were(
    status: int, error: type[HealError], ward: Ward
) -> None:
    ward.fault(match=PATCH, status=status, headers={"Retry-After": "60"})

    with pytest.raises(error):
        ward.apply()

    assert ward.rules == [*OFFICE]


def test_a_short_pause_is_kept_before_the_rules_are_written(ward: Ward) -> None:
    ward.fault(match=PATCH, status=429, headers={"Retry-After": "3"})
    before = ward.clinic.medic.now()

    outcome = ward.apply()

    assert outcome.changed
    assert (ward.clinic.medic.now() - before).total_seconds() >= 3
    assert ward.clinic.writes == [f"PATCH {ward.clinic.only('registries')}"]


def test_a_line_cut_after_the_write_is_settled_by_reading_back(ward: Ward) -> None:
    ward.fault(match=PATCH, drop="after")

    outcome = ward.apply()

    assert outcome.changed
    assert not outcome.failed
    assert ward.rules == [*OFFICE, *OUTBOUND]
    assert len(ward.clinic.writes) == 1


def test_a_line_cut_before_the_write_wrote_nothing_and_says_again_later(ward: Ward) -> None:
    ward.fault(match=PATCH, drop="before")

    with pytest.raises(Unreachable):
        ward.apply()

    assert ward.rules == [*OFFICE]


def test_a_202_is_no_error_but_a_reason_to_look(ward: Ward) -> None:
    ward.fault(match=PATCH, status=202, body={})

    with pytest.raises(Unreachable, match="still working"):
        ward.apply()


def test_a_write_whose_reading_back_fails_is_told_from_its_own_answer(ward: Ward) -> None:
    ward.fault(
        match={"method": "GET", "path": "/registries/contosoimages$", "nth": 2}, status=503, times=9
    )

    outcome = ward.apply()

    assert outcome.changed
    assert [rule["value"] for rule in outcome.after["ipRules"]] == [*OFFICE, *OUTBOUND]


def test_a_policy_that_closes_the_registry_with_our_write_is_shouted_about(ward: Ward) -> None:
    ward.meanwhile(lambda: ward.change(publicNetworkAccess="Disabled"))

    outcome = ward.apply()

    assert outcome.failed
    assert outcome.changed
    assert "public endpoint was switched off" in outcome.detail
    assert "publicNetworkAccess: Enabled → Disabled" in outcome.detail


def test_another_change_at_the_same_time_is_reported_and_no_failure(ward: Ward) -> None:
    ward.meanwhile(lambda: ward.change(adminUserEnabled=True))

    outcome = ward.apply()

    assert not outcome.failed
    assert "adminUserEnabled: False → True" in outcome.detail


def test_what_a_writer_with_an_older_list_drops_is_put_back_once(ward: Ward) -> None:
    ward.meanwhile(lambda: ward.allow("198.51.100.7"))

    outcome = ward.apply()

    assert not outcome.failed
    assert f"put back {OFFICE[0]}, {OUTBOUND[0]}" in outcome.detail
    assert set(ward.rules) == {"198.51.100.7", *OFFICE, *OUTBOUND}
    assert ward.clinic.writes == [f"PATCH {ward.registry}"] * 2


def test_nothing_is_put_back_where_somebody_opened_the_registry_meanwhile(ward: Ward) -> None:
    ward.meanwhile(lambda: ward.change(networkRuleSet={"defaultAction": "Allow", "ipRules": []}))

    outcome = ward.apply()

    assert outcome.failed
    assert outcome.changed
    assert "default action is Allow" in outcome.detail
    assert ward.now["properties"]["networkRuleSet"]["defaultAction"] == "Allow"
    assert ward.clinic.writes == [f"PATCH {ward.registry}"]


def test_a_rule_removed_by_somebody_who_saw_ours_is_not_brought_back(ward: Ward) -> None:
    ward.meanwhile(lambda: ward.allow("198.51.100.7", *OUTBOUND))

    outcome = ward.apply()

    assert not outcome.failed
    assert f"{OFFICE[0]} was removed by somebody else" in outcome.detail
    assert "kept 0 other rules" in outcome.detail
    assert ward.rules == ["198.51.100.7", *OUTBOUND]
    assert ward.clinic.writes == [f"PATCH {ward.registry}"]


def test_a_write_that_stands_is_told_even_when_putting_back_is_refused(ward: Ward) -> None:
    ward.meanwhile(lambda: ward.allow("198.51.100.7", *OUTBOUND[1:]))
    ward.fault(match={**PATCH, "nth": 2}, status=403)

    outcome = ward.apply()

    assert outcome.changed
    assert outcome.failed
    assert f"{OFFICE[0]}, {OUTBOUND[0]} vanished after it was written" in outcome.detail
    assert "403" in outcome.detail
    assert ward.clinic.writes == [f"PATCH {ward.registry}"]


@pytest.mark.parametrize("status", [403, 404, 200])
def test_a_reading_back_that_is_refused_or_makes_no_sense_hides_no_write(
    ward: Ward, status: int
) -> None:
    path = "/registries/contosoimages$"
    ward.fault(match={"method": "GET", "path": path, "nth": 2}, status=status, body={})

    outcome = ward.apply()

    assert outcome.changed
    assert [rule["value"] for rule in outcome.after["ipRules"]] == [*OFFICE, *OUTBOUND]
    assert ward.clinic.writes == [f"PATCH {ward.registry}"]


@pytest.mark.parametrize("body", [b"<html>gateway</html>", b"{}", b"[]", b'{"id": "/other"}'])
def test_a_write_whose_answer_makes_no_sense_is_settled_by_reading_back(
    ward: Ward, body: bytes
) -> None:
    ward.answer_to_the_patch(body)

    outcome = ward.apply()

    assert outcome.changed
    assert not outcome.failed
    assert ward.rules == [*OFFICE, *OUTBOUND]
    assert ward.clinic.writes == [f"PATCH {ward.registry}"]


def test_an_answer_about_another_registry_is_never_acted_on(ward: Ward) -> None:
    other = {**ward.now, "id": str(ward.registry).replace("contosoimages", "contosoother")}
    ward.fault(
        match={"method": "GET", "path": "/registries/contosoimages$"}, status=200, body=other
    )

    with pytest.raises(Refused, match="is not that registry"):
        ward.apply()

    assert ward.clinic.writes == []


def test_a_write_nobody_heard_of_is_found_in_place_and_can_be_taken_back(ward: Ward) -> None:
    ward.apply()  # its outcome is lost
    ward.allow(*OFFICE, *OUTBOUND, "198.51.100.7")

    settled = execution.settle(ward.step, azure=ward.clinic.azure())

    assert settled is not None
    assert settled.changed
    ward.undo(settled)
    assert ward.rules == [*OFFICE, "198.51.100.7"]


def test_an_announced_write_that_is_not_in_place_settles_as_nothing(ward: Ward) -> None:
    ward.allow(*OFFICE, *OUTBOUND[1:])

    assert execution.settle(ward.step, azure=ward.clinic.azure()) is None
    assert ward.clinic.writes == []


def test_undoing_removes_what_was_added_and_keeps_what_others_did(ward: Ward) -> None:
    outcome = ward.apply()
    ward.allow(*OUTBOUND, "198.51.100.7")

    undone = ward.undo(outcome)

    assert undone.changed
    assert ward.rules == ["198.51.100.7"]


def test_undoing_is_refused_when_what_was_written_is_not_there_any_more(ward: Ward) -> None:
    outcome = ward.apply()
    ward.allow(*OFFICE, *OUTBOUND[1:])

    with pytest.raises(Conflict) as refusal:
        ward.undo(outcome)

    details = refusal.value.details  # type: ignore[attr-defined]
    assert details["written"]["ipRules"] == [*OFFICE, *OUTBOUND]
    assert details["now"]["ipRules"] == [*OFFICE, *OUTBOUND[1:]]
    assert details["before"]["ipRules"] == [*OFFICE]
    row = {"what": OUTBOUND[0], "before": "not there", "written": "there", "now": "not there"}
    assert row in details["difference"]
    assert ward.rules == [*OFFICE, *OUTBOUND[1:]]


def test_undoing_never_closes_a_registry_somebody_opened_since(ward: Ward) -> None:
    outcome = ward.apply()
    ward.change(networkRuleSet={"defaultAction": "Allow"})

    with pytest.raises(Conflict):
        ward.undo(outcome)

    assert ward.now["properties"]["networkRuleSet"]["defaultAction"] == "Allow"


def test_undoing_nothing_changes_nothing(ward: Ward) -> None:
    ward.apply()
    nothing = ward.apply()

    undone = ward.undo(nothing)

    assert not undone.changed
    assert len(ward.clinic.writes) == 1


def test_what_undoing_sends_can_be_said_before(ward: Ward) -> None:
    outcome = ward.apply()

    announced = execution.reverse(outcome)

    assert announced.after == ward.step.before
    assert announced.requests[0].url == ward.step.requests[0].url
