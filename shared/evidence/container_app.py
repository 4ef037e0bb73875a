"""
A container app or job as Container Apps configures and sees it.

In:  the id of a `Microsoft.App/containerApps` or `…/jobs`.
Out: a Workload. NotFound or PermissionMissing when the app itself cannot be read; every other
     refused read becomes Unread.

An environment's `staticIp` is its inbound address, and `outboundIpAddresses` is a pool nobody
promises to keep (Networking in Container Apps documentation): only a NAT gateway in the
environment's own subnet makes a fixed way out, and only where workload profiles allow one.
"""

from collections.abc import Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import images, network
from shared.evidence.reading import attempt, id_in, same, whole
from shared.model.discretion import discreet
from shared.model.evidence import (
    Egress,
    ImageUse,
    Instance,
    PullAuth,
    PullMode,
    Unread,
    Via,
    Workload,
)
from shared.model.ids import ResourceId
from shared.model.words import Host


def read(azure: Azure, id: ResourceId) -> Workload:
    """Read the app, then its environment and newest revision side by side."""
    job = id.type == "microsoft.app/jobs"
    app = _job(azure, id) if job else _app(azure, id)
    properties = app.get("properties") or {}
    revision = properties.get("latestRevisionName")
    answers = azure.together(
        environment=lambda: attempt(lambda: _environment(azure, properties)),
        instances=lambda: (
            () if job or not revision else attempt(lambda: _revision(azure, id, revision))
        ),
    )
    environment = _environment_id(properties)
    template = properties.get("template") or {}
    containers = [*(template.get("initContainers") or ()), *(template.get("containers") or ())]
    uses, note = images.named(
        (str(item.get("name") or "?"), str(item.get("image") or "")) for item in containers
    )
    egress, subnet = _egress(azure, properties, answers["environment"])
    return Workload(
        id=id_in(app.get("id")) or id,
        host=Host.JOB if job else Host.CONTAINER_APP,
        windows=False,
        images=tuple(uses),
        auth=_auth(app, uses),
        egress=egress,
        subnet=subnet,
        pulls_over_vnet=subnet is not None,
        instances=answers["instances"],
        serving=_serving(properties, answers["instances"]),
        tags=app.get("tags") or {},
        environment=environment.name if environment else "",
        note=note,
    )


def _app(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    with azure.asking(f"read the container app {id}"):
        model = azure.apps(id.subscription).container_apps.get(id.group, id.name)
    return same(model.as_dict(), id)


def _job(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    with azure.asking(f"read the job {id}"):
        model = azure.apps(id.subscription).jobs.get(id.group, id.name)
    return same(model.as_dict(), id)


def _environment(azure: Azure, properties: Mapping[str, Any]) -> Mapping[str, Any] | Unread:
    id = _environment_id(properties)
    if id is None:
        return Unread("not readable: the app names no environment")
    with azure.asking(f"read the environment {id}"):
        model = azure.apps(id.subscription).managed_environments.get(id.group, id.name)
    return whole(model.as_dict(), str(id))["properties"]


def _environment_id(properties: Mapping[str, Any]) -> ResourceId | None:
    return id_in(properties.get("environmentId") or properties.get("managedEnvironmentId"))


def _revision(azure: Azure, id: ResourceId, name: str) -> tuple[Instance, ...]:
    operations = azure.apps(id.subscription).container_apps_revisions
    with azure.asking(f"read the revision {name} of {id}"):
        model = operations.get_revision(id.group, id.name, name).as_dict()
    properties = model.get("properties") or {}
    state = properties.get("runningState") or properties.get("provisioningState") or "Unknown"
    return (
        Instance(
            name=name,
            state=str(state),
            last_error=discreet(str(properties.get("provisioningError") or "")),
            details=f"health {properties.get('healthState') or 'unknown'}",
        ),
    )


def _auth(app: Mapping[str, Any], uses: list[ImageUse]) -> PullAuth:
    """The `registries[]` entry of the judged image's host; none means pulls are anonymous."""
    identity = app.get("identity") or {}
    hosts = [use.host for use in uses if use.acr] or [use.host for use in uses]
    wanted = hosts[0] if hosts else ""
    configuration = (app.get("properties") or {}).get("configuration") or {}
    for entry in configuration.get("registries") or ():
        if str(entry.get("server", "")).lower() != wanted:
            continue
        name = str(entry.get("identity") or "")
        if name.lower() == "system":
            principal = identity.get("principalId")
            return PullAuth(
                mode=PullMode.SYSTEM_IDENTITY, principal=principal, attached=bool(principal)
            )
        if name:
            found = {
                key.lower(): value or {}
                for key, value in (identity.get("userAssignedIdentities") or {}).items()
            }.get(name.lower())
            return PullAuth(
                mode=PullMode.USER_IDENTITY,
                identity=name,
                principal=(found or {}).get("principalId"),
                attached=found is not None,
            )
        return PullAuth(
            mode=PullMode.CREDENTIALS,
            server=entry.get("server"),
            username=entry.get("username"),
            principal=identity.get("principalId"),
        )
    return PullAuth(mode=PullMode.ANONYMOUS, principal=identity.get("principalId"))


def _egress(
    azure: Azure, properties: Mapping[str, Any], environment: Mapping[str, Any] | Unread
) -> tuple[Egress | Unread, ResourceId | None]:
    if isinstance(environment, Unread):
        return Unread(
            f"the way out depends on the environment, which is {environment.because}"
        ), None
    listed = tuple(properties.get("outboundIpAddresses") or ())
    text = (environment.get("vnetConfiguration") or {}).get("infrastructureSubnetId")
    subnet = id_in(text)
    if subnet and environment.get("workloadProfiles"):
        fixed = network.subnet_egress(azure, subnet)
        if fixed is not None:
            return fixed, subnet
    why = "Container Apps promises no fixed outbound address unless the environment's subnet has "
    why += "a NAT gateway"
    if not environment.get("workloadProfiles"):
        why += ", and a consumption-only environment cannot have one"
    return Egress(via=Via.PLATFORM, possible=listed, stable=False, because=why), subnet


def _serving(properties: Mapping[str, Any], seen: tuple[Instance, ...] | Unread) -> bool | None:
    newest, ready = properties.get("latestRevisionName"), properties.get("latestReadyRevisionName")
    if newest and ready and newest == ready:
        return True
    if isinstance(seen, Unread) or not seen:
        return None
    return None if newest is None else False
