"""
Cache rules of a registry: repositories it fills from another registry at the first pull.

Children `{registry}/cacheRules/{name}` with properties.sourceRepository and targetRepository;
either may end in `*` ("Artifact cache overview"). What a pull makes of them is told in pull.py.
"""

from tests.simulator import answers, registries
from tests.simulator.routes import Call, Routes
from tests.simulator.services import containerregistry as acr
from tests.simulator.wire import Response

routes = Routes()


@routes.arm(
    "GET",
    f"{acr.REGISTRY}/cacheRules",
    action=f"{acr.PROVIDER}/registries/cacheRules/read",
    versions=acr.VERSIONS,
)
def list_rules(call: Call) -> Response:
    registry = acr.registry_of(call)
    return answers.page(
        call.world.resources.of_type(f"{registries.TYPE}/cacheRules", registry["id"])
    )
