"""
An estate as somebody else would write it: ids in mixed case, nothing an id says said twice, whole
parts left out. No builder of this project is used, so that what builders always set is not needed.
"""

from typing import Any

SUBSCRIPTION = "5b7f0f3e-1d2c-4c8e-9a77-0c1d2e3f4a5b"
TENANT = "c0f3a1d2-8f7e-4f11-bb22-334455667788"
HEALER = "9f0d4c1b-2a3b-4c5d-8e6f-001122334455"
PULLER = "44445555-6666-4777-8888-99990000aaaa"
WORKSPACE = "7a6b5c4d-3e2f-4b1a-9c8d-77665544aabb"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/web-Shop"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/mercury"
SITE = f"{GROUP}/providers/microsoft.web/Sites/shop"
APP = f"{GROUP}/providers/Microsoft.App/containerapps/cart"
OUTBOUND = ("40.82.144.10", "40.82.144.27", "40.82.145.3")
NAT = "52.170.9.9"

_NETWORK = f"{GROUP}/providers/Microsoft.Network"
_SUBNET = f"{_NETWORK}/virtualNetworks/vnet/subnets/apps"
_ENVIRONMENT = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"

POLICY = """
version: 1
mode: auto
scope: {include: ["/subscriptions/*/resourceGroups/web-*"]}
remedies: {firewall-sync: {shared_egress: allow}}
wait: {verify_first: 1s}
"""


def scenario() -> dict[str, Any]:
    """A web app and a container app (behind a NAT gateway), and a firewall that knows neither."""
    return {
        "cloud": "AzureCloud",
        "tenant": TENANT,
        "subscriptions": [SUBSCRIPTION],
        "clock": "2020-01-01T00:00:00",  # of no effect: make serve runs on the wall clock
        "healer": {"principalId": HEALER, "clientId": HEALER},
        "resources": [*_places(), *_workloads(), *_rights()],
        "images": {"mercury.azurecr.io": {"web": {"1": _pushed()}, "cart": {"2": _pushed()}}},
        "activityLog": None,
        "propagation": {"firewall": 1},
        "retry": [2],
        "workspace": WORKSPACE,
    }


def _places() -> list[dict[str, Any]]:
    gateway, address = f"{_NETWORK}/natGateways/nat", f"{_NETWORK}/publicIPAddresses/nat-ip"
    subnet = {"addressPrefix": "10.0.1.0/24", "natGateway": {"id": gateway.upper()}}
    return [
        {
            "id": REGISTRY,
            "location": "West Europe",
            "sku": {"name": "Premium", "tier": "Premium"},
            "properties": {
                "loginServer": "mercury.azurecr.io",
                "provisioningState": "Succeeded",
                "publicNetworkAccess": "Enabled",
                "networkRuleSet": {"defaultAction": "Deny", "ipRules": []},
                "anonymousPullEnabled": False,
                "roleAssignmentMode": "LegacyRegistryPermissions",
            },
        },
        {
            "id": _SUBNET.rsplit("/subnets", 1)[0],
            "properties": {"subnets": [{"name": "apps", "id": _SUBNET, "properties": subnet}]},
        },
        {"id": gateway, "properties": {"publicIpAddresses": [{"id": address}]}},
        {"id": address, "properties": {"ipAddress": NAT, "publicIPAddressVersion": "IPv4"}},
        {
            "id": _ENVIRONMENT,
            "properties": {
                "vnetConfiguration": {"infrastructureSubnetId": _SUBNET},
                "appLogsConfiguration": {"destination": "log-analytics"},
                "workloadProfiles": [{"name": "Consumption", "workloadProfileType": "Consumption"}],
            },
        },
    ]


def _workloads() -> list[dict[str, Any]]:
    identity = {"type": "SystemAssigned", "principalId": PULLER, "tenantId": TENANT}
    config = {
        "linuxFxVersion": "DOCKER|mercury.azurecr.io/web:1",
        "acrUseManagedIdentityCreds": True,
    }
    registry = {"server": "mercury.azurecr.io", "identity": "system"}
    return [
        {
            "id": SITE,
            "kind": "app,linux,container",
            "identity": identity,
            "properties": {
                "state": "Running",
                "outboundIpAddresses": ",".join(OUTBOUND),
                "siteConfig": config,
            },
        },
        {
            "id": APP,
            "type": "microsoft.app/containerApps",
            "identity": identity,
            "properties": {
                "environmentId": _ENVIRONMENT.lower(),
                "configuration": {"registries": [registry]},
                "template": {
                    "containers": [{"name": "cart", "image": "mercury.azurecr.io/cart:2"}]
                },
                "latestRevisionName": "cart--1",
            },
        },
    ]


def _rights() -> list[dict[str, Any]]:
    group = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments"
    return [
        _given(f"{REGISTRY}/providers/Microsoft.Authorization/roleAssignments/1", PULLER, ACR_PULL),
        _given(f"{group}/2", HEALER, CONTRIBUTOR),
    ]


def _given(id: str, principal: str, role: str) -> dict[str, Any]:
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{role.upper()}"
    return {"id": id, "properties": {"principalId": principal, "roleDefinitionId": definition}}


def _pushed() -> dict[str, Any]:
    return {
        "digest": f"sha256:{'ab' * 32}",
        "platforms": ["linux/amd64"],
        "pushed": "2026-09-01T00:00:00Z",
    }
