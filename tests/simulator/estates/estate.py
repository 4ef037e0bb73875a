"""
All bricks together: what tests and cases build with.

In:  names and what is special.
Out: an Estate; see Ground for the scenario it becomes.
"""

import hashlib
from typing import Any

from tests.simulator.estates.containerapps import ContainerApps
from tests.simulator.estates.ground import (
    ACR_PULL,
    LOCATION,
    REPOSITORY_READER,
    SHARED,
    TENANT,
    guid,
)
from tests.simulator.estates.networks import Networks
from tests.simulator.estates.past import Past
from tests.simulator.estates.sites import Sites
from tests.simulator.world import Resource

__all__ = ["ACR_PULL", "REPOSITORY_READER", "Estate", "guid"]

_POLICIES: dict[str, dict[str, Any]] = {
    "quarantinePolicy": {"status": "disabled"},
    "trustPolicy": {"type": "Notary", "status": "disabled"},
    "retentionPolicy": {"days": 7, "status": "disabled"},
    "exportPolicy": {"status": "enabled"},
    "azureADAuthenticationAsArmPolicy": {"status": "enabled"},
}


class Estate(Sites, ContainerApps, Networks, Past):
    """Registries and images, on top of sites, container apps and networks."""

    def registry(
        self,
        name: str,
        *,
        deny: bool = False,
        allow: tuple[str, ...] = (),
        public: bool = True,
        abac: bool = False,
        admin: tuple[str, str] | None = None,
        sku: str = "Premium",
    ) -> Resource:
        """A registry. `admin`: its two passwords, and the admin user is on."""
        type_ = "Microsoft.ContainerRegistry/registries"
        id = self.id(type_, name, SHARED)
        if admin:
            self.parts["passwords"][id] = list(admin)
        mode = "AbacRepositoryPermissions" if abac else "LegacyRegistryPermissions"
        properties: dict[str, Any] = {
            "loginServer": f"{name}{self.cloud.registry_suffix}",
            "creationDate": "2026-01-12T10:20:30.1234567Z",
            "provisioningState": "Succeeded",
            "adminUserEnabled": admin is not None,
            "policies": {key: dict(value) for key, value in _POLICIES.items()},
            "encryption": {"status": "disabled"},
            "dataEndpointEnabled": False,
            "dataEndpointHostNames": [],
            "privateEndpointConnections": [],
            "publicNetworkAccess": "Enabled" if public else "Disabled",
            "networkRuleBypassOptions": "AzureServices",
            "networkRuleBypassAllowedForTasks": False,
            "zoneRedundancy": "Disabled",
            "anonymousPullEnabled": False,
            "roleAssignmentMode": mode,
        }
        if sku == "Premium":
            properties["networkRuleSet"] = {
                "defaultAction": "Deny" if deny else "Allow",
                "ipRules": [{"action": "Allow", "value": value} for value in allow],
            }
        more = {"location": "westeurope", "tags": {}, "sku": {"name": sku, "tier": sku}}
        return self.add(id, type_, properties, **more)

    def image(self, registry: Resource, repository: str, tag: str, **more: Any) -> str:
        """Push an image and give its reference back."""
        server = registry["properties"]["loginServer"]
        digest = "sha256:" + hashlib.sha256(f"{repository}:{tag}".encode()).hexdigest()
        pushed = {"digest": digest, "platforms": ["linux/amd64"], "pushed": "2026-07-20T07:15:00Z"}
        tags = self.parts["images"].setdefault(server, {}).setdefault(repository, {})
        tags[tag] = pushed | more
        return f"{server}/{repository}:{tag}"

    def settings(self, site: Resource, **values: str) -> None:
        self.parts["appSettings"].setdefault(site["id"], {}).update(values)

    def egress(self, app: Resource, addresses: tuple[str, ...]) -> None:
        """What the registry really sees of this app, where ARM does not tell."""
        self.parts["egress"][app["id"]] = list(addresses)

    def user_identity(self, name: str) -> Resource:
        type_ = "Microsoft.ManagedIdentity/userAssignedIdentities"
        id = self.id(type_, name, SHARED)
        properties = {
            "tenantId": TENANT,
            "principalId": guid("principal", id),
            "clientId": guid("client", id),
        }
        return self.add(id, type_, properties, location=LOCATION, tags={})
