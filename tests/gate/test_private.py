"""The gate on private ways: a proven path, one switch, the workload's own network."""

from dataclasses import replace
from typing import Any

import pytest

from shared import gate
from shared.model.history import History
from shared.model.plan import Decision, Plan, Step
from shared.model.words import Verdict
from shared.planning import vnet_pull, zone_link
from shared.policy import load
from tests.diagnosis import given
from tests.diagnosis.paths import CLOSED, app, path

LINKING = "version: 1\nmode: auto\nremedies: {dns-zone-link: {mode: auto}}"
AUTO = "version: 1\nmode: auto"


def judged(step: Step, found: Any, policy: str = LINKING) -> Decision:
    tags: dict[str, dict[str, str]] = {
        given.SHOP.group_id.lower(): {},
        given.CONTOSO.group_id.lower(): {},
    }
    plain = given.evidence(registry=CLOSED, workload=app(), private_path=found)
    plain = replace(plain, access=given.access(given.role()))
    seen = replace(plain, surroundings=replace(plain.surroundings, group_tags=tags))
    return gate.decide(
        Plan.of((step,)),
        evidence=seen,
        policy=load(policy),
        history=History(),
        now=given.NOW,
    )


def pulls(**changed: Any) -> Step:
    found = path(routed=False)
    made = vnet_pull.step(given.evidence(registry=CLOSED, workload=app(), private_path=found))
    assert isinstance(made, Step)
    return replace(made, **changed)


def linked(**changed: Any) -> Step:
    found = path(zone_link=False, linkable="", link=None)
    made = zone_link.step(given.evidence(registry=CLOSED, workload=app(), private_path=found))
    assert isinstance(made, Step)
    return replace(made, **changed)


def test_a_proven_path_may_be_taken() -> None:
    assert judged(pulls(), path(routed=False)).verdict is Verdict.ALLOW


@pytest.mark.parametrize("lacking", ["endpoint", "records", "zone_link", "way", "sign_in"])
def test_an_unproven_path_is_held_whatever_the_plan_says(lacking: str) -> None:
    decision = judged(pulls(), path(routed=False, **{lacking: None}))

    assert decision.verdict is Verdict.HOLD
    assert "only-routes-pulls" in decision.rules


def test_a_plan_that_routes_everything_is_denied() -> None:
    plain = pulls()
    wide = dict.fromkeys(plain.after["outboundVnetRouting"], True)

    decision = judged(
        replace(
            plain,
            after={**plain.after, "outboundVnetRouting": wide},
            requests=(vnet_pull.put(plain.target, wide),),
        ),
        path(routed=False),
    )

    assert decision.verdict is Verdict.DENY
    assert "more of the routing" in decision.reasons[0]


def test_a_request_that_says_more_than_the_plan_is_denied() -> None:
    wide = {"outboundVnetRouting": {"allTraffic": True}}["outboundVnetRouting"]

    decision = judged(
        pulls(requests=(vnet_pull.put(given.SHOP, wide),)),
        path(routed=False),
    )

    assert decision.verdict is Verdict.DENY


def test_a_named_remedy_links_the_zone() -> None:
    assert judged(linked(), path(zone_link=False, linkable="")).verdict is Verdict.ALLOW


def test_the_policys_own_mode_does_not_reach_a_zone_link() -> None:
    decision = judged(linked(), path(zone_link=False, linkable=""), AUTO)

    assert decision.verdict is Verdict.HOLD
    assert decision.rules == ("somebody-decided",)
    assert "observe" in decision.reasons[0]


def test_a_link_that_is_not_all_that_is_missing_is_held() -> None:
    decision = judged(linked(), path(zone_link=False, linkable="other registries"))

    assert decision.verdict is Verdict.HOLD
    assert "only-links-the-zone" in decision.rules


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("virtualNetwork", {"id": str(given.SUBNET)}, "another network"),
        ("registrationEnabled", True, "register names"),
    ],
)
def test_a_link_that_does_more_is_denied(member: str, value: Any, said: str) -> None:
    plain = linked()
    (write,) = plain.requests
    assert write.body is not None
    body = {**write.body, "properties": {**write.body["properties"], member: value}}

    decision = judged(
        replace(plain, requests=(replace(write, body=body),)),
        path(zone_link=False, linkable=""),
    )

    assert decision.verdict is Verdict.DENY
    assert said in decision.reasons[0]


def test_an_app_without_pull_permission_is_not_shown_the_way() -> None:
    found = path(routed=False)
    seen = given.evidence(
        registry=CLOSED, workload=app(), private_path=found, access=given.access()
    )

    decision = gate.decide(
        Plan.of((pulls(),)),
        evidence=seen,
        policy=load(AUTO),
        history=History(),
        now=given.NOW,
    )

    assert "owner-consents" in decision.rules
