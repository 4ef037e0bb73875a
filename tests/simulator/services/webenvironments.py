"""App Service Environments in the resource manager (Microsoft.Web/hostingEnvironments), to read."""

from tests.simulator import answers
from tests.simulator.routes import Call, Routes
from tests.simulator.services import web
from tests.simulator.wire import Response

routes = Routes()

KIND = "Microsoft.Web/hostingEnvironments"
_ONE = f"{{group}}/providers/{KIND}/{{name}}"


def _id(call: Call) -> str:
    return f"{answers.group_id(call)}/providers/{KIND}/{call.params['name']}"


@routes.arm("GET", _ONE, action=f"{KIND}/read", versions=web.VERSIONS)
def get(call: Call) -> Response:
    return answers.one(answers.find(call.world, _id(call)))
