"""
The plan for a workload whose host gave up pulling although nothing stands in the way any more.

In:  evidence.
Out: one Step for exactly the thing that is down, or a Refusal saying why nothing is restarted.

A blocked site is stopped and started, because a restart alone may leave the block standing; a
container app's newest revision is restarted, never one that runs. Jobs are never started: their
next execution pulls. Wherever the platform may still try by itself, the step waits for that
(App Service: the time its own message names; Container Apps: a quarter of an hour without a try).

A restart opens no access and leaves nothing behind, so nothing of it can be taken back. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared import catalog
from shared.model.evidence import Evidence, Instance, Unread
from shared.model.plan import Step, Write
from shared.model.words import Host
from shared.planning.firewall import Refusal

#: Without a try for so long the platform has given up: App Service's longest back-off between two
#: cold starts is about that, and Container Apps' gaps grow from seconds to a few minutes.
QUIET = timedelta(minutes=15)
#: What the platform needs for its own try after the moment it names.
_GRACE = timedelta(minutes=2)

#: The api-versions azure-mgmt-web 11.0.1 and azure-mgmt-appcontainers 5.1.0 send.
_WEB, _APPS = "2025-05-01", "2026-07-01"
_UP = frozenset({"Started", "Running"})


def step_for(evidence: Evidence, *, doubts: Sequence[str] = ()) -> Step | Refusal:
    """Start what is down. For use behind another step, too: a container app takes a changed secret
    only at a restart."""
    workload = evidence.workload
    if workload.host is Host.JOB:
        return Refusal("a job pulls again at its next execution, and none is started for that")
    if isinstance(workload.instances, Unread):
        return Refusal(f"how the platform sees the workload is {workload.instances.because}")
    if workload.id.type.startswith("microsoft.web/"):
        return _site(evidence, workload.instances, doubts)
    return _revision(evidence, workload.instances, doubts)


def when_quiet(evidence: Evidence, *, doubts: Sequence[str] = ()) -> Step | Refusal:
    """The same for a host that is to be left alone as long as it may still try by itself."""
    made = step_for(evidence, doubts=doubts)
    if isinstance(made, Refusal) or made.not_before is not None:
        return made
    until, doubt = _patience(evidence)
    return _with(made, until, doubt)


def _with(step: Step, until: datetime | None, doubt: str) -> Step:
    doubts = (*step.doubts, doubt) if doubt else step.doubts
    if until is None:
        return replace(step, doubts=doubts)
    said = f"not before {until:%H:%M} UTC, since until then the platform may do it by itself"
    return replace(step, summary=f"{step.summary}; {said}", not_before=until, doubts=doubts)


def _patience(evidence: Evidence) -> tuple[datetime | None, str]:
    """Until when the platform may still try by itself, or why that is not known."""
    instances = evidence.workload.instances
    seen = () if isinstance(instances, Unread) else instances
    named = [one.unblocks for one in seen if one.unblocks is not None]
    if named:
        return max(named) + _GRACE, ""
    failed = [one.at for one in seen if one.at is not None and one.state not in _UP]
    tried = [moment for moment in (evidence.attempted, *failed) if moment is not None]
    if tried:
        return max(tried) + QUIET, ""
    return None, "when the platform last tried to pull is not known, so it may still be trying"


def _site(evidence: Evidence, seen: Sequence[Instance], doubts: Sequence[str]) -> Step | Refusal:
    workload, card = evidence.workload, catalog.RESTART
    serving = [one for one in seen if one.state in _UP]
    if serving or workload.serving:
        number = f"{len(serving)} of {len(seen)}" if serving else "all"
        return Refusal(f"{workload.id.name} still runs on {number} instances")
    blocked = [one for one in seen if one.state == "Blocked"]
    if not blocked:
        return Refusal("the platform has not blocked the site, so it tries again by itself")
    verb = "slots/" if workload.id.type.endswith("/slots") else ""
    return Step(
        remedy=card.name,
        target=workload.id,
        summary=f"Stop and start {workload.id.name}, which the platform blocked after several "
        "failed starts",
        before={"state": "Blocked"},
        after={"state": "Started"},
        requests=tuple(
            Write(method="POST", url=f"{workload.id}/{way}?api-version={_WEB}", body=None)
            for way in ("stop", "start")
        ),
        permissions=(
            *(f"Microsoft.Web/sites/{verb}{way}/action" for way in ("stop", "start")),
            f"Microsoft.Web/sites/{verb}read",
        ),
        risk="The site answers nobody now; if it could not be started again it would stay stopped, "
        "and the incident would say so loudly",
        undo=card.undo,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _revision(
    evidence: Evidence, seen: Sequence[Instance], doubts: Sequence[str]
) -> Step | Refusal:
    workload, card = evidence.workload, catalog.RESTART
    newest = workload.revision
    if not newest:
        return Refusal("there is no revision to restart; the deployment has to be repeated")
    view = next((one for one in seen if one.name == newest), None)
    if view is None:
        return Refusal(f"the state of the revision {newest} could not be read")
    if _healthy(view):
        return Refusal(f"the revision {newest} runs, and what runs is not restarted")
    if view.state == "Stopped" or ("no replica" in view.details and view.state != "Failed"):
        return Refusal(f"no replica of {newest} is wanted now; it pulls when one is")
    return Step(
        remedy=card.name,
        target=workload.id.child("revisions", newest),
        summary=f"Restart the revision {newest} of {workload.id.name}, which is {view.state}; no "
        "other revision is touched",
        before={"revision": newest, "state": "not running"},
        after={"revision": newest, "state": "Running"},
        requests=(
            Write(
                method="POST",
                url=f"{workload.id}/revisions/{newest}/restart?api-version={_APPS}",
                body=None,
            ),
        ),
        permissions=(
            "Microsoft.App/containerApps/revisions/restart/action",
            "Microsoft.App/containerApps/revisions/read",
            "Microsoft.App/containerApps/read",
        ),
        risk="This revision serves nobody; an older one that still serves is left alone",
        undo=card.undo,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _healthy(view: Instance) -> bool:
    return view.state in _UP and "unhealthy" not in view.details.lower()
