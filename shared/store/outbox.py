"""
The outbox: which changes of incidents a person has not been told of yet.

In:  an incident saved in a state that matters to a person, or a breaker that trips.
Out: Untold, until a teller takes it; and how the channels fared.

Put up in the same transaction as the change, so none is forgotten; once per incident and state,
so redeliveries add nothing. Whoever takes one has it alone: a teller that dies in the middle tells
nobody, which is better than telling twice. Never sends anything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.model.words import State

#: States a person is told of. Rejected and closed are not among them: a person said so, or all is
#: well without anybody's doing.
TOLD_STATES = frozenset(
    {
        State.HELD,
        State.DENIED,
        State.HEALED,
        State.UNVERIFIED,
        State.EXPLAINED,
        State.FAILED,
        State.ROLLED_BACK,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """One thing to tell. `about` is an incident's id and `what` its state; or, for a breaker, its
    scope and "tripped". `reached` are the channels that have it already."""

    about: str
    what: str
    since: datetime
    tries: int = 0
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How one channel fared when it was used last. `error` None: it took the message."""

    name: str
    at: datetime
    error: str | None = None


class Outbox(Protocol):
    """Every method is atomic and safe to call from several machines. All raise StoreError."""

    def waiting(self, now: datetime, limit: int) -> tuple[Untold, ...]:
        """What is to be told now, oldest first."""

    def take(self, ones: tuple[Untold, ...]) -> tuple[Untold, ...]:
        """Those of `ones` that nobody else took, with one try more; they are the caller's alone."""

    def settle(self, one: Untold, *, again: datetime | None) -> None:
        """Put one back for later, with the channels it has reached; None: there is nothing left to
        tell of it, ever."""

    def fared(self, channel: Channel) -> None:
        """Remember how a channel fared, instead of what was known of it."""

    def channels(self) -> tuple[Channel, ...]:
        """What is remembered of the channels, by name."""
