"""
Jobs of Container Apps (Microsoft.App/jobs): writes, and their executions.

Manners: a change of a job pulls nothing; its next execution takes what is there then. Images that
changed are looked at first; when they are not there the operation ends Failed, and so does the job.
Executions begin on schedule or when somebody starts one.
"""

import copy

from tests.simulator import answers, appsecrets, deployments, executions, identities, platform
from tests.simulator.routes import Call, Routes
from tests.simulator.services.app import JOB, JOBS, VERSIONS, id_of, view
from tests.simulator.services.appwrites import merged, note, operation, sent
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()
_EXECUTIONS = f"{JOBS}/{{name}}/executions"
_WRITABLE = {"tags", "identity", "properties"}


@routes.arm("PATCH", f"{JOBS}/{{name}}", action=f"{JOB}/write", versions=VERSIONS)
def patch_job(call: Call) -> Response:
    job = answers.find(call.world, id_of(call, JOB))
    return _stored(call, job, merged(job, {k: v for k, v in sent(call).items() if k in _WRITABLE}))


@routes.arm("PUT", f"{JOBS}/{{name}}", action=f"{JOB}/write", versions=VERSIONS)
def put_job(call: Call) -> Response:
    """Replace. Creating is not simulated: the scenario says what exists."""
    job, body = answers.find(call.world, id_of(call, JOB)), sent(call)
    changed = copy.deepcopy(job)
    changed.update(
        {k: copy.deepcopy(v) for k, v in body.items() if k in _WRITABLE - {"properties"}}
    )
    properties = body.get("properties") or {}
    changed["properties"].update(
        {k: copy.deepcopy(properties.get(k)) for k in ("configuration", "template")}
    )
    return _stored(call, job, changed)


def _stored(call: Call, before: Resource, after: Resource) -> Response:
    if after.get("identity"):
        after["identity"] = identities.written(call.world, before, after["identity"])
    appsecrets.store(call.world, before, after)
    call.world.resources.put(after)
    if after["properties"].get("template") == before["properties"].get("template"):
        return answers.one(view(call, after))
    refused = deployments.refusal(call.world, after, before)
    after["properties"]["provisioningState"] = "Failed" if refused else "Succeeded"
    if refused is None:
        return answers.one(view(call, after))
    call.world.after(1, lambda: note(call.world, after, refused.text))
    where = operation(call, after, refused.text)
    return Response(status=202, headers={"Location": where("containerappOperationResults")})


@routes.arm("DELETE", f"{JOBS}/{{name}}", action=f"{JOB}/delete", versions=VERSIONS)
def delete_job(call: Call) -> Response:
    return answers.empty(200 if answers.remove(call.world, id_of(call, JOB)) else 204)


@routes.arm("POST", f"{JOBS}/{{name}}/start", action=f"{JOB}/start/action", versions=VERSIONS)
def start_job(call: Call) -> Response:
    """Somebody starts an execution, beside the schedule."""
    job = answers.find(call.world, id_of(call, JOB))
    platform.start(call.world, job["id"])
    execution = executions.newest(call.world, job)
    if execution is None:
        raise Refusal(409, "JobExecutionNotStarted", "The job has no image to run.")
    return answers.one({"id": execution["id"], "name": execution["name"]})


@routes.arm("GET", _EXECUTIONS, action=f"{JOB}/executions/read", versions=VERSIONS)
def list_executions(call: Call) -> Response:
    job = answers.find(call.world, id_of(call, JOB))
    return answers.page(call.world.resources.of_type(f"{JOB}/executions", job["id"]))


@routes.arm(
    "GET", f"{_EXECUTIONS}/{{execution}}", action=f"{JOB}/executions/read", versions=VERSIONS
)
def get_execution(call: Call) -> Response:
    job = answers.find(call.world, id_of(call, JOB))
    return answers.one(
        answers.find(call.world, f"{job['id']}/executions/{call.params['execution']}")
    )
