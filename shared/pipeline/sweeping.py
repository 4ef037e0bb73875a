"""
Sweeping: once a minute, what no message will remind us of.

In:  the Medic; the store says what is due.
Out: the incidents that moved. One that cannot be finished now stays due and stops no other.

Healed is something seen of the workload, never our own 2xx; waiting for rules and roles to take
effect is done here, across function executions, not by sleeping.
"""

import logging
from dataclasses import replace
from datetime import timedelta

from shared import audit, evidence, verification
from shared.errors import HealError
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Verification
from shared.model.signal import Signal, SignalKind
from shared.model.words import RemedyName, Result, State
from shared.pipeline.healing import heal
from shared.pipeline.searching import search
from shared.policy.schema import Breaker

log = logging.getLogger("medic.sweep")

#: Incidents looked after in one sweep; the next one takes the rest.
_AT_ONCE = 50
_STATE_AFTER = {
    Result.HEALED: State.HEALED,
    Result.PENDING: State.VERIFYING,
    Result.UNVERIFIED: State.UNVERIFIED,
    Result.FAILED: State.FAILED,
    Result.DEFERRED: State.UNVERIFIED,
}


def sweep(*, medic: Medic) -> tuple[Incident, ...]:
    """Look after every incident that is due. What nobody foresaw is raised when all had their turn:
    one broken incident must not keep the others from their proof.
    """
    moved, unforeseen = [], None
    for incident in medic.store.due(medic.now(), _AT_ONCE):
        try:
            after = _look_after(incident, medic)
        except HealError as error:  # told in the incident or tried again next minute
            log.warning("%s stays due: %s", incident.id, audit.plain(str(error)))
            continue
        except Exception as error:
            log.exception("%s cannot be looked after", incident.id)
            unforeseen = unforeseen or error
            continue
        if after is not None:
            moved.append(after)
    if unforeseen is not None:
        raise unforeseen
    return tuple(moved)


def check(id: str, *, medic: Medic) -> Incident | None:
    """One look at one incident that waits for its proof; None when nobody waits for it here."""
    holder = medic.worker()
    claimed = audit.claim(id, store=medic.store, holder=holder, now=medic.now())
    if claimed is None:
        return None
    try:
        return _verify(claimed, medic) if claimed.state is State.VERIFYING else None
    finally:
        audit.release(id, store=medic.store, holder=holder)


def _look_after(incident: Incident, medic: Medic) -> Incident | None:
    if incident.state is State.VERIFYING:
        return check(incident.id, medic=medic)
    again = _again(incident, medic)
    if evidence.watches(incident.resource):
        return heal(again, medic=medic)
    for found in search(again, medic=medic):
        heal(found, medic=medic)
    return medic.store.load(incident.id)


def _again(incident: Incident, medic: Medic) -> Signal:
    """The incident's own first signal once more: a worker took it and never finished."""
    first = incident.signals[0] if incident.signals else None
    return Signal(
        id=first.id if first else f"sweep-{incident.id}",
        kind=SignalKind.FAILURE,
        source="sweep",
        resource=incident.resource,
        at=medic.now(),
        text=first.text if first else "",
    )


def _verify(incident: Incident, medic: Medic) -> Incident:
    since = max((outcome.at for outcome in incident.outcome), default=incident.opened)
    deadline = since + _patience(incident, medic)
    azure = medic.azure()
    try:
        seen = verification.verify(incident.resource, since=since, deadline=deadline, azure=azure)
    except HealError as error:
        now = medic.now()
        if now < deadline:
            raise
        proof = f"The workload could not be looked at: {error}"
        seen = Verification(result=Result.UNVERIFIED, proof=proof, checked=now)
    state = _STATE_AFTER[seen.result]
    incident = replace(incident, azure_calls=incident.azure_calls + azure.calls)
    incident = audit.verified(incident, seen, state=state, store=medic.store, now=medic.now())
    if seen.result is Result.FAILED and medic.policy:
        _trip_if_failing(incident, medic.policy.breaker, medic)
    return incident


def _trip_if_failing(incident: Incident, breaker: Breaker, medic: Medic) -> None:
    """Fixes that keep not helping at one registry stop; only a person lets them go on."""
    audit.trip_if_failing(
        incident,
        after=breaker.failed_verifications,
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
