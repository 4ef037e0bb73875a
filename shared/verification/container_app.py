"""
Looking at a container app or job after a change.

In:  its id, and when the change was made.
Out: a Sight.

`PulledImage` in the system log is the sign of a pull that worked; `RevisionReady` is logged before
the pull and proves nothing. An app scaled to zero and a job between two executions pull nothing;
neither is woken up to be looked at. Container Apps documentation: revisions, jobs, scaling.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.clients.azure import Azure
from shared.clients.logs import LogRow
from shared.model.evidence import Instance
from shared.model.ids import ResourceId
from shared.model.wording import count
from shared.verification.sight import (
    EARLIER,
    Sight,
    broken,
    failures,
    pulled,
    split,
    told,
    unanswered,
)

_ILL = frozenset({"Failed", "Degraded"})


def look(
    id: ResourceId, since: datetime, before: Sequence[Instance] | None, *, azure: Azure
) -> Sight:
    """What the platform and its logs say about pulls since then."""
    if id.type == "microsoft.app/jobs":
        return _job(id, since, azure)
    with azure.asking(f"read the container app {id}"):
        client = azure.apps(id.subscription)
        app = _properties(client.container_apps.get(id.group, id.name).as_dict())
    name = str(app.get("latestRevisionName") or "")
    revision: Mapping[str, Any] = {}
    if name:
        with azure.asking(f"read the revision {name} of {id}"):
            found = client.container_apps_revisions.get_revision(id.group, id.name, name)
            revision = _properties(found.as_dict())
    environment = _environment(app)
    proof, failed, worse = _seen(azure, id, since, environment, name)
    state = (
        f"revision {name or '(none)'}: {revision.get('runningState') or 'unknown'}, health "
        f"{revision.get('healthState') or 'unknown'}"
    )
    if proof is None and failed is None:
        proof = _recovered(before, name, revision)
    return Sight(
        state=state,
        proof=proof,
        failure=told(failed) if failed else None,
        failed_at=failed.at if failed else None,
        asleep=f"{state}, no replica is wanted" if _asleep(revision) else None,
        worse="" if proof else _went_down(before, name, revision, failed) or worse,
    )


def _went_down(
    before: Sequence[Instance] | None, name: str, revision: Mapping[str, Any], failed: LogRow | None
) -> str:
    """Words for a revision that ran before the change and is ill now, by a pull that failed."""
    was = next((one for one in before or () if one.name == name), None)
    if was is None or was.state != "Running" or failed is None:
        return ""
    running, health = revision.get("runningState"), revision.get("healthState")
    if running not in _ILL and health != "Unhealthy":
        return ""
    return f"revision {name} ran before the change and is {running}, {health} now: {told(failed)}"


def _asleep(revision: Mapping[str, Any]) -> bool:
    """Scaled to zero; a revision that failed has no replica either, and does not sleep."""
    return revision.get("replicas") == 0 and revision.get("runningState") not in _ILL


def _job(id: ResourceId, since: datetime, azure: Azure) -> Sight:
    with azure.asking(f"read the executions of the job {id}"):
        client = azure.apps(id.subscription)
        job = _properties(client.jobs.get(id.group, id.name).as_dict())
        executions = [model.as_dict() for model in client.jobs_executions.list(id.group, id.name)]
    environment = _environment(job)
    newer = [one for one in executions if _started(one, since)]
    done = next((one for one in newer if _properties(one).get("status") == "Succeeded"), None)
    trying = any(_properties(one).get("status") == "Running" for one in executions)
    proof, failed, worse = _seen(azure, id, since, environment)
    if proof is None and done is not None:
        proof = f"execution {done.get('name')} started after the change and succeeded"
    return Sight(
        state=f"{count(len(newer), 'execution')} since the change",
        proof=proof,
        failure=told(failed) if failed else None,
        failed_at=failed.at if failed else None,
        asleep=None
        if newer or trying
        else "the job was not executed since; none is started to find out",
        worse="" if proof else worse,
    )


def _seen(
    azure: Azure, id: ResourceId, since: datetime, environment: str, revision: str = ""
) -> tuple[str | None, LogRow | None, str]:
    """A pull that worked after the change where no failure stands against it, else none; the newest
    failure since that no pull has answered; and what pulled before and fails since. Rows of other
    revisions say nothing of this one, and an image that failed shortly before the change has to be
    seen to pull, too."""
    start = since - EARLIER
    pulls = _own(pulled(azure, id, start, environment=environment), revision)
    failed = _own(failures(azure, id, start, environment=environment), revision)
    earlier, later = split(failed, since)
    _, worked = split(pulls, since)
    against = unanswered(later, worked)
    if against or not worked or unanswered(earlier, pulls):
        worse = broken([*against, *earlier], pulls, since)
        return None, against[0] if against else None, worse
    return f"the platform pulled the image: {told(worked[0])}", None, ""


def _own(rows: Sequence[LogRow], revision: str) -> list[LogRow]:
    wanted = ("", revision.lower())
    return [row for row in rows if not revision or row.revision.lower() in wanted]


def _recovered(
    before: Sequence[Instance] | None, name: str, revision: Mapping[str, Any]
) -> str | None:
    """The newest revision was not running before the change and is healthy now."""
    was = next((one for one in before or () if one.name == name), None)
    if was is None or was.state == "Running":
        return None
    if revision.get("runningState") != "Running" or revision.get("healthState") != "Healthy":
        return None
    return f"revision {name} was {was.state} before the change and is Running and Healthy now"


def _started(execution: Mapping[str, Any], since: datetime) -> bool:
    text = str(_properties(execution).get("startTime") or "")
    try:
        return datetime.fromisoformat(text) > since
    except (ValueError, TypeError):
        return False


def _environment(properties: Mapping[str, Any]) -> str:
    """The environment's name: apps are named uniquely within one."""
    text = properties.get("environmentId") or properties.get("managedEnvironmentId") or ""
    return str(text).rpartition("/")[2]


def _properties(wire: Mapping[str, Any]) -> Mapping[str, Any]:
    return wire.get("properties") or {}
