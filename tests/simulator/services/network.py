"""
The network provider, as far as a pull's way is concerned (Microsoft.Network).

One table of types; each can be read, listed, put and deleted. A virtual network shows its subnets,
whether the state keeps them inside it or beside it.
"""

import copy

from tests.simulator import answers, firewalls, subnets
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response, resource_not_found
from tests.simulator.world import Resource

routes = Routes()

VERSIONS = (
    "2026-03-01",
    "2025-07-01",
    "2025-05-01",
    "2025-03-01",
    "2025-01-01",
    "2024-10-01",
    "2024-07-01",
    "2024-05-01",
    "2024-03-01",
    "2023-11-01",
    "2022-01-01",
)
NETWORK = "Microsoft.Network/virtualNetworks"
TYPES = (
    NETWORK,
    "Microsoft.Network/natGateways",
    "Microsoft.Network/publicIPAddresses",
    "Microsoft.Network/publicIPPrefixes",
    "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Network/routeTables",
    "Microsoft.Network/azureFirewalls",
    "Microsoft.Network/firewallPolicies",
    "Microsoft.Network/privateEndpoints",
    "Microsoft.Network/networkInterfaces",
)
#: (parent type, child): a child's own GET and list.
CHILDREN = (
    (NETWORK, "subnets"),
    (NETWORK, "virtualNetworkPeerings"),
    ("Microsoft.Network/networkSecurityGroups", "securityRules"),
    ("Microsoft.Network/routeTables", "routes"),
    ("Microsoft.Network/firewallPolicies", "ruleCollectionGroups"),
    ("Microsoft.Network/privateEndpoints", "privateDnsZoneGroups"),
)


#: Children the parent's body does not repeat.
_APART = ("privateDnsZoneGroups", "ruleCollectionGroups")


def _view(call: Call, resource: Resource) -> Resource:
    """The resource with the children its body repeats."""
    shown = copy.deepcopy(resource)
    for parent, child in CHILDREN:
        if resource["type"].lower() == parent.lower() and child not in _APART:
            shown["properties"][child] = _children(call, resource, child)
    if resource["type"].lower() == "microsoft.network/publicipaddresses":
        user = firewalls.holder(call.world, resource["id"])
        shown["properties"] |= {"ipConfiguration": {"id": user}} if user else {}
    return shown


def _children(call: Call, parent: Resource, child: str) -> list[Resource]:
    """Children beside the parent, then those only inside it."""
    beside = list(call.world.resources.of_type(f"{parent['type']}/{child}", parent["id"]))
    known = {item["id"].lower() for item in beside}
    inside = parent["properties"].get(child) or []
    return beside + [item for item in inside if str(item.get("id", "")).lower() not in known]


def _operations(type: str) -> None:
    one, many = f"{{group}}/providers/{type}/{{name}}", f"{{group}}/providers/{type}"

    def id_of(call: Call) -> str:
        return f"{answers.group_id(call)}/providers/{type}/{call.params['name']}"

    @routes.arm("GET", one, action=f"{type}/read", versions=VERSIONS)
    def get(call: Call) -> Response:
        return answers.one(_view(call, answers.find(call.world, id_of(call))))

    @routes.arm("GET", many, action=f"{type}/read", versions=VERSIONS)
    def list_in_group(call: Call) -> Response:
        found = call.world.resources.of_type(type, answers.group_id(call))
        return answers.page(_view(call, item) for item in found)

    @routes.arm(
        "GET",
        f"/subscriptions/{{sub}}/providers/{type}",
        action=f"{type}/read",
        versions=VERSIONS,
    )
    def list_in_subscription(call: Call) -> Response:
        found = call.world.resources.of_type(type, f"/subscriptions/{call.params['sub']}")
        return answers.page(_view(call, item) for item in found)

    @routes.arm("PUT", one, action=f"{type}/write", versions=VERSIONS)
    def put(call: Call) -> Response:
        return _put(call, id_of(call), type)

    @routes.arm("DELETE", one, action=f"{type}/delete", versions=VERSIONS)
    def delete(call: Call) -> Response:
        return answers.empty(200 if answers.remove(call.world, id_of(call)) else 204)


def _child_operations(parent: str, child: str) -> None:
    type_ = f"{parent}/{child}"
    many = f"{{group}}/providers/{parent}/{{name}}/{child}"

    def parent_of(call: Call) -> Resource:
        id = f"{answers.group_id(call)}/providers/{parent}/{call.params['name']}"
        return answers.find(call.world, id)

    @routes.arm("GET", many, action=f"{type_}/read", versions=VERSIONS)
    def list_children(call: Call) -> Response:
        return answers.page(_children(call, parent_of(call), child))

    @routes.arm("GET", f"{many}/{{child}}", action=f"{type_}/read", versions=VERSIONS)
    def get(call: Call) -> Response:
        id = f"{parent_of(call)['id']}/{child}/{call.params['child']}"
        for item in _children(call, parent_of(call), child):
            if str(item.get("id", "")).lower() == id.lower():
                return answers.one(item)
        raise resource_not_found(id)

    if child == "privateDnsZoneGroups":
        return  # they write records: see zonegroups.py

    @routes.arm("PUT", f"{many}/{{child}}", action=f"{type_}/write", versions=VERSIONS)
    def put(call: Call) -> Response:
        return _put(call, f"{parent_of(call)['id']}/{child}/{call.params['child']}", type_)

    @routes.arm("DELETE", f"{many}/{{child}}", action=f"{type_}/delete", versions=VERSIONS)
    def delete(call: Call) -> Response:
        held, name = parent_of(call), call.params["child"]
        inside = held["properties"].get(child) or []
        kept = [item for item in inside if str(item.get("name")).lower() != name.lower()]
        if len(kept) != len(inside):
            held["properties"][child] = kept
        removed = answers.remove(call.world, f"{held['id']}/{child}/{name}")
        return answers.empty(200 if removed or len(kept) != len(inside) else 204)


def _put(call: Call, id: str, type: str) -> Response:
    body = call.json
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid.")
    known = call.world.resources.get(id)
    stored = {**copy.deepcopy(body), "id": id, "name": id.rsplit("/", 1)[-1], "type": type}
    stored["properties"] = {**(stored.get("properties") or {}), "provisioningState": "Succeeded"}
    call.world.resources.put(stored)
    return answers.one(stored, status=200 if known or subnets.subnet(call.world, id) else 201)


for _type in TYPES:
    _operations(_type)
for _parent, _child in CHILDREN:
    _child_operations(_parent, _child)
