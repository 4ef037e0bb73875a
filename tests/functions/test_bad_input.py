"""What is set wrong or out of reach is told in /api/health, with what to do about it."""

from functions import duty
from shared import settings
from shared.medic import Medic
from tests.functions.conftest import Desk

_OURS, _THEIRS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
_BLOB = "https://policies.blob.core.windows.net/medic/policy.yaml"


def _set(desk: Desk, **given: str) -> None:
    wanted = settings.load({f"MEDIC_{name.upper()}": text for name, text in given.items()})
    duty.take_over(Medic(wanted, connection=desk.clinic.connection, store=desk.clinic.medic.store))


def test_without_a_workspace_health_says_what_is_lost_and_what_to_set(desk: Desk) -> None:
    _set(desk)

    answer = desk.ask("GET", "/api/health")

    assert answer.status == 200
    assert "MEDIC_WORKSPACES is not set" in answer.json["advice"][0]


def test_the_one_subscription_of_three_that_cannot_be_read_is_named(desk: Desk) -> None:
    ours = desk.shop().text.split("/")[2].lower()
    _set(desk, workspaces=_OURS)
    desk.clinic.connection.subscriptions = (ours, _OURS, _THEIRS)
    path, body = f"/subscriptions/{_THEIRS}/.*/permissions", '{"error": {"code": "X"}}'
    faults = desk.clinic.simulator.faults
    faults.add({"match": {"path": path}, "times": 9, "status": 403, "body": body})
    granted = {"match": {"path": f"/subscriptions/{_OURS}/.*/permissions"}, "times": 9}
    faults.add({**granted, "status": 200, "body": '{"value": []}'})

    answer = desk.ask("GET", "/api/health")

    (said,) = answer.json["advice"]
    assert _THEIRS in said
    assert "leave it out of MEDIC_SUBSCRIPTIONS" in said


def test_a_policy_blob_out_of_reach_is_told_and_nothing_is_written(desk: Desk) -> None:
    _set(desk, policy=_BLOB)
    desk.clinic.simulator.faults.add({"match": {}, "times": 1000, "drop": "before"})

    health, policy = desk.ask("GET", "/api/health"), desk.ask("GET", "/api/policy")

    assert health.status == 503
    assert _BLOB in str(health.json["policy"]["problems"])
    assert policy.json["policy"] is None
    assert desk.clinic.writes == []
