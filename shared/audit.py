"""
Audit: what was about to be done and what was done, kept before anything else happens.

In:  an Incident that moves on.
Out: the same Incident, stored with its record; and one structured log line, the record's echo.
Errors: StoreError from the store. Whoever gets one must not go on to change Azure.

A record and the incident it describes are kept together or not at all. The log line comes after,
and losing it loses nothing. Never decides, never touches Azure, never holds a secret.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.clients import metrics
from shared.echoing import echo as echo
from shared.echoing import fields as fields
from shared.echoing import plain as plain
from shared.model import selftest
from shared.model.discretion import discreet
from shared.model.incident import Incident
from shared.model.plan import Outcome, Step, Verification
from shared.model.words import OPEN_STATES, State, Verdict
from shared.store import Record, RecordKind, Store, StoreError

log = logging.getLogger(__name__)

#: How long a worker may be silent before another one may take its incident.
CLAIM = timedelta(minutes=15)

#: States that pass by themselves.
_UNDER_WAY = frozenset(OPEN_STATES - {State.HELD})


def claim(id: str, *, store: Store, holder: str, now: datetime) -> Incident | None:
    """Take the incident for this worker; None when another one has it, or there is none.

    Call first. The same `holder` may claim again, which extends the claim.
    """
    if not store.lease(lease_of(id), holder=holder, until=now + CLAIM, now=now):
        return None
    incident = None
    try:
        incident = store.load(id)
    finally:
        if incident is None:  # there is none, or it cannot be read: nobody works on it
            store.release(lease_of(id), holder)
    return incident


def note(
    incident: Incident,
    stage: str,
    text: str,
    *,
    store: Store,
    now: datetime,
    actor: str = "medic",
    **changes: Any,
) -> Incident:
    """The incident moved on and nothing in Azure was touched. Call once per stage."""
    moved = incident.at(stage, text, now, **changes)
    saved = _keep(moved, RecordKind.CHANGE, stage, text, store=store, actor=actor)
    return _counted(incident.state, saved)


def intend(
    incident: Incident,
    *,
    store: Store,
    now: datetime,
    actor: str = "medic",
    written_with: str | None = None,
) -> Incident:
    """Say what is about to be done. Call after the gate allowed, before the first write.

    Counts the plan's writes against the limits, even if the worker dies right after.
    `written_with`: the incident whose write carries this plan's first step too, and counts it.
    """
    if incident.plan is None or incident.decision is None:
        raise ValueError(f"incident {incident.id} has no decided plan to announce")
    if incident.decision.verdict is not Verdict.ALLOW:
        raise ValueError(f"the gate did not allow the plan of incident {incident.id}")
    steps = incident.plan.steps
    text = "; ".join(step.summary for step in steps)
    if written_with:
        text += f" (in one write with that of {written_with})"
        steps = steps[1:]
    moved = incident.at("intent", text, now, state=State.APPLYING)
    elsewhere = _at_other_registries(incident, steps)
    return _keep(
        moved,
        RecordKind.INTENT,
        "intent",
        text,
        store=store,
        actor=actor,
        writes=sum(len(step.requests) for step in steps) - sum(elsewhere.values()),
        detail={"plan": incident.plan, "decision": incident.decision},
        elsewhere=elsewhere,
    )


def _at_other_registries(incident: Incident, steps: Sequence[Step]) -> dict[str, int]:
    """Writes to registries other than the incident's own, which count for those: an app of several
    images may need several."""
    found: dict[str, int] = {}
    for step in steps:
        registry = step.target.text.split("/providers/Microsoft.Authorization/")[0]
        kind = "/providers/microsoft.containerregistry/registries/"
        if kind not in registry.lower() or incident.registry is None:
            continue
        if not step.target.within(incident.registry.text):
            found[registry] = found.get(registry, 0) + len(step.requests)
    return found


def undoing(
    incident: Incident, step: Step, text: str, *, store: Store, now: datetime, actor: str
) -> Incident:
    """Say what is about to be taken back, and why. Call before the write; the state stays, and
    `undoing` tells the sweep should the worker die."""
    elsewhere = _at_other_registries(incident, (step,))
    return _keep(
        incident.at("rollback", text, now, undoing=text),
        RecordKind.INTENT,
        "rollback",
        text,
        store=store,
        actor=actor,
        writes=len(step.requests) - sum(elsewhere.values()),
        detail=step,
        elsewhere=elsewhere,
    )


def done(
    incident: Incident, outcome: Outcome, *, store: Store, now: datetime, actor: str = "medic"
) -> Incident:
    """Say what one step did. Call after each step, before the next."""
    moved = incident.at("outcome", outcome.detail, now, outcome=(*incident.outcome, outcome))
    return _keep(
        moved,
        RecordKind.OUTCOME,
        "outcome",
        outcome.detail,
        store=store,
        actor=actor,
        detail=outcome,
    )


def verified(
    incident: Incident,
    verification: Verification,
    *,
    state: State,
    store: Store,
    now: datetime,
) -> Incident:
    """Say what was seen of the workload. Call after every look, final or not."""
    moved = incident.at(
        "verification", verification.proof, now, verification=verification, state=state
    )
    saved = _keep(
        moved,
        RecordKind.VERIFICATION,
        "verification",
        verification.proof,
        store=store,
        result=verification.result,
        detail=verification,
    )
    return _counted(incident.state, saved)


def keep_policy(digest: str, said: Mapping[str, Any], *, store: Store, now: datetime) -> None:
    """Keep what a policy says, once, so that a person can be told what changed since."""
    if store.records(kept := f"policy:{digest}"):
        return
    text = "the policy in force"
    change = RecordKind.CHANGE
    store.record(Record(incident=kept, at=now, kind=change, stage="policy", text=text, detail=said))


def kept_policy(digest: str, *, store: Store) -> Mapping[str, Any] | None:
    """What the policy of that digest said; None where nobody kept it."""
    told = store.records(f"policy:{digest}")
    return told[0].detail if told and isinstance(told[0].detail, Mapping) else None


def release(id: str, *, store: Store, holder: str) -> None:
    """Let others have the incident. Call last, also after a failure."""
    give_back(lease_of(id), store=store, holder=holder)


def give_back(lease: str, *, store: Store, holder: str) -> None:
    """Let others have what the lease is about. Work that is done and told does not fail for it: a
    lease the store does not let go of now ends by itself."""
    try:
        store.release(lease, holder)
    except StoreError as error:
        log.warning("The lease %s ends by itself later: %s", lease, plain(str(error)))


def _counted(before: State, saved: Incident) -> Incident:
    """Incidents that come to rest are counted, and how long they took; self-tests are not."""
    if selftest.is_one(saved.resource):
        return saved
    if saved.state is not before and saved.state not in _UNDER_WAY:
        finding = saved.diagnosis.finding if saved.diagnosis else "none"
        metrics.count("medic.incidents", finding=finding, state=saved.state)
        if saved.state is State.HEALED:
            took = (saved.updated - saved.opened).total_seconds()
            metrics.count("medic.time_to_healed", took, finding=finding)
    return saved


def _keep(
    incident: Incident,
    kind: RecordKind,
    stage: str,
    text: str,
    *,
    store: Store,
    actor: str = "medic",
    elsewhere: Mapping[str, int] | None = None,
    **more: Any,
) -> Incident:
    record = Record(
        incident=incident.id,
        at=incident.updated,
        kind=kind,
        stage=stage,
        text=discreet(text),
        actor=actor,
        resource=incident.resource.text,
        registry=incident.registry.text if incident.registry else None,
        plan=incident.plan.digest if incident.plan and incident.plan.steps else None,
        **more,
    )
    counted = [
        replace(record, registry=registry, writes=writes, plan=None, detail=None)
        for registry, writes in (elsewhere or {}).items()
    ]
    saved = store.save(incident, record, *counted)
    echo(saved, stage, text)
    return saved


def lease_of(id: str) -> str:
    """The name of the lease that `claim` takes."""
    return f"incident/{id}"
