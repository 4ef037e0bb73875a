"""
The resource manager's own: tenants, subscriptions, groups, generic resource lists, providers.

A resource group exists when the scenario lists it (Microsoft.Resources/resourceGroups) or puts
anything into it. Nothing here is written.
"""

from collections.abc import Callable
from typing import Any

from tests.simulator import access, filters
from tests.simulator.guards import place
from tests.simulator.routes import Call, Routes, collect
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource, World

routes = Routes()
_VERSIONS = ("2016-06-01", "2018-06-01", "2019-06-01", "2019-11-01", "2021-01-01", "2022-12-01")
_RESOURCES = (
    *_VERSIONS,
    "2017-05-10",
    "2018-05-01",
    "2019-07-01",
    "2019-10-01",
    "2020-06-01",
    "2020-10-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
)
_GROUP = "Microsoft.Resources/resourceGroups"
_READ_GROUP = "Microsoft.Resources/subscriptions/resourceGroups/read"
_READ_RESOURCES = "Microsoft.Resources/subscriptions/resources/read"


@routes.arm("GET", "/tenants", action="", versions=_VERSIONS)
def list_tenants(call: Call) -> Response:
    tenant = call.world.tenant
    return Response(
        body={
            "value": [
                {
                    "id": f"/tenants/{tenant}",
                    "tenantId": tenant,
                    "displayName": "Simulated",
                    "defaultDomain": "simulated.onmicrosoft.com",
                    "tenantCategory": "Home",
                }
            ]
        }
    )


@routes.arm("GET", "/subscriptions", action="", versions=_VERSIONS)
def list_subscriptions(call: Call) -> Response:
    """Those in which the caller has any role, anywhere."""
    seen = [
        _subscription(call.world, sub)
        for sub in call.world.subscriptions
        if access.has_a_role(call.world, call.principal, f"/subscriptions/{sub}")
    ]
    return Response(body={"value": seen, "count": {"type": "Total", "value": len(seen)}})


@routes.arm(
    "GET",
    "/subscriptions/{sub}",
    action="Microsoft.Resources/subscriptions/read",
    versions=_VERSIONS,
)
def get_subscription(call: Call) -> Response:
    return Response(body=_subscription(call.world, call.params["sub"]))


@routes.arm("GET", "/subscriptions/{sub}/resourcegroups", action=_READ_GROUP, versions=_RESOURCES)
def list_groups(call: Call) -> Response:
    found = [_group(call.world, call.params["sub"], name) for name in _group_names(call)]
    return Response(body={"value": found})


@routes.arm("GET", "{group}", action=_READ_GROUP, versions=_RESOURCES)
def get_group(call: Call) -> Response:
    return Response(body=_group(call.world, call.params["sub"], call.params["rg"]))


@routes.arm("HEAD", "{group}", action=_READ_GROUP, versions=_RESOURCES)
def group_exists(call: Call) -> Response:
    return Response(status=204)  # the guards answered 404 if it is not there


@routes.arm("GET", "/subscriptions/{sub}/resources", action=_READ_RESOURCES, versions=_RESOURCES)
@routes.arm("GET", "{group}/resources", action=_READ_RESOURCES, versions=_RESOURCES)
def list_resources(call: Call) -> Response:
    """Top-level resources below the scope, in the short form of the generic list."""
    asked = filters.clauses(
        call.query.get("$filter", ""),
        known={"resourcetype", "name", "resourcegroup", "tagname", "tagvalue"},
    )
    below = call.request.path.rsplit("/", 1)[0]
    found = [
        _short(item)
        for item in call.world.resources
        if access.covers(call.world, below, item["id"])
        and _top_level(item)
        and _fits(item, asked)
        and access.allows(call.world, call.principal, item["id"], f"{item['type']}/read")
    ]
    return Response(body={"value": found})


@routes.arm("GET", "/subscriptions/{sub}/providers", action="", versions=_RESOURCES)
def list_providers(call: Call) -> Response:
    return Response(body={"value": [_provider(call, one) for one in sorted(_namespaces())]})


@routes.arm("GET", "/subscriptions/{sub}/providers/{namespace}", action="", versions=_RESOURCES)
def get_provider(call: Call) -> Response:
    wanted = call.params["namespace"]
    for namespace in _namespaces():
        if namespace.lower() == wanted.lower():
            return Response(body=_provider(call, namespace))
    raise Refusal(
        404,
        "InvalidResourceNamespace",
        f"The resource namespace '{wanted}' is invalid.",
    )


def _subscription(world: World, sub: str) -> dict[str, Any]:
    known = [one.lower() for one in world.subscriptions]
    return {
        "id": f"/subscriptions/{sub}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": sub,
        "tenantId": world.tenant,
        "displayName": f"Simulated {known.index(sub.lower()) + 1}",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _group_names(call: Call) -> list[str]:
    """Every group of the subscription once, spelled as it was met first."""
    names: dict[str, str] = {}
    for item in call.world.resources:
        sub, group = place(str(item["id"]))
        if group and sub.lower() == call.params["sub"].lower():
            names.setdefault(group.lower(), group)
    return list(names.values())


def _group(world: World, sub: str, name: str) -> Resource:
    id = f"/subscriptions/{sub}/resourceGroups/{name}"
    listed = world.resources.get(id) or {}
    return {
        "id": listed.get("id", id),
        "name": listed.get("name", name),
        "type": _GROUP,
        "location": listed.get("location", "westeurope"),
        "tags": listed.get("tags") or {},
        "properties": {"provisioningState": "Succeeded"},
    }


def _short(item: Resource) -> Resource:
    shown = (
        "id",
        "name",
        "type",
        "kind",
        "sku",
        "managedBy",
        "location",
        "identity",
        "tags",
        "zones",
    )
    return {key: item[key] for key in shown if key in item}


def _top_level(item: Resource) -> bool:
    type = str(item.get("type", ""))
    return type.count("/") == 1 and not type.lower().startswith(
        ("microsoft.authorization/", "microsoft.resources/", "microsoft.graph/")
    )


def _fits(item: Resource, asked: dict[str, str]) -> bool:
    tags = {k.lower(): str(v) for k, v in (item.get("tags") or {}).items()}
    tests: dict[str, Callable[[str], bool]] = {
        "resourcetype": lambda value: str(item["type"]).lower() == value,
        "name": lambda value: str(item["name"]).lower() == value,
        "resourcegroup": lambda value: place(item["id"])[1].lower() == value,
        "tagname": lambda value: value in tags,
        "tagvalue": lambda value: value in (one.lower() for one in tags.values()),
    }
    return all(tests[name](value.lower()) for name, value in asked.items())


def _namespaces() -> dict[str, dict[str, set[str]]]:
    """Namespace → resource type → api-versions, read off the simulator's own routes."""
    found: dict[str, dict[str, set[str]]] = {}
    for route in collect():
        if "/providers/Microsoft." not in route.template:
            continue
        parts = route.template.rsplit("/providers/", 1)[1].split("/")
        type = "/".join(parts[1::2])
        found.setdefault(parts[0], {}).setdefault(type, set()).update(route.versions)
    return found


def _provider(call: Call, namespace: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{call.params['sub']}/providers/{namespace}",
        "namespace": namespace,
        "resourceTypes": [
            {
                "resourceType": type,
                "locations": [],
                "apiVersions": sorted(versions, reverse=True),
                "capabilities": "None",
            }
            for type, versions in sorted(_namespaces()[namespace].items())
            if type
        ],
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    }
