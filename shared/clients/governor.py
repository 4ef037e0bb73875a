"""
The governor: when Azure wants a pause, every thread and every process keeps it.

In:  each request before it is sent, each answer after it came; what other processes posted on the
     notice board.
Out: the seconds to wait for a request's turn; or Throttled, with when to come back, where that is
     longer than a worker should sleep. What Azure asked for is posted for the other processes.

A place is what Azure counts by itself: reads, writes and deletes of one subscription, the same of
one resource provider in it, the queries of Resource Graph, those of a workspace's or a registry's
host. Azure closes a place with a 429: nothing is sent there before its word (Retry-After) is over,
or before our own guess where it gave none (App Service). It also counts down aloud
(`x-ms-ratelimit-remaining-…`, `x-ms-user-quota-remaining`): as a place runs low, requests to it are
spaced, the wider the lower, so that all who share the budget slow down together. Then a worker that
has read half of what it needs goes before one that would only begin ("Understand how Azure Resource
Manager throttles requests"; "Guidance for throttled requests in Azure Resource Graph").
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.clients.clock import Clock
from shared.clients.places import heard, places
from shared.errors import HealError, Throttled

log = logging.getLogger(__name__)

#: Seconds a worker sleeps for a closed place; while a change is under way, to see it through.
_PATIENCE, _WRITING = 5.0, 10.0
#: Seconds in the line of a place that runs low: whoever only begins comes back later instead.
_BEGINNING, _IN_LINE = 2.0, 45.0
#: Our own guess where Azure says nothing: so long at first, twice as long after each further 429.
_GUESS, _LONGEST = 15.0, 300.0
#: Seconds between two requests after a 429, and how it goes on from there.
_GAP, _WIDEST, _NARROWER = 0.5, 5.0, 0.97
#: So long after its last 429 a place is treated like any other.
_SORE = timedelta(minutes=10)
#: So many seconds after it was heard, what is left of a budget is no news any more.
_NEWS = timedelta(seconds=10)
#: How often the notice board is read.
_GLANCE = timedelta(seconds=5)
#: No word of Azure's closes a place for longer; nor does a clock that jumps.
_FAR = timedelta(hours=1)


class Board(Protocol):
    """Where processes tell each other which places are closed. Errors: a HealError."""

    def closed_places(self) -> Mapping[str, datetime]: ...

    def close_place(self, place: str, until: datetime) -> None: ...


@dataclass(slots=True)
class _Place:
    """What is known of one place; `left` is None where Azure did not say, or said long ago."""

    until: datetime | None = None  # closed before that
    strikes: int = 0  # 429s since the last answer that was none
    gap: float = 0.0  # seconds between two requests: wider by each 429, narrower by each answer
    refused: datetime | None = None  # when it was last closed
    left: int | None = None
    low: int = 0  # below it requests are spaced
    refill: float = 0.0  # seconds it takes for the whole of what is low to come back
    told: datetime | None = None  # when `left` was heard
    free: datetime | None = None  # when the next in line may go
    turned_away: int = 0  # since it was last open to beginners: each is asked to come later


class Governor:
    """One for each process. Safe to share between threads."""

    def __init__(self, clock: Clock, board: Board | None = None) -> None:
        self._clock = clock
        self._board = board
        self._places: dict[str, _Place] = {}
        self._lock = threading.Lock()
        self._glancing = threading.Lock()
        self._looked: datetime | None = None

    def share(self, board: Board) -> None:
        """From now on tell other processes, and listen to them."""
        self._board = board

    def turn(self, method: str, url: str, *, begun: bool, writing: bool) -> float:
        """Seconds to wait before this request may go; its place in the line is taken then.

        `begun`: earlier requests of the same work were sent. Raises Throttled.
        """
        self._glance()
        with self._lock:
            now, named = self._clock.now(), places(method, url)
            known = [(name, self._known(name, now)) for name in named]
            wait = max((_wait(one, now) for _, one in known), default=0.0)
            closed = max((_closed(one, now) for _, one in known), default=0.0)
            patience = _IN_LINE if begun or writing else _BEGINNING
            if closed > (_WRITING if writing else _PATIENCE) or wait > patience:
                name, one = max(known, key=lambda pair: _wait(pair[1], now))
                raise _later(name, one, wait)
            for _, one in known:
                _take_turn(one, now + timedelta(seconds=wait))
            return wait

    def closed(self, method: str, url: str) -> bool:
        """Whether one of the request's places was closed while it waited for its turn."""
        with self._lock:
            now = self._clock.now()
            return any(_closed(self._known(name, now), now) > 0 for name in places(method, url))

    def answered(self, method: str, url: str, response: Any) -> bool:
        """Learn from an answer. True: Azure refused the request because it wants a pause."""
        said = heard(method, url, response)
        if said is None:
            return False
        posted = None
        with self._lock:
            now = self._clock.now()
            for name in said.places:
                one = self._known(name, now)
                if not said.throttled:
                    one.strikes, one.gap = 0, one.gap * _NARROWER
                if said.left is not None and name == said.counted:
                    one.left, one.low, one.refill = said.left, said.low, said.refill
                    one.told = now
            if said.throttled or said.pause:
                posted = self._close(said.closes, said.pause, now)
        if posted is not None:
            self._post(said.closes, posted)
        return said.throttled

    def _close(self, name: str, pause: float | None, now: datetime) -> datetime | None:
        """Close a place; the time to tell others, None where they were told."""
        one = self._known(name, now)
        already = one.until is not None and one.until > now
        guess = _GUESS * 2**one.strikes if pause is None else pause * 2 ** max(one.strikes - 1, 0)
        least = pause or 0.0
        until = now + min(timedelta(seconds=max(min(guess, _LONGEST), least)), _FAR)
        if not already:
            one.strikes, one.refused, one.turned_away = one.strikes + 1, now, 0
            one.gap = min(max(one.gap * 2, _GAP), _WIDEST)
        if one.until is not None and until <= one.until + timedelta(seconds=1):
            return None
        one.until = one.free = until
        log.warning("Azure wants a pause at %s until %s", name, until.isoformat(timespec="seconds"))
        return until

    def _known(self, name: str, now: datetime) -> _Place:
        one = self._places.setdefault(name, _Place())
        if one.until is not None and not now < one.until <= now + _FAR:
            one.until = None
        if one.told is not None and not one.told - _FAR <= now <= one.told + _NEWS:
            one.left = one.told = None
        if one.refused is not None and not one.refused <= now <= one.refused + _SORE:
            one.refused, one.gap = None, 0.0
        if one.until is None and one.left is None and not one.gap:
            one.free, one.turned_away = None, 0
        return one

    def _glance(self) -> None:
        """Read the board, if nobody in this process did so lately; who comes meanwhile waits for
        what it says."""
        board = self._board
        if board is None:
            return
        with self._glancing:
            now = self._clock.now()
            if self._looked and self._looked <= now < self._looked + _GLANCE:
                return
            self._looked = now
            try:
                notices = board.closed_places()
            except HealError as error:  # a store that is down stops writes elsewhere
                log.warning("The notice board cannot be read: %s", error)
                return
            with self._lock:
                self._believe(notices, now)

    def _believe(self, notices: Mapping[str, datetime], now: datetime) -> None:
        for name, until in notices.items():
            one = self._known(name, now)
            if now < until <= now + _FAR and (one.until is None or one.until < until):
                one.until = one.free = until
                one.gap, one.refused = max(one.gap, _GAP), now

    def _post(self, name: str, until: datetime) -> None:
        if self._board is None:
            return
        try:
            self._board.close_place(name, until)
        except HealError as error:
            log.warning("The notice board cannot be written: %s", error)


def _closed(one: _Place, now: datetime) -> float:
    return (one.until - now).total_seconds() if one.until is not None else 0.0


def _wait(one: _Place, now: datetime) -> float:
    in_line = (one.free - now).total_seconds() if one.free is not None else 0.0
    return max(_closed(one, now), in_line, 0.0)


def _take_turn(one: _Place, at: datetime) -> None:
    """Let the next in line go a little after this one, the later the less is left."""
    gap = one.gap
    if one.left is not None:
        gap = max(gap, one.refill / max(one.left, 1) if one.left <= one.low else 0.0)
        one.left = max(one.left - 1, 0)
    one.free = at + timedelta(seconds=gap) if gap > 0.01 else None


def _later(name: str, one: _Place, wait: float) -> Throttled:
    """Come back when the place is open, those turned away one after the other."""
    delay = wait + min(one.turned_away, 120) * 1.0
    one.turned_away += 1
    return Throttled(
        f"Azure asked for a pause of {max(delay, 1.0):.0f} seconds at {name}", delay=delay
    )
