"""
Writes to container apps (Microsoft.App): PUT, PATCH, DELETE, start and stop.

Manners: PATCH is a JSON merge patch that replaces lists whole and answers 202 with a Location; PUT
answers 201 with an Azure-AsyncOperation. A change of the template makes a revision (and a pull), a
change of the configuration does not. Before a revision is made the images that changed are looked
at; when they are not there the operation ends Failed, and so does the app.
"""

import copy
import uuid
from typing import Any

from tests.simulator import answers, appsecrets, deployments, identities, platform, views
from tests.simulator.routes import Call, Routes
from tests.simulator.services.app import APP, APPS, VERSIONS, id_of, view
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource, World

routes = Routes()
_WRITABLE = {"tags", "identity", "properties"}
_OPERATIONS = "/subscriptions/{sub}/providers/Microsoft.App/locations/{location}"


@routes.arm("PATCH", f"{APPS}/{{name}}", action=f"{APP}/write", versions=VERSIONS)
def patch_app(call: Call) -> Response:
    app = answers.find(call.world, id_of(call, APP))
    changed = merged(app, {k: v for k, v in sent(call).items() if k in _WRITABLE})
    where = operation(call, changed, _apply(call, app, changed))
    return Response(status=202, headers={"Location": where("containerappOperationResults")})


@routes.arm("PUT", f"{APPS}/{{name}}", action=f"{APP}/write", versions=VERSIONS)
def put_app(call: Call) -> Response:
    """Create or replace."""
    body, id = sent(call), id_of(call, APP)
    app = call.world.resources.get(id)
    properties = body.get("properties") or {}
    changed = copy.deepcopy(app) if app else _new(call, id, body)
    changed.update(
        {k: copy.deepcopy(v) for k, v in body.items() if k in _WRITABLE - {"properties"}}
    )
    changed["properties"].update(
        {k: copy.deepcopy(properties.get(k)) for k in ("configuration", "template")}
    )
    where = operation(call, changed, _apply(call, app, changed))
    headers = {"Azure-AsyncOperation": where("containerappOperationStatuses")}
    return answers.one(view(call, changed), status=201, headers=headers)


@routes.arm("DELETE", f"{APPS}/{{name}}", action=f"{APP}/delete", versions=VERSIONS)
def delete_app(call: Call) -> Response:
    return answers.empty(200 if answers.remove(call.world, id_of(call, APP)) else 204)


@routes.arm("POST", f"{APPS}/{{name}}/stop", action=f"{APP}/stop/action", versions=VERSIONS)
def stop_app(call: Call) -> Response:
    app = answers.find(call.world, id_of(call, APP))
    platform.stop(call.world, app["id"])
    return _switched(call, app, "Stopped")


@routes.arm("POST", f"{APPS}/{{name}}/start", action=f"{APP}/start/action", versions=VERSIONS)
def start_app(call: Call) -> Response:
    app = answers.find(call.world, id_of(call, APP))
    answer = _switched(call, app, "Running")
    appsecrets.started(call.world, app)
    platform.start(call.world, app["id"])
    return answer


def _switched(call: Call, app: Resource, status: str) -> Response:
    app["properties"]["runningStatus"] = status
    where = operation(call, app, None)
    return Response(status=202, headers={"Location": where("containerappOperationResults")})


@routes.arm(
    "GET",
    _OPERATIONS + "/containerappOperationResults/{operation}",
    action="Microsoft.App/locations/containerAppOperationResults/read",
    versions=VERSIONS,
)
def operation_result(call: Call) -> Response:
    id, failure = _known(call)
    if failure:
        raise Refusal(400, "ContainerAppOperationError", failure)
    return answers.one(view(call, answers.find(call.world, id)))


@routes.arm(
    "GET",
    _OPERATIONS + "/containerappOperationStatuses/{operation}",
    action="Microsoft.App/locations/containerAppOperationStatuses/read",
    versions=VERSIONS,
)
def operation_status(call: Call) -> Response:
    _, failure = _known(call)
    said: dict[str, Any] = {
        "id": call.request.path,
        "name": call.params["operation"],
        "status": "Failed" if failure else "Succeeded",
    }
    if failure:
        said["error"] = {"code": "ContainerAppOperationError", "message": failure}
    return answers.one(said)


def sent(call: Call) -> dict[str, Any]:
    """The request's body, or 400 when it is no object."""
    if not isinstance(call.json, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid.")
    return call.json


def merged(old: Any, patch: Any) -> Any:
    """RFC 7396: objects merge, null deletes, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _new(call: Call, id: str, body: dict[str, Any]) -> Resource:
    properties = body.get("properties") or {}
    environment = properties.get("environmentId") or properties.get("managedEnvironmentId")
    if not environment or call.world.resources.get(environment) is None:
        raise Refusal(
            400,
            "ManagedEnvironmentNotFound",
            f"The environment '{environment}' does not exist.",
        )
    return {
        "id": id,
        "name": call.params["name"],
        "type": APP,
        "location": body.get("location", ""),
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "runningStatus": "Running",
            "environmentId": environment,
            "managedEnvironmentId": environment,
            "latestRevisionName": None,
            "latestReadyRevisionName": None,
            "outboundIpAddresses": _outbound(call, str(environment)),
        },
    }


def _outbound(call: Call, environment: str) -> list[str]:
    """The addresses the other apps of the environment list."""
    for app in call.world.resources.of_type(APP):
        if str(app["properties"].get("environmentId", "")).lower() == environment.lower():
            return list(app["properties"].get("outboundIpAddresses") or ())
    return []


def _apply(call: Call, before: Resource | None, after: Resource) -> str | None:
    """Store the app; the reason when its images are refused and no revision is made."""
    world = call.world
    if after.get("identity"):
        after["identity"] = identities.written(world, before or {}, after["identity"])
    appsecrets.store(world, before or {**after, "properties": {}}, after)
    world.resources.put(after)
    former = (before or {}).get("properties", {})
    if after["properties"].get("template") == former.get("template"):
        return None
    refused = deployments.refusal(world, after, before)
    after["properties"]["provisioningState"] = "Failed" if refused else "Succeeded"
    if refused:
        world.after(1, lambda: note(world, after, refused.text))
        return refused.text
    template = after["properties"].get("template") or {}
    suffix = template.get("revisionSuffix") or uuid.uuid4().hex[:7]
    if before is not None:
        views.retire(world, before)
    after["properties"]["latestRevisionName"] = f"{after['name']}--{suffix}"
    views.revision(world, after)
    appsecrets.started(world, after)
    platform.start(world, after["id"])
    return None


def note(world: World, app: Resource, failure: str) -> None:
    """The Activity Log tells that the operation failed, a moment after it was accepted."""
    at = world.clock.now()
    world.activity_log.append(deployments.record(world, app, failure, at))


def operation(call: Call, app: Resource, failure: str | None) -> Any:
    """A new operation; what it is polled at, by the name of the collection."""
    number = str(uuid.uuid4())
    known: dict[str, tuple[str, str | None]] = call.world.memory.setdefault("app", {})
    known[number] = (app["id"], failure)
    region = str(app["location"]).replace(" ", "").lower()
    base = f"{call.request.origin}/subscriptions/{call.params['sub']}/providers/Microsoft.App"

    def where(collection: str) -> str:
        end = f"{collection}/{number}?api-version={call.version}"
        return f"{base}/locations/{region}/{end}"

    return where


def _known(call: Call) -> tuple[str, str | None]:
    known: dict[str, tuple[str, str | None]] = call.world.memory.get("app", {})
    found = known.get(call.params["operation"])
    if found is None:
        raise Refusal(404, "OperationNotFound", "There is no such operation.")
    return found
