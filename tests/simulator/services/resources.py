"""
Subscriptions, tenants and resource groups: the resource manager's own resources.
"""

from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Response

routes = Routes()
_VERSIONS = ("2016-06-01", "2019-11-01", "2021-01-01", "2022-12-01")


@routes.arm("GET", "/subscriptions", action="", versions=_VERSIONS)
def list_subscriptions(call: Call) -> Response:
    return Response(body={"value": [_subscription(call, sub) for sub in call.world.subscriptions]})


@routes.arm(
    "GET",
    "/subscriptions/{sub}",
    action="Microsoft.Resources/subscriptions/read",
    versions=_VERSIONS,
)
def get_subscription(call: Call) -> Response:
    return Response(body=_subscription(call, call.params["sub"]))


def _subscription(call: Call, sub: str) -> dict[str, object]:
    return {
        "id": f"/subscriptions/{sub}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": sub,
        "tenantId": call.world.tenant,
        "displayName": f"Simulated {call.world.subscriptions.index(sub) + 1}",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }
