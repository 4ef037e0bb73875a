"""
The log rows a host platform writes about a pull, with the columns they have in Log Analytics.

In:  the World, a Workload and its Pulls.
Out: [{"table", "row"}], oldest first; the raw stream line as `az containerapp logs` prints it.

A web app logs in two generations of text. A tag `pull-logs` on the site picks one: "classic" (the
Docker engine's words, in AppServicePlatformLogs), "console" (the same, in AppServiceConsoleLogs) or
"current" (the `State: …` grammar); without it both classic and current appear, as both are in use.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.simulator import wording
from tests.simulator.pull import Pull
from tests.simulator.workloads import Workload
from tests.simulator.world import Resource, World

Row = dict[str, Any]
Entry = dict[str, Any]  # {"table": name, "row": Row}

PLATFORM, CONSOLE = "AppServicePlatformLogs", "AppServiceConsoleLogs"
SYSTEM_OLD, SYSTEM_NEW = "ContainerAppSystemLogs_CL", "ContainerAppSystemLogs"
NEVER = "01/01/0001 00:00:00"

#: LastError by stage. Only the first name is publicly confirmed; the others keep its prefix.
LAST_ERROR = {
    "network-rules": "ImagePullUnauthorizedFailure",
    "identity": "ImagePullUnauthorizedFailure",
    "credential": "ImagePullUnauthorizedFailure",
    "role": "ImagePullUnauthorizedFailure",
    "image": "ImagePullNotFoundFailure",
    "platform": "ImagePullPlatformFailure",
    "dns": "ImagePullNetworkFailure",
    "route": "ImagePullNetworkFailure",
    "data-endpoint": "ImagePullNetworkFailure",
}
_DETAILS = {
    "ImagePullUnauthorizedFailure": (
        "Image pull failed with forbidden or unauthorized. Check registry credentials."
    ),
    "ImagePullNotFoundFailure": "Image not found. Check image name and tag.",
    "ImagePullPlatformFailure": "No image for this operating system and architecture.",
    "ImagePullNetworkFailure": "Registry could not be reached.",
}


def error_details(pull: Pull) -> str:
    """The detail text siteStatus and the platform log share."""
    said = _DETAILS[LAST_ERROR[pull.stage or ""]]
    return f"Failed to pull image: {pull.image.text}. {said}"


def entries(world: World, workload: Workload, pulls: list[Pull]) -> list[Entry]:
    """All rows of one attempt, a millisecond apart, the last one now: no row is of the future."""
    made = list((_site if workload.is_site else _system)(world, workload, pulls))
    for number, entry in enumerate(made):
        at = timestamp(world.clock.now() - timedelta(milliseconds=len(made) - 1 - number))
        entry["row"].update(
            {name: at for name in ("TimeGenerated", "time_t") if name in entry["row"]}
        )
    return made


def blocked(world: World, workload: Workload, until: datetime) -> Entry:
    """The row that says the platform has given up for a while."""
    details = (
        "Site is blocked due to multiple, consecutive cold start failures. Site scheduled to be "
        f"unblocked at {_us(until)}."
    )
    return _platform(world, workload, _state("Blocked", "None", details=details), "Error")


def _site(world: World, workload: Workload, pulls: list[Pull]) -> Iterator[Entry]:
    form = str((workload.resource.get("tags") or {}).get("pull-logs", "both"))
    for pull in pulls:
        image = pull.image.text
        if form in ("both", "current"):
            said = _state("Starting", "PullingImage", details=f"Pulling image {image}")
            yield _platform(world, workload, said, "Informational")
        yield _platform(world, workload, f"Pulling image: {image}.", "Informational")
        if pull.ok:
            digest = f" Digest: {pull.digest}." if pull.digest else ""
            said = f"Pulled image: {image}.{digest}"
            yield _platform(world, workload, said, "Informational")
            continue
        if form != "current":
            yield from _classic(world, workload, pull, console=form == "console")
        if form in ("both", "current"):
            yield _platform(world, workload, _stopping(world, pull), "Error")
    if pulls and pulls[-1].ok and form in ("both", "current"):
        said = _state("Started", "None", details="Site started.")
        yield _platform(world, workload, said, "Informational")


def _classic(world: World, workload: Workload, pull: Pull, *, console: bool) -> Iterator[Entry]:
    status, message = wording.docker(pull)
    response = json.dumps({"message": message}, separators=(",", ":"))
    lines = [
        f"DockerApiException: Docker API responded with status code={status}, response={response}",
        f"Image pull for {pull.image.text} failed. UnexpectedFaliure",  # spelt as Azure does
    ]
    if workload.subnet:
        lines.append(f"Pulling docker image {pull.image.text} over VNET failed.")
    stamp = world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    for line in lines:
        if console:
            yield _console(world, workload, f"{stamp} ERROR - {line}")
        else:
            yield _platform(world, workload, f"{stamp} ERROR - {line}", "Error")


def _stopping(world: World, pull: Pull) -> str:
    return _state(
        "Stopping",
        "StoppingSite",
        error=LAST_ERROR[pull.stage or ""],
        at=_us(world.clock.now()),
        said=error_details(pull),
        details="Site stopped after a failed start.",
        level="ERROR",
    )


def _state(
    state: str,
    action: str,
    *,
    details: str,
    error: str = "",
    at: str = NEVER,
    said: str = "",
    level: str = "INFO",
) -> str:
    return (
        f"State: {state}, Action: {action}, LastError: {error}, LastErrorTimestamp: {at}, "
        f"LastErrorDetails: {said}, Details: {details}, DetailsLevel: {level}"
    )


def _us(moment: datetime) -> str:
    return moment.strftime("%m/%d/%Y %H:%M:%S")


def _platform(world: World, workload: Workload, message: str, level: str) -> Entry:
    row = _common(world, workload.id, PLATFORM) | {
        "Level": level,
        "Message": message,
        "ContainerId": "",
        "DeploymentId": "",
        "Host": "lw1sdlwk0006XA",
        "Exception": "",
        "StackTrace": "",
        "ActivityId": "",
        "OperationName": "ContainerLogs",
    }
    return {"table": PLATFORM, "row": row}


def _console(world: World, workload: Workload, text: str) -> Entry:
    row = _common(world, workload.id, CONSOLE) | {
        "Level": "Error",
        "ResultDescription": text,
        "ContainerId": "",
        "Host": "lw1sdlwk0006XA",
        "OperationName": "Microsoft.Web/sites/log",
        "Category": "AppServiceConsoleLogs",
    }
    return {"table": CONSOLE, "row": row}


def _common(world: World, resource: str, table: str) -> Row:
    return {
        "TimeGenerated": timestamp(world.clock.now()),
        "TenantId": world.workspace or "",
        "SourceSystem": "Azure",
        "Type": table,
        "_ResourceId": resource.lower(),
        "_SubscriptionId": resource.lower().split("/")[2],
    }


def timestamp(moment: datetime) -> str:
    """A moment as Log Analytics writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _system(world: World, workload: Workload, pulls: list[Pull]) -> Iterator[Entry]:
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
    held = ((environment or {}).get("properties", {}).get("appLogsConfiguration")) or {}
    destination = held.get("destination")
    if environment is None or destination not in ("log-analytics", "azure-monitor"):
        return
    columns = names(workload) | {"EnvironmentName": environment["name"]} | event
    columns |= {"EventSource": "ContainerAppController", "Count": 1}
    if destination == "azure-monitor":
        kind = columns.pop("Type")
        row = _common(world, environment["id"], SYSTEM_NEW) | columns
        row |= {"Level": kind, "Location": environment.get("location", "")}
        yield {"table": SYSTEM_NEW, "row": row}
        return
    row = _common(world, environment["id"], SYSTEM_OLD)
    count = columns.pop("Count")
    row |= {f"{key}_s": value for key, value in columns.items()} | {"Count_d": float(count)}
    row |= {"TimeStamp_s": _stream_time(world), "time_t": row["TimeGenerated"]}
    yield {"table": SYSTEM_OLD, "row": row}


def names(workload: Workload) -> Row:
    """What the rows call the app or job, its revision or execution, and the replica."""
    name = str(workload.resource["name"])
    if workload.kind == "job":
        execution = f"{name}-{_letters(workload.id)}"
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
        record = {"TimeStamp": _stream_time(world), "Type": event["Type"]} | names(workload)
        record |= {"Msg": event["Log"], "Reason": event["Reason"]}
        record |= {"EventSource": "ContainerAppController", "Count": 1}
        text = json.dumps(record).replace("'", "\\u0027").replace("+", "\\u002B")
        lines.append(text.replace("&", "\\u0026"))
    return lines


def _stream_time(world: World) -> str:
    return world.clock.now().strftime("%Y-%m-%d %H:%M:%S.%f") + "0 +0000 UTC"
