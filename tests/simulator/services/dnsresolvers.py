"""
Azure DNS Private Resolver: its inbound endpoints, to be read (Microsoft.Network/dnsResolvers).
"""

from tests.simulator import answers
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Response

routes = Routes()

TYPE = "Microsoft.Network/dnsResolvers/inboundEndpoints"
ONE = "{group}/providers/Microsoft.Network/dnsResolvers/{name}/inboundEndpoints/{child}"


@routes.arm("GET", ONE, action=f"{TYPE}/read", versions=("2022-07-01", "2025-05-01"))
def get(call: Call) -> Response:
    below = f"{answers.group_id(call)}/providers/Microsoft.Network/dnsResolvers"
    id = f"{below}/{call.params['name']}/inboundEndpoints/{call.params['child']}"
    return answers.one(answers.find(call.world, id))
