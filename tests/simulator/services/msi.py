"""
User-assigned identities (Microsoft.ManagedIdentity): read only, the scenario says what exists.
"""

from tests.simulator import answers
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Response

routes = Routes()

VERSIONS = ("2024-11-30", "2023-01-31", "2022-01-31-preview")
TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"


@routes.arm("GET", f"{{group}}/providers/{TYPE}/{{name}}", action=f"{TYPE}/read", versions=VERSIONS)
def get(call: Call) -> Response:
    id = f"{answers.group_id(call)}/providers/{TYPE}/{call.params['name']}"
    return answers.one(answers.find(call.world, id))


@routes.arm("GET", f"{{group}}/providers/{TYPE}", action=f"{TYPE}/read", versions=VERSIONS)
def list_in_group(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(TYPE, answers.group_id(call)))


@routes.arm(
    "GET", f"/subscriptions/{{sub}}/providers/{TYPE}", action=f"{TYPE}/read", versions=VERSIONS
)
def list_in_subscription(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(TYPE, f"/subscriptions/{call.params['sub']}"))
