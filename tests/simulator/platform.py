"""
The host platform's own behaviour: it pulls, retries, gives up for a while, and keeps its own view.

In:  the World and a workload's id.
Out: {"ok", "stage", "logs": [{"table", "row"}]}; rows also land in the world's workspace.

A failed pull is retried by itself after `world.retry` seconds (the last gap repeats; no gaps, no
own retries) on the clock. A site that failed FAILURES times in a row is Blocked for
`propagation.block` seconds (15 minutes without it); only stop and start, or waiting, ends that.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.simulator import rows, siterows, views, workloads
from tests.simulator.logs import Entry
from tests.simulator.pull import Pull, attempt
from tests.simulator.wire import resource_not_found
from tests.simulator.workloads import Workload
from tests.simulator.world import World

FAILURES = 5
BLOCKED = 900.0


@dataclass
class Trial:
    """Where the platform stands with one workload."""

    failures: int = 0
    turn: int = 0  # raised by every pull: retries planned before it do nothing
    blocked: bool = False


def pull(world: World, id: str) -> dict[str, Any]:
    """The platform pulls once. Refusal 404 when the id names nothing that pulls."""
    workload = workloads.find(world, id)
    if workload is None:
        raise resource_not_found(id)
    trial = trial_of(world, workload.id)
    trial.turn += 1
    pulls = attempt(world, workload)
    logs = rows.entries(world, workload, pulls)
    failed = next((one for one in pulls if not one.ok), None)
    if failed is None:
        trial.failures, trial.blocked = 0, False
        views.succeeded(world, workload)
    else:
        trial.failures += 1
        logs += _failed(world, workload, failed, trial)
    for entry in logs:
        world.log(entry["table"], entry["row"])
    return {"ok": failed is None, "stage": failed.stage if failed else None, "logs": logs}


def start(world: World, id: str) -> dict[str, Any] | None:
    """A new container starts (restart, new revision, scale-out, swap): the platform pulls.

    A blocked site does not start on a restart: None.
    """
    if workloads.find(world, id) is None or trial_of(world, id).blocked:
        return None
    return pull(world, id)


def stop(world: World, id: str) -> None:
    """The workload is stopped: planned retries fall away, a block ends."""
    trial = trial_of(world, id)
    trial.turn += 1
    trial.failures, trial.blocked = 0, False
    workload = workloads.find(world, id)
    if workload is not None:
        views.stopped(world, workload)


def trial_of(world: World, id: str) -> Trial:
    known: dict[str, Trial] = world.memory.setdefault("platform", {})
    return known.setdefault(id.lower(), Trial())


def _failed(world: World, workload: Workload, failed: Pull, trial: Trial) -> list[Entry]:
    """Keep the platform's view, and plan the next attempt."""
    views.failed(world, workload, failed)
    if workload.is_site and trial.failures >= FAILURES:
        pause = world.propagation.get("block", BLOCKED)
        until = world.clock.now() + timedelta(seconds=pause)
        trial.blocked = True
        views.blocked(world, workload, until)
        _plan(world, workload, pause)
        return [siterows.blocked(world, workload, until)]
    if world.retry:
        _plan(world, workload, world.retry[min(trial.failures, len(world.retry)) - 1])
    return []


def _plan(world: World, workload: Workload, seconds: float) -> None:
    """Try again after a while, unless something else made it pull or stop in between."""
    id, turn = workload.id, trial_of(world, workload.id).turn

    def again() -> None:
        trial = trial_of(world, id)
        if trial.turn == turn and workloads.find(world, id) is not None:
            if trial.blocked:
                trial.blocked, trial.failures = False, 0
            pull(world, id)

    world.after(seconds, again)
