"""The clock that Azure puts right."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.clients.clock import SetByAzure

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class Wrong:
    """A machine's clock that somebody may set."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return NOW + self.by


@pytest.mark.parametrize("by", [timedelta(days=3), timedelta(hours=-5), timedelta(minutes=4)])
def test_a_clock_that_is_wrong_follows_what_azure_answers(by: timedelta) -> None:
    clock = SetByAzure(Wrong(by))
    assert clock.now() == NOW + by

    clock.heard(format_datetime(NOW, usegmt=True))

    assert clock.now() == NOW


def test_a_clock_that_is_mended_is_believed_again() -> None:
    machine = Wrong(timedelta(days=1))
    clock = SetByAzure(machine)
    clock.heard(format_datetime(NOW, usegmt=True))
    machine.by = timedelta()

    clock.heard(format_datetime(NOW, usegmt=True))

    assert clock.now() == NOW


def test_a_clock_that_is_right_is_not_rounded_to_the_second_azure_names() -> None:
    clock = SetByAzure(Wrong(timedelta(seconds=1.7)))

    clock.heard(format_datetime(NOW, usegmt=True))

    assert clock.now() == NOW + timedelta(seconds=1.7)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026", "\x00" * 9])
def test_a_date_that_says_nothing_changes_nothing(date: str | None) -> None:
    clock = SetByAzure(Wrong(timedelta(hours=1)))

    clock.heard(date)

    assert clock.now() == NOW + timedelta(hours=1)
