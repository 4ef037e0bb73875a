"""
Tidying: rules this service added and that no workload needs any more are offered for removal.

In:  the Medic; the store says what was added where, Azure who leaves by what now.
Out: at most one held incident per registry, about its rules: a plan like any other, that waits for
     a person. Nothing is removed without one.

Once a day, and only rules older than a day. From there an offer goes the common way: approve, gate,
write, rollback. Whatever is not known keeps a rule, and the day's record says why.
"""

import logging
from dataclasses import replace

from shared import audit
from shared.clients.azure import Azure
from shared.errors import BudgetSpent, HealError
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.signal import Signal, SignalKind
from shared.model.words import RemedyName, State, Verdict
from shared.pipeline.looking import Look, look
from shared.pipeline.offering import about, everything, ripe
from shared.policy import Unneeded
from shared.store.interface import Record, RecordKind
from shared.store.rows import incident_id

log = logging.getLogger("medic.tidying")

#: Registries looked over in one sweep; the next one takes the rest.
_AT_ONCE = 5
_STAGE = "tidying"


def offer(*, medic: Medic) -> None:
    """Once a day: look over the rules of every registry this service wrote to. Never raises what
    Azure or the store says: tomorrow is another day."""
    policy, holder = medic.policy, medic.worker()
    if policy is None or policy.remedies.firewall_sync.unneeded is Unneeded.KEEP:
        return
    try:
        now = medic.now()
        today = f"{_STAGE}/{now:%Y-%m-%d}"
        if medic.store.records(today):
            return
        if not medic.store.lease(_STAGE, holder=holder, until=now + audit.CLAIM, now=now):
            return
        try:
            _look_over(today, medic)
        finally:
            medic.store.release(_STAGE, holder)
    except HealError as error:
        log.warning("The rules were not looked over: %s", audit.plain(str(error)))


def _look_over(today: str, medic: Medic) -> None:
    places = {
        told.target.key: told.target
        for incident in everything(medic)
        for told in incident.outcome
        if ripe(told.at, medic) and told.changed and told.remedy is RemedyName.FIREWALL_SYNC
    }
    done = 0
    for key, place in places.items():
        if medic.store.records(f"{today}/{key}"):
            continue
        if done == _AT_ONCE:
            return
        done += 1
        try:
            text = _offer_at(place, medic)
        except (HealError, BudgetSpent) as error:
            text = f"the rules of {place.name} stay, for they could not be looked over: {error}"
        _remember(f"{today}/{key}", text, medic, place)
    _remember(today, f"looked over the rules of {len(places)} registries", medic)


def _remember(key: str, text: str, medic: Medic, place: ResourceId | None = None) -> None:
    where = place.text if place else None
    medic.store.record(
        Record(
            incident=key,
            at=medic.now(),
            kind=RecordKind.CHANGE,
            stage=_STAGE,
            text=text,
            resource=where,
            registry=where,
        )
    )
    log.info("%s", audit.plain(text), extra={"stage": _STAGE, "registry": where or ""})


def _offer_at(place: ResourceId, medic: Medic) -> str:
    """Make, renew or withdraw the offer for one registry; what was found, in words."""
    if (why := medic.outside(about(place))) is not None:
        return why
    azure = medic.azure()
    found = look(_signal(place, medic), azure=azure, medic=medic)
    facts = (f"{fact.fact} {fact.value}" for fact in found.diagnosis.facts)
    said = "; ".join((found.diagnosis.summary, *facts))
    open = medic.store.find_open(about(place))
    wanted = found.decision is not None and found.decision.verdict is Verdict.HOLD
    if open is None and wanted:
        _keep(_first(place, medic), found, azure, medic)
    elif open is not None:
        _renew(open, found, azure, medic, wanted=wanted)
    elif found.decision is not None and not wanted:
        said += f"; not offered: {'; '.join(found.decision.reasons)}"
    return said


def _first(place: ResourceId, medic: Medic) -> Incident:
    now = medic.now()
    blank = Incident(
        id=incident_id(_signal(place, medic), now),
        state=State.RECEIVED,
        resource=about(place),
        opened=now,
        updated=now,
    )
    return blank.at("received", "rules that may not be needed any more", now)


def _signal(place: ResourceId, medic: Medic) -> Signal:
    now = medic.now()
    return Signal(
        id=f"{_STAGE}/{now:%Y-%m-%d}",
        kind=SignalKind.FAILURE,
        source="sweep",
        resource=about(place),
        at=now,
    )


def _renew(id: str, found: Look, azure: Azure, medic: Medic, *, wanted: bool) -> None:
    """An offer that waits shows what is so today; one that is void by now is closed."""
    holder = medic.worker()
    incident = audit.claim(id, store=medic.store, holder=holder, now=medic.now())
    if incident is None:
        return
    try:
        if incident.state is not State.HELD:
            return
        shown = incident.plan.digest if incident.plan else ""
        if not wanted:
            text = f"nothing is to be removed any more: {found.diagnosis.summary}"
            audit.note(
                incident, _STAGE, text, store=medic.store, now=medic.now(), state=State.CLOSED
            )
        elif found.plan.digest != shown:
            _keep(incident, found, azure, medic)
    finally:
        audit.release(id, store=medic.store, holder=holder)


def _keep(incident: Incident, found: Look, azure: Azure, medic: Medic) -> None:
    calls = incident.azure_calls + azure.calls
    told = replace(found.onto(incident), azure_calls=calls)
    text = "; ".join(found.decision.reasons) if found.decision else ""
    audit.note(told, "gate", text, store=medic.store, now=medic.now(), state=State.HELD)
