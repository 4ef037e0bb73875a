"""
Time comes in by the door.

In:  the machine's clock, and the `Date` of what Azure answers.
Out: the current moment in UTC.  Only the wall clock lives here.

What is compared with Azure's own records (when a pull failed, when a rule was written, until when
writes are frozen) must be Azure's time. A machine whose clock is wrong, or jumps, follows the last
answer; the second to which a `Date` is rounded and the time an answer travels change nothing.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

#: Clocks this close agree.
_TOLERATED = timedelta(seconds=30)


class Clock(Protocol):
    """Anything that knows the time, always in UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SetByAzure:
    """A clock that is put right by what Azure answers. Safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._behind = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self._behind

    def heard(self, date: str | None) -> None:
        """What an answer's `Date` says; one that says nothing changes nothing."""
        from email.utils import parsedate_to_datetime

        try:
            behind = parsedate_to_datetime(date or "").astimezone(UTC) - self._clock.now()
        except (ValueError, TypeError, OverflowError):
            return
        self._behind = behind if abs(behind) > _TOLERATED else timedelta()
