"""
One firewall fix: Pull Medic beside a script by hand, both warm, over real sockets.

In:  the simulated Azure with and without added latency.
Out: a Table: calls, round trips on the critical path, wall time.
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from tests.bench.measuring import Row, Table, in_turns
from tests.bench.simulated import Calls, Simulated, end, line, simulated, start

NEAR, FAR = 0, 50  # ms; the second is about what the resource manager takes for a cheap read
#: ms; so long that the requests of one round, sent a few ms apart, cannot pass for two rounds.
COUNTING = 400
SIDES = ("medic", "byhand")
_COUNTS = 5  # turns, each beside one without latency


@dataclass(frozen=True, slots=True)
class _Fix:
    seconds: float
    calls: Calls


Fixes = dict[tuple[str, int], list[_Fix]]


def measure(*, rounds: int) -> Table:
    """Run both sides in turns, at every latency."""
    with ExitStack() as ends:
        azure = ends.enter_context(simulated())
        sides = {side: _side(side, azure, ends) for side in SIDES}

        def rivals(*latencies: int) -> dict[tuple[str, int], Callable[[], _Fix]]:
            return {
                (side, latency): partial(_once, azure, run, latency)
                for latency in latencies
                for side, run in sides.items()
            }

        timed = in_turns(rivals(NEAR, FAR), rounds=rounds, what="one firewall fix")
        counted = in_turns(rivals(NEAR, COUNTING), rounds=_COUNTS, what="its round trips")
    return _told(timed, counted, rounds)


def _side(side: str, azure: Simulated, ends: ExitStack) -> Callable[[str], float]:
    child = start("tests.bench.rival", side, azure.workload, env=azure.env)
    ends.callback(end, child)
    line(child)

    def run(message: str) -> float:
        assert child.stdin is not None
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()
        return float(line(child))

    return run


def _once(azure: Simulated, run: Callable[[str], float], latency: float) -> _Fix:
    message = azure.reset(latency_ms=latency)
    seconds = run(message)
    calls = azure.calls()
    azure.check()
    return _Fix(seconds, calls)


def _told(timed: Fixes, counted: Fixes, rounds: int) -> Table:
    def row(what: str, of: Callable[[_Fix], float], latency: int, unit: str = "") -> Row:
        fixes = counted if latency == COUNTING else timed
        ours, theirs = ([of(fix) for fix in fixes[side, latency]] for side in SIDES)
        return Row.of(what, ours, theirs, unit)

    ours, theirs = (_slopes(counted, side) for side in SIDES)
    return Table(
        name="fix",
        title="One firewall fix",
        ours="Pull Medic",
        theirs="script by hand",
        rows=(
            row("resource manager reads", lambda fix: fix.calls.reads, COUNTING),
            row("resource manager writes", lambda fix: fix.calls.writes, COUNTING),
            row("round trips on the critical path", lambda fix: fix.calls.chain, COUNTING),
            Row.of("the same, by the wall clock", ours, theirs),
            row("wall time, no latency", lambda fix: fix.seconds, NEAR, "s"),
            row(f"wall time, {FAR} ms latency", lambda fix: fix.seconds, FAR, "s"),
        ),
        meaning="What care costs: before it writes, Pull Medic also reads the proof of consent, "
        "locks, policies, tags and the site's own status, most of it side by side, and it keeps a "
        "record.",
        method=f"""Both as warm processes, signed in and connected, against the simulated Azure in a
process of its own, over TLS through its proxy; medians of {rounds} turns. Calls and round trips are
counted in the simulated Azure's traffic at {COUNTING} ms latency; the wall clock's count is what
those {COUNTING} ms cost, divided by them. Verification, which comes a minute later, is not part of
either.""",
    )


def _slopes(fixes: Fixes, side: str) -> list[float]:
    """Round trips that each turn's latency cost, against the same turn without."""
    pairs = zip(fixes[side, COUNTING], fixes[side, NEAR], strict=True)
    return [(far.seconds - near.seconds) * 1000 / (COUNTING - NEAR) for far, near in pairs]
