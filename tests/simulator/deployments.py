"""
What Container Apps does before it makes a revision: it looks at every image that changed.

In:  the World, the app or job as it shall be, and as it was.
Out: the refusal's text, or None; the Activity Log record of a deployment that failed afterwards.

The check comes from the resource provider's own address, not from the environment, and asks only
for what changed ("Troubleshoot image pull failures in Container Apps"). A registry that does not
admit that address leaves it without an answer, and then the deployment goes on; a tag
`image-validation: strict` on the app makes it a refusal, as one public report has it.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from tests.simulator import wording
from tests.simulator.pull import Pull, pull_image
from tests.simulator.workloads import Workload, find
from tests.simulator.world import Resource, World

#: Where the resource provider asks from; no app ever does.
PROVIDER = "20.93.250.17"
_NAMESPACE = UUID("5d0d3c64-6d5f-4d0e-9a0b-7a2b9d6f4c55")


@dataclass(frozen=True)
class Refused:
    """Why a deployment is refused: at which stage of a pull, and in the words Azure uses."""

    stage: str
    text: str


def refusal(world: World, app: Resource, before: Resource | None) -> Refused | None:
    """The refusal, or None when the images are there or nobody could tell."""
    workload = find(world, app["id"])
    if workload is None:
        return None
    known = _images(before)
    for image in workload.images:
        if image.text in known:
            continue
        pulled = pull_image(world, _asking(workload), image)
        said = _said(app, pulled)
        if said:
            kind = "initContainers" if _is_init(app, image.container) else "containers"
            field = f"template.{kind}.{image.container}.image"
            return Refused(
                pulled.stage or "image",
                f"Failed to provision {_what(app)} '{app['name']}'. Error details: "
                "The following field(s) are either invalid or missing. Field "
                f"'{field}' is invalid with details: 'Invalid value: \"{image.text}\": {said}';.",
            )
    return None


def record(world: World, app: Resource, message: str, at: datetime) -> Resource:
    """The Activity Log's record of the write that failed in the end, with what it says of why."""
    action = f"{app['type']}/write"
    unique = str(uuid5(_NAMESPACE, f"{app['id']}/{at.isoformat()}"))
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
    error = {"code": "ContainerAppOperationError", "message": message}
    names = app["id"].split("/")

    def word(text: str) -> dict[str, str]:
        return {"value": text, "localizedValue": text}

    return {
        "authorization": {"action": action, "scope": app["id"]},
        "caller": "deployer@contoso.example",
        "channels": "Operation",
        "claims": {},
        "correlationId": unique,
        "description": "",
        "eventDataId": unique,
        "eventName": {"value": "EndRequest", "localizedValue": "End request"},
        "category": word("Administrative"),
        "eventTimestamp": stamp,
        "id": f"{app['id']}/events/{unique}/ticks/638900000000000000",
        "level": "Error",
        "operationId": unique,
        "operationName": word(action),
        "resourceGroupName": names[4],
        "resourceProviderName": word("Microsoft.App"),
        "resourceType": word(str(app["type"])),
        "resourceId": app["id"],
        "status": word("Failed"),
        "subStatus": {"value": "", "localizedValue": ""},
        "submissionTimestamp": stamp,
        "subscriptionId": names[2],
        "tenantId": world.tenant,
        "properties": {
            "eventCategory": "Administrative",
            "entity": app["id"],
            "statusMessage": json.dumps({"status": "Failed", "error": error}),
        },
    }


def _asking(workload: Workload) -> Workload:
    """The same sign-in, from where the provider asks."""
    elsewhere = workload.resource | {"id": f"{workload.id}/validation"}
    return replace(workload, resource=elsewhere, subnet=None, addresses=(PROVIDER,), dns_servers=())


def _said(app: Resource, pulled: Pull) -> str:
    """The registry's answer; "" when the image is there or nobody could tell."""
    image = pulled.image
    if pulled.stage in ("identity", "credential", "role"):
        return f"GET https:: UNAUTHORIZED: {wording.AUTHORIZE}"
    if pulled.stage == "image" and pulled.why != "locked":
        if image.digest:
            return "GET https:: MANIFEST_UNKNOWN: manifest unknown"
        told = f'manifest tagged by "{image.tag}" is not found; map[Tag:{image.tag}]'
        return f"GET https:: MANIFEST_UNKNOWN: {told}"
    strict = (app.get("tags") or {}).get("image-validation") == "strict"
    if pulled.stage == "network-rules" and strict:
        denied = wording.FIREWALL.format(client=pulled.client)
        return f"GET https:: DENIED: {denied}. Refer https://aka.ms/acr/firewall to grant access."
    return ""


def _what(app: Resource) -> str:
    """How the message calls it; for jobs after the wording known for apps."""
    return "job" if str(app["type"]).lower().endswith("/jobs") else "revision for container app"


def _images(app: Resource | None) -> set[str]:
    template = (app or {}).get("properties", {}).get("template") or {}
    listed = [*(template.get("initContainers") or []), *(template.get("containers") or [])]
    return {str(item.get("image")) for item in listed}


def _is_init(app: Resource, container: str) -> bool:
    template = app["properties"].get("template") or {}
    return any(item["name"] == container for item in template.get("initContainers") or [])
