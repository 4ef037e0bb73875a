"""
Azure's built-in roles, as far as this simulator knows them. Data; other roles come from scenarios.

Names, ids and permissions as Microsoft's lists of built-in and of ACR roles have them.
"""

from typing import Any


def _permissions(
    actions: list[str], not_actions: list[str], data: list[str], not_data: list[str]
) -> dict[str, list[str]]:
    return {
        "actions": actions,
        "notActions": not_actions,
        "dataActions": data,
        "notDataActions": not_data,
    }


_ACR = "Microsoft.ContainerRegistry/registries"
_AUTH = "Microsoft.Authorization"
_COMMON = [
    f"{_AUTH}/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.ResourceHealth/availabilityStatuses/read",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
]
_CONTENT = f"{_ACR}/repositories/content"
_METADATA = f"{_ACR}/repositories/metadata"
_DATA_ACCESS = [f"{_ACR}/read", f"{_ACR}/operationStatuses/read", f"{_AUTH}/*/read"]

#: role guid → (name, actions, notActions, dataActions)
_TABLE: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("Reader", ["*/read"], [], []),
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("Owner", ["*"], [], []),
    "4633458b-17de-408a-b874-0445c86b69e6": (
        "Key Vault Secrets User",
        [],
        [],
        [
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ],
    ),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": (
        "Contributor",
        ["*"],
        [
            f"{_AUTH}/*/Delete",
            f"{_AUTH}/*/Write",
            f"{_AUTH}/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
            "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
        ],
        [],
    ),
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": ("AcrPull", [f"{_ACR}/pull/read"], [], []),
    "8311e382-0749-4cb8-b61a-304f252e45ec": (
        "AcrPush",
        [f"{_ACR}/pull/read", f"{_ACR}/push/write"],
        [],
        [],
    ),
    "c2f4ef07-c644-48eb-af81-4b1b4947fb11": ("AcrDelete", [f"{_ACR}/artifacts/delete"], [], []),
    "b93aa761-3e63-49ed-ac28-beffa264f7ac": (
        "Container Registry Repository Reader",
        [],
        [],
        [f"{_CONTENT}/read", f"{_METADATA}/read"],
    ),
    "2a1e307c-b015-4ebd-883e-5b7698a07328": (
        "Container Registry Repository Writer",
        [],
        [],
        [f"{_CONTENT}/read", f"{_CONTENT}/write", f"{_METADATA}/read", f"{_METADATA}/write"],
    ),
    "2efddaa5-3f1f-4df3-97df-af3f13818f4c": (
        "Container Registry Repository Contributor",
        [],
        [],
        [
            *(f"{_CONTENT}/{verb}" for verb in ("read", "write", "delete")),
            *(f"{_METADATA}/{verb}" for verb in ("read", "write", "delete")),
        ],
    ),
    "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7": (
        "Container Registry Repository Catalog Lister",
        [],
        [],
        [f"{_ACR}/catalog/read"],
    ),
    "69b07be0-09bf-439a-b9a6-e73de851bd59": (
        "Container Registry Configuration Reader and Data Access Configuration Reader",
        [
            *_DATA_ACCESS,
            f"{_ACR}/cacheRules/read",
            f"{_ACR}/connectedRegistries/read",
            f"{_ACR}/credentialSets/read",
            f"{_ACR}/listUsages/read",
            f"{_ACR}/listPolicies/read",
            f"{_ACR}/privateEndpointConnections/read",
            f"{_ACR}/privateLinkResources/read",
            f"{_ACR}/replications/read",
            f"{_ACR}/scopeMaps/read",
            f"{_ACR}/tokens/read",
            f"{_ACR}/webhooks/read",
        ],
        [],
        [],
    ),
    "3bc748fc-213d-45c1-8d91-9da5725539b9": (
        "Container Registry Contributor and Data Access Configuration Administrator",
        [
            *_DATA_ACCESS,
            f"{_ACR}/write",
            f"{_ACR}/delete",
            f"{_ACR}/listCredentials/action",
            f"{_ACR}/regenerateCredential/action",
            f"{_ACR}/listUsages/read",
            f"{_ACR}/listPolicies/read",
            f"{_ACR}/updatePolicies/write",
            f"{_ACR}/cacheRules/*",
            f"{_ACR}/connectedRegistries/*",
            f"{_ACR}/credentialSets/*",
            f"{_ACR}/privateEndpointConnections/*",
            f"{_ACR}/privateLinkResources/read",
            f"{_ACR}/replications/*",
            f"{_ACR}/scopeMaps/*",
            f"{_ACR}/tokens/*",
            f"{_ACR}/webhooks/*",
        ],
        [],
        [],
    ),
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": (
        "Role Based Access Control Administrator",
        [
            f"{_AUTH}/roleAssignments/write",
            f"{_AUTH}/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        [],
        [],
    ),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": (
        "User Access Administrator",
        ["*/read", f"{_AUTH}/*", "Microsoft.Support/*"],
        [],
        [],
    ),
    "f1a07417-d97a-45cb-824c-7a7467783830": (
        "Managed Identity Operator",
        [
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            *_COMMON,
        ],
        [],
        [],
    ),
    "de139f84-1756-47ae-9be6-808fbbe84772": (
        "Website Contributor",
        [
            *_COMMON,
            "Microsoft.Insights/components/*",
            "Microsoft.Web/certificates/*",
            "Microsoft.Web/listSitesAssignedToHostName/read",
            "Microsoft.Web/serverFarms/join/action",
            "Microsoft.Web/serverFarms/read",
            "Microsoft.Web/sites/*",
        ],
        [],
        [],
    ),
    "358470bc-b998-42bd-ab17-a7e34c199c0f": (
        "Container Apps Contributor",
        [
            *_COMMON,
            "Microsoft.App/containerApps/*/read",
            "Microsoft.App/containerApps/*/write",
            "Microsoft.App/containerApps/*/delete",
            "Microsoft.App/containerApps/*/action",
            "Microsoft.App/managedEnvironments/read",
            "Microsoft.App/managedEnvironments/*/read",
            "Microsoft.App/managedEnvironments/join/action",
        ],
        [],
        [],
    ),
    "4d97b98b-1d4f-4787-a291-c67834d212e7": (
        "Network Contributor",
        [*_COMMON, "Microsoft.Network/*"],
        [],
        [],
    ),
    "b12aa53e-6015-4669-85d0-8515ebb3ae7f": (
        "Private DNS Zone Contributor",
        [
            *_COMMON,
            "Microsoft.Network/privateDnsZones/*",
            "Microsoft.Network/virtualNetworks/join/action",
        ],
        [],
        [],
    ),
    "73c42c96-874c-492b-b04d-ab87d138a893": (
        "Log Analytics Reader",
        [
            "*/read",
            "Microsoft.OperationalInsights/workspaces/analytics/query/action",
            "Microsoft.OperationalInsights/workspaces/search/action",
            "Microsoft.Support/*",
        ],
        ["Microsoft.OperationalInsights/workspaces/sharedKeys/read"],
        [],
    ),
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": (
        "Monitoring Reader",
        ["*/read", "Microsoft.OperationalInsights/workspaces/search/action", "Microsoft.Support/*"],
        [],
        [],
    ),
}

#: Built-in role definitions by guid, in the form the role definitions API answers.
BUILT_IN: dict[str, dict[str, Any]] = {
    guid: {
        "properties": {
            "roleName": name,
            "type": "BuiltInRole",
            "description": name,
            "assignableScopes": ["/"],
            "permissions": [_permissions(actions, not_actions, data, [])],
            "createdOn": "2018-10-22T19:01:56.8227182Z",
            "updatedOn": "2021-11-11T20:13:08.8779328Z",
            "createdBy": None,
            "updatedBy": None,
        },
        "id": f"/providers/Microsoft.Authorization/roleDefinitions/{guid}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": guid,
    }
    for guid, (name, actions, not_actions, data) in _TABLE.items()
}
