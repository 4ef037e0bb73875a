"""
Azure Container Registry's side of the resource manager (Microsoft.ContainerRegistry).

Manners that recorded exchanges show: changing properties answers 200 with the whole registry,
changing the identity 201 with polling headers; `ipRules` given are the rules afterwards, left out
they stay; `networkRuleSet` exists on Premium only. Versions before 2025-11-01 do not say the
registry's permission mode; only previews show subnet rules, and those survive a write without them.
"""

import ipaddress
import secrets
import uuid
from typing import Any

from tests.simulator import answers, registries
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
IP_RULES = 200  # Premium; the documented limit since 2025
_NEWER = ("roleAssignmentMode", "networkRuleBypassAllowedForTasks")


def registry_of(call: Call) -> Resource:
    id = f"{answers.group_id(call)}/providers/{PROVIDER}/registries/{call.params['name']}"
    return answers.find(call.world, id)


def view(call: Call, registry: Resource) -> Resource:
    """The registry as this api-version shows it."""
    shown = registries.snapshot(registry)
    properties = shown["properties"]
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
    changed = _changed(registry, body)
    call.world.resources.put(changed)
    registries.rules_changed(call.world, changed, before)
    if "identity" in body:
        return answers.one(view(call, changed), status=201, headers=_polling(call, changed))
    return answers.one(view(call, changed))


def _changed(registry: Resource, body: dict[str, Any]) -> Resource:
    """The registry with the PATCH applied, or the refusal Azure would answer."""
    changed = registries.snapshot(registry)
    for name in ("tags", "identity"):
        if name in body:
            changed[name] = body[name]
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
        changed["properties"]["networkRuleSet"] = {**kept, **_rule_set(rules)}
    policies = properties.pop("policies", None)
    if policies:
        changed["properties"].setdefault("policies", {}).update(policies)
    changed["properties"].update({k: v for k, v in properties.items() if v is not None})
    return changed


def _rule_set(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict) or sent.get("defaultAction") not in ("Allow", "Deny"):
        raise Refusal(
            400,
            "InvalidRequestContent",
            "'networkRuleSet' needs 'defaultAction', which is one of Allow, Deny.",
        )
    stored: dict[str, Any] = {"defaultAction": sent["defaultAction"]}
    if sent.get("ipRules") is not None:
        stored["ipRules"] = [_ip_rule(rule) for rule in sent["ipRules"]]
        _no_duplicates(stored["ipRules"])
        if len(stored["ipRules"]) > IP_RULES:
            raise Refusal(
                400,
                "BadRequest",
                f"The requested feature IP rule exceeds allowed quota {IP_RULES} for the SKU "
                "Premium.",
            )
    if sent.get("virtualNetworkRules") is not None:
        stored["virtualNetworkRules"] = [
            {"action": "Allow", **rule} for rule in sent["virtualNetworkRules"]
        ]
    return stored


def _ip_rule(rule: Any) -> dict[str, str]:
    value = rule.get("value") if isinstance(rule, dict) else None
    try:
        ipaddress.IPv4Network(value, strict=True)
    except (ValueError, TypeError):
        raise Refusal(
            400,
            "NetworkRuleValidationError",
            f"IP rule is not valid - '{value}' is not an IPv4 address or an IPv4 address range in "
            "CIDR notation.",
        ) from None
    return {"action": rule.get("action") or "Allow", "value": str(value)}


def _no_duplicates(rules: list[dict[str, str]]) -> None:
    seen: set[ipaddress.IPv4Network] = set()
    for rule in rules:
        network = ipaddress.IPv4Network(rule["value"])
        if network in seen:
            raise Refusal(
                400,
                "NetworkRuleValidationError",
                f"IP rule is not valid - Found duplicate IP rule {rule['value']}.",
            )
        seen.add(network)


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


@routes.arm(
    "GET",
    f"{REGISTRY}/listUsages",
    action=f"{PROVIDER}/registries/listUsages/read",
    versions=VERSIONS,
)
def list_usages(call: Call) -> Response:
    registry = registry_of(call)
    premium = registries.is_premium(registry)
    rules = (registry["properties"].get("networkRuleSet") or {}) if premium else {}
    replicas = list(call.world.resources.of_type(f"{registries.TYPE}/replications", registry["id"]))
    endpoints = registries.connections(call.world, registry)
    rows = [
        ("Size", 500 * 2**30 if premium else 10 * 2**30, 0, "Bytes"),
        ("Webhooks", 500 if premium else 2, 0, "Count"),
        ("Geo-replications", -1 if premium else 0, len(replicas), "Count"),
        ("IPRules", IP_RULES if premium else 0, len(rules.get("ipRules") or []), "Count"),
        ("VNetRules", 100 if premium else 0, len(rules.get("virtualNetworkRules") or []), "Count"),
        ("PrivateEndpointConnections", 200 if premium else 0, len(endpoints), "Count"),
        ("ScopeMaps", 20000 if premium else 100, 0, "Count"),
        ("Tokens", 20000 if premium else 100, 0, "Count"),
    ]
    names = ("name", "limit", "currentValue", "unit")
    return answers.page(dict(zip(names, row, strict=True)) for row in rows)


@routes.arm(
    "POST",
    f"{REGISTRY}/listCredentials",
    action=f"{PROVIDER}/registries/listCredentials/action",
    versions=VERSIONS,
)
def list_credentials(call: Call) -> Response:
    return _credentials(call, _admin_registry(call))


@routes.arm(
    "POST",
    f"{REGISTRY}/regenerateCredential",
    action=f"{PROVIDER}/registries/regenerateCredential/action",
    versions=VERSIONS,
)
def regenerate_credential(call: Call) -> Response:
    registry = _admin_registry(call)
    name = (call.json or {}).get("name")
    if name not in ("password", "password2"):
        raise Refusal(400, "InvalidRequestContent", "The name is one of password, password2.")
    stored = call.world.passwords.setdefault(registry["id"].lower(), ["", ""])
    stored[("password", "password2").index(name)] = secrets.token_urlsafe(32)
    return _credentials(call, registry)


def _admin_registry(call: Call) -> Resource:
    registry = registry_of(call)
    if not registry["properties"].get("adminUserEnabled"):
        raise Refusal(
            400,
            "UnAuthorizedForCredentialOperations",
            f"Cannot perform credential operations for {registry['id']} as admin user is disabled. "
            "Kindly enable admin user as per docs: "
            "https://docs.microsoft.com/en-us/azure/container-registry/"
            "container-registry-authentication#admin-account",
        )
    return registry


def _credentials(call: Call, registry: Resource) -> Response:
    values = call.world.passwords.get(registry["id"].lower(), ["", ""])
    passwords = [
        {"name": name, "value": value}
        for name, value in zip(("password", "password2"), values, strict=False)
    ]
    return answers.one({"username": registry["name"], "passwords": passwords})


@routes.arm(
    "GET",
    f"{REGISTRY}/privateEndpointConnections",
    action=f"{PROVIDER}/registries/privateEndpointConnections/read",
    versions=VERSIONS,
)
def list_connections(call: Call) -> Response:
    return answers.page(registries.connections(call.world, registry_of(call)))


@routes.arm(
    "GET",
    f"{REGISTRY}/replications",
    action=f"{PROVIDER}/registries/replications/read",
    versions=VERSIONS,
)
def list_replications(call: Call) -> Response:
    registry = registry_of(call)
    return answers.page(
        call.world.resources.of_type(f"{registries.TYPE}/replications", registry["id"])
    )


@routes.arm(
    "POST",
    "/subscriptions/{sub}/providers/Microsoft.ContainerRegistry/checkNameAvailability",
    action=f"{PROVIDER}/checkNameAvailability/read",
    versions=VERSIONS,
)
def check_name_availability(call: Call) -> Response:
    name = str((call.json or {}).get("name", ""))
    taken = any(
        registry["name"].lower() == name.lower()
        for registry in call.world.resources.of_type(registries.TYPE)
    )
    if not taken:
        return answers.one({"nameAvailable": True})
    return answers.one(
        {
            "nameAvailable": False,
            "reason": "AlreadyExists",
            "message": f"The registry {name} is already in use.",
        }
    )
