"""
Azure Policy on writes.

In:  a PUT or PATCH that passed access control.
Out: the same request, its body changed by policies with effect modify; or 403
     RequestDisallowedByPolicy when one denies.
"""

from tests.simulator.routes import Route
from tests.simulator.wire import Request
from tests.simulator.world import World


def apply(world: World, request: Request, route: Route) -> Request:
    return request
