"""
Container Apps bricks: environments, apps, jobs.

In:  a name, an image, the registry it is pulled from.
Out: the resources as GET returns them with the newest api-version.
"""

from typing import Any

from tests.simulator.estates.ground import LOCATION, Ground, guid
from tests.simulator.world import Resource

POOL = ("20.93.5.14", "20.93.5.90", "20.93.6.3")  # what an environment's apps list as theirs


class ContainerApps(Ground):
    """Environments, container apps and jobs."""

    def environment(
        self, name: str, *, subnet: str | None = None, destination: str = "log-analytics"
    ) -> Resource:
        """A workload-profiles environment. `destination` is where its logs go."""
        logs: dict[str, Any] = {"destination": destination}
        if destination == "log-analytics":
            logs["logAnalyticsConfiguration"] = {"customerId": guid("workspace")}
        return self.add(
            self.id("Microsoft.App/managedEnvironments", name),
            "Microsoft.App/managedEnvironments",
            {
                "provisioningState": "Succeeded",
                "vnetConfiguration": {"infrastructureSubnetId": subnet} if subnet else None,
                "defaultDomain": "mildhill-1f2e3d4c.westeurope.azurecontainerapps.io",
                "staticIp": "20.93.200.7",
                "appLogsConfiguration": logs,
                "zoneRedundant": False,
                "workloadProfiles": [{"workloadProfileType": "Consumption", "name": "Consumption"}],
            },
            location=LOCATION,
        )

    def container_app(
        self, name: str, environment: Resource, *, image: str, registry: Resource
    ) -> Resource:
        """A container app of one container that pulls with its system identity."""
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
                "registries": [_entry(registry)],
            },
            "template": {
                "containers": [_container(name, image)],
                "scale": {"minReplicas": 1, "maxReplicas": 10},
            },
        }
        type_ = "Microsoft.App/containerApps"
        return self.with_identity(self.add(self.id(type_, name), type_, properties, **_MORE))

    def job(self, name: str, environment: Resource, *, image: str, registry: Resource) -> Resource:
        """A scheduled job of one container that pulls with its system identity."""
        properties = {
            "provisioningState": "Succeeded",
            **_hosted(environment),
            "configuration": {
                "triggerType": "Schedule",
                "replicaTimeout": 1800,
                "replicaRetryLimit": 1,
                "scheduleTriggerConfig": {"cronExpression": "0 2 * * *", "parallelism": 1},
                "registries": [_entry(registry)],
            },
            "template": {"containers": [_container(name, image)]},
        }
        type_ = "Microsoft.App/jobs"
        return self.with_identity(self.add(self.id(type_, name), type_, properties, **_MORE))


_MORE: dict[str, Any] = {"location": LOCATION, "tags": {}}


def _hosted(environment: Resource) -> dict[str, Any]:
    return {
        "environmentId": environment["id"],
        "workloadProfileName": "Consumption",
        "outboundIpAddresses": list(POOL),
    }


def _entry(registry: Resource) -> dict[str, str]:
    return {"server": registry["properties"]["loginServer"], "identity": "system"}


def _container(name: str, image: str) -> dict[str, Any]:
    return {"name": name, "image": image, "resources": {"cpu": 0.5, "memory": "1Gi"}}
