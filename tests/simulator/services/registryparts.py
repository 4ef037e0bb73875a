"""
What hangs on a registry: usages, the admin user's passwords, connections, replicas, names.

Manners: credentials of a registry whose admin user is off are refused; `listUsages` tells the
limits that nobody should write down (IP rules, private endpoints).
"""

import secrets

from tests.simulator import answers, networkrules, registries
from tests.simulator.routes import Call, Routes
from tests.simulator.services import containerregistry as acr
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()


@routes.arm(
    "GET",
    f"{acr.REGISTRY}/listUsages",
    action=f"{acr.PROVIDER}/registries/listUsages/read",
    versions=acr.VERSIONS,
)
def list_usages(call: Call) -> Response:
    registry = acr.registry_of(call)
    premium = registries.is_premium(registry)
    rules = (registry["properties"].get("networkRuleSet") or {}) if premium else {}
    replicas = list(call.world.resources.of_type(f"{registries.TYPE}/replications", registry["id"]))
    endpoints = registries.connections(call.world, registry)
    rows = [
        ("Size", 500 * 2**30 if premium else 10 * 2**30, 0, "Bytes"),
        ("Webhooks", 500 if premium else 2, 0, "Count"),
        ("Geo-replications", -1 if premium else 0, len(replicas), "Count"),
        (
            "IPRules",
            networkrules.IP_RULES if premium else 0,
            len(rules.get("ipRules") or []),
            "Count",
        ),
        ("VNetRules", 100 if premium else 0, len(rules.get("virtualNetworkRules") or []), "Count"),
        ("PrivateEndpointConnections", 200 if premium else 0, len(endpoints), "Count"),
        ("ScopeMaps", 20000 if premium else 100, 0, "Count"),
        ("Tokens", 20000 if premium else 100, 0, "Count"),
    ]
    names = ("name", "limit", "currentValue", "unit")
    return answers.page(dict(zip(names, row, strict=True)) for row in rows)


@routes.arm(
    "POST",
    f"{acr.REGISTRY}/listCredentials",
    action=f"{acr.PROVIDER}/registries/listCredentials/action",
    versions=acr.VERSIONS,
)
def list_credentials(call: Call) -> Response:
    return _credentials(call, _admin_registry(call))


@routes.arm(
    "POST",
    f"{acr.REGISTRY}/regenerateCredential",
    action=f"{acr.PROVIDER}/registries/regenerateCredential/action",
    versions=acr.VERSIONS,
)
def regenerate_credential(call: Call) -> Response:
    registry = _admin_registry(call)
    name = (call.json or {}).get("name")
    if name not in ("password", "password2"):
        raise Refusal(400, "InvalidRequestContent", "The name is one of password, password2.")
    stored = call.world.passwords.setdefault(registry["id"].lower(), ["", ""])
    stored[("password", "password2").index(name)] = secrets.token_urlsafe(32)
    return _credentials(call, registry)


@routes.arm(
    "GET",
    f"{acr.REGISTRY}/tokens/{{token}}",
    action=f"{acr.PROVIDER}/registries/tokens/read",
    versions=acr.VERSIONS,
)
def get_token(call: Call) -> Response:
    """A token with the names and ends of its passwords, never their values."""
    registry = acr.registry_of(call)
    return answers.one(answers.find(call.world, f"{registry['id']}/tokens/{call.params['token']}"))


@routes.arm(
    "GET",
    f"{acr.REGISTRY}/scopeMaps/{{map}}",
    action=f"{acr.PROVIDER}/registries/scopeMaps/read",
    versions=acr.VERSIONS,
)
def get_scope_map(call: Call) -> Response:
    registry = acr.registry_of(call)
    return answers.one(answers.find(call.world, f"{registry['id']}/scopeMaps/{call.params['map']}"))


def _admin_registry(call: Call) -> Resource:
    registry = acr.registry_of(call)
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
    f"{acr.REGISTRY}/privateEndpointConnections",
    action=f"{acr.PROVIDER}/registries/privateEndpointConnections/read",
    versions=acr.VERSIONS,
)
def list_connections(call: Call) -> Response:
    return answers.page(registries.connections(call.world, acr.registry_of(call)))


@routes.arm(
    "GET",
    f"{acr.REGISTRY}/replications",
    action=f"{acr.PROVIDER}/registries/replications/read",
    versions=acr.VERSIONS,
)
def list_replications(call: Call) -> Response:
    registry = acr.registry_of(call)
    return answers.page(
        call.world.resources.of_type(f"{registries.TYPE}/replications", registry["id"])
    )


@routes.arm(
    "POST",
    "/subscriptions/{sub}/providers/Microsoft.ContainerRegistry/checkNameAvailability",
    action=f"{acr.PROVIDER}/checkNameAvailability/read",
    versions=acr.VERSIONS,
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
