"""The resource manager's token buckets, as a scenario asks for them."""

from typing import Any

import pytest

from tests.simulator import estates
from tests.simulator.azure import Simulator
from tests.simulator.identity import token_for
from tests.simulator.wire import Request, Response

ARM = "https://management.azure.com"
SUBSCRIPTION = "5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d"
GROUPS = f"/subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01"


def simulated(limits: Any) -> Simulator:
    return Simulator({**estates.blocked_web_app(), "limits": limits})


def ask(simulator: Simulator) -> Response:
    world = simulator.world
    token = token_for(world, world.healer["principalId"], audience=ARM)
    headers = {"authorization": f"Bearer {token}"}
    return simulator.handle(Request(method="GET", url=ARM + GROUPS, headers=headers))


def test_reads_are_counted_aloud_and_refused_when_they_are_used_up() -> None:
    simulator = simulated({"reads": {"bucket": 2, "refill": 0.5}})

    answers = [ask(simulator) for _ in range(3)]

    left = [one.headers.get("x-ms-ratelimit-remaining-subscription-reads") for one in answers]
    assert [one.status for one in answers] == [200, 200, 429]
    assert left[:2] == ["1", "0"]
    assert answers[2].headers["Retry-After"] == "2"
    assert answers[2].body["error"]["code"] == "SubscriptionRequestsThrottled"
    simulator.world.advance(2)
    assert [ask(simulator).status for _ in range(2)] == [200, 429]


def test_without_limits_nothing_is_refused_and_with_them_only_what_they_name() -> None:
    assert {ask(simulated({})).status for _ in range(3)} == {200}
    named = simulated({"writes": {"bucket": 1}})
    assert {ask(named).status for _ in range(3)} == {200}


@pytest.mark.parametrize("limits", [{"reeds": {}}, {"reads": 5}, {"reads": {"size": 1}}])
def test_limits_that_make_no_sense_are_refused(limits: Any) -> None:
    with pytest.raises(ValueError, match="limits are"):
        simulated(limits)
