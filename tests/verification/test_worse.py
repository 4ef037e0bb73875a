"""What ran or pulled before a change and fails since is told, and nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.logs import LogRow
from shared.model.evidence import Instance
from shared.model.words import Result
from shared.verification.sight import broken
from tests.verification.test_verification import Bed, basket, shop

__all__ = ["basket", "shop"]  # fixtures

SINCE = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
FAILS, PULLS = "ImagePullFailure", "Pulled"


def row(minutes: int, reason: str, text: str) -> LogRow:
    at = SINCE + timedelta(minutes=minutes)
    return LogRow(at=at, table="t", reason=reason, text=text, trusted=True, workspace="w")


WEB, PROXY = "contoso.azurecr.io/shop/web:1", "ghcr.io/house/proxy:2"


@pytest.mark.parametrize(
    ("failed", "worked", "said"),
    [
        ([row(2, FAILS, PROXY)], [row(-5, PULLS, PROXY)], "ghcr.io/house/proxy was pulled before"),
        ([row(2, FAILS, WEB)], [row(-5, PULLS, PROXY)], ""),  # it failed before, by all we know
        ([row(2, FAILS, PROXY), row(-3, FAILS, PROXY)], [row(-5, PULLS, PROXY)], ""),
        ([row(-3, FAILS, PROXY)], [row(-5, PULLS, PROXY)], ""),  # not since the change
        ([row(2, FAILS, "unauthorized")], [row(-5, PULLS, PROXY)], ""),  # of which image?
    ],
)
def test_an_image_that_pulled_before_and_fails_since_is_named(
    failed: list[LogRow], worked: list[LogRow], said: str
) -> None:
    told = broken(failed, worked, SINCE)

    assert told.startswith(said)
    assert bool(told) is bool(said)


@pytest.mark.parametrize(
    ("minutes", "result"), [(1, Result.PENDING), (3, Result.FAILED)], ids=["perhaps", "surely"]
)
def test_a_site_that_ran_and_still_fails_minutes_after_the_change_got_worse(
    shop: Bed, minutes: int, result: Result
) -> None:
    shop.clinic.advance(minutes * 60)
    shop.pull()
    ran = (Instance(name="one", state="Started"), Instance(name="two", state="Stopped"))

    seen = shop.look(before=ran)

    assert seen.result is result
    assert bool(seen.worse) is (result is Result.FAILED)
    if seen.worse:
        assert "before the change 1 of 2 instances ran, and now none does" in seen.worse


def test_a_revision_that_ran_and_fails_since_got_worse(basket: Bed) -> None:
    basket.clinic.advance(180)
    basket.pull()
    app = basket.clinic.simulator.world.resources.get(basket.workload.text)
    assert app is not None
    newest = app["properties"]["latestRevisionName"]

    seen = basket.look(before=(Instance(name=newest, state="Running"),))
    other = basket.look(before=(Instance(name="an-older-one", state="Running"),))

    assert seen.result is Result.FAILED
    assert f"revision {newest} ran before the change" in seen.worse
    assert other.worse == ""
