"""Diagnose, heal by hand, scan: what a person may ask, and what is told when it cannot be."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.conftest import Desk
from tests.simulator import estates

ONLY_SHOPS = """
version: 1
scope: {include: ["/subscriptions/*/resourceGroups/somewhere-else"]}
"""


def test_diagnose_answers_a_dry_run_and_writes_nothing(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())

    answer = desk.ask("POST", "/api/diagnose", {"resource": desk.shop().text})

    assert answer.status == 200
    assert answer.json["state"] == "dry-run"
    assert answer.json["diagnosis"]["finding"] == "firewall-missing-egress"
    assert answer.json["plan"]["steps"][0]["remedy"] == "firewall-sync"
    assert desk.clinic.writes == []
    assert desk.ask("GET", "/api/incidents").json["incidents"] == []


def test_heal_by_hand_is_queued_and_carried_out(desk: Desk) -> None:
    desk.clinic.pull(desk.shop())

    answer = desk.ask("POST", "/api/heal", {"resource": desk.shop().text, "message": "denied"})
    desk.settle()

    assert answer.status == 202
    assert desk.incident(answer.json["incident"])["state"] == "verifying"
    assert len(desk.clinic.writes) == 1


@pytest.mark.parametrize("door", ["diagnose", "heal"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        {},
        {"resource": None},
        {"resource": 5},
        {"resource": "shop"},
        {"resource": "/subscriptions/../x"},
        {"resource": "SHOP", "mesage": "a slip"},
        {"resource": "SHOP", "message": 5},
        {"resource": "SHOP", "message": "x" * 6001},
        {"resource": "SHOP/../other"},
        {"resource": "SHOP?x=1"},
        {"resource": "SHOP%2F"},
        {"resource": "SHOP\u0000"},
        {"resource": "SHOP<b>"},
    ],
)
def test_a_wish_that_cannot_be_understood_is_400_and_queues_nothing(
    desk: Desk, door: str, body: Any
) -> None:
    if isinstance(body, dict) and str(body.get("resource")).startswith("SHOP"):
        body = body | {"resource": body["resource"].replace("SHOP", desk.shop().text)}

    answer = desk.ask("POST", f"/api/{door}", body)

    assert answer.status == 400
    assert answer.code == "bad-input"
    assert desk.ask("GET", "/api/incidents").json["incidents"] == []


def test_a_resource_that_pulls_nothing_is_400(desk: Desk) -> None:
    registry = desk.clinic.id("contosoimages")

    answer = desk.ask("POST", "/api/diagnose", {"resource": registry.text})

    assert answer.status == 400
    assert "pulls no images" in answer.json["error"]["message"]


@pytest.mark.parametrize("door", ["diagnose", "heal"])
@pytest.mark.parametrize("kind", ["Web/sites", "App/containerApps", "App/jobs"])
def test_no_such_resource_is_404(desk: Desk, door: str, kind: str) -> None:
    gone = desk.shop().text.replace("Web/sites/shop", f"{kind}/gone")

    answer = desk.ask("POST", f"/api/{door}", {"resource": gone})

    assert answer.status == 404
    assert answer.code == "not-found"


@pytest.mark.parametrize("door", ["diagnose", "heal"])
def test_out_of_scope_is_403(open_desk: Callable[..., Desk], door: str) -> None:
    desk = open_desk(policy=ONLY_SHOPS)

    answer = desk.ask("POST", f"/api/{door}", {"resource": desk.shop().text})

    assert answer.status == 403
    assert answer.code == "out-of-scope"


@pytest.mark.parametrize("door", ["diagnose", "heal"])
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": "before"}])
def test_when_azure_fails_it_is_502(desk: Desk, door: str, fault: dict[str, Any]) -> None:
    desk.clinic.simulator.faults.add({"match": {"path": "/sites/shop"}, "times": 1000} | fault)

    answer = desk.ask("POST", f"/api/{door}", {"resource": desk.shop().text})

    assert answer.status == 502
    assert answer.code.startswith("azure-")


def test_scan_lists_what_will_fail_and_writes_nothing(desk: Desk) -> None:
    answer = desk.ask("POST", "/api/scan")

    assert answer.status == 200
    assert [one["resource"] for one in answer.json["incidents"]] == [desk.shop().text]
    assert desk.clinic.writes == []


def test_scan_of_a_healthy_estate_lists_nothing(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(estates.healthy_web_app())

    assert desk.ask("POST", "/api/scan").json == {
        "incidents": [],
        "workloads": 1,
        "read": 0,
        "unread": "",
    }
