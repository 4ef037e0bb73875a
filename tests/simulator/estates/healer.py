"""
What the healer of a sample estate may do: each action because one remedy needs it.

In:  nothing.  Out: the actions of its custom role, and the condition under which it may grant.

It may hand out pull roles to service principals, and no other role to nobody else (Azure role
assignment conditions: `@Request` guards the making, `@Resource` the deletion).
"""

RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"

_SITES = ("Microsoft.Web/sites", "Microsoft.Web/sites/slots")

HEALER_ACTIONS = (
    "*/read",
    "Microsoft.ContainerRegistry/registries/write",
    "Microsoft.ContainerRegistry/registries/listCredentials/action",
    *(f"{site}/config/list/action" for site in _SITES),
    *(f"{site}/config/write" for site in _SITES),
    *(f"{site}/write" for site in _SITES),
    *(f"{site}/{verb}/action" for site in _SITES for verb in ("restart", "start", "stop")),
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    "Microsoft.Network/virtualNetworks/join/action",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete",
    "Microsoft.App/containerApps/write",
    "Microsoft.App/containerApps/listSecrets/action",
    "Microsoft.App/containerApps/revisions/restart/action",
    "Microsoft.App/jobs/write",
    "Microsoft.App/jobs/listSecrets/action",
)

_PULL_ROLES = "{7f951dda-4ed3-4680-a7ca-43fe172d538d, b93aa761-3e63-49ed-ac28-beffa264f7ac}"


def _only(verb: str, source: str) -> str:
    role = f"{source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
    kind = f"{source}[Microsoft.Authorization/roleAssignments:PrincipalType]"
    return (
        f"((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{verb}'}})) OR "
        f"({role} ForAnyOfAnyValues:GuidEquals {_PULL_ROLES} AND "
        f"{kind} ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}))"
    )


MAY_GRANT_PULL = f"{_only('write', '@Request')} AND {_only('delete', '@Resource')}"
