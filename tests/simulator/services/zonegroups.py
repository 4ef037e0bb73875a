"""
DNS zone groups of private endpoints: the endpoint keeps the records of its zones itself
(Microsoft.Network/privateEndpoints/privateDnsZoneGroups).

A group writes one A record for every host its endpoint's network interface serves into each zone it
names; deleting the group takes them away ("Azure Private Endpoint private DNS zone values").
"""

import copy
from collections.abc import Iterator

from tests.simulator import answers
from tests.simulator.routes import Call, Routes
from tests.simulator.services import privatedns
from tests.simulator.services.network import VERSIONS
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

TYPE = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
ONE = "{group}/providers/Microsoft.Network/privateEndpoints/{name}/privateDnsZoneGroups/{child}"


def _endpoint(call: Call) -> Resource:
    id = f"{answers.group_id(call)}/providers/Microsoft.Network/privateEndpoints"
    return answers.find(call.world, f"{id}/{call.params['name']}")


@routes.arm("PUT", ONE, action=f"{TYPE}/write", versions=VERSIONS)
def put(call: Call) -> Response:
    endpoint, body = _endpoint(call), copy.deepcopy(call.json or {})
    id = f"{endpoint['id']}/privateDnsZoneGroups/{call.params['child']}"
    configurations = (body.get("properties") or {}).get("privateDnsZoneConfigs") or []
    for configuration in configurations:
        held = configuration.setdefault("properties", {})
        zone = call.world.resources.get(str(held.get("privateDnsZoneId", "")))
        if zone is None:
            raise Refusal(400, "InvalidResourceReference", "The private DNS zone was not found.")
        configuration |= {"id": f"{id}/privateDnsZoneConfigs/{configuration.get('name')}"}
        held |= {"provisioningState": "Succeeded", "recordSets": list(_write(call, endpoint, zone))}
    properties = {"provisioningState": "Succeeded", "privateDnsZoneConfigs": configurations}
    known = call.world.resources.get(id)
    name = call.params["child"]
    stored = call.world.resources.put(
        {"id": id, "name": name, "type": TYPE, "properties": properties}
    )
    return answers.one(stored, status=200 if known else 201)


@routes.arm("DELETE", ONE, action=f"{TYPE}/delete", versions=VERSIONS)
def delete(call: Call) -> Response:
    id = f"{_endpoint(call)['id']}/privateDnsZoneGroups/{call.params['child']}"
    group = call.world.resources.get(id)
    if group is None:
        return answers.empty(204)
    for configuration in group["properties"]["privateDnsZoneConfigs"]:
        held = configuration["properties"]
        for written in held.get("recordSets") or []:
            name = written["recordSetName"]
            answers.remove(call.world, f"{held['privateDnsZoneId']}/A/{name}")
    answers.remove(call.world, id)
    return answers.empty(200)


def _write(call: Call, endpoint: Resource, zone: Resource) -> Iterator[Resource]:
    """One record for each host whose private name lies in the zone."""
    public = zone["name"].removeprefix("privatelink.")
    for reference in endpoint["properties"].get("networkInterfaces") or []:
        card = call.world.resources.get(reference["id"]) or {"properties": {}}
        for item in card["properties"].get("ipConfigurations") or []:
            address = item["properties"]["privateIPAddress"]
            for host in item["properties"]["privateLinkConnectionProperties"]["fqdns"]:
                if not host.endswith(f".{public}"):
                    continue
                name = host.removesuffix(f".{public}")
                privatedns.record(call, zone, name, [address])
                yield {
                    "recordType": "A",
                    "recordSetName": name,
                    "fqdn": f"{name}.{zone['name']}",
                    "provisioningState": "Succeeded",
                    "ttl": 10,
                    "ipAddresses": [address],
                }
