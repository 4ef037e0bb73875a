"""Pauses that Azure asks for, kept by everybody who shares its budget."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.clients.governor import Governor
from shared.clients.places import places
from shared.errors import Throttled, Unreachable

START = datetime(2026, 8, 3, 9, tzinfo=UTC)
SUB = "https://management.azure.com/subscriptions/5A1D0C3B-2f4e-4d6a-8b7c-9e0f1a2b3c4d"
SITES = f"{SUB}/resourceGroups/g/providers/Microsoft.Web/sites/shop?api-version=2025-05-01"
REGISTRY = f"{SUB}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r?x=y"
GRAPH = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=1"


class Watch:
    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Wall:
    """A notice board in memory; `down`: the store behind it does not answer."""

    def __init__(self) -> None:
        self.notices: dict[str, datetime] = {}
        self.down = False

    def closed_places(self) -> Mapping[str, datetime]:
        if self.down:
            raise Unreachable("the store is down")
        return self.notices

    def close_place(self, place: str, until: datetime) -> None:
        if self.down:
            raise Unreachable("the store is down")
        self.notices[place] = until


def answer(status: int, text: str = "", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = SimpleNamespace(text=text)
    return SimpleNamespace(status_code=status, headers=named, internal_response=body)


def wait(governor: Governor, url: str, method: str = "GET", *, begun: bool = True) -> float:
    return governor.turn(method, url, begun=begun, writing=False)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "30"}, 30),
        ({"retry_after_ms": "30000"}, 30),
        (
            {
                "Date": "Mon, 03 Aug 2026 09:00:00 GMT",
                "Retry_After": "Mon, 03 Aug 2026 09:00:30 GMT",
            },
            30,
        ),
        ({}, 15),  # App Service says nothing: our own guess
        ({"Retry_After": "soon"}, 15),
        ({"Retry_After": "nan"}, 15),
        ({"Retry_After": "99999999"}, 3600),
        ({"Retry_After": "-5"}, 1),
    ],
)
def test_a_place_is_closed_for_as_long_as_azure_says(
    headers: dict[str, str], seconds: float
) -> None:
    watch = Watch()
    governor = Governor(watch)
    assert governor.answered("GET", SITES, answer(429, **headers))

    watch.advance(seconds - 0.5)
    assert governor.closed("GET", SITES)
    watch.advance(1)
    assert not governor.closed("GET", SITES)


def test_a_provider_s_pause_leaves_the_others_alone_and_the_subscription_s_stops_all() -> None:
    governor = Governor(Watch())
    governor.answered("GET", SITES, answer(429, Retry_After="60"))
    assert wait(governor, REGISTRY) == 0
    with pytest.raises(Throttled, match=r"microsoft\.web") as said:
        wait(governor, SITES)
    assert said.value.delay == 60

    whole = answer(429, '{"error":{"code":"SubscriptionRequestsThrottled"}}', Retry_After="60")
    governor.answered("GET", SITES, whole)

    with pytest.raises(Throttled):
        wait(governor, REGISTRY)
    assert wait(governor, REGISTRY, "PATCH") == 0
    assert wait(governor, SITES.replace("5A1D", "0000")) == 0


def test_pauses_without_a_word_grow_and_an_answer_ends_that() -> None:
    watch = Watch()
    governor = Governor(watch)
    lengths = []
    for _ in range(4):
        governor.answered("GET", SITES, answer(429))
        with pytest.raises(Throttled) as said:
            wait(governor, SITES)
        lengths.append(said.value.delay)
        watch.advance(said.value.delay + 1)

    governor.answered("GET", SITES, answer(200))
    governor.answered("GET", SITES, answer(429))

    with pytest.raises(Throttled) as said:
        wait(governor, SITES)
    assert lengths == pytest.approx([15, 30, 60, 120], abs=1)
    assert said.value.delay < 20


def test_requests_are_spaced_as_the_budget_runs_low_and_beginners_come_later() -> None:
    governor = Governor(Watch())
    plenty, few = ({"x_ms_ratelimit_remaining_subscription_reads": n} for n in ("180", "4"))
    governor.answered("GET", SITES, answer(200, **plenty))
    assert [wait(governor, SITES) for _ in range(5)] == [0] * 5

    governor.answered("GET", SITES, answer(200, **few))
    waits = [wait(governor, REGISTRY) for _ in range(5)]

    assert waits == sorted(waits)
    assert waits[0] == 0
    assert waits[-1] > 3
    with pytest.raises(Throttled) as said:
        wait(governor, SITES, begun=False)
    assert said.value.delay > waits[-1]


def test_a_provider_s_own_count_spaces_nothing() -> None:
    governor = Governor(Watch())
    own = {"x_ms_ratelimit_remaining_tenant_resource_requests": "1"}
    governor.answered("GET", SITES, answer(200, **own))

    assert [wait(governor, SITES) for _ in range(3)] == [0] * 3


def test_a_spent_graph_quota_closes_the_graph_until_it_resets() -> None:
    watch = Watch()
    governor = Governor(watch)
    quota = {"x_ms_user_quota_remaining": "0", "x_ms_user_quota_resets_after": "00:00:04"}
    assert not governor.answered("POST", GRAPH, answer(200, **quota))

    assert wait(governor, GRAPH, "POST") == 4
    assert wait(governor, SITES) == 0


def test_processes_tell_each_other_and_a_board_that_is_down_stops_nobody() -> None:
    watch, wall = Watch(), Wall()
    one, other = Governor(watch, wall), Governor(watch, wall)
    one.answered("GET", SITES, answer(429, Retry_After="60"))

    with pytest.raises(Throttled):
        wait(other, SITES)

    wall.down = True
    watch.advance(61)
    one.answered("GET", REGISTRY, answer(429, Retry_After="60"))
    assert wait(other, REGISTRY) == 0


def test_a_clock_that_jumps_back_closes_nothing_for_longer_than_an_hour() -> None:
    watch = Watch()
    governor = Governor(watch)
    governor.answered("GET", SITES, answer(429, Retry_After="30"))
    watch.advance(-86_400)

    assert wait(governor, SITES) == 0


def test_a_registry_s_own_429_is_evidence_and_closes_nothing() -> None:
    data = "https://contoso.azurecr.io/v2/shop/web/manifests/1"
    governor = Governor(Watch())

    assert places("GET", data) == ()
    assert not governor.answered("GET", data, answer(429, Retry_After="30"))
    assert wait(governor, data) == 0
