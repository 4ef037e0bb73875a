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
from tests.simulator.wire import resource_not_found
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


def told_status(world: World, site: Resource) -> Resource:
    """The same for whoever asks: there is none for Windows, nor for what Container Apps runs."""
    kind = str(site.get("kind", "")).lower()
    if "windows" in kind or "azurecontainerapps" in kind:
        raise resource_not_found(f"{site['id']}/siteStatus")
    return site_status(world, site)


def newest_of(world: World, app: Resource) -> Resource | None:
    """The app's newest revision; None where every deployment of it was refused."""
    properties = app["properties"]
    if "latestRevisionName" in properties and not properties["latestRevisionName"]:
        return None
    return revision(world, app)


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
    former = newest_of(world, app)
    mode = (app["properties"].get("configuration") or {}).get("activeRevisionsMode", "Single")
    if former is not None and mode == "Single":
        switch_off(former)


def switch_off(revision: Resource) -> None:
    """A revision that is not active any more."""
    properties = revision["properties"]
    properties.update(active=False, trafficWeight=0, replicas=0, runningState="Stopped")


def asleep(world: World, app: Resource) -> None:
    """Scaled to zero: the revision is active, and nothing of it runs or pulls."""
    properties = revision(world, app)["properties"]
    properties.update(replicas=0, runningState="Stopped", healthState="None")
    for item in world.resources.of_type(
        "Microsoft.App/containerApps/revisions/replicas", app["id"]
    ):
        world.resources.delete(item["id"])


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
    elif workload.is_app:
        _revision(world, workload, "Healthy", "Running")
        _replica(world, workload, "Running", "")
        properties = workload.resource["properties"]
        properties["latestReadyRevisionName"] = revision(world, workload.resource)["name"]
        properties["runningStatus"] = "Running"


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
    elif workload.is_app:
        _revision(world, workload, "Unhealthy", "Processing")
        _replica(world, workload, "NotRunning", "ImagePullBackOff")


def blocked(world: World, workload: Workload, until: datetime) -> None:
    details = (
        "Site is blocked due to multiple, consecutive cold start failures. Site scheduled to be "
        f"unblocked at {until.strftime('%m/%d/%Y %H:%M:%S')}."
    )
    _instances(world, workload, state="Blocked", details=details)


def stopped(world: World, workload: Workload) -> None:
    if workload.is_site:
        _instances(world, workload, state="Stopped", details="")
    elif workload.is_app and newest_of(world, workload.resource) is not None:
        asleep(world, workload.resource)


def _instances(world: World, workload: Workload, **values: str) -> None:
    for instance in site_status(world, workload.resource)["properties"]:
        instance.update(values)


def _revision(world: World, workload: Workload, health: str, running: str) -> None:
    properties = revision(world, workload.resource)["properties"]
    properties.update(healthState=health, runningState=running, replicas=1)


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
