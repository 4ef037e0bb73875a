"""
What the platform says about a workload when it is asked: site status, revisions, replicas.

In:  the World, a Workload and what happened to its pull.
Out: resources in the World, in the form their GET returns.

`siteStatus` keeps its last error after a success, as Azure does. Nothing here decides anything.
"""

import hashlib
from datetime import datetime
from typing import Any

from tests.simulator import siterows, systemrows
from tests.simulator.pull import Pull
from tests.simulator.workloads import Workload
from tests.simulator.world import Resource, World

NEVER = "0001-01-01T00:00:00"


def site_status(world: World, site: Resource) -> Resource:
    """A site's per-instance status; started and without error until something happened."""
    id = f"{site['id']}/siteStatus"
    known = world.resources.get(id)
    if known is not None:
        return known
    running = site["properties"].get("state", "Running") == "Running"
    instance = {
        "instanceId": hashlib.sha256(site["id"].lower().encode()).hexdigest(),
        "state": "Started" if running else "Stopped",
        "details": "",
        "lastError": "",
        "lastErrorDetails": "",
        "lastErrorTimestamp": NEVER,
    }
    return world.resources.put(
        {
            "id": id,
            "name": "siteStatus",
            "type": f"{site['type']}/siteStatus",
            "properties": [instance],
        }
    )


def revision(world: World, app: Resource) -> Resource:
    """The app's newest revision, made from its template when the state holds none of that name."""
    properties = app["properties"]
    name = properties.get("latestRevisionName") or f"{app['name']}--0000001"
    id = f"{app['id']}/revisions/{name}"
    known = world.resources.get(id)
    if known is not None:
        return known
    return world.resources.put(
        {
            "id": id,
            "name": name,
            "type": "Microsoft.App/containerApps/revisions",
            "properties": {
                "createdTime": world.clock.now().strftime("%Y-%m-%dT%H:%M:%S+00:00"),
                "template": properties.get("template") or {},
                "active": True,
                "replicas": 1,
                "trafficWeight": 100,
                "healthState": "Healthy",
                "provisioningState": "Provisioned",
                "runningState": "Running",
            },
        }
    )


def replica(world: World, app: Resource) -> Resource:
    """The newest revision's one replica."""
    of = revision(world, app)
    name = f"{of['name']}-{systemrows.replica_suffix(app['id'])}"
    id = f"{of['id']}/replicas/{name}"
    known = world.resources.get(id)
    if known is not None:
        return known
    template = of["properties"]["template"]
    return world.resources.put(
        {
            "id": id,
            "name": name,
            "type": "Microsoft.App/containerApps/revisions/replicas",
            "properties": {
                "createdTime": world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                "runningState": "Running",
                "runningStateDetails": "",
                "containers": [
                    _container(item["name"]) for item in template.get("containers") or []
                ],
                "initContainers": [
                    _container(item["name"]) for item in template.get("initContainers") or []
                ],
            },
        }
    )


def retire(world: World, app: Resource) -> None:
    """A newer revision takes over: in single-revision mode the former one is switched off."""
    former = revision(world, app)["properties"]
    mode = (app["properties"].get("configuration") or {}).get("activeRevisionsMode", "Single")
    if mode == "Single":
        former.update(active=False, trafficWeight=0, replicas=0, runningState="Stopped")


def execution(world: World, job: Resource, status: str) -> None:
    """The job's newest execution, as its list shows it."""
    name = f"{job['name']}-{systemrows.replica_suffix(job['id'])[-5:]}"
    world.resources.put(
        {
            "id": f"{job['id']}/executions/{name}",
            "name": name,
            "type": "Microsoft.App/jobs/executions",
            "properties": {
                "status": status,
                "startTime": world.clock.now().strftime("%Y-%m-%dT%H:%M:%S+00:00"),
                "template": job["properties"].get("template") or {},
            },
        }
    )


def _container(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "containerId": "",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "runningState": "Running",
        "runningStateDetails": "",
    }


def succeeded(world: World, workload: Workload) -> None:
    if workload.is_site:
        _instances(world, workload, state="Started", details="")
    elif workload.kind == "container-app":
        _revision(world, workload, "Healthy", "Running")
        _replica(world, workload, "Running", "")
        properties = workload.resource["properties"]
        properties["latestReadyRevisionName"] = revision(world, workload.resource)["name"]
        properties["runningStatus"] = "Running"
    else:
        execution(world, workload.resource, "Succeeded")


def failed(world: World, workload: Workload, failure: Pull) -> None:
    if workload.is_site:
        _instances(
            world,
            workload,
            state="Stopped",
            details="Site stopped after a failed start.",
            lastError=siterows.LAST_ERROR[failure.stage or ""],
            lastErrorDetails=siterows.error_details(failure),
            lastErrorTimestamp=world.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
        )
    elif workload.kind == "container-app":
        _revision(world, workload, "Unhealthy", "Processing")
        _replica(world, workload, "NotRunning", "ImagePullBackOff")
    else:
        execution(world, workload.resource, "Failed")


def blocked(world: World, workload: Workload, until: datetime) -> None:
    details = (
        "Site is blocked due to multiple, consecutive cold start failures. Site scheduled to be "
        f"unblocked at {until.strftime('%m/%d/%Y %H:%M:%S')}."
    )
    _instances(world, workload, state="Blocked", details=details)


def stopped(world: World, workload: Workload) -> None:
    if workload.is_site:
        _instances(world, workload, state="Stopped", details="")


def _instances(world: World, workload: Workload, **values: str) -> None:
    for instance in site_status(world, workload.resource)["properties"]:
        instance.update(values)


def _revision(world: World, workload: Workload, health: str, running: str) -> None:
    properties = revision(world, workload.resource)["properties"]
    properties.update(healthState=health, runningState=running)


def _replica(world: World, workload: Workload, running: str, details: str) -> None:
    properties = replica(world, workload.resource)["properties"]
    properties.update(runningState=running, runningStateDetails=details)
    waiting = running != "Running"
    for container in properties["containers"]:
        container.update(
            ready=not waiting,
            started=not waiting,
            runningState="Waiting" if waiting else "Running",
            runningStateDetails=details,
        )
