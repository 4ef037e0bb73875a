"""
GET /metadata/endpoints: what a cloud tells about itself to those who only know its ARM address.

In:  a request without sign-in.
Out: the endpoints document: one object, in a short form before 2019; a list of clouds from
     2019-05-01 to 2020-06-01. Source: what `az cloud register` and Terraform read.
"""

from typing import Any

from tests.simulator import clouds
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Response

routes = Routes()
_SHORT = ("2015-01-01", "2018-05-01")
_LIST = ("2019-05-01", "2019-10-01", "2020-06-01")
_OBJECT = ("2022-09-01",)


@routes.arm(
    "GET", "/metadata/endpoints", action="", versions=(*_SHORT, *_LIST, *_OBJECT), anonymous=True
)
def endpoints(call: Call) -> Response:
    """Only what this simulator stands in for; clients fall back to their defaults for the rest."""
    home = clouds.named(call.world.cloud)
    authentication: dict[str, Any] = {
        "loginEndpoint": f"https://{home.login}",
        "audiences": [f"{one}/" for one in home.audiences],
        "tenant": "common",
        "identityProvider": "AAD",
    }
    if call.version in _SHORT:
        short = {"portalEndpoint": home.portal, "graphEndpoint": f"https://{home.graph}/"}
        return Response(body=short | {"authentication": authentication})
    document: dict[str, Any] = {
        "name": home.name,
        "portal": home.portal,
        "authentication": authentication,
        "resourceManager": f"{call.request.origin}/",
        "logAnalyticsResourceId": f"https://{home.log_analytics[0]}",
        "microsoftGraphResourceId": f"https://{home.graph}/",
        "suffixes": {"acrLoginServer": home.registry_suffix.lstrip(".")},
    }
    return Response(body=[document] if call.version in _LIST else document)
