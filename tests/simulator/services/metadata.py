"""
GET /metadata/endpoints: what a cloud tells about itself to those who only know its ARM address.

In:  a request without sign-in. Out: the endpoints document, in the array form since 2019-05-01 and
as one object before. Source: what `az cloud register --endpoint-resource-manager` reads.
"""

from typing import Any

from tests.simulator import clouds
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Response

routes = Routes()
_OBJECT = ("2015-01-01", "2018-05-01")
_ARRAY = ("2019-05-01", "2019-10-01", "2020-06-01", "2022-09-01")


@routes.arm("GET", "/metadata/endpoints", action="", versions=(*_OBJECT, *_ARRAY), anonymous=True)
def endpoints(call: Call) -> Response:
    home = clouds.named(call.world.cloud)
    authentication: dict[str, Any] = {
        "loginEndpoint": f"https://{home.login}",
        "audiences": [f"{one}/" for one in home.audiences],
        "tenant": "common",
        "identityProvider": "AAD",
    }
    document: dict[str, Any] = {
        "name": home.name,
        "portal": home.portal,
        "authentication": authentication,
        "graph": "https://graph.windows.net/",
        "graphEndpoint": "https://graph.windows.net/",
        "galleryEndpoint": "https://gallery.azure.com/",
        "resourceManager": f"{call.request.origin}/",
    }
    if call.version in _OBJECT:
        plain = ("galleryEndpoint", "graphEndpoint")
        named = {"portalEndpoint": document["portal"], "authentication": authentication}
        return Response(body=named | {key: document[key] for key in plain})
    document |= {
        "media": "https://rest.media.azure.net",
        "batch": "https://batch.core.windows.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "gallery": "https://gallery.azure.com/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "ossrdbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "logAnalyticsResourceId": f"https://{home.log_analytics[0]}",
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights.azure.com/v2/track",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "attestationResourceId": "https://attest.azure.net",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json",
        "suffixes": {
            "acrLoginServer": home.registry_suffix.lstrip("."),
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
        },
    }
    return Response(body=[document])
