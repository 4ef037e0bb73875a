"""
Azure Container Apps' side of the resource manager (Microsoft.App): what is read.

Manners: GET never shows a secret's value, listSecrets does. Writes are in `appwrites`, revisions
and replicas in `apprevisions`, jobs in `appjobs`.
"""

import copy

from tests.simulator import answers, appsecrets
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Response
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


def id_of(call: Call, type: str) -> str:
    """The id of the resource a request is about."""
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
        return answers.one(view(call, answers.find(call.world, id_of(call, type))))

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


@routes.arm(
    "POST", f"{APPS}/{{name}}/listSecrets", action=f"{APP}/listSecrets/action", versions=VERSIONS
)
def list_app_secrets(call: Call) -> Response:
    app = answers.find(call.world, id_of(call, APP))
    return answers.page(appsecrets.shown(call.world, app))


@routes.arm(
    "POST", f"{JOBS}/{{name}}/listSecrets", action=f"{JOB}/listSecrets/action", versions=VERSIONS
)
def list_job_secrets(call: Call) -> Response:
    job = answers.find(call.world, id_of(call, JOB))
    return answers.page(appsecrets.shown(call.world, job))
