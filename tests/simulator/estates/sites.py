"""
App Service bricks: plans, web apps, function apps, slots, compose and sidecar apps.

In:  a name, an image, the addresses ARM lists.
Out: the resources as GET returns them with the newest api-version.
"""

import base64
from typing import Any

from tests.simulator.estates.ground import GROUP, LOCATION, Ground, guid
from tests.simulator.world import Resource

_TIERS = {"P1v3": "PremiumV3", "P1v4": "PremiumV4", "S1": "Standard", "B1": "Basic"}
_DOMAINS = {
    "AzureCloud": "azurewebsites.net",
    "AzureChinaCloud": "chinacloudsites.cn",
    "AzureUSGovernment": "azurewebsites.us",
}


LINUX, WINDOWS, FUNCTIONS = (
    "app,linux,container",
    "app,container,windows",
    "functionapp,linux,container",
)
ON_CONTAINER_APPS = f"{FUNCTIONS},azurecontainerapps"


class Sites(Ground):
    """Web apps, function apps and slots."""

    def site(
        self,
        name: str,
        *,
        image: str,
        outbound: tuple[str, ...],
        subnet: str | None = None,
        routed: bool = True,
        identity: bool = True,
        plan_sku: str = "P1v3",
        group: str = GROUP,
        kind: str = LINUX,
    ) -> Resource:
        """A Linux web app of one container, pulling with its own identity unless told otherwise."""
        plan = self._plan(plan_sku, group)
        properties = self._properties(name, plan, outbound)
        properties["outboundVnetRouting"]["imagePullTraffic"] = bool(subnet) and routed
        properties["virtualNetworkSubnetId"] = subnet
        id = self.id("Microsoft.Web/sites", name, group)
        return self._finished(id, "Microsoft.Web/sites", properties, image, identity, kind)

    def compose(self, name: str, images: dict[str, str], **options: Any) -> Resource:
        """A web app of several containers: the images of its compose file by service name."""
        lines = ["version: '3.3'", "services:"]
        for service, image in images.items():
            lines += [f"  {service}:", f"    image: {image}"]
        encoded = base64.b64encode("\n".join(lines).encode()).decode()
        return self.site(name, image=f"COMPOSE|{encoded}", **options)

    def sidecars(
        self, name: str, containers: dict[str, dict[str, Any]], **options: Any
    ) -> Resource:
        """A sidecar app. Each container: `image`, and how it signs in (`authType` and its like; by
        the system identity when nothing is said). The first is the main one."""
        site = self.site(name, image="sitecontainers", **options)
        for number, (container, properties) in enumerate(containers.items()):
            self.add(
                f"{site['id']}/sitecontainers/{container}",
                f"{site['type']}/sitecontainers",
                {
                    "isMain": number == 0,
                    "targetPort": "80" if number == 0 else None,
                    "authType": "SystemIdentity",
                    **properties,
                },
            )
        return site

    def functions_on_container_apps(
        self, name: str, environment: Resource, *, image: str, identity: bool = True
    ) -> Resource:
        """A function app in a Container Apps environment: a site that pulls as apps there do."""
        site = self.site(name, image=image, outbound=(), identity=identity, kind=ON_CONTAINER_APPS)
        site["properties"]["managedEnvironmentId"] = environment["id"]
        site["properties"]["serverFarmId"] = None
        return site

    def slot(self, site: Resource, name: str, *, image: str, outbound: tuple[str, ...]) -> Resource:
        """A deployment slot: its own identity, image and addresses."""
        plan = {"id": site["properties"]["serverFarmId"], "sku": {"tier": "PremiumV3"}}
        properties = self._properties(f"{site['name']}-{name}", plan, outbound)
        id = f"{site['id']}/slots/{name}"
        kind = str(site["kind"])
        slot = self._finished(id, "Microsoft.Web/sites/slots", properties, image, True, kind)
        slot["name"] = f"{site['name']}/{name}"
        return slot

    def _finished(
        self,
        id: str,
        type: str,
        properties: dict[str, Any],
        image: str,
        identity: bool,
        kind: str,
    ) -> Resource:
        windows = "windows" in kind
        properties |= {"reserved": not windows, "isXenon": windows, "hyperV": windows}
        more = {"kind": kind, "location": LOCATION, "tags": {}}
        site = self.add(id, type, properties, **more)
        if identity:
            self.with_identity(site)
        whole = image == "sitecontainers" or "|" in image
        fx = image if whole else f"DOCKER|{image}"
        self.add(
            f"{id}/config/web",
            f"{type}/config",
            {
                "linuxFxVersion": "" if windows else fx,
                **({"windowsFxVersion": fx} if windows else {}),
                "acrUseManagedIdentityCreds": identity,
                "acrUserManagedIdentityID": None,
                "alwaysOn": True,
                "numberOfWorkers": 1,
            },
            location=LOCATION,
        )
        return site

    def _properties(self, name: str, plan: Resource, outbound: tuple[str, ...]) -> dict[str, Any]:
        domain = _DOMAINS.get(self.cloud.name, "azurewebsites.net")
        host = f"{name}.{domain}"
        listed = ",".join(outbound)
        return {
            "state": "Running",
            "hostNames": [host],
            "repositorySiteName": name,
            "usageState": "Normal",
            "enabled": True,
            "enabledHostNames": [host, f"{name}.scm.{domain}"],
            "availabilityState": "Normal",
            "hostNameSslStates": [
                {"name": host, "sslState": "Disabled", "hostType": "Standard"},
                {
                    "name": f"{name}.scm.{domain}",
                    "sslState": "Disabled",
                    "hostType": "Repository",
                },
            ],
            "serverFarmId": plan["id"],
            "reserved": True,
            "isXenon": False,
            "hyperV": False,
            "lastModifiedTimeUtc": "2026-07-20T07:20:00",
            "outboundVnetRouting": {
                "allTraffic": False,
                "applicationTraffic": False,
                "contentShareTraffic": False,
                "imagePullTraffic": False,
                "backupRestoreTraffic": False,
            },
            "outboundIpAddresses": listed,
            "possibleOutboundIpAddresses": f"{listed},20.50.3.200" if listed else "",
            "defaultHostName": host,
            "httpsOnly": True,
            "redundancyMode": "None",
            "sku": plan["sku"]["tier"],
            "clientAffinityEnabled": False,
            "customDomainVerificationId": guid("domain").replace("-", "").upper() * 2,
            "keyVaultReferenceIdentity": "SystemAssigned",
            "virtualNetworkSubnetId": None,
        }

    def _plan(self, sku: str, group: str) -> Resource:
        id = self.id("Microsoft.Web/serverfarms", f"plan-{sku.lower()}", group)
        for known in self.resources:
            if known["id"] == id:
                return known
        return self.add(
            id,
            "Microsoft.Web/serverfarms",
            {
                "status": "Ready",
                "maximumNumberOfWorkers": 30,
                "numberOfWorkers": 1,
                "geoRegion": LOCATION,
                "perSiteScaling": False,
                "reserved": True,
                "provisioningState": "Succeeded",
                "resourceGroup": group,
            },
            kind="linux",
            location=LOCATION,
            sku={
                "name": sku,
                "tier": _TIERS.get(sku, "PremiumV3"),
                "size": sku,
                "family": sku[0] + sku[2:],
                "capacity": 1,
            },
        )
