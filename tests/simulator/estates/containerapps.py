"""
Container Apps bricks: environments, apps, jobs.

In:  a name, an image, the registry it is pulled from; how it signs in where that is special.
Out: the resources as GET returns them with the newest api-version.
"""

import copy
from typing import Any

from tests.simulator.estates.ground import LOCATION, Ground, guid
from tests.simulator.world import Resource

POOL = ("20.93.5.14", "20.93.5.90", "20.93.6.3")  # what an environment's apps list as theirs
PROFILES, CONSUMPTION, EXPRESS = "WorkloadProfiles", "ConsumptionOnly", "Express"


class ContainerApps(Ground):
    """Environments, container apps and jobs."""

    def environment(
        self,
        name: str,
        *,
        subnet: str | None = None,
        destination: str = "log-analytics",
        mode: str = PROFILES,
        group: str = "",
    ) -> Resource:
        """An environment. `destination` is where its logs go, `mode` its kind."""
        logs: dict[str, Any] = {"destination": destination}
        if destination == "log-analytics":
            logs["logAnalyticsConfiguration"] = {"customerId": guid("workspace")}
        profiles = [{"workloadProfileType": "Consumption", "name": "Consumption"}]
        type_ = "Microsoft.App/managedEnvironments"
        return self.add(
            self.id(type_, name, group) if group else self.id(type_, name),
            type_,
            {
                "provisioningState": "Succeeded",
                "vnetConfiguration": {"infrastructureSubnetId": subnet} if subnet else None,
                "defaultDomain": "mildhill-1f2e3d4c.westeurope.azurecontainerapps.io",
                "staticIp": "20.93.200.7",
                "appLogsConfiguration": logs,
                "zoneRedundant": False,
                "workloadProfiles": profiles if mode == PROFILES else None,
                "environmentMode": mode,
            },
            location=LOCATION,
        )

    def container_app(
        self,
        name: str,
        environment: Resource,
        *,
        image: str,
        registry: Resource,
        sign_in: dict[str, Any] | None = None,
        subnet: str | None = None,
        group: str = "",
    ) -> Resource:
        """A container app of one container that pulls with its system identity, unless `sign_in`
        says otherwise. `subnet`: its own, in an Express environment."""
        revision = f"{name}--0000001"
        properties = {
            "provisioningState": "Succeeded",
            "runningStatus": "Running",
            "managedEnvironmentId": environment["id"],
            **_hosted(environment),
            "latestRevisionName": revision,
            "latestReadyRevisionName": revision,
            "latestRevisionFqdn": "",
            "configuration": {
                "activeRevisionsMode": "Single",
                "registries": [_entry(registry, sign_in)],
            },
            "template": {
                "containers": [_container(name, image)],
                "scale": {"minReplicas": 1, "maxReplicas": 10},
            },
        }
        if subnet:
            properties["networking"] = {"outboundVnetSubnetId": subnet}
        type_ = "Microsoft.App/containerApps"
        id = self.id(type_, name, group) if group else self.id(type_, name)
        return self.with_identity(self.add(id, type_, properties, **_more()))

    def job(
        self,
        name: str,
        environment: Resource,
        *,
        image: str,
        registry: Resource,
        sign_in: dict[str, Any] | None = None,
    ) -> Resource:
        """A scheduled job of one container that pulls with its system identity, unless `sign_in`
        says otherwise."""
        properties = {
            "provisioningState": "Succeeded",
            **_hosted(environment),
            "configuration": {
                "triggerType": "Schedule",
                "replicaTimeout": 1800,
                "replicaRetryLimit": 1,
                "scheduleTriggerConfig": {"cronExpression": "0 2 * * *", "parallelism": 1},
                "registries": [_entry(registry, sign_in)],
            },
            "template": {"containers": [_container(name, image)]},
        }
        type_ = "Microsoft.App/jobs"
        return self.with_identity(self.add(self.id(type_, name), type_, properties, **_more()))

    def also_runs(
        self,
        app: Resource,
        name: str,
        *,
        image: str,
        registry: Resource | None = None,
        sign_in: dict[str, Any] | None = None,
        init: bool = False,
    ) -> None:
        """One more container (or init container) of an app or job. `registry`: a registry of its
        own, with an entry among `registries[]`."""
        template = app["properties"]["template"]
        template.setdefault("initContainers" if init else "containers", []).append(
            _container(name, image)
        )
        if registry is not None:
            app["properties"]["configuration"]["registries"].append(_entry(registry, sign_in))

    def secret(self, app: Resource, name: str, value: str) -> dict[str, str]:
        """A secret of an app or job; what a `sign_in` needs to name it."""
        configuration = app["properties"]["configuration"]
        configuration.setdefault("secrets", []).append({"name": name})
        self.parts["secrets"].setdefault(app["id"], {})[name] = value
        return {"passwordSecretRef": name}

    def attach(self, app: Resource, identity: Resource) -> dict[str, str]:
        """Attach a user-assigned identity beside what is there; its `sign_in`."""
        held = app.setdefault("identity", {"type": "None"})
        kinds = {"SystemAssigned": "SystemAssigned,UserAssigned"}
        held["type"] = kinds.get(str(held.get("type")), "UserAssigned")
        held.setdefault("userAssignedIdentities", {})[identity["id"]] = {
            "principalId": identity["properties"]["principalId"],
            "clientId": identity["properties"]["clientId"],
        }
        return {"identity": identity["id"]}

    def revision(self, app: Resource, *, active: bool) -> Resource:
        """The app's present revision as a resource of its own, before a newer one is made."""
        name = app["properties"]["latestRevisionName"]
        type_ = "Microsoft.App/containerApps/revisions"
        return self.add(
            f"{app['id']}/revisions/{name}",
            type_,
            {
                "createdTime": "2026-07-20T07:30:00+00:00",
                "template": copy.deepcopy(app["properties"]["template"]),
                "active": active,
                "replicas": 1 if active else 0,
                "trafficWeight": 100 if active else 0,
                "healthState": "Healthy",
                "provisioningState": "Provisioned",
                "runningState": "Running" if active else "Stopped",
            },
        )

    def not_deployed(self, app: Resource) -> None:
        """An app whose only deployment was refused: it is Failed, and no revision was made."""
        app["properties"] |= {
            "provisioningState": "Failed",
            "runningStatus": "Stopped",
            "latestRevisionName": None,
            "latestReadyRevisionName": None,
        }


def _more() -> dict[str, Any]:
    return {"location": LOCATION, "tags": {}}


def _hosted(environment: Resource) -> dict[str, Any]:
    return {
        "environmentId": environment["id"],
        "workloadProfileName": "Consumption",
        "outboundIpAddresses": list(POOL),
    }


def _entry(registry: Resource, sign_in: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"server": registry["properties"]["loginServer"], **(sign_in or {"identity": "system"})}


def _container(name: str, image: str) -> dict[str, Any]:
    return {"name": name, "image": image, "resources": {"cpu": 0.5, "memory": "1Gi"}}
