"""
Connections of private endpoints to a registry: read, approved, rejected
(Microsoft.ContainerRegistry/registries/privateEndpointConnections).

The registry's side and the endpoint's side show the same state. A rejected connection stays
rejected: the endpoint has to be made anew (page "Manage private endpoints").
"""

from tests.simulator import answers
from tests.simulator.routes import Call, Routes
from tests.simulator.services import containerregistry as acr
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

KIND = f"{acr.PROVIDER}/registries/privateEndpointConnections"
ONE = f"{acr.REGISTRY}/privateEndpointConnections/{{connection}}"


def _connection(call: Call) -> Resource:
    id = f"{acr.registry_of(call)['id']}/privateEndpointConnections/{call.params['connection']}"
    return answers.find(call.world, id)


@routes.arm("GET", ONE, action=f"{KIND}/read", versions=acr.VERSIONS)
def get(call: Call) -> Response:
    return answers.one(_connection(call))


@routes.arm("PUT", ONE, action=f"{KIND}/write", versions=acr.VERSIONS)
def put(call: Call) -> Response:
    connection = _connection(call)
    given = ((call.json or {}).get("properties") or {}).get("privateLinkServiceConnectionState")
    state = connection["properties"]["privateLinkServiceConnectionState"]
    if not isinstance(given, dict) or given.get("status") not in ("Approved", "Rejected"):
        raise Refusal(400, "BadRequest", "The status must be one of Approved, Rejected.")
    if state["status"] == "Rejected" and given["status"] == "Approved":
        raise Refusal(400, "BadRequest", "A rejected connection cannot be approved.")
    state |= given
    _tell_the_endpoint(call, connection, state["status"])
    return answers.one(connection)


def _tell_the_endpoint(call: Call, connection: Resource, status: str) -> None:
    """The endpoint's own view of its connection to this registry."""
    id = str((connection["properties"].get("privateEndpoint") or {}).get("id", ""))
    endpoint = call.world.resources.get(id) or {"properties": {}}
    for kind in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        for own in endpoint["properties"].get(kind) or []:
            own["properties"]["privateLinkServiceConnectionState"]["status"] = status
