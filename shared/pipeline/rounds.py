"""
Rounds: when many workloads fail at once, they are treated registry by registry, not one by one.

In:  a signal that arrives while others wait; a ROUND signal, which names a registry.
Out: ROUND signals for the queue; the incidents of one registry looked at and written together.

A plan that is scaled up changes the way out of every app in it within a minute. Then a signal's
worker leaves its incident where it is, in the backlog, and one of them finds out by one search
which registries the backlog is about and queues a round for each, with whom it is for. A round is
one worker's: what it reads of the registry serves every incident, and what the gate allows becomes
one write. Between two rounds a registry rests for a minute, so whatever was heard meanwhile is in
the second one.

Nothing rests on a round taking place: what is still in the backlog a minute later is taken up by
the sweep, and an incident by itself is healed as always.
"""

import contextvars
import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from shared import audit, evidence
from shared.clients import telemetry
from shared.clients.remembered import Memory
from shared.errors import HealError, InUse, Throttled, TransientError
from shared.evidence import estate
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.plan import Verification
from shared.model.signal import Signal, SignalKind
from shared.model.words import Result, State
from shared.pipeline import offering, worsening
from shared.pipeline.applying import carry_out_together
from shared.pipeline.company import Company, crowded, rests_until
from shared.pipeline.healing import heal, treat
from shared.pipeline.working import Work, repeated
from shared.store.interface import StoreBusy, StoreError, Waiting

log = logging.getLogger("medic.rounds")

#: Incidents one search sorts by registry, and those of one round: a message has to hold their ids.
_MOST, _AT_ONCE = 2000, 500
#: How long it is good enough for that which registry a workload pulls from.
_KNOWN = timedelta(minutes=5)
#: Nobody searches again for so long after somebody did.
_CALLED = timedelta(seconds=20)
#: Incidents of one round looked at side by side.
_SIDE_BY_SIDE = 4
#: When to try again what Azure gave no answer about, or what somebody else is changing.
_SOON = timedelta(seconds=15)


def joins(signal: Signal, *, medic: Medic) -> bool:
    """Whether the signal's incident waits for its registry's round: many came in just now, and
    nobody has looked at this one yet."""
    if signal.kind is SignalKind.RESOLVED:
        return False
    now = medic.now()
    id = medic.store.receive(signal, now=now).incident
    if not crowded(medic):
        return False
    incident = medic.store.load(id)
    return incident is not None and _waits(incident, now)


def call(*, medic: Medic, at_least: int = 1) -> tuple[Signal, ...] | None:
    """A ROUND signal for every registry the backlog is about, and one for each workload whose
    registry no search tells.

    Empty when somebody called a moment ago or Azure wants a pause: others see to the backlog then,
    or the next sweep does. None when no search tells anything: what waits is to be taken one by
    one then.
    """
    now = medic.now()
    if not medic.store.lease("rounds", holder=medic.worker(), until=now + _CALLED, now=now):
        return ()
    waiting = medic.store.backlog(now, _MOST)
    if len(waiting) < at_least:
        return ()
    try:
        places = _places(waiting, medic)
    except HealError as error:
        log.warning("No rounds are called: %s", audit.plain(str(error)))
        return () if isinstance(error, Throttled) else None
    return tuple(_round(place, ids[:_AT_ONCE], now) for place, ids in places.items())


def _places(waiting: Sequence[Waiting], medic: Medic) -> Mapping[ResourceId, Sequence[str]]:
    """Which incidents wait at which registry; at their workload where none is known."""
    where: Mapping[ResourceId, ResourceId] = {}
    if not all(one.registry for one in waiting):
        search = partial(estate.registries, medic.azure())
        where = medic.recalled("registries", search, within=_KNOWN)
    places: dict[ResourceId, list[str]] = {}
    for one in waiting:
        workload = ResourceId(one.resource)
        place = ResourceId(one.registry) if one.registry else where.get(workload, workload)
        places.setdefault(place, []).append(one.incident)
    return places


def make(signal: Signal, *, medic: Medic) -> tuple[Signal, ...]:
    """Treat together what waits for the registry the signal names.

    Returns the signals to queue next: those of incidents whose write may or may not have happened.
    """
    place = signal.resource
    if evidence.watches(place) or offering.is_offer(place):
        heal(replace(signal, kind=SignalKind.FAILURE, source="sweep"), medic=medic)
        return ()
    holder, now = medic.worker(), medic.now()
    name = f"round/{place.key}"
    if not medic.store.lease(name, holder=holder, until=now + audit.CLAIM, now=now):
        return ()
    try:
        if rests_until(place, medic=medic) is not None:
            return ()
        with telemetry.span("round", parent=signal.trace, registry=place):
            return _treat_together(_members(signal, medic), medic)
    except Throttled as pause:  # whoever still waits is the sweep's
        log.warning("No round at %s: %s", place.name, audit.plain(str(pause)))
        return ()
    finally:
        audit.give_back(name, store=medic.store, holder=holder)


def _members(signal: Signal, medic: Medic) -> tuple[str, ...]:
    """Whom the round was called for, and whoever came since then, as far as a search tells."""
    since: Sequence[str] = ()
    try:
        since = _places(medic.store.backlog(medic.now(), _MOST), medic).get(signal.resource, ())
    except HealError as error:
        log.warning("A round takes those it was called for: %s", audit.plain(str(error)))
    return tuple(dict.fromkeys((*signal.incidents, *since)))[:_AT_ONCE]


def _treat_together(ids: Sequence[str], medic: Medic) -> tuple[Signal, ...]:
    company, memory = Company(), Memory(shared=True)
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="round") as pool:
        looks = [
            pool.submit(contextvars.copy_context().run, _look_at, one, company, memory, medic)
            for one in ids
        ]
    try:
        _undo_if_harmful(carry_out_together(company), company, medic)
    except TransientError as error:
        return tuple(_left_open(company, error, medic))
    finally:
        for one in company:
            audit.release(one.incident.id, store=medic.store, holder=one.work.holder)
    for look in looks:
        look.result()  # what nobody foresaw is raised when all had their turn
    return ()


def _undo_if_harmful(treated: Sequence[Incident], company: Company, medic: Medic) -> None:
    """A write that closed the registry is taken back once, by the first whose it was, which trips
    the breaker; the others say what happened and rest."""
    holders = {one.incident.id: one.work.holder for one in company}
    for incident in treated:
        if harm := worsening.harm(incident):
            worsening.undo(incident, harm, medic=medic, holder=holders[incident.id])
            return


def _look_at(id: str, company: Company, memory: Memory, medic: Medic) -> None:
    """Treat one incident up to its write; it stays claimed when it joined the company."""
    holder, store = medic.worker(), medic.store
    try:
        incident = audit.claim(id, store=store, holder=holder, now=medic.now())
    except StoreBusy:
        raise
    except StoreError as error:  # damaged, and no reason to leave the others
        log.error("%s", error)
        return
    if incident is None:
        return
    joined = False
    work = Work.on(incident, medic, holder, company=company, memory=memory)
    try:
        if not _waits(incident, medic.now()):
            return
        after = treat(incident, repeated(incident, medic=medic), work)
        joined = any(one.incident is after for one in company)
    except HealError as error:
        log.warning("%s is left for later: %s", incident.id, audit.plain(str(error)))
        kept = store.load(id)
        if kept is not None and kept.state is State.DIAGNOSING:
            _later(kept, f"could not be looked at, because {error}", _SOON, work)
    finally:
        if not joined:
            audit.release(incident.id, store=store, holder=holder)


def _left_open(company: Company, error: TransientError, medic: Medic) -> Iterable[Signal]:
    """Nothing was written: they wait a little. What was announced is looked into by the next
    worker, who finds out what became of it."""
    for one in company:
        kept = medic.store.load(one.incident.id)
        if kept is None or kept.state is State.HELD:
            continue
        if isinstance(error, Throttled):
            one.work.rest(kept, error)
            continue
        if kept.state is State.APPLYING:
            yield repeated(kept, medic=medic)
            continue
        pause = timedelta(seconds=error.delay) if isinstance(error, InUse) else _SOON
        _later(kept, f"not written yet, because {error}", pause, one.work)


def _later(incident: Incident, why: str, pause: timedelta, work: Work) -> None:
    """Back to those that wait: the next round takes it once the pause is over."""
    now = work.medic.now()
    due = now + pause
    text = f"{why}; again at {due:%H:%M:%S} UTC"
    later = Verification(result=Result.PENDING, proof=text, checked=now, due=due)
    work.note(incident, "round", text, state=State.RECEIVED, verification=later)


def _waits(incident: Incident, now: datetime) -> bool:
    """Received and not looked at, or told to wait until now."""
    due = incident.verification.due if incident.verification else None
    return incident.state is State.RECEIVED and (due is None or due <= now)


def _round(place: ResourceId, ids: Sequence[str], now: datetime) -> Signal:
    return Signal(
        id=f"round/{place.key}/{now:%Y%m%d%H%M%S}",
        kind=SignalKind.ROUND,
        source="round",
        resource=place,
        at=now,
        incidents=tuple(ids),
    )
