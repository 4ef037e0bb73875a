"""
Azure Container Registry's side of the resource manager (Microsoft.ContainerRegistry).

Manners that recorded exchanges show: changing properties answers 200 with the whole registry,
changing the identity 201 with polling headers; `ipRules` given are the rules afterwards, left out
they stay; `networkRuleSet` exists on Premium only. Versions before 2025-11-01 do not say the
registry's permission mode; only previews show subnet rules, and those survive a write without them.
"""

import uuid
from typing import Any

from tests.simulator import answers, clouds, identities, networkrules, registries
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

VERSIONS = (
    "2025-11-01",
    "2025-04-01",
    "2023-07-01",
    "2026-09-01-preview",
    "2026-01-01-preview",
    "2024-11-01-preview",
    "2023-11-01-preview",
    "2023-01-01-preview",
)
PROVIDER = "Microsoft.ContainerRegistry"
REGISTRY = "{group}/providers/Microsoft.ContainerRegistry/registries/{name}"
#: What every recorded GET tells, as a registry is made without another word. Not the permission
#: mode: a scenario that leaves it out is one where nobody knows it.
_ALWAYS_SHOWN = {
    "adminUserEnabled": False,
    "anonymousPullEnabled": False,
    "dataEndpointEnabled": False,
    "networkRuleBypassOptions": "AzureServices",
    "provisioningState": "Succeeded",
    "publicNetworkAccess": "Enabled",
}
_NEWER = ("roleAssignmentMode", "networkRuleBypassAllowedForTasks")


def registry_of(call: Call) -> Resource:
    id = f"{answers.group_id(call)}/providers/{PROVIDER}/registries/{call.params['name']}"
    return answers.find(call.world, id)


def view(call: Call, registry: Resource) -> Resource:
    """The registry as this api-version shows it."""
    shown = registries.snapshot(registry)
    properties = shown["properties"]
    for name, usual in _ALWAYS_SHOWN.items():
        properties.setdefault(name, usual)
    preview = call.version.endswith("-preview")
    if not registries.is_premium(registry):
        properties.pop("networkRuleSet", None)
    rules = properties.get("networkRuleSet")
    if rules and preview:
        rules.setdefault("virtualNetworkRules", [])
    elif rules:
        rules.pop("virtualNetworkRules", None)
    if call.version < "2025-11-01":
        for name in _NEWER:
            properties.pop(name, None)
    if not preview:
        (properties.get("policies") or {}).pop("softDeletePolicy", None)
    properties["privateEndpointConnections"] = registries.connections(call.world, registry)
    return shown


@routes.arm("GET", REGISTRY, action=f"{PROVIDER}/registries/read", versions=VERSIONS)
def get(call: Call) -> Response:
    return answers.one(view(call, registry_of(call)))


@routes.arm(
    "GET",
    "{group}/providers/Microsoft.ContainerRegistry/registries",
    action=f"{PROVIDER}/registries/read",
    versions=VERSIONS,
)
def list_in_group(call: Call) -> Response:
    found = call.world.resources.of_type(registries.TYPE, answers.group_id(call))
    return answers.page(view(call, registry) for registry in found)


@routes.arm(
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.ContainerRegistry/registries",
    action=f"{PROVIDER}/registries/read",
    versions=VERSIONS,
)
def list_in_subscription(call: Call) -> Response:
    found = call.world.resources.of_type(registries.TYPE, f"/subscriptions/{call.params['sub']}")
    return answers.page(view(call, registry) for registry in found)


@routes.arm("PATCH", REGISTRY, action=f"{PROVIDER}/registries/write", versions=VERSIONS)
def update(call: Call) -> Response:
    registry = registry_of(call)
    body = call.json
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid.")
    if registry["properties"].get("provisioningState", "Succeeded") != "Succeeded":
        raise Refusal(
            409,
            "Conflict",
            f"The registry {registry['name']} cannot be changed: another operation is in progress.",
        )
    before = registries.snapshot(registry)
    changed = _changed(call, registry, body)
    call.world.resources.put(changed)
    registries.rules_changed(call.world, changed, before)
    if "identity" in body:
        return answers.one(view(call, changed), status=201, headers=_polling(call, changed))
    return answers.one(view(call, changed))


@routes.arm("PUT", REGISTRY, action=f"{PROVIDER}/registries/write", versions=VERSIONS)
def put(call: Call) -> Response:
    """Create or update the whole, as templates and Terraform do: what is left out resets."""
    id = f"{answers.group_id(call)}/providers/{PROVIDER}/registries/{call.params['name']}"
    known, body = call.world.resources.get(id), call.json
    if not isinstance(body, dict) or not body.get("location") or not body.get("sku"):
        raise Refusal(400, "InvalidRequestContent", "The location and the SKU are required.")
    before = registries.snapshot(known or {"id": id, "properties": {}})
    blank = _blank(call, id, body, before["properties"])
    changed = _changed(
        call, blank, {k: v for k, v in body.items() if k in ("properties", "identity")}
    )
    call.world.resources.put(changed)
    registries.rules_changed(call.world, changed, before)
    return answers.one(view(call, changed), status=200 if known else 201)


def _blank(call: Call, id: str, body: dict[str, Any], before: dict[str, Any]) -> Resource:
    """A registry with nothing configured; what only Azure sets stays as it was."""
    name = call.params["name"]
    suffix = clouds.named(call.world.cloud).registry_suffix
    now = call.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
    properties: dict[str, Any] = {
        "loginServer": before.get("loginServer", f"{name.lower()}{suffix}"),
        "creationDate": before.get("creationDate", now),
        "provisioningState": "Succeeded",
        "adminUserEnabled": False,
        "publicNetworkAccess": "Enabled",
        "networkRuleBypassOptions": "AzureServices",
        "dataEndpointEnabled": bool(before.get("privateEndpointConnections")),
        "anonymousPullEnabled": False,
        "zoneRedundancy": "Disabled",
        "roleAssignmentMode": before.get("roleAssignmentMode", "LegacyRegistryPermissions"),
        "privateEndpointConnections": before.get("privateEndpointConnections", []),
    }
    sku = body["sku"]["name"]
    if sku == "Premium":
        properties["networkRuleSet"] = {"defaultAction": "Allow", "ipRules": []}
    return {
        "id": id,
        "name": name,
        "type": registries.TYPE,
        "location": body["location"],
        "tags": body.get("tags") or {},
        "sku": {"name": sku, "tier": sku},
        "properties": properties,
    }


@routes.arm("DELETE", REGISTRY, action=f"{PROVIDER}/registries/delete", versions=VERSIONS)
def delete(call: Call) -> Response:
    id = f"{answers.group_id(call)}/providers/{PROVIDER}/registries/{call.params['name']}"
    return answers.empty(200 if answers.remove(call.world, id) else 204)


def _changed(call: Call, registry: Resource, body: dict[str, Any]) -> Resource:
    """The registry with the PATCH applied, or the refusal Azure would answer."""
    changed = registries.snapshot(registry)
    if "tags" in body:
        changed["tags"] = body["tags"]
    if body.get("identity"):
        changed["identity"] = identities.written(call.world, registry, body["identity"])
    changed["sku"] |= body.get("sku") or {}
    properties = dict(body.get("properties") or {})
    sku = changed["sku"]["name"]
    rules = properties.pop("networkRuleSet", None)
    if properties.get("publicNetworkAccess") == "Disabled" and not registries.is_premium(changed):
        raise Refusal(
            400,
            "DisablingPublicNetworkAccessNotSupported",
            f"Disabling public network access is not supported for the SKU {sku}. For more "
            "information, please visit https://aka.ms/acr/private-link.",
        )
    if rules is not None:
        if not registries.is_premium(changed):
            raise Refusal(
                400,
                "NetworkRuleNotSupported",
                f"The requested feature IP rule is not supported for the SKU {sku}.",
            )
        kept = changed["properties"].get("networkRuleSet") or {}
        changed["properties"]["networkRuleSet"] = {**kept, **networkrules.rule_set(rules)}
    policies = properties.pop("policies", None)
    if policies:
        changed["properties"].setdefault("policies", {}).update(policies)
    changed["properties"].update({k: v for k, v in properties.items() if v is not None})
    return changed


def _polling(call: Call, registry: Resource) -> dict[str, str]:
    host = call.request.url.split("/subscriptions/", 1)[0]
    operation = f"registries-{uuid.uuid4()}"
    region = registries.region_label(registry["location"])
    below = f"{host}/subscriptions/{call.params['sub']}/providers/{PROVIDER}/locations/{region}"
    query = f"?api-version={call.version}"
    return {
        "Azure-AsyncOperation": f"{below}/operationStatuses/{operation}{query}",
        "Location": f"{below}/operationResults/{operation}{query}",
    }


@routes.arm(
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.ContainerRegistry/locations/{location}"
    "/operationStatuses/{operation}",
    action="",
    versions=VERSIONS,
)
def operation_status(call: Call) -> Response:
    return answers.one(
        {"id": call.request.path, "name": call.params["operation"], "status": "Succeeded"}
    )
