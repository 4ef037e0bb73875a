"""The contract's incident: every field there, of its type, from the first moment to the last."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Diagnosis, Plan
from shared.model.views import incident_view
from shared.model.words import Cause, FindingName, Host, State
from tests.payloads import BASKET, SHOP

NOW = datetime(2026, 7, 14, 9, 45, tzinfo=UTC)
NEW = Incident(
    id="inc-1", state=State.RECEIVED, resource=ResourceId.parse(SHOP), opened=NOW, updated=NOW
)


@pytest.mark.parametrize(
    ("resource", "host"),
    [
        (SHOP, "web-app"),
        (f"{SHOP}/slots/blue", "slot"),
        (BASKET, "container-app"),
        (BASKET.replace("containerApps", "jobs"), "job"),
        (SHOP.split("/providers")[0] + "/providers/Microsoft.OperationalInsights/x/y", None),
    ],
)
def test_the_host_is_known_by_type_before_anything_was_read(
    resource: str, host: str | None
) -> None:
    view = incident_view(replace(NEW, resource=ResourceId.parse(resource)))

    assert view["host"] == host


def test_what_was_read_wins_over_the_type() -> None:
    assert incident_view(replace(NEW, host=Host.FUNCTIONS))["host"] == "functions"


def test_before_the_first_look_nothing_is_decided() -> None:
    view = incident_view(NEW)

    assert view["diagnosis"] is view["plan"] is view["decision"] is view["verification"] is None
    assert view["signals"] == view["outcome"] == view["timeline"] == []


def test_a_plan_without_steps_holds_and_says_that_there_was_nothing_to_allow() -> None:
    explained = replace(
        NEW,
        state=State.EXPLAINED,
        cause=Cause.UNAUTHORIZED,
        diagnosis=Diagnosis(
            cause=Cause.UNAUTHORIZED, finding=FindingName.PULL_ROLE_MISSING, summary="no role"
        ),
        plan=Plan.of((), advice=("ask the owner",)),
    )

    view = json.loads(json.dumps(incident_view(explained)))

    assert view["decision"]["verdict"] == "hold"
    assert "nothing to allow" in view["decision"]["reasons"][0]
    assert view["decision"]["rules"] == []
    assert view["plan"]["steps"] == []
    assert view["plan"]["advice"] == ["ask the owner"]
