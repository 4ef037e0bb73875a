"""
Time comes in by the door.

In:  nothing.  Out: the current moment in UTC.  Only the wall clock lives here.
"""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that knows the time, always in UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
