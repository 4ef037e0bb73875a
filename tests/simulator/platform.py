"""
The host platform's own behaviour: it pulls, retries, gives up for a while, and keeps its own view.

In:  the World and a workload's id.
Out: {"ok", "stage", "logs": [{"table", "row"}]}; rows also land in the world's workspace.

A failed pull is retried by itself after `world.retry` seconds (the last gap repeats; no gaps, no
own retries) on the clock. A site that failed FAILURES times in a row is Blocked for
`propagation.block` seconds (15 minutes without it); only stop and start, or waiting, ends that.

A container app that may scale to zero does so `propagation.cooldown` seconds after it last started
(5 minutes without it). A job's execution tries until its own time is over; the schedule begins the
next one. An app whose deployments were all refused pulls nothing: being told to pull, it is
deployed once more.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.simulator import deployments, executions, rows, siterows, views, workloads
from tests.simulator.logs import Entry
from tests.simulator.pull import Pull, attempt
from tests.simulator.wire import resource_not_found
from tests.simulator.workloads import Workload
from tests.simulator.world import World

FAILURES = 5
BLOCKED = 900.0
COOLDOWN = 300.0


@dataclass
class Trial:
    """Where the platform stands with one workload."""

    failures: int = 0
    turn: int = 0  # raised by every pull: retries planned before it do nothing
    blocked: bool = False
    scheduled: bool = False  # the job's next execution is in the timetable
    sleeps: int = 0  # raised by every start: what was to fall asleep before it does not


def pull(world: World, id: str) -> dict[str, Any]:
    """The platform pulls once. Refusal 404 when the id names nothing that pulls."""
    workload = workloads.find(world, id)
    if workload is None:
        raise resource_not_found(id)
    trial = trial_of(world, workload.id)
    trial.turn += 1
    if workload.is_app and (refused := _deployed_anew(world, workload)):
        return {"ok": False, "stage": refused, "logs": []}
    if workload.kind == "job":
        executions.begin(world, workload.resource)
        _schedule(world, workload, trial)
    pulls = attempt(world, workload)
    logs = rows.entries(world, workload, pulls)
    failed = next((one for one in pulls if not one.ok), None)
    if failed is None:
        trial.failures, trial.blocked = 0, False
        _succeeded(world, workload)
    else:
        trial.failures += 1
        logs += _failed(world, workload, failed, trial)
    _let_sleep(world, workload)
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


def _deployed_anew(world: World, workload: Workload) -> str | None:
    """Give an app without a revision its first; the stage at which Azure refuses, if it does."""
    app = workload.resource
    if views.newest_of(world, app) is not None:
        return None
    refused = deployments.refusal(world, app, None)
    if refused is not None:
        at = world.clock.now()
        world.activity_log.append(deployments.record(world, app, refused.text, at))
        return refused.stage
    app["properties"].update(
        provisioningState="Succeeded",
        runningStatus="Running",
        latestRevisionName=f"{app['name']}--0000001",
    )
    return None


def _schedule(world: World, workload: Workload, trial: Trial) -> None:
    """Put the job's next execution into the timetable, once."""
    moment = executions.next_run(workload.resource, world.clock.now())
    if moment is None or trial.scheduled:
        return
    trial.scheduled = True

    def run() -> None:
        trial.scheduled = False
        if workloads.find(world, workload.id) is not None:
            pull(world, workload.id)

    world.at(moment, run)


def _succeeded(world: World, workload: Workload) -> None:
    views.succeeded(world, workload)
    execution = executions.running(world, workload.resource)
    if execution is not None:
        executions.end(world, execution, "Succeeded")


def _let_sleep(world: World, workload: Workload) -> None:
    """An app with `minReplicas: 0` that nobody calls is scaled to zero after a while."""
    template = workload.resource["properties"].get("template") or {}
    if not workload.is_app or (template.get("scale") or {}).get("minReplicas") != 0:
        return
    id, trial = workload.id, trial_of(world, workload.id)
    began = trial.sleeps = trial.sleeps + 1

    def sleep() -> None:
        now = workloads.find(world, id)
        if trial.sleeps == began and now is not None:
            trial.turn += 1
            views.asleep(world, now.resource)

    world.after(world.propagation.get("cooldown", COOLDOWN), sleep)


def _failed(world: World, workload: Workload, failed: Pull, trial: Trial) -> list[Entry]:
    """Keep the platform's view, and plan the next attempt."""
    views.failed(world, workload, failed)
    if workload.is_site and trial.failures >= FAILURES:
        block = world.propagation.get("block", BLOCKED)
        until = world.clock.now() + timedelta(seconds=block)
        trial.blocked = True
        views.blocked(world, workload, until)
        _plan(world, workload, block)
        return [siterows.blocked(world, workload, until)]
    pause = world.retry[min(trial.failures, len(world.retry)) - 1] if world.retry else None
    execution = executions.running(world, workload.resource)
    if execution is not None and executions.gives_up(world, workload.resource, execution, pause):
        executions.end(world, execution, "Failed")
    elif pause is not None:
        _plan(world, workload, pause)
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
