"""
Searching: which workloads a signal about something else is about.

In:  a SEARCH signal (an alert whose target is the workspace), or a LOOK at what was changed.
Out: one Signal for each workload that fails, or that the change may concern.

The query is ours and the workspaces are those of the settings; the payload only says that it is
time to look, and when.
"""

from dataclasses import replace
from typing import Any

from shared import audit, evidence
from shared.clients import telemetry
from shared.errors import Throttled
from shared.medic import Medic
from shared.model.incident import Calls, Incident
from shared.model.signal import Signal, SignalKind
from shared.model.words import State
from shared.pipeline import failing, offering, rounds, scouting
from shared.pipeline.healing import heal
from shared.pipeline.tracing import telling_of
from shared.pipeline.working import Work, rests

_PATROL = {"patrol"}


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
    if signal.unasked:
        with telemetry.span("scout", parent=signal.trace, resource=signal.resource):
            return scouting.follow(signal, scouting.unbounded(medic), medic)
    return search(signal, medic=medic)


def search(signal: Signal, *, medic: Medic) -> tuple[Signal, ...]:
    """A signal for every workload that the configured workspaces say is failing, or that a change
    may keep from pulling.

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
    changed = signal.kind is SignalKind.LOOK
    azure = scouting.unbounded(medic) if changed else medic.azure()
    ask = scouting.follow if changed else failing.signals
    try:
        found = ask(signal, azure, medic)
    except Throttled as pause:  # the sweep searches when it is over
        Work(medic, holder, azure, incident.azure_calls).rest(incident, pause)
        return ()
    if incident.resource == signal.resource:  # else an earlier delivery got this far
        of = "this change may concern, or whose" if changed else "whose"
        _hand_over(incident, found, f"workloads {of} pulls fail by the logs", azure.calls, medic)
    return tuple(replace(one, trace=incident.trace) for one in found)


def _makes_room(open: str, medic: Medic) -> bool:
    """Close an incident that only a patrol found and whose plan waits: a pull fails by now, and
    whoever was told of that follows the incident of the alert."""
    store, holder = medic.store, medic.worker()
    incident = audit.claim(open, store=store, holder=holder, now=medic.now())
    if incident is None:
        return False
    try:
        if incident.state is not State.HELD or {one.source for one in incident.signals} != _PATROL:
            return False
        text = "a pull fails by now; what becomes of that is told in the incident of the alert"
        audit.note(incident, "search", text, store=store, now=medic.now(), state=State.CLOSED)
        return True
    finally:
        audit.release(open, store=store, holder=holder)


def _hand_over(
    incident: Incident, found: tuple[Signal, ...], what: str, calls: Calls, medic: Medic
) -> Incident:
    """The search's incident becomes that of the first workload without one, or is closed."""
    known = {each.resource: medic.store.find_open(each.resource) for each in found}
    told = [f"{id.name} ({open})" if open else id.name for id, open in known.items()]
    text = f"{what}: {', '.join(told) or 'none'}"
    free = (id for id, open in known.items() if open is None or _makes_room(open, medic))
    new = next(free, None)
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
