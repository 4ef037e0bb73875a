"""
Azure Container Apps' side of the resource manager (Microsoft.App).

Manners: GET never shows a secret's value; PATCH is a JSON merge patch that replaces lists whole and
answers 202 with a Location; a change of the template makes a revision (and a pull), a change of the
configuration does not.
"""

import copy
import uuid
from typing import Any

from tests.simulator import answers, appsecrets, identities, platform, views
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

VERSIONS = (
    "2026-07-01",
    "2026-01-01",
    "2025-07-01",
    "2025-01-01",
    "2024-03-01",
    "2023-05-01",
    "2022-10-01",
)
APP, JOB, ENVIRONMENT = (
    f"Microsoft.App/{name}" for name in ("containerApps", "jobs", "managedEnvironments")
)
APPS = "{group}/providers/Microsoft.App/containerApps"
JOBS = "{group}/providers/Microsoft.App/jobs"


def _id(call: Call, type: str) -> str:
    return f"{answers.group_id(call)}/providers/{type}/{call.params['name']}"


def view(call: Call, resource: Resource) -> Resource:
    """The resource without the values of its secrets."""
    shown = copy.deepcopy(resource)
    configuration = shown["properties"].get("configuration") or {}
    for secret in configuration.get("secrets") or []:
        secret.pop("value", None)
    return shown


def _reads(type: str) -> None:
    """GET one, list a group's, list a subscription's: the same for every top-level type."""
    action = f"{type}/read"

    @routes.arm("GET", f"{{group}}/providers/{type}/{{name}}", action=action, versions=VERSIONS)
    def get(call: Call) -> Response:
        return answers.one(view(call, answers.find(call.world, _id(call, type))))

    @routes.arm("GET", f"{{group}}/providers/{type}", action=action, versions=VERSIONS)
    def list_in_group(call: Call) -> Response:
        found = call.world.resources.of_type(type, answers.group_id(call))
        return answers.page(view(call, item) for item in found)

    @routes.arm("GET", f"/subscriptions/{{sub}}/providers/{type}", action=action, versions=VERSIONS)
    def list_in_subscription(call: Call) -> Response:
        found = call.world.resources.of_type(type, f"/subscriptions/{call.params['sub']}")
        return answers.page(view(call, item) for item in found)


for _type in (APP, JOB, ENVIRONMENT):
    _reads(_type)


@routes.arm("PATCH", f"{APPS}/{{name}}", action=f"{APP}/write", versions=VERSIONS)
def patch_app(call: Call) -> Response:
    app, body = answers.find(call.world, _id(call, APP)), call.json
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid.")
    changed = _merged(app, {k: v for k, v in body.items() if k in _WRITABLE})
    _apply(call, app, changed)
    operation = str(uuid.uuid4())
    known: dict[str, str] = call.world.memory.setdefault("app", {})
    known[operation] = changed["id"]
    region = str(changed["location"]).replace(" ", "").lower()
    location = (
        f"{call.request.origin}/subscriptions/{call.params['sub']}/providers/Microsoft.App"
        f"/locations/{region}/containerappOperationResults/{operation}?api-version={call.version}"
    )
    return Response(status=202, headers={"Location": location})


@routes.arm("PATCH", f"{JOBS}/{{name}}", action=f"{JOB}/write", versions=VERSIONS)
def patch_job(call: Call) -> Response:
    """Change a job; its next execution takes what is there then."""
    job, body = answers.find(call.world, _id(call, JOB)), call.json
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid.")
    changed = _merged(job, {k: v for k, v in body.items() if k in _WRITABLE})
    if changed.get("identity"):
        changed["identity"] = identities.written(call.world, job, changed["identity"])
    appsecrets.store(call.world, job, changed)
    call.world.resources.put(changed)
    return answers.one(view(call, changed))


@routes.arm("PUT", f"{APPS}/{{name}}", action=f"{APP}/write", versions=VERSIONS)
def put_app(call: Call) -> Response:
    """Replace. Creating is not simulated: the scenario says what exists."""
    app, body = answers.find(call.world, _id(call, APP)), call.json
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid.")
    changed = copy.deepcopy(app)
    changed.update(
        {k: copy.deepcopy(v) for k, v in body.items() if k in _WRITABLE - {"properties"}}
    )
    sent = body.get("properties") or {}
    changed["properties"].update(
        {k: copy.deepcopy(sent.get(k)) for k in ("configuration", "template")}
    )
    _apply(call, app, changed)
    return answers.one(view(call, changed))


@routes.arm("DELETE", f"{APPS}/{{name}}", action=f"{APP}/delete", versions=VERSIONS)
def delete_app(call: Call) -> Response:
    return answers.empty(200 if answers.remove(call.world, _id(call, APP)) else 204)


@routes.arm(
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.App/locations/{location}"
    "/containerappOperationResults/{operation}",
    action="",
    versions=VERSIONS,
)
def operation_result(call: Call) -> Response:
    known: dict[str, str] = call.world.memory.get("app", {})
    id = known.get(call.params["operation"])
    if id is None:
        raise Refusal(404, "OperationNotFound", "There is no such operation.")
    return answers.one(view(call, answers.find(call.world, id)))


_WRITABLE = {"tags", "identity", "properties"}


def _merged(old: Any, patch: Any) -> Any:
    """RFC 7396: objects merge, null deletes, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = copy.deepcopy(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _apply(call: Call, before: Resource, after: Resource) -> None:
    """Store the app; values of secrets go where only listSecrets and the platform see them."""
    world = call.world
    if after.get("identity"):
        after["identity"] = identities.written(world, before, after["identity"])
    appsecrets.store(world, before, after)
    world.resources.put(after)
    if after["properties"].get("template") == before["properties"].get("template"):
        return
    template = after["properties"].get("template") or {}
    suffix = template.get("revisionSuffix") or uuid.uuid4().hex[:7]
    views.retire(world, before)
    after["properties"]["latestRevisionName"] = f"{after['name']}--{suffix}"
    views.revision(world, after)
    appsecrets.started(world, after)
    platform.start(world, after["id"])


@routes.arm(
    "POST", f"{APPS}/{{name}}/listSecrets", action=f"{APP}/listSecrets/action", versions=VERSIONS
)
def list_app_secrets(call: Call) -> Response:
    return _secrets(call, answers.find(call.world, _id(call, APP)))


@routes.arm(
    "POST", f"{JOBS}/{{name}}/listSecrets", action=f"{JOB}/listSecrets/action", versions=VERSIONS
)
def list_job_secrets(call: Call) -> Response:
    return _secrets(call, answers.find(call.world, _id(call, JOB)))


def _secrets(call: Call, resource: Resource) -> Response:
    return answers.page(appsecrets.shown(call.world, resource))


@routes.arm("GET", f"{APPS}/{{name}}/revisions", action=f"{APP}/revisions/read", versions=VERSIONS)
def list_revisions(call: Call) -> Response:
    app = answers.find(call.world, _id(call, APP))
    views.revision(call.world, app)
    return answers.page(call.world.resources.of_type(f"{APP}/revisions", app["id"]))


def _revision(call: Call) -> Resource:
    app = answers.find(call.world, _id(call, APP))
    views.revision(call.world, app)
    return answers.find(call.world, f"{app['id']}/revisions/{call.params['revision']}")


@routes.arm(
    "GET",
    f"{APPS}/{{name}}/revisions/{{revision}}",
    action=f"{APP}/revisions/read",
    versions=VERSIONS,
)
def get_revision(call: Call) -> Response:
    return answers.one(_revision(call))


@routes.arm(
    "POST",
    f"{APPS}/{{name}}/revisions/{{revision}}/restart",
    action=f"{APP}/revisions/restart/action",
    versions=VERSIONS,
)
def restart_revision(call: Call) -> Response:
    _revision(call)
    appsecrets.started(call.world, answers.find(call.world, _id(call, APP)))
    platform.start(call.world, _id(call, APP))
    return answers.empty()


@routes.arm(
    "GET",
    f"{APPS}/{{name}}/revisions/{{revision}}/replicas",
    action=f"{APP}/revisions/replicas/read",
    versions=VERSIONS,
)
def list_replicas(call: Call) -> Response:
    revision = _revision(call)
    app = answers.find(call.world, _id(call, APP))
    if revision["id"].lower() == views.revision(call.world, app)["id"].lower():
        views.replica(call.world, app)
    return answers.page(call.world.resources.of_type(f"{APP}/revisions/replicas", revision["id"]))


@routes.arm(
    "GET", f"{JOBS}/{{name}}/executions", action=f"{JOB}/executions/read", versions=VERSIONS
)
def list_executions(call: Call) -> Response:
    job = answers.find(call.world, _id(call, JOB))
    return answers.page(call.world.resources.of_type(f"{JOB}/executions", job["id"]))
