"""
What Container Apps logs about the pulls of an app or a job.

In:  the World, a Workload and its Pulls.
Out: rows of the system log table that the environment's log destination fills; raw stream lines.

"log-analytics" fills ContainerAppSystemLogs_CL (columns with type suffixes), "azure-monitor" fills
ContainerAppSystemLogs; other destinations have no table. An environment that leaves out where its
logs go sends them to the scenario's workspace, as one made by the CLI or the portal does.
"""

import json
from collections.abc import Iterator

from tests.simulator import appsecrets, executions, wording
from tests.simulator.logs import Entry, Row, common
from tests.simulator.pull import Pull
from tests.simulator.siterows import LAST_ERROR
from tests.simulator.workloads import Workload
from tests.simulator.world import Resource, World

SYSTEM_OLD, SYSTEM_NEW = "ContainerAppSystemLogs_CL", "ContainerAppSystemLogs"


def written(world: World, workload: Workload, pulls: list[Pull]) -> Iterator[Entry]:
    for said in appsecrets.undelivered(world, workload.resource):
        event = _event("FetchingKeyVaultSecretFailed", "Warning", said, "")
        yield from _logged(world, workload, event)
    for event in system_events(workload, pulls):
        yield from _logged(world, workload, event)


def system_events(workload: Workload, pulls: list[Pull]) -> Iterator[Row]:
    """The platform's events of one attempt: Reason, Type and text, without the table's columns."""
    for pull in pulls:
        image, name = pull.image.text, pull.image.container
        yield _event("PullingImage", "Normal", f"Pulling image '{image}'", name)
        if pull.ok:
            said = f'Successfully pulled image "{image}" in 1.52s. Image size: 73400320 bytes.'
            yield _event("PulledImage", "Normal", said, name)
            continue
        if LAST_ERROR[pull.stage or ""] == "ImagePullUnauthorizedFailure":
            said = "Container pull image failed with unauthorized error."
            yield _event("ImagePullUnauthorized", "Warning", said, name)
        yield _event("ContainerTerminated", "Warning", _terminated(pull), name)
        if workload.kind == "job":
            said = f'Failed to pull image "{image}": {wording.containerd(pull)}'
            yield _event("ErrImagePull", "Warning", said, name)


def _terminated(pull: Pull) -> str:
    begin = (
        f"Container '{pull.image.container}' was terminated with exit code '' and reason "
        "'ImagePullFailure'."
    )
    if pull.stage == "network-rules" and pull.why != "closed":
        return (
            f"{begin} Image '{pull.image.text}' not found in registry. ErrorMessage=Image not "
            f"found or access denied. Error: {wording.denied_body(pull)}"
        )
    error = wording.containerd(pull)
    cause = error.split(": ", 1)[-1]
    return (
        f"{begin} Pull image: {pull.image.text} failed with exit code: 1, error: "
        f'level=info msg="trying next host" error="{cause}" host={pull.image.host}\n'
        f"ctr: {error}\n."
    )


def _event(reason: str, kind: str, text: str, container: str) -> Row:
    return {"Reason": reason, "Type": kind, "Log": text, "ContainerName": container}


def _logged(world: World, workload: Workload, event: Row) -> Iterator[Entry]:
    """The event as a row of the table the environment's log destination fills; none has none."""
    environment = environment_of(world, workload.resource)
    destination = destination_of(environment)
    if environment is None or destination not in ("log-analytics", "azure-monitor"):
        return
    columns = names(world, workload) | {"EnvironmentName": environment["name"]} | event
    columns |= {"EventSource": "ContainerAppController", "Count": 1}
    if destination == "azure-monitor":
        kind = columns.pop("Type")
        row = common(world, environment["id"], SYSTEM_NEW) | columns
        row |= {"Level": kind, "Location": environment.get("location", "")}
        yield {"table": SYSTEM_NEW, "row": row}
        return
    row = common(world, environment["id"], SYSTEM_OLD)
    count = columns.pop("Count")
    row |= {f"{key}_s": value for key, value in columns.items()} | {"Count_d": float(count)}
    row |= {"TimeStamp_s": _stream_time(world), "time_t": row["TimeGenerated"]}
    yield {"table": SYSTEM_OLD, "row": row}


def destination_of(environment: Resource | None) -> str:
    """Where the environment's logs go, in the words of its `appLogsConfiguration`."""
    held = (environment or {}).get("properties", {}).get("appLogsConfiguration")
    return "log-analytics" if held is None else str(held.get("destination") or "none")


def names(world: World, workload: Workload) -> Row:
    """What the rows call the app or job, its revision or execution, and the replica."""
    name = str(workload.resource["name"])
    if workload.kind == "job":
        running = executions.newest(world, workload.resource)
        execution = running["name"] if running else f"{name}-{_letters(workload.id)}"
        return {"JobName": name, "ExecutionName": execution, "ReplicaName": f"{execution}-x7k2p"}
    revision = workload.resource["properties"].get("latestRevisionName") or f"{name}--0000001"
    return {
        "ContainerAppName": name,
        "RevisionName": revision,
        "ReplicaName": f"{revision}-{replica_suffix(workload.id)}",
    }


def replica_suffix(id: str) -> str:
    return f"6c9f7d8b5c-{_letters(id)}"


def _letters(id: str) -> str:
    """Five letters that stand for a resource, always the same."""
    number = sum((at + 1) * ord(letter) for at, letter in enumerate(id.lower()))
    return "".join("bcdfghjklmnpqrstvwxz"[(number // 20**at) % 20] for at in range(5))


def environment_of(world: World, app: Resource) -> Resource | None:
    properties = app["properties"]
    id = properties.get("environmentId") or properties.get("managedEnvironmentId") or ""
    return world.resources.get(str(id))


def stream(world: World, workload: Workload, pulls: list[Pull]) -> list[str]:
    """The lines `az containerapp logs show --type system` prints: `Msg`, where tables say Log."""
    lines = []
    for event in system_events(workload, pulls):
        record = {"TimeStamp": _stream_time(world), "Type": event["Type"]} | names(world, workload)
        record |= {"Msg": event["Log"], "Reason": event["Reason"]}
        record |= {"EventSource": "ContainerAppController", "Count": 1}
        text = json.dumps(record).replace("'", "\\u0027").replace("+", "\\u002B")
        lines.append(text.replace("&", "\\u0026"))
    return lines


def _stream_time(world: World) -> str:
    return world.clock.now().strftime("%Y-%m-%d %H:%M:%S.%f") + "0 +0000 UTC"
