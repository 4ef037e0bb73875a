"""
restart: start what its host gave up on.

In:  a Step that names a blocked site, or the newest revision of a container app.
Out: an Outcome that says what was sent; whether it helped is for verification to see.

Looks again before it acts: what runs, what tries by itself and what somebody stopped on purpose is
left alone. A blocked site is stopped and started, since a restart may leave the block standing
(App Service reports; `az webapp stop`, `az webapp start`). A site must never be left stopped: the
start is repeated, and when Azure gives no answer the error goes up, so that the next delivery or
the sweep comes back and starts it (`settle`).
"""

from collections.abc import Mapping
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.errors import HealError, PermanentError, Refused, TransientError, Unreachable
from shared.model.ids import ResourceId
from shared.model.plan import Outcome, Step

#: The first api-version with siteStatus; azure-mgmt-web 11.0.1 has no operation for it.
_STATUS_VERSION = "2024-11-01"
#: Seconds before another try to start a site that was just stopped.
_PAUSES = (0.0, 2.0, 5.0, 10.0, 20.0)
_UP = frozenset({"Started", "Running"})


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Stop and start, or restart the revision. What runs by now is left alone."""
    if step.target.type.startswith("microsoft.web/"):
        return _site(step, azure)
    return _revision(step, azure)


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of an interrupted restart. A site found stopped is started: the stop was
    announced by us and the start with it. None: it is not known to have been restarted."""
    if not step.target.type.startswith("microsoft.web/"):
        return None  # restarting it once more does no harm
    site = _read_site(azure, step.target)
    if _state(site) == "Stopped":
        return _start(step, azure, "found stopped after an interruption and started again")
    if any(state == "Blocked" for state in _instances(azure, step.target)):
        return None
    return _outcome(step, azure, "stopped and started before an interruption", changed=True)


def reverse(outcome: Outcome) -> Step:
    """Undoing a restart sends nothing."""
    return Step(
        remedy=outcome.remedy,
        target=outcome.target,
        summary=f"Nothing: the restart of {outcome.target.name} left nothing behind",
        before=None,
        after=None,
        requests=(),
        permissions=(),
        risk="none",
        undo="nothing",
    )


def undo(outcome: Outcome, *, azure: Azure) -> Outcome:
    """There is nothing to take back, which is said."""
    return _outcome(outcome, azure, catalog.RESTART.undo, changed=False)


def _site(step: Step, azure: Azure) -> Outcome:
    site, id = _read_site(azure, step.target), step.target
    if _state(site) != "Running":
        text = f"left alone: {id.name} is {_state(site) or 'in a state Azure does not tell'} now"
        return _outcome(step, azure, f"{text}, so somebody decided about it", changed=False)
    seen = _instances(azure, id)
    if "Blocked" not in seen or any(state in _UP for state in seen):
        text = f"left alone: it is not blocked any more ({', '.join(seen) or 'no instance'})"
        return _outcome(step, azure, text, changed=False)
    try:
        _send(azure, id, "stop")
    except TransientError as error:
        if _state(_read_site(azure, id)) != "Stopped":
            raise Unreachable(f"{id.name} was not stopped: {error}", delay=error.delay) from error
    return _start(step, azure, "stopped and started")


def _start(step: Step, azure: Azure, said: str) -> Outcome:
    """Start a stopped site, and do not give up lightly: until then it is down by our hand."""
    id, trouble = step.target, None
    for pause in _PAUSES:
        if pause:
            azure.pause(pause)
        try:
            _send(azure, id, "start")
            return _outcome(step, azure, f"{id.name} was {said}", changed=True)
        except TransientError as error:
            trouble = error
            if _started_after_all(azure, id):
                return _outcome(step, azure, f"{id.name} was {said}", changed=True)
        except PermanentError as refusal:
            return _outcome(step, azure, _shout(id, refusal), changed=True, failed=True)
    raise Unreachable(_shout(id, trouble), delay=30)


def _shout(id: ResourceId, error: HealError | None) -> str:
    slot = f" --slot {id.name}" if id.type.endswith("/slots") else ""
    return (
        f"{id.name} WAS STOPPED BY THIS SERVICE AND IS NOT STARTED AGAIN ({error}); start it now: "
        f"az webapp start --resource-group {id.group} --name {id.names[0]}{slot} "
        f"--subscription {id.subscription}"
    )


def _started_after_all(azure: Azure, id: ResourceId) -> bool:
    """Whether a start whose answer was cut took effect."""
    try:
        return _state(_read_site(azure, id)) == "Running"
    except HealError:
        return False


def _revision(step: Step, azure: Azure) -> Outcome:
    app, name = step.target.parent, step.target.name
    assert app is not None
    client = azure.apps(app.subscription)
    with azure.asking(f"read the container app {app}"):
        now = _of(client.container_apps.get(app.group, app.name).as_dict(), app)
    with azure.asking(f"read the revision {name} of {app}"):
        found = client.container_apps_revisions.get_revision(app.group, app.name, name).as_dict()
    revision = found.get("properties") or {}
    why = _not_as_planned(name, now, revision)
    if why:
        return _outcome(step, azure, f"left alone: {why}", changed=False)
    with azure.asking(f"restarted the revision {name} of {app}"):
        client.container_apps_revisions.restart_revision(app.group, app.name, name, retry_total=0)
    return _outcome(step, azure, f"restarted the revision {name}", changed=True)


def _not_as_planned(name: str, app: Mapping[str, Any], revision: Mapping[str, Any]) -> str | None:
    newest = str(app.get("latestRevisionName") or "")
    if newest != name:
        return f"{newest or 'none'} is the newest revision now"
    if revision.get("active") is False:
        return f"the revision {name} is not active any more"
    if revision.get("runningState") in _UP and revision.get("healthState") != "Unhealthy":
        return f"the revision {name} runs by now"
    if revision.get("replicas") == 0 and revision.get("runningState") != "Failed":
        return f"no replica of {name} is wanted now"
    return None


def _read_site(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the site {id}"):
        model = (
            operations.get_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get(id.group, id.name)
        )
    return _of(model.as_dict(), id)


def _instances(azure: Azure, id: ResourceId) -> tuple[str, ...]:
    """The state of every instance, as siteStatus tells it."""
    with azure.asking(f"read the site status of {id}"):
        rows = azure.arm.get(f"{id}/siteStatus", _STATUS_VERSION).get("properties")
    listed = rows if isinstance(rows, list) else [rows]
    return tuple(str(row.get("state") or "Unknown") for row in listed if isinstance(row, Mapping))


def _send(azure: Azure, id: ResourceId, verb: str) -> None:
    """One POST, never repeated by the SDK: whether to repeat it is decided by looking."""
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"sent {verb} to {id}"):
        if len(id.names) == 2:
            getattr(operations, f"{verb}_slot")(id.group, *id.names, retry_total=0)
        else:
            getattr(operations, verb)(id.group, id.name, retry_total=0)


def _state(site: Mapping[str, Any]) -> str:
    return str(site.get("state") or "")


def _of(wire: Mapping[str, Any], id: ResourceId) -> Mapping[str, Any]:
    """The properties of exactly the resource asked for: a 200 is no promise."""
    if str(wire.get("id", "")).lower() != id.key or not isinstance(wire.get("properties"), Mapping):
        raise Refused(f"Azure's answer about {id} is not that resource; nothing is restarted")
    return wire["properties"]  # type: ignore[no-any-return]


def _outcome(
    about: Step | Outcome, azure: Azure, detail: str, *, changed: bool, failed: bool = False
) -> Outcome:
    return Outcome(
        remedy=about.remedy,
        target=about.target,
        changed=changed,
        failed=failed,
        detail=detail,
        at=azure.now(),
        before=about.before,
        after=about.after,
    )
