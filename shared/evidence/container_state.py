"""
How Container Apps itself sees an app or a job: revisions, replicas, executions.

In:  the id and the app's own properties.
Out: Instances: the newest revision first, then other active ones that are not well, then the
     replicas of what is not well; of a job its newest executions.

A revision stays `Provisioned` for long while its replicas cannot pull; the replica's containers say
`ImagePullBackOff` (`runningStateDetails`; Replica and Revision in Microsoft.App 2026-07-01). In
single-revision mode the older revision serves on until the newest is ready, so what serves and
what fails are different revisions. An app whose very first deployment was refused has no revision.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.clients.azure import Azure
from shared.evidence.reading import attempt
from shared.model.discretion import discreet
from shared.model.evidence import Instance, Unread
from shared.model.ids import ResourceId

_MOST_REPLICAS, _MOST_EXECUTIONS = 6, 3


def of_app(
    azure: Azure, id: ResourceId, properties: Mapping[str, Any]
) -> tuple[tuple[Instance, ...], tuple[Mapping[str, Any], ...]]:
    """Its instances, and the templates of failing revisions other than the newest.

    Only in multiple-revision mode can another revision be active and fail.
    """
    newest = str(properties.get("latestRevisionName") or "")
    if not newest:
        return _never_deployed(properties), ()
    configuration = properties.get("configuration") or {}
    if str(configuration.get("activeRevisionsMode", "")).lower() == "multiple":
        revisions = _active(azure, id, newest)
    else:
        revisions = [_revision(azure, id, newest)]
    first, *others = revisions
    ill = [one for one in others if not _well(one)]
    seen = [_instance(one) for one in (first, *ill)]
    for one in (first, *ill):
        if not _well(one) and (one.get("properties") or {}).get("replicas") != 0:
            seen += _replicas(azure, id, str(one.get("name") or ""))
    return tuple(seen), tuple((one.get("properties") or {}).get("template") or {} for one in ill)


def serving(properties: Mapping[str, Any], seen: tuple[Instance, ...] | Unread) -> bool | None:
    """Whether the newest revision is up. An older one that still serves does not count: what is
    judged is the pull of the newest."""
    newest, ready = properties.get("latestRevisionName"), properties.get("latestReadyRevisionName")
    if isinstance(seen, Unread):
        return True if newest and newest == ready else None
    if not seen or newest is None:
        return None
    view = seen[0]
    if newest == ready:
        return True if view.state not in ("Failed", "Degraded") and not _complains(seen) else None
    return False


def of_job(azure: Azure, id: ResourceId) -> tuple[Instance, ...]:
    """Its newest executions. One that failed may have failed for reasons of its own, so only the
    platform's word about its containers makes it a complaint."""
    with azure.asking(f"read the executions of the job {id}"):
        found = [
            model.as_dict()
            for model in azure.apps(id.subscription).jobs_executions.list(id.group, id.name)
        ]
    found.sort(key=lambda one: str(_properties(one).get("startTime") or ""), reverse=True)
    return tuple(_execution(one) for one in found[:_MOST_EXECUTIONS])


def _never_deployed(properties: Mapping[str, Any]) -> tuple[Instance, ...]:
    """Azure checks an image before it deploys it and refuses the whole change; the app is then
    Failed and names no revision (Azure OSS support, failed revisions)."""
    if properties.get("provisioningState") != "Failed":
        return ()
    details = "the last deployment was refused, and there is no revision that could pull"
    return (Instance(name="deployment", state="Failed", details=details),)


def _revision(azure: Azure, id: ResourceId, name: str) -> Mapping[str, Any]:
    operations = azure.apps(id.subscription).container_apps_revisions
    with azure.asking(f"read the revision {name} of {id}"):
        return operations.get_revision(id.group, id.name, name).as_dict()


def _active(azure: Azure, id: ResourceId, newest: str) -> list[Mapping[str, Any]]:
    """Every active revision, the newest first."""
    operations = azure.apps(id.subscription).container_apps_revisions
    with azure.asking(f"listed the revisions of {id}"):
        found = [one.as_dict() for one in operations.list_revisions(id.group, id.name)]
    wanted = [one for one in found if _properties(one).get("active") or one.get("name") == newest]
    wanted.sort(key=lambda one: str(_properties(one).get("createdTime") or ""), reverse=True)
    return sorted(wanted, key=lambda one: one.get("name") != newest) or [{"name": newest}]


def _instance(revision: Mapping[str, Any]) -> Instance:
    properties = _properties(revision)
    state = properties.get("runningState") or properties.get("provisioningState") or "Unknown"
    idle = ", no replica is wanted" if properties.get("replicas") == 0 else ""
    return Instance(
        name=str(revision.get("name") or "?"),
        state=str(state),
        last_error=discreet(str(properties.get("provisioningError") or "")),
        details=f"health {properties.get('healthState') or 'unknown'}{idle}",
    )


def _well(revision: Mapping[str, Any]) -> bool:
    properties = _properties(revision)
    return (
        properties.get("runningState") in ("Running", "Stopped")
        and properties.get("healthState") != "Unhealthy"
    )


def _complains(seen: Iterable[Instance]) -> bool:
    return any(one.last_error for one in seen)


def _replicas(azure: Azure, id: ResourceId, revision: str) -> list[Instance]:
    """Replicas of a revision; none where they may not be read, for the revision itself was."""
    operations = azure.apps(id.subscription).container_apps_revision_replicas

    def ask() -> list[Mapping[str, Any]]:
        with azure.asking(f"listed the replicas of {revision} of {id}"):
            answer = operations.list_replicas(id.group, id.name, revision).as_dict()
        return list(answer.get("value") or ())

    found = attempt(ask)
    if isinstance(found, Unread):
        return [Instance(name=f"replicas of {revision}", state="Unknown", details=found.because)]
    return [_replica(one) for one in found[:_MOST_REPLICAS]]


def _replica(wire: Mapping[str, Any]) -> Instance:
    properties = _properties(wire)
    waiting = list(_waiting(properties))
    return Instance(
        name=str(wire.get("name") or "?"),
        state=str(properties.get("runningState") or "Unknown"),
        last_error=discreet(waiting[0][1] if waiting else ""),
        details=discreet("; ".join(f"{container}: {said}" for container, said in waiting)),
    )


def _waiting(replica: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Containers that do not run, with what the platform says of each; the replica's own word
    where no container has one."""
    containers = (*(replica.get("initContainers") or ()), *(replica.get("containers") or ()))
    said = False
    for one in containers:
        details = str(one.get("runningStateDetails") or "")
        if one.get("runningState") == "Waiting" and details:
            said = True
            yield str(one.get("name") or "?"), details
    details = str(replica.get("runningStateDetails") or "")
    if not said and details and replica.get("runningState") != "Running":
        yield "replica", details


def _execution(wire: Mapping[str, Any]) -> Instance:
    properties = _properties(wire)
    status = str(properties.get("status") or "Unknown")
    containers = [
        container
        for replica in (properties.get("detailedStatus") or {}).get("replicas") or ()
        for container in replica.get("containers") or ()
    ]
    said = [str(one.get("additionalInformation") or "") for one in containers]
    told = "; ".join(text for text in said if text)
    return Instance(
        name=str(wire.get("name") or "?"),
        state=status,
        last_error=discreet(told) if status != "Succeeded" else "",
        details=f"started {properties.get('startTime') or 'at an unknown time'}",
        at=_moment(properties.get("endTime") or properties.get("startTime")),
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _properties(wire: Mapping[str, Any]) -> Mapping[str, Any]:
    return wire.get("properties") or {}
