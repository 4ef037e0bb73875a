"""
What App Service logs about a site's pulls.

In:  the World, a site's Workload and its Pulls.
Out: rows of AppServicePlatformLogs and AppServiceConsoleLogs.

There are two generations of text. A tag `pull-logs` on the site picks one: "classic" (the Docker
engine's words, in AppServicePlatformLogs), "console" (the same, in AppServiceConsoleLogs) or
"current" (the `State: …` grammar); without it both classic and current appear, as both are in use.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from tests.simulator import wording
from tests.simulator.logs import Entry, common
from tests.simulator.pull import Pull
from tests.simulator.workloads import Workload
from tests.simulator.world import World

PLATFORM, CONSOLE = "AppServicePlatformLogs", "AppServiceConsoleLogs"
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
    "registry": "ImagePullNetworkFailure",
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


def blocked(world: World, workload: Workload, until: datetime) -> Entry:
    """The row that says the platform has given up for a while."""
    details = (
        "Site is blocked due to multiple, consecutive cold start failures. Site scheduled to be "
        f"unblocked at {_us(until)}."
    )
    return _platform(world, workload, _state("Blocked", "None", details=details), "Error")


def written(world: World, workload: Workload, pulls: list[Pull]) -> Iterator[Entry]:
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
    row = common(world, workload.id, PLATFORM) | {
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
    row = common(world, workload.id, CONSOLE) | {
        "Level": "Error",
        "ResultDescription": text,
        "ContainerId": "",
        "Host": "lw1sdlwk0006XA",
        "OperationName": "Microsoft.Web/sites/log",
        "Category": "AppServiceConsoleLogs",
    }
    return {"table": CONSOLE, "row": row}
