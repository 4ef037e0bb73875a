"""
What goes wrong in one run, all of it drawn from one number.

In:  a seed.
Out: a Script: the estate and its faults, the machines and how wrong their clocks are, what is told
     to them and how often, and the events: troubles on the wire, a busy store, what other
     administrators do. Each waits for a number of requests and then for its moment.

Pure data, so that a run can be told once more without one event, to find out which it takes.
"""

import random
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chaos.others import ACTS
from tests.estates.blueprint import Blueprint, broken_ones, healing_ones

#: Troubles on the wire, in the words of the simulator's faults.
TROUBLES: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "headers": {"Retry-After": "7"}},
    "429 without a word": {"status": 429, "headers": {"x-simulated": "1"}},
    "500": {"status": 500},
    "503": {"status": 503},
    "504": {"status": 504, "delay_ms": 30_000},
    "408": {"status": 408},
    "409": {"status": 409},
    "cut before": {"drop": "before"},
    "cut after": {"drop": "after"},
    "timed out": {"drop": "after", "delay_ms": 60_000},
    "slow": {"delay_ms": 45_000},
    "no sense": {"status": 200, "body": "<html>gateway</html>"},
}
#: Troubles that change nothing in Azure but are made for writes.
_FOR_WRITES = ("409", "cut after", "timed out", "503", "504", "cut before")
#: When an event strikes: at any request, at one that writes, or at the first one after a write.
MOMENTS = ("any", "any", "write", "after")
_SKEWS = (0, 0, 0, -90, -5, 4, 75, 240)


@dataclass(frozen=True)
class Event:
    """From request number `at` on, at the first one that is of its moment."""

    at: int
    moment: str
    kind: str  # "wire", "store", "other"
    name: str
    times: int = 1

    def __str__(self) -> str:
        often = f" {self.times} times" if self.times > 1 else ""
        return f"{self.kind}: {self.name}{often}, from request {self.at} on, at {self.moment}"


@dataclass(frozen=True, kw_only=True)
class Script:
    """One run."""

    seed: int
    blueprint: Blueprint
    skews: tuple[int, ...]  # seconds each machine's clock is ahead
    deliveries: tuple[tuple[int, str, str], ...]  # minute, the signal's id, its kind
    rehearsals: tuple[int, ...]  # minutes in which somebody asks for a dry run
    events: tuple[Event, ...]

    def but(self, **changes: Any) -> "Script":
        return replace(self, **changes)

    def lines(self) -> list[str]:
        """The whole script, for whoever has to look into it."""
        return [
            f"seed {self.seed}",
            f"estate {self.blueprint}",
            f"clocks ahead by {self.skews}, told {self.deliveries}, dry runs {self.rehearsals}",
            *map(str, self.events),
        ]


def draw(seed: int) -> Script:
    """The script of this seed."""
    chance = random.Random(f"chaos/{seed}")
    blueprint = _estate(chance)
    if chance.random() < 0.3:
        blueprint = blueprint.but(slow=True)
    machines = chance.choice((1, 2, 2, 2, 3))
    count = chance.choice((1, 2, 3, 4, 6, 9))
    return Script(
        seed=seed,
        blueprint=blueprint,
        skews=tuple(chance.choice(_SKEWS) for _ in range(machines)),
        deliveries=_deliveries(chance),
        rehearsals=tuple(chance.sample(range(8), chance.choice((0, 0, 1, 2)))),
        events=tuple(sorted((_event(chance) for _ in range(count)), key=lambda one: one.at)),
    )


def _estate(chance: random.Random) -> Blueprint:
    """One of the random estates, three in four with a cure."""
    drawn: list[Blueprint] = []

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_ESTATES)
    def take(blueprint: Blueprint) -> None:
        drawn.append(blueprint)

    while not drawn:
        take.hypothesis.fuzz_one_input(chance.randbytes(2048))  # type: ignore[attr-defined]
    return drawn[0]


_ESTATES: st.SearchStrategy[Blueprint] = st.one_of(
    healing_ones(), healing_ones(), healing_ones(), broken_ones()
)


def _deliveries(chance: random.Random) -> tuple[tuple[int, str, str], ...]:
    """Some signals, some of them twice, some late, and perhaps an alert that resolves."""
    told = []
    for number in range(chance.choice((1, 1, 2, 3))):
        for _ in range(chance.choice((1, 1, 2, 3))):
            told.append((chance.choice((0, 0, 0, 1, 2, 5)), f"signal-{number}", "failure"))
    if chance.random() < 0.25:
        told.append((chance.randint(0, 8), "resolved", "resolved"))
    if all(minute for minute, _, kind in told if kind == "failure"):
        told[0] = (0, *told[0][1:])
    chance.shuffle(told)
    return tuple(told)


def _event(chance: random.Random) -> Event:
    at, moment = chance.randint(1, 45), chance.choice(MOMENTS)
    kind = chance.choice(("wire", "wire", "wire", "other", "other", "store"))
    if kind == "wire":
        names = _FOR_WRITES if moment == "write" else tuple(TROUBLES)
        return Event(at, moment, kind, chance.choice(names), chance.choice((1, 1, 1, 2, 4, 9)))
    if kind == "store":
        return Event(at, moment, kind, "busy", chance.choice((1, 1, 2, 3)))
    return Event(at, moment, kind, chance.choice(ACTS_DRAWN))


#: What others do, the milder things more often.
ACTS_DRAWN = tuple(name for name, act in ACTS.items() for _ in range(act.often))
