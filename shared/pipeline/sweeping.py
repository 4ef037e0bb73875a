"""
Sweeping: once a minute, what no message will remind us of.

In:  the Medic; the store says what is due.
Out: the incidents that moved. One that cannot be finished now stays due and stops no other.

Healed is something seen of the workload, never our own 2xx; waiting for rules and roles to take
effect is done here, across function executions, not by sleeping.
"""

import contextvars
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from shared import audit, breakers, evidence, verification
from shared.clients.azure import Azure
from shared.clients.remembered import Memory
from shared.errors import HealError, Throttled
from shared.medic import Medic
from shared.model.image import ImageReference, InvalidReference
from shared.model.incident import Incident
from shared.model.plan import Verification
from shared.model.signal import Signal
from shared.model.words import RemedyName, Result, State
from shared.pipeline import away, offering, rounds, tidying, worsening
from shared.pipeline.healing import heal, look_once_more
from shared.pipeline.searching import search
from shared.pipeline.tracing import traced
from shared.pipeline.undoing import go_on
from shared.pipeline.working import Work, repeated
from shared.policy.schema import Breaker
from shared.store.interface import StoreBusy, StoreError
from shared.verification.registry import Puller

log = logging.getLogger("medic.sweep")

#: Incidents looked after in one sweep; the next one takes the rest.
_AT_ONCE = 200
#: More than so many are looked after side by side, so many at a time.
_FEW, _SIDE_BY_SIDE = 8, 4
#: A signal's own message has had its turn by then; and how many that may be.
_WAITED, _MOST_WAITING = timedelta(seconds=45), 2000
#: After so long nobody waits for a round any more.
_TOO_LONG = timedelta(minutes=10)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: After so long nobody looks any more whether what sleeps has woken up.
_LONGEST = timedelta(days=7)
#: Remedies after which a sign-in that works shows that the fault is gone.
_ABOUT_THE_WAY = frozenset(
    {RemedyName.FIREWALL_SYNC, RemedyName.VNET_IMAGE_PULL, RemedyName.DNS_ZONE_LINK}
)
_STATE_AFTER = {
    Result.HEALED: State.HEALED,
    Result.PENDING: State.VERIFYING,
    Result.UNVERIFIED: State.UNVERIFIED,
    Result.FAILED: State.FAILED,
    Result.DEFERRED: State.UNVERIFIED,
}


def sweep(
    *, medic: Medic, hand_on: Callable[[Signal], object] | None = None
) -> tuple[Incident, ...]:
    """Look after every incident that is due. What nobody foresaw is raised when all had their turn:
    one broken incident must not keep the others from their proof.

    `hand_on` takes the rounds of what waits together, where there is a queue for them; else they
    are made here.
    """
    now = medic.now()  # one for all questions: who comes between two of them is the next sweep's
    medic.store.beat(now, longest=away.LONGEST)
    in_rounds = _rounds(medic, hand_on, now)
    left = [*_overlooked(medic, now), *medic.store.due(now, _AT_ONCE)]
    todo = [one for one in {one.id: one for one in left}.values() if one.id not in in_rounds]
    memory = Memory(shared=True) if len(todo) > _FEW else None
    looks = [partial(_tried, incident, medic, memory) for incident in todo]
    if memory is not None:
        with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="sweep") as pool:
            seen = [pool.submit(contextvars.copy_context().run, look) for look in looks]
        told = [one.result() for one in seen]
    else:
        told = [look() for look in looks]
    tidying.offer(medic=medic)
    breakers.tell(medic.store)
    unforeseen = next((one for one in told if isinstance(one, Exception)), None)
    if unforeseen is not None:
        raise unforeseen
    return tuple(one for one in told if isinstance(one, Incident))


def _rounds(
    medic: Medic, hand_on: Callable[[Signal], object] | None, now: datetime
) -> frozenset[str]:
    """Have what waits together treated together; the ids of those that need nothing more here.
    Whoever has waited for rounds too long is looked after by itself."""
    if len(medic.store.backlog(now, 2, since=now - _WAITED)) < 2:
        return frozenset()
    waiting = medic.store.backlog(now, _MOST_WAITING)
    if (called := rounds.call(medic=medic, at_least=2)) is None:
        return frozenset()
    for signal in called:
        try:
            (hand_on or partial(rounds.make, medic=medic))(signal)
        except HealError as error:
            log.warning("The round at %s is put off: %s", signal.resource, audit.plain(str(error)))
    too_long = medic.store.backlog(now, _AT_ONCE, since=now - _TOO_LONG)
    return frozenset(one.incident for one in waiting) - {one.incident for one in too_long}


def _overlooked(medic: Medic, now: datetime) -> Iterator[Incident]:
    """Received a while ago, and no message came to its worker, or none stayed."""
    for waiting in medic.store.backlog(now, _AT_ONCE, since=now - _WAITED):
        try:
            incident = medic.store.load(waiting.incident)
        except StoreBusy:
            raise
        except StoreError as error:  # damaged, and no reason to leave the others
            log.error("%s", error)
            continue
        if incident is not None:
            yield incident


def _tried(incident: Incident, medic: Medic, memory: Memory | None) -> Incident | Exception | None:
    try:
        return _look_after(incident, medic, memory)
    except HealError as error:  # told in the incident or tried again next minute
        log.warning("%s stays due: %s", incident.id, audit.plain(str(error)))
        return None
    except Exception as error:
        log.exception("%s cannot be looked after", incident.id)
        return error


def check(id: str, *, medic: Medic, memory: Memory | None = None) -> Incident | None:
    """One look at one incident that waits for its proof; None when nobody waits for it here.
    `memory` is shared with the others that are looked at in the same sweep."""
    holder = medic.worker()
    claimed = audit.claim(id, store=medic.store, holder=holder, now=medic.now())
    if claimed is None:
        return None
    try:
        return _verify(claimed, holder, medic, memory) if _awaits_proof(claimed) else None
    finally:
        audit.release(id, store=medic.store, holder=holder)


def _look_after(incident: Incident, medic: Medic, memory: Memory | None) -> Incident | None:
    if incident.undoing:
        return go_on(incident.id, medic=medic)
    if _awaits_proof(incident):
        return check(incident.id, medic=medic, memory=memory if incident.images == 1 else None)
    again = repeated(incident, medic=medic)
    if evidence.watches(incident.resource) or offering.is_offer(incident.resource):
        return heal(again, medic=medic)
    for found in search(again, medic=medic):
        heal(found, medic=medic)
    return medic.store.load(incident.id)


def _awaits_proof(incident: Incident) -> bool:
    """Being verified, or asleep when it was looked at last."""
    seen = incident.verification
    asleep = seen is not None and seen.result is Result.DEFERRED and seen.due is not None
    return incident.state is State.VERIFYING or (incident.state is State.UNVERIFIED and asleep)


@traced("verification")
def _verify(incident: Incident, holder: str, medic: Medic, memory: Memory | None) -> Incident:
    if harm := worsening.harm(incident):
        return worsening.undo(incident, harm, medic=medic, holder=holder)
    since = max((outcome.at for outcome in incident.outcome), default=incident.opened)
    azure = medic.azure(memory).remembering() if memory else medic.azure()
    try:
        seen = _seen(incident, since, azure, medic)
    except Throttled as pause:
        return Work(medic, holder, azure, incident.azure_calls).rest(incident, pause)
    incident = replace(incident, azure_calls=incident.azure_calls + azure.calls)
    rest = _STATE_AFTER[seen.result]
    if seen.result is Result.DEFERRED:
        seen = replace(seen, due=_later(since, medic.now()))
    go_on = seen.result in (Result.FAILED, Result.UNVERIFIED) and medic.policy is not None
    incident = audit.verified(
        incident,
        seen,
        state=State.VERIFYING if go_on and incident.state is State.VERIFYING else rest,
        store=medic.store,
        now=medic.now(),
    )
    if harm := worsening.harm(incident):
        return worsening.undo(incident, harm, medic=medic, holder=holder)
    if seen.result is Result.FAILED and medic.policy:
        _trip_if_failing(incident, medic.policy.breaker, medic)
    if incident.state is State.VERIFYING and go_on:
        return look_once_more(incident, rest, medic=medic, holder=holder)
    return incident


def _seen(incident: Incident, since: datetime, azure: Azure, medic: Medic) -> Verification:
    """One look at the workload; when it cannot be looked at to the end, that is said."""
    deadline = since + _patience(incident, medic)
    if offering.is_offer(incident.resource):
        return offering.verify(incident, since, deadline, medic=medic)
    try:
        return verification.verify(
            incident.resource,
            since=since,
            deadline=deadline,
            azure=azure,
            before=incident.instances or None,
            puller=_puller(incident),
        )
    except HealError as error:
        now = medic.now()
        if now < deadline or isinstance(error, Throttled):
            raise
        proof = f"The workload could not be looked at: {error}"
        return Verification(result=Result.UNVERIFIED, proof=proof, checked=now)


def _puller(incident: Incident) -> Puller | None:
    """Who pulls what, for asking the registry's own logs; None where no identity pulls."""
    if incident.image is None or incident.pulls_as is None:
        return None
    try:
        image = ImageReference.parse(incident.image)
    except InvalidReference:
        return None
    done = {outcome.remedy for outcome in incident.outcome if outcome.changed}
    return Puller(
        login_server=image.host,
        repository=image.repository,
        identity=incident.pulls_as,
        sign_in_counts=bool(done) and done <= _ABOUT_THE_WAY,
    )


def _later(since: datetime, now: datetime) -> datetime | None:
    """When to look again at what pulls nothing at present: after an hour, then daily for a week."""
    if now - since >= _LONGEST:
        return None
    return now + (_HOUR if now - since < _HOUR else _DAY)


def _trip_if_failing(incident: Incident, breaker: Breaker, medic: Medic) -> None:
    """Fixes that keep not helping at one registry stop; only a person lets them go on."""
    breakers.trip_if_failing(
        incident,
        after=breaker.failed_verifications,
        everywhere=breaker.failed_everywhere,
        within=breaker.window,
        store=medic.store,
        now=medic.now(),
    )


def _patience(incident: Incident, medic: Medic) -> timedelta:
    """How long the change may take to show: roles take longer than rules."""
    policy = medic.policy
    if policy is None:
        return timedelta(minutes=20)
    steps = incident.plan.steps if incident.plan else ()
    roles = any(step.remedy is RemedyName.PULL_ROLE for step in steps)
    return policy.wait.verify_role if roles else policy.wait.verify_firewall
