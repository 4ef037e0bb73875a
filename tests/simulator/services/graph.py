"""
Microsoft Graph, as a caller without directory permissions meets it.

The az CLI asks it for the display names behind role assignments and goes on without them. Managed
identities have no Graph permission unless somebody grants one, so the answer is always the refusal.
"""

from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response

routes = Routes()


@routes.on("graph", "POST", "/v1.0/directoryObjects/getByIds")
@routes.on("graph", "GET", "/v1.0/servicePrincipals")
@routes.on("graph", "GET", "/v1.0/users")
def refuse(call: Call) -> Response:
    raise Refusal(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )
