"""
Azure Private DNS: zones, A records, links to virtual networks (Microsoft.Network/privateDnsZones).

Manners: errors about records come as a bare {code, message}; a virtual network can be linked to one
zone of a name only; making and deleting a link takes a while (202 with Azure-AsyncOperation and
Location, as recorded traffic of the Azure command line has it); whoever links a network needs
`virtualNetworks/join/action` there.
"""

import copy
import uuid

from tests.simulator import access, answers
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

VERSIONS = ("2024-06-01", "2020-06-01", "2018-09-01")
ZONE = "Microsoft.Network/privateDnsZones"
LINK = f"{ZONE}/virtualNetworkLinks"
ZONES = "{group}/providers/Microsoft.Network/privateDnsZones"
LINKS = f"{ZONES}/{{zone}}/virtualNetworkLinks"
JOIN = "Microsoft.Network/virtualNetworks/join/action"
SLOW = 2.0  # seconds until a link is made, or gone


def _zone(call: Call) -> Resource:
    return _held(call, f"{answers.group_id(call)}/providers/{ZONE}/{call.params['zone']}")


def _held(call: Call, id: str) -> Resource:
    found = call.world.resources.get(id)
    if found is None:
        raise Refusal(404, "NotFound", f"The resource {id} was not found.", shape="bare")
    return found


@routes.arm("GET", ZONES, action=f"{ZONE}/read", versions=VERSIONS)
def list_zones_in_group(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(ZONE, answers.group_id(call)))


@routes.arm(
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.Network/privateDnsZones",
    action=f"{ZONE}/read",
    versions=VERSIONS,
)
def list_zones(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(ZONE, f"/subscriptions/{call.params['sub']}"))


@routes.arm("GET", f"{ZONES}/{{zone}}", action=f"{ZONE}/read", versions=VERSIONS)
def get_zone(call: Call) -> Response:
    return answers.one(answers.find(call.world, _zone(call)["id"]))


@routes.arm("PUT", f"{ZONES}/{{zone}}", action=f"{ZONE}/write", versions=VERSIONS)
def put_zone(call: Call) -> Response:
    id = f"{answers.group_id(call)}/providers/{ZONE}/{call.params['zone']}"
    more = {"location": "global", "tags": (call.json or {}).get("tags") or {}}
    return _put(call, id, ZONE, {**more, "properties": {"provisioningState": "Succeeded"}})


@routes.arm("GET", f"{ZONES}/{{zone}}/A", action=f"{ZONE}/A/read", versions=VERSIONS)
def list_a_records(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(f"{ZONE}/A", _zone(call)["id"]))


@routes.arm("GET", f"{ZONES}/{{zone}}/ALL", action=f"{ZONE}/ALL/read", versions=VERSIONS)
def list_records(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(f"{ZONE}/A", _zone(call)["id"]))


@routes.arm("GET", f"{ZONES}/{{zone}}/A/{{record}}", action=f"{ZONE}/A/read", versions=VERSIONS)
def get_a_record(call: Call) -> Response:
    return answers.one(_held(call, f"{_zone(call)['id']}/A/{call.params['record']}"))


@routes.arm("PUT", f"{ZONES}/{{zone}}/A/{{record}}", action=f"{ZONE}/A/write", versions=VERSIONS)
def put_a_record(call: Call) -> Response:
    zone, name = _zone(call), call.params["record"]
    given = dict((call.json or {}).get("properties") or {})
    given |= {"fqdn": f"{name}.{zone['name']}.", "isAutoRegistered": False}
    return _put(call, f"{zone['id']}/A/{name}", f"{ZONE}/A", {"properties": given})


@routes.arm(
    "DELETE", f"{ZONES}/{{zone}}/A/{{record}}", action=f"{ZONE}/A/delete", versions=VERSIONS
)
def delete_a_record(call: Call) -> Response:
    removed = answers.remove(call.world, f"{_zone(call)['id']}/A/{call.params['record']}")
    return answers.empty(200 if removed else 204)


@routes.arm("GET", LINKS, action=f"{LINK}/read", versions=VERSIONS)
def list_links(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(LINK, _zone(call)["id"]))


@routes.arm("GET", f"{LINKS}/{{link}}", action=f"{LINK}/read", versions=VERSIONS)
def get_link(call: Call) -> Response:
    id = f"{_zone(call)['id']}/virtualNetworkLinks/{call.params['link']}"
    return answers.one(answers.find(call.world, id))


@routes.arm("PUT", f"{LINKS}/{{link}}", action=f"{LINK}/write", versions=VERSIONS)
def put_link(call: Call) -> Response:
    zone, body = _zone(call), call.json or {}
    id = f"{zone['id']}/virtualNetworkLinks/{call.params['link']}"
    given = copy.deepcopy(body.get("properties") or {})
    network = str((given.get("virtualNetwork") or {}).get("id", ""))
    known = call.world.resources.get(id)
    if known and call.request.headers.get("if-none-match") == "*":
        said = f"The link {id} exists already, and the request has the header If-None-Match."
        raise Refusal(412, "PreconditionFailed", said)
    if not network:
        raise Refusal(400, "BadRequest", "The virtual network is missing.")
    if known and network.lower() != known["properties"]["virtualNetwork"]["id"].lower():
        said = "The virtual network of a link cannot be changed."
        raise Refusal(400, "BadRequest", said)
    _may_join(call, id, network)
    _refuse_second(call, zone, id, network)
    given |= {"provisioningState": "Creating", "virtualNetworkLinkState": "InProgress"}
    given.setdefault("registrationEnabled", False)
    given.setdefault("resolutionPolicy", "Default")
    more = {"location": "global", "tags": body.get("tags") or {}, "properties": given}
    _put(call, id, LINK, more)
    call.world.after(SLOW, lambda: _done(call, id))
    return _working(call)


def _done(call: Call, id: str) -> None:
    link = call.world.resources.get(id)
    if link is not None:
        done = {"provisioningState": "Succeeded", "virtualNetworkLinkState": "Completed"}
        link["properties"].update(done)


def _working(call: Call) -> Response:
    """202 without a body, and where to ask how it goes."""
    operation = str(uuid.uuid4())
    below = f"{call.request.origin}{answers.group_id(call)}/providers/Microsoft.Network"
    query = f"{operation}?api-version={call.version}"
    return Response(
        status=202,
        headers={
            "Azure-AsyncOperation": f"{below}/privateDnsOperationStatuses/{query}",
            "Location": f"{below}/privateDnsOperationResults/{query}",
            "Retry-After": "30",
        },
    )


@routes.arm(
    "GET",
    "{group}/providers/Microsoft.Network/privateDnsOperationStatuses/{operation}",
    action="Microsoft.Network/privateDnsOperationStatuses/read",
    versions=VERSIONS,
)
def operation_status(call: Call) -> Response:
    return answers.one({"status": "Succeeded"})


def _may_join(call: Call, id: str, network: str) -> None:
    """Whoever links a network must be allowed to; one without any role is an administrator."""
    trusted = not access.has_a_role(call.world, call.principal)
    if trusted or access.allows(call.world, call.principal, network, JOIN):
        return
    raise Refusal(
        403,
        "LinkedAuthorizationFailed",
        f"The client with object id '{call.principal}' has permission to perform action "
        f"'{LINK}/write' on scope '{id}'; however, it does not have permission to perform action "
        f"'{JOIN}' on the linked scope(s) '{network}' or the linked scope(s) are invalid.",
    )


def _refuse_second(call: Call, zone: Resource, id: str, network: str) -> None:
    """A network can be linked to one zone of a name."""
    for link in call.world.resources.of_type(LINK):
        other = link["id"].rsplit("/virtualNetworkLinks/", 1)[0]
        held = str(link["properties"].get("virtualNetwork", {}).get("id", ""))
        if link["id"].lower() == id.lower() or held.lower() != network.lower():
            continue
        if other.rsplit("/", 1)[-1].lower() == zone["name"].lower():
            raise Refusal(
                409,
                "Conflict",
                f"A virtual network cannot be linked to multiple zones with overlapping "
                f"namespaces. You tried to link virtual network '{network}' with zone "
                f"'{zone['name']}', which is already linked.",
            )


@routes.arm("DELETE", f"{LINKS}/{{link}}", action=f"{LINK}/delete", versions=VERSIONS)
def delete_link(call: Call) -> Response:
    id = f"{_zone(call)['id']}/virtualNetworkLinks/{call.params['link']}"
    link = call.world.resources.get(id)
    if link is None:
        return answers.empty(204)
    link["properties"]["provisioningState"] = "Deleting"

    def gone() -> None:
        answers.remove(call.world, id)

    call.world.after(SLOW, gone)
    return _working(call)


def record(call: Call, zone: Resource, name: str, addresses: list[str]) -> Resource:
    """Write an A record as somebody other than a client: a zone group of a private endpoint."""
    properties = {
        "ttl": 10,
        "fqdn": f"{name}.{zone['name']}.",
        "isAutoRegistered": False,
        "aRecords": [{"ipv4Address": address} for address in addresses],
    }
    id = f"{zone['id']}/A/{name}"
    body = {"id": id, "name": name, "type": f"{ZONE}/A", "properties": properties}
    return call.world.resources.put(body)


def _put(call: Call, id: str, type: str, more: Resource) -> Response:
    known = call.world.resources.get(id)
    stored = call.world.resources.put(
        {"id": id, "name": id.rsplit("/", 1)[-1], "type": type, **more}
    )
    return answers.one(stored, status=200 if known else 201)
