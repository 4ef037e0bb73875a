"""
Executions of a job: one run of it, from its schedule or by hand.

In:  the World, a job, and what its pull came to.
Out: execution resources; when the schedule runs the job next.

An execution whose image cannot be pulled goes on trying until the job's `replicaTimeout`, and only
then is Failed ("Jobs in Container Apps"; Azure OSS support on jobs). Cron expressions are in UTC;
understood are numbers, `*` and `*/n` for minutes and hours, every day.
"""

from datetime import datetime, timedelta
from typing import Any

from tests.simulator.world import Resource, World

TYPE = "Microsoft.App/jobs/executions"


def newest(world: World, job: Resource) -> Resource | None:
    """The execution that began last."""
    found = list(world.resources.of_type(TYPE, job["id"]))
    return max(found, key=lambda one: str(one["properties"]["startTime"]), default=None)


def running(world: World, job: Resource) -> Resource | None:
    """The execution under way, if there is one."""
    last = newest(world, job)
    return last if last is not None and last["properties"]["status"] == "Running" else None


def begin(world: World, job: Resource) -> Resource:
    """The execution under way, or a new one."""
    known = running(world, job)
    if known is not None:
        return known
    now = world.clock.now()
    name = f"{job['name']}-{int(now.timestamp()) // 60}"
    while world.resources.get(f"{job['id']}/executions/{name}") is not None:
        name += "x"
    return world.resources.put(
        {
            "id": f"{job['id']}/executions/{name}",
            "name": name,
            "type": TYPE,
            "properties": {
                "status": "Running",
                "startTime": _stamp(now),
                "template": job["properties"].get("template") or {},
            },
        }
    )


def end(world: World, execution: Resource, status: str) -> None:
    execution["properties"].update(status=status, endTime=_stamp(world.clock.now()))


def gives_up(world: World, job: Resource, execution: Resource, pause: float | None) -> bool:
    """Whether the execution is over before the platform would try again after `pause` seconds."""
    if pause is None:
        return True
    limit = (job["properties"].get("configuration") or {}).get("replicaTimeout") or 1800
    began = datetime.fromisoformat(execution["properties"]["startTime"])
    return world.clock.now() + timedelta(seconds=pause) > began + timedelta(seconds=float(limit))


def next_run(job: Resource, after: datetime) -> datetime | None:
    """When the schedule runs the job next; None for other triggers and expressions."""
    configuration = job["properties"].get("configuration") or {}
    if configuration.get("triggerType") != "Schedule":
        return None
    schedule = configuration.get("scheduleTriggerConfig") or {}
    minute, hour, *rest = [*str(schedule.get("cronExpression") or "").split(), "", ""][:5]
    if rest != ["*", "*", "*"]:
        return None
    moment = after.replace(second=0, microsecond=0)
    for _ in range(2 * 24 * 60):
        moment += timedelta(minutes=1)
        if _fits(minute, moment.minute) and _fits(hour, moment.hour):
            return moment
    return None


def _fits(field: str, value: int) -> bool:
    if field.startswith("*/") and field[2:].isdigit():
        return value % int(field[2:]) == 0
    return field == "*" or (field.isdigit() and int(field) == value)


def _stamp(moment: datetime) -> Any:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
