"""
Searching: which workloads a signal about a whole workspace, or a scan, is about.

In:  a SEARCH signal (an alert whose target is the workspace), or nothing for a scan.
Out: one Signal for each failing workload; or a Scan, with one dry-run Incident for each that fails.

The query is ours and the workspaces are those of the settings; the payload only says that it is
time to look, and when.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared import audit, evidence
from shared.clients.azure import Azure
from shared.clients.logs import LogRow
from shared.errors import HealError, Throttled
from shared.evidence import estate
from shared.medic import Medic
from shared.model.ids import InvalidId, ResourceId
from shared.model.incident import Calls, Incident
from shared.model.signal import Signal, SignalKind
from shared.model.words import FindingName, State
from shared.pipeline import offering, rounds
from shared.pipeline.healing import heal
from shared.pipeline.looking import diagnose
from shared.pipeline.tracing import telling_of
from shared.pipeline.working import Work, rests

_LOOK_BACK = timedelta(minutes=30)
_NO_FAULT = frozenset({FindingName.HEALTHY, FindingName.NOT_A_PULL_FAILURE})


def take(signal: Signal, *, medic: Medic) -> tuple[Signal, ...]:
    """The queue's one call: heal a workload, or find out which ones a wider signal means.

    Returns the signals to queue next, which go on with the trace of this one; none for a workload
    by itself.
    """
    return tuple(
        one if one.trace else replace(one, trace=signal.trace) for one in _next(signal, medic)
    )


def _next(signal: Signal, medic: Medic) -> tuple[Signal, ...]:
    if signal.kind is SignalKind.ROUND:
        return rounds.make(signal, medic=medic)
    if evidence.watches(signal.resource):
        if rounds.joins(signal, medic=medic):
            return rounds.call(medic=medic) or ()
        heal(signal, medic=medic)
        return ()
    if offering.is_offer(signal.resource):
        heal(signal, medic=medic)
        return ()
    return search(signal, medic=medic)


def search(signal: Signal, *, medic: Medic) -> tuple[Signal, ...]:
    """A signal for every workload that the configured workspaces say is failing.

    Where Azure wants a pause the search rests, and the sweep goes on.

    The search is an incident of its own, on the workspace or on whatever changed. What it finds
    first takes it over, so that whoever was given its id can follow it to the end; when all that
    fails has incidents already, or nothing fails, it is closed and says so.
    """
    store, holder = medic.store, medic.worker()
    id = store.receive(signal, now=medic.now()).incident
    incident = audit.claim(id, store=store, holder=holder, now=medic.now())
    try:
        if incident is None or incident.state is not State.RECEIVED:
            return ()
        if rests(incident, medic.now()):
            return ()
        with telling_of(incident, signal.trace, name="search") as (traced, _):
            return _searched(traced, signal, holder, medic)
    finally:
        if incident is not None:
            audit.release(id, store=store, holder=holder)


def _searched(incident: Incident, signal: Signal, holder: str, medic: Medic) -> tuple[Signal, ...]:
    azure = medic.azure()
    try:
        found = _failing(signal, azure, medic)
    except Throttled as pause:  # the sweep searches when it is over
        Work(medic, holder, azure, incident.azure_calls).rest(incident, pause)
        return ()
    if incident.resource == signal.resource:  # else an earlier delivery got this far
        _hand_over(incident, found, azure.calls, medic)
    return tuple(replace(one, trace=incident.trace) for one in found)


def _hand_over(
    incident: Incident, found: tuple[Signal, ...], calls: Calls, medic: Medic
) -> Incident:
    """The search's incident becomes that of the first workload without one, or is closed."""
    known = {each.resource: medic.store.find_open(each.resource) for each in found}
    told = [f"{id.name} ({open})" if open else id.name for id, open in known.items()]
    text = f"workloads whose pulls fail by the logs: {', '.join(told) or 'none'}"
    new = next((id for id, open in known.items() if open is None), None)
    changes: dict[str, Any] = {"state": State.CLOSED} if new is None else {"resource": new}
    if new is not None:
        text = f"{text}; this incident is about {new.name} from here on"
    return audit.note(
        incident,
        "search",
        text,
        store=medic.store,
        now=medic.now(),
        azure_calls=calls,
        **changes,
    )


def _failing(signal: Signal, azure: Azure, medic: Medic) -> tuple[Signal, ...]:
    since, until = signal.window or (signal.at - _LOOK_BACK, signal.at)
    with azure.asking("queried the workspaces for failing pulls"):
        rows = azure.logs.failing_workloads(since=since, until=max(until, medic.now()))
    wanted = {name.lower() for name in signal.names}
    workloads = _workloads([row for row in rows if row.trusted], azure)
    return tuple(
        Signal(
            id=f"{signal.id}/{id.key}",
            kind=SignalKind.FAILURE,
            source=signal.source,
            resource=id,
            at=signal.at,
            window=(since, until),
        )
        for id in sorted(workloads, key=lambda id: id.name.lower() not in wanted)
        if medic.outside(id) is None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a scan saw. Without a single workload, that nothing fails says nothing."""

    workloads: int  # in scope and visible
    incidents: tuple[Incident, ...]  # those whose pulls fail or will fail, or cannot be judged


def scan(*, medic: Medic) -> Scan:
    """A dry run over every workload in scope.

    A workload that cannot be read is in the answer too, with the reason.
    """
    ids = [id for id in estate.workloads(medic.azure()) if medic.outside(id) is None]
    found = []
    for id in ids:
        incident = _looked_at(id, medic)
        if incident.diagnosis is None or incident.diagnosis.finding not in _NO_FAULT:
            found.append(incident)
    return Scan(workloads=len(ids), incidents=tuple(found))


def _looked_at(id: ResourceId, medic: Medic) -> Incident:
    try:
        return diagnose(id, None, medic=medic)
    except HealError as error:
        now = medic.now()
        blank = Incident(id="dry-run", state=State.DRY_RUN, resource=id, opened=now, updated=now)
        return blank.at("evidence", audit.plain(str(error)), now)


def _workloads(rows: list[LogRow], azure: Azure) -> tuple[ResourceId, ...]:
    """Sites by the id their rows carry; container apps by name, looked up in the estate."""
    sites = [id for row in rows if (id := _site(row)) is not None]
    names = [row.app or row.job for row in rows if row.app or row.job]
    apps = estate.named(azure, names) if names else ()
    return tuple(dict.fromkeys((*sites, *apps)))


def _site(row: LogRow) -> ResourceId | None:
    try:
        id = ResourceId.parse(row.resource)
    except InvalidId:
        return None
    return id if evidence.watches(id) else None
