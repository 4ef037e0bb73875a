"""
From a blueprint to a scenario: the estate, whole and sound, then broken by its faults.

In:  a Blueprint.
Out: a Site of the building: the scenario, the ids in it, what every part is called.

Everything is in the shapes ARM answers with, put together from the bricks of
`tests/simulator/estates`. No product logic: nothing here says what the right answer is.
"""

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from tests.estates import faults, hosts, ways
from tests.estates.blueprint import Blueprint
from tests.estates.elsewhere import second_subscription
from tests.simulator.estates import ACR_PULL, REPOSITORY_READER, Estate, guid
from tests.simulator.world import Resource

REPOSITORY, TAG = "shop/web", "4.2.1"
FIRST, SECOND = "planted-first-password", "planted-second-password"
TOKEN_SECRET, STALE = "planted-token-secret", "planted-older-password"
#: What must never be seen in an incident, a log or an error.
SECRETS = (FIRST, SECOND, TOKEN_SECRET, STALE)
CLOSING = "a3701552-92ea-433e-9d17-33b7f1208fc9"
DENYING = "0fdf0491-d080-4575-b627-ad0e843cba0f"
_AUTHORIZATION = "Microsoft.Authorization"


@dataclass(kw_only=True)
class Built:
    """An estate in the making; the faults change it in place."""

    blueprint: Blueprint
    estate: Estate
    registry: Resource
    image: str
    workload: Resource = field(default_factory=dict)
    subnet: str | None = None
    principal: str | None = None  # of the identity it pulls with
    role: Resource | None = None  # the assignment that lets it pull
    addresses: tuple[str, ...] = ()  # what the registry sees

    @property
    def config(self) -> dict[str, Any]:
        """config/web of a site."""
        id = f"{self.workload['id']}/config/web"
        return self.find(id)["properties"]

    def find(self, id: str) -> Resource:
        return next(item for item in self.estate.resources if item["id"] == id)

    def drop(self, resource: Resource) -> None:
        self.estate.resources[:] = [one for one in self.estate.resources if one is not resource]

    def of_type(self, type: str) -> list[Resource]:
        return [item for item in self.estate.resources if item["type"].lower() == type.lower()]


def build(blueprint: Blueprint) -> Built:
    """The whole estate; its scenario is `built.estate.scenario()`."""
    estate = Estate(
        cloud=blueprint.cloud,
        retry=[60, 300],
        propagation={"firewall": 180, "role": 420} if blueprint.slow else {},
    )
    place = second_subscription(estate, hidden=blueprint.elsewhere == "hidden")
    with place if blueprint.elsewhere else nullcontext():
        built = _registry(estate, blueprint)
    _bystander(estate)
    ways.lead_out(built)
    hosts.place(built)
    _sign_in(built)
    ways.admit(built)
    for fault in blueprint.faults:
        faults.FAULTS[fault](built)
    _surroundings(built)
    if blueprint.index_lag:
        estate.parts["propagation"]["resourcegraph"] = blueprint.index_lag
    return built


def _registry(estate: Estate, blueprint: Blueprint) -> Built:
    acr = estate.registry(
        "contosoimages",
        deny=blueprint.posture != "open",
        public=blueprint.posture != "closed",
        allow=ways.OFFICE if blueprint.posture == "deny" else (),
        abac=blueprint.abac,
        admin=(FIRST, SECOND) if blueprint.sign_in in ("admin", "vault") else None,
        sku=blueprint.sku,
    )
    properties = acr["properties"]
    if blueprint.label:
        name, _, suffix = properties["loginServer"].partition(".")
        properties["loginServer"] = f"{name}-h7g3f2e1d4c5b6a7.{suffix}"
    if blueprint.sign_in == "anonymous":
        properties["anonymousPullEnabled"] = True
    if blueprint.replica:
        kind = f"{acr['type']}/replications"
        body = {
            "provisioningState": "Succeeded",
            "regionEndpointEnabled": True,
            "zoneRedundancy": "Disabled",
            "status": {"displayStatus": "Ready"},
        }
        estate.add(f"{acr['id']}/replications/northeurope", kind, body, location="northeurope")
    platform = "windows/amd64" if blueprint.host == "windows" else "linux/amd64"
    image = estate.image(acr, REPOSITORY, TAG, platforms=[platform])
    if blueprint.digest:
        server = properties["loginServer"]
        digest = estate.parts["images"][server][REPOSITORY][TAG]["digest"]
        image = f"{server}/{REPOSITORY}@{digest}"
    return Built(blueprint=blueprint, estate=estate, registry=acr, image=image)


def _bystander(estate: Estate) -> None:
    """Somebody else's app and closed registry beside it: nobody has any business there."""
    acr = estate.registry("strangersimages", deny=True, allow=("20.61.40.0/29",))
    image = estate.image(acr, "strange/web", "1.0.0")
    site = estate.site("bystander", image=image, outbound=("20.61.40.1", "20.61.40.2"))
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])


def _sign_in(built: Built) -> None:
    """How the workload signs in, so that the registry lets it."""
    {
        "system": _with_system_identity,
        "user": _with_user_identity,
        "admin": lambda built: hosts.with_password(built, built.registry["name"], FIRST),
        "vault": _from_a_vault,
        "token": _with_a_token,
        "anonymous": hosts.with_nothing,
    }[built.blueprint.sign_in](built)


def _with_system_identity(built: Built) -> None:
    built.estate.with_identity(built.workload)
    built.principal = built.workload["identity"]["principalId"]
    hosts.with_identity(built, None)
    _may_pull(built)


def _with_user_identity(built: Built) -> None:
    identity = built.estate.user_identity("puller")
    properties = identity["properties"]
    built.workload["identity"] = {
        "type": "UserAssigned",
        "userAssignedIdentities": {
            identity["id"]: {
                "principalId": properties["principalId"],
                "clientId": properties["clientId"],
            }
        },
    }
    built.principal = properties["principalId"]
    hosts.with_identity(built, identity)
    _may_pull(built)


def _may_pull(built: Built) -> None:
    """The pull role that the registry's permission mode asks for, at the scope asked for."""
    blueprint, registry = built.blueprint, built.registry["id"]
    scope = {
        "registry": registry,
        "group": registry.partition("/providers/")[0],
        "subscription": registry.partition("/resourceGroups/")[0],
    }[blueprint.role_scope]
    role = REPOSITORY_READER if blueprint.abac else ACR_PULL
    condition = one_repository(REPOSITORY) if blueprint.narrow else ""
    assert built.principal
    holder = _group_of(built) if blueprint.member else built.principal
    built.role = built.estate.assign(holder, role, scope, condition=condition)
    if blueprint.member:
        built.role["properties"]["principalType"] = "Group"


def _group_of(built: Built) -> str:
    """A group the identity is a member of; roles reach it through that."""
    id = guid("pullers")
    members = {"members": [built.principal]}
    built.estate.add(f"/groups/{id}", "Microsoft.Graph/groups", members)
    return id


def one_repository(name: str) -> str:
    """The documented condition that narrows Repository Reader to one repository."""
    below = "Microsoft.ContainerRegistry/registries/repositories"
    return (
        f"((!(ActionMatches{{'{below}/content/read'}}) AND "
        f"!(ActionMatches{{'{below}/metadata/read'}})) OR "
        f"(@Request[{below}:name] StringEqualsIgnoreCase '{name}'))"
    )


def _from_a_vault(built: Built) -> None:
    """The admin password lies in a Key Vault that the site's own identity may read."""
    estate, site = built.estate, built.workload
    estate.with_identity(site)
    kind = "Microsoft.KeyVault/vaults"
    vault = estate.add(estate.id(kind, "shopvault"), kind, {"provisioningState": "Succeeded"})
    secret = {"value": FIRST}
    estate.add(f"{vault['id']}/secrets/registry", f"{kind}/secrets", secret)
    reader = "4633458b-17de-408a-b874-0445c86b69e6"  # Key Vault Secrets User
    permission: dict[str, Any] = {"actions": [], "notActions": [], "notDataActions": []}
    estate.add(
        estate.role_id(reader),
        f"{_AUTHORIZATION}/roleDefinitions",
        {
            "roleName": "Key Vault Secrets User",
            "type": "BuiltInRole",
            "assignableScopes": ["/"],
            "permissions": [{**permission, "dataActions": [f"{kind}/secrets/getSecret/action"]}],
        },
    )
    estate.assign(site["identity"]["principalId"], reader, vault["id"])
    reference = "@Microsoft.KeyVault(VaultName=shopvault;SecretName=registry)"
    hosts.with_password(built, built.registry["name"], reference)


def _with_a_token(built: Built) -> None:
    """A non-Entra token of the registry ("Create a token with repository-scoped permissions")."""
    registry = built.registry["id"]
    kind = "Microsoft.ContainerRegistry/registries"
    scope_map = f"{registry}/scopeMaps/shop-pulls"
    actions = [f"repositories/{REPOSITORY}/content/read"]
    properties = {"type": "UserDefined", "actions": actions, "provisioningState": "Succeeded"}
    built.estate.add(scope_map, f"{kind}/scopeMaps", properties)
    token = {"scopeMapId": scope_map, "status": "enabled", "provisioningState": "Succeeded"}
    built.estate.add(f"{registry}/tokens/shop-puller", f"{kind}/tokens", token)
    built.estate.parts["passwords"][f"{registry}/tokens/shop-puller"] = [TOKEN_SECRET]
    hosts.with_password(built, "shop-puller", TOKEN_SECRET)


def _surroundings(built: Built) -> None:
    """Locks, tags that say hands off, and Azure Policy."""
    blueprint, estate = built.blueprint, built.estate
    registry = built.registry["id"]
    if blueprint.lock:
        id = f"{registry}/providers/{_AUTHORIZATION}/locks/keep"
        estate.add(id, f"{_AUTHORIZATION}/locks", {"level": blueprint.lock, "notes": ""})
    tagged = {
        "workload": built.workload,
        "registry": built.registry,
        "group": built.find(built.workload["id"].partition("/providers/")[0]),
    }
    if blueprint.opt_out:
        tagged[blueprint.opt_out]["tags"] = {"medic": "off"}
    if blueprint.policy:
        name = CLOSING if blueprint.policy == "closing" else DENYING
        definition = f"/providers/{_AUTHORIZATION}/policyDefinitions/{name}"
        effect = "Modify" if blueprint.policy == "closing" else "Deny"
        estate.add(
            f"{estate.subscription}/providers/{_AUTHORIZATION}/policyAssignments/{name[:24]}",
            f"{_AUTHORIZATION}/policyAssignments",
            {
                "displayName": "Registries are private",
                "policyDefinitionId": definition,
                "scope": estate.subscription,
                "notScopes": [],
                "enforcementMode": "Default",
                "parameters": {"effect": {"value": effect}},
            },
        )
