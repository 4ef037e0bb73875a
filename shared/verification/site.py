"""
Looking at a web app, slot or function app after a change.

In:  its id, and when the change was made.
Out: a Sight.

`siteStatus` is the platform's own word on every instance (App Service team blog, June 2026); its
`lastError` stays after recovery, so only the time stamp tells whether it is news. A site may start
from a cached image after a failed pull (configure-custom-container), so "Started" counts only
together with a sign that the start came after the change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.clients.azure import Azure
from shared.clients.logs import LogRow
from shared.errors import NotFound
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
    when,
)

_VERSION = "2024-11-01"
_NEVER = "0001-01-01"
_PULLED = frozenset({"Pulled", "PulledImage", "ImagePulled"})


def look(
    id: ResourceId, since: datetime, before: Sequence[Instance] | None, *, azure: Azure
) -> Sight:
    """What the platform and its logs say about pulls since then."""
    if azure.in_company and (proof := _logged_proof(id, since, azure)):
        return Sight(state="as its log tells", proof=proof)
    now, whose = _status(id, azure)
    news = [one for one in now if _failed_pull(one) and one.at and one.at > since]
    newest = max(news, key=_time, default=None)
    logged = _logged_since(whose, since, azure)
    rows = logged.unanswered
    failed_at, failure = _newest_failure(newest, rows[0] if rows else None)
    proof = None if rows else _proof(logged.worked, since, before, now, failed_at)
    return Sight(
        state=_state(now),
        proof=proof,
        failure=failure,
        failed_at=failed_at,
        worse=(
            _went_down(before, now, failure)
            or broken([*rows, *logged.earlier], logged.pulls, since)
        )
        if not proof
        else "",
    )


def _went_down(before: Sequence[Instance] | None, now: Sequence[Instance], failure: Any) -> str:
    """Words for a site that ran before the change and does not any more, by a pull that failed."""
    ran = [one for one in before or () if one.state == "Started"]
    if not (ran and now and failure) or any(one.state == "Started" for one in now):
        return ""
    was = f"{len(ran)} of {count(len(before or ()), 'instance')}"
    return f"before the change {was} ran, and now none does: {failure}"


@dataclass(frozen=True, slots=True)
class _Logged:
    """Under whose name the platform logs: a function app on Container Apps as a container app."""

    id: ResourceId
    environment: str = ""


@dataclass(frozen=True, slots=True)
class _Since:
    """What the logs tell of a change. `worked`: signs after it that count; `unanswered`: failures
    after it that no pull of the same image has answered; `earlier`: failures shortly before."""

    worked: Sequence[LogRow]
    unanswered: Sequence[LogRow]
    earlier: Sequence[LogRow]
    pulls: Sequence[LogRow]


def _logged_since(whose: _Logged, since: datetime, azure: Azure) -> _Since:
    start = since - EARLIER
    found = pulled(azure, whose.id, start, environment=whose.environment)
    failed = failures(azure, whose.id, start, environment=whose.environment)
    pulls = [row for row in found if row.reason in _PULLED]
    earlier, later = split(failed, since)
    # An image that failed shortly before the change is to be seen to pull, or the site to run.
    some_wait = bool(unanswered(earlier, pulls))
    worked = [row for row in found if row.at > since and not (some_wait and row in pulls)]
    return _Since(worked, unanswered(later, pulls), earlier, pulls)


def _logged_proof(id: ResourceId, since: datetime, azure: Azure) -> str | None:
    """Where many are looked at together, a pull in the log of an app of one image is enough; its
    status is asked for only where the log proves nothing."""
    logged = _logged_since(_Logged(id), since, azure)
    pulls = [row for row in logged.worked if row.reason in _PULLED]
    if logged.unanswered or not pulls:
        return None
    return f"the platform pulled the image: {told(pulls[0])}"


def _status(id: ResourceId, azure: Azure) -> tuple[tuple[Instance, ...], _Logged]:
    """Every instance; none for a Windows site or one on Container Apps, which have no site status:
    there the logs must do."""
    try:
        with azure.asking(f"read the site status of {id}"):
            return _instances(azure.arm.get(f"{id}/siteStatus", _VERSION)), _Logged(id)
    except NotFound:
        return (), _logged(id, azure)


def _logged(id: ResourceId, azure: Azure) -> _Logged:
    """Raises NotFound when it is the site itself that is not there."""
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the site {id}"):
        if len(id.names) == 2:
            operations.get_slot(id.group, *id.names)
            return _Logged(id)
        site = operations.get(id.group, id.name).as_dict()
    if "azurecontainerapps" not in str(site.get("kind", "")).lower():
        return _Logged(id)
    home = str((site.get("properties") or {}).get("managedEnvironmentId") or "")
    app = f"{id.group_id}/providers/Microsoft.App/containerApps/{id.name}"
    return _Logged(ResourceId(app), home.rpartition("/")[2])


def _newest_failure(instance: Instance | None, row: Any) -> tuple[datetime | None, str | None]:
    seen = []
    if instance is not None and instance.at is not None:
        text = f"{instance.last_error} on {instance.name[:12]} at {when(instance.at)} in siteStatus"
        seen.append((instance.at, text))
    if row is not None:
        seen.append((row.at, told(row)))
    return max(seen, key=lambda one: one[0]) if seen else (None, None)


def _proof(
    found: Sequence[LogRow],
    since: datetime,
    before: Sequence[Instance] | None,
    now: Sequence[Instance],
    failed_at: datetime | None,
) -> str | None:
    """A pull or a start after the change with no failure after it, or None."""
    rows = [row for row in found if failed_at is None or row.at > failed_at]
    for row in rows:
        if row.reason in _PULLED and row.at > since:
            return f"the platform pulled the image: {told(row)}"
    if failed_at is not None or not now or any(one.state != "Started" for one in now):
        return None
    started = "the instance is" if len(now) == 1 else f"all {len(now)} instances are"
    for row in rows:
        if row.at > since:
            return f"{started} Started, no pull failed since, and the site started: {told(row)}"
    if came_back := _came_back(before, now):
        return f"{started} Started and no pull failed since the change; {came_back} (siteStatus)"
    return None


def _came_back(before: Sequence[Instance] | None, now: Sequence[Instance]) -> str | None:
    """Words for instances that were down with a failed pull and are up now."""
    if before is not None:
        down = [one for one in before if one.state != "Started"]
        return f"before it, {len(down)} of {len(before)} were down" if down else None
    last = max((one for one in now if _failed_pull(one)), key=_time, default=None)
    return f"the last failed pull, at {when(_time(last))}, was before it" if last else None


def _failed_pull(one: Instance) -> bool:
    return one.last_error.lower().startswith("imagepull") and one.at is not None


def _time(one: Instance) -> datetime:
    return one.at or datetime.min.replace(tzinfo=UTC)


def _state(instances: Sequence[Instance]) -> str:
    if not instances:
        return "the platform reports no instance"
    counts: dict[str, int] = {}
    for one in instances:
        counts[one.state] = counts.get(one.state, 0) + 1
    return "instances: " + ", ".join(f"{number} {state}" for state, number in counts.items())


def _instances(answer: Mapping[str, Any]) -> tuple[Instance, ...]:
    rows = answer.get("properties", answer.get("value"))
    rows = rows if isinstance(rows, list) else [rows]
    return tuple(_instance(row.get("properties", row)) for row in rows if isinstance(row, dict))


def _instance(row: Mapping[str, Any]) -> Instance:
    return Instance(
        name=str(row.get("instanceId") or "?"),
        state=str(row.get("state") or "Unknown"),
        last_error=str(row.get("lastError") or ""),
        details=str(row.get("lastErrorDetails") or ""),
        at=_moment(str(row.get("lastErrorTimestamp") or "")),
    )


def _moment(text: str) -> datetime | None:
    """siteStatus writes UTC without saying so; the year 1 means never."""
    if not text or text.startswith(_NEVER):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
