"""
Scouting: finding pulls that will fail before they are tried.

In:  a LOOK signal about something that is no workload (a registry, a plan, a private zone …); the
     passing of time; or a person who wants to know.
Out: a Signal for each workload to be healed as far as the gate allows; or a Scan.

All three look at a few pages of Resource Graph, not at the workloads: the pages acquit nearly all
of them. Whoever is left is read from the resource manager, like any other workload somebody says
something about, so what the pages have wrong costs a look and changes nothing. What a signal says
was changed is read from the resource manager before the pages are judged, for they may lag.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from shared import audit
from shared.clients import telemetry
from shared.clients.azure import Azure
from shared.clients.remembered import Memory
from shared.errors import HealError, PermanentError
from shared.evidence import missing_images, rotation, vouching
from shared.evidence import survey as surveys
from shared.evidence.survey import Survey
from shared.evidence.vouching import Knowledge, Suspect
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.signal import Signal, SignalKind
from shared.model.wording import count
from shared.model.words import FindingName, State
from shared.pipeline import failing
from shared.pipeline.healing import heal
from shared.pipeline.looking import diagnose
from shared.store.interface import Record, RecordKind

log = logging.getLogger("medic.scouting")

_STAGE = "patrol"
#: Between two patrols; and how long before the last one a change may still be in no page.
EVERY, _LAG = timedelta(minutes=15), timedelta(minutes=15)
#: What was written within this counts as changed lately, for a scan.
_LATELY = timedelta(days=1)
#: What people were told is not told again for so long; what was found well is believed for so long.
_TOLD, _BELIEVED = timedelta(days=7), timedelta(hours=1)
#: More than so many are looked at together.
_FEW = 8
_REGENERATED = "microsoft.containerregistry/registries/regeneratecredential/action"
_MAY_MATTER = (surveys.REGISTRIES, surveys.PLANS, surveys.ASSIGNMENTS)
_NO_FAULT = frozenset({FindingName.HEALTHY, FindingName.NOT_A_PULL_FAILURE})
_MENDED = frozenset({State.HEALED, State.ROLLED_BACK})


def follow(signal: Signal, azure: Azure, medic: Medic) -> tuple[Signal, ...]:
    """A signal for every workload that the change may keep from pulling, and for those that the
    logs say fail at present. None where the change harms nobody: then no incident is opened."""
    changed = signal.resource
    if not _may_matter(changed):
        log.info("%s was changed: no pull rests on it", changed, extra={"stage": "scouting"})
        return ()
    survey = medic.recalled("survey", lambda: surveys.read(azure))
    survey = surveys.corrected(survey, azure, changed)
    renewed = {changed: signal.at} if signal.operation == _REGENERATED else {}
    gone = changed not in survey.rows
    found = [
        one
        for one in vouching.suspects(survey, Knowledge(renewed=renewed))
        if one.concerns(changed, gone=gone) and medic.outside(one.id) is None
    ]
    text = ", ".join(f"{one.id.name} ({one.because})" for one in found) or "nobody"
    log.info("%s was changed; may concern %s", changed, text, extra={"stage": "scouting"})
    heard = failing.signals(signal, azure, medic)
    told = {one.resource for one in heard}
    return (*heard, *(_about(one.id, signal) for one in found if one.id not in told))


def _may_matter(changed: ResourceId) -> bool:
    if changed.type.startswith(surveys.ZONES):
        return ".azurecr." in changed.names[0].lower()
    return changed.type in _MAY_MATTER or changed.type.startswith("microsoft.network/")


def _about(id: ResourceId, signal: Signal) -> Signal:
    return replace(signal, id=f"{signal.id}/{id.key}", resource=id)


def patrol(
    *, medic: Medic, hand_on: Callable[[Signal], object] | None = None
) -> tuple[Signal, ...]:
    """Once in every quarter of an hour: look over the whole estate for what no event told of.

    `hand_on` takes the signals where there is a queue for them; else they are healed here. Never
    raises what Azure or the store says: the next minute is another one.
    """
    now, store, holder = medic.now(), medic.store, medic.worker()
    quarter = f"{_STAGE}/{_since(now):%Y-%m-%dT%H:%M}"
    try:
        if medic.policy is None or store.records(quarter):
            return ()
        if not store.lease(_STAGE, holder=holder, until=now + audit.CLAIM, now=now):
            return ()
        try:
            with telemetry.span("scout", parent=telemetry.NONE_BEFORE):
                return _look_over(quarter, now, medic, hand_on or partial(heal, medic=medic))
        finally:
            audit.give_back(_STAGE, store=store, holder=holder)
    except HealError as error:
        log.warning("The estate was not looked over: %s", audit.plain(str(error)))
        return ()


def _since(now: datetime) -> datetime:
    """When this quarter of an hour began."""
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % EVERY


def _look_over(
    quarter: str, now: datetime, medic: Medic, hand_on: Callable[[Signal], object]
) -> tuple[Signal, ...]:
    found = tuple(_drifted(medic, now))
    for signal in found:
        hand_on(signal)
    text = f"looked over the estate: {count(len(found), 'workload')} to be read closely"
    kind = RecordKind.CHANGE
    medic.store.record(Record(incident=quarter, at=now, kind=kind, stage=_STAGE, text=text))
    return found


def _drifted(medic: Medic, now: datetime) -> Iterable[Signal]:
    """What a patrol finds, without what was told of already."""
    azure = unbounded(medic)
    survey = surveys.read(azure)
    for one in _suspects(survey, azure, medic, changed_since=now - EVERY - _LAG):
        if not _known(one, medic, now):
            log.info("%s: %s", one.id, one.because, extra={"stage": _STAGE})
            yield Signal(
                id=f"patrol/{now:%Y-%m-%dT%H:%M}/{one.id.key}",
                kind=SignalKind.LOOK,
                source="patrol",
                resource=one.id,
                at=now,
            )


def _known(one: Suspect, medic: Medic, now: datetime) -> bool:
    """Whether the workload's newest incident says all there is to say. The pages show what is
    wrong for as long as it is, and some things that only look wrong."""
    newest = next(iter(medic.store.page(resource=one.id.key, limit=1).incidents), None)
    if newest is None or newest.state in _MENDED:
        return False
    if one.written is not None and one.written > newest.updated:
        return False
    return now - newest.updated < (_BELIEVED if newest.state is State.CLOSED else _TOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a scan saw. Without a single workload, that nothing fails says nothing."""

    workloads: int  # in scope and visible
    read: int  # of those, the ones that the pages did not vouch for
    incidents: tuple[Incident, ...]  # those whose pulls fail or will fail, or cannot be judged
    unread: str = ""  # why the logs could not be asked


def scan(*, medic: Medic) -> Scan:
    """A dry run for every workload in scope that fails by the logs, or that the pages do not vouch
    for. A workload that cannot be read is in the answer too, with the reason."""
    azure, now = unbounded(medic), medic.now()
    survey = surveys.read(azure)
    ids = [id for id in survey.workloads if medic.outside(id) is None]
    gone = missing_images.read(azure, survey)
    doubtful = _suspects(survey, azure, medic, changed_since=now - _LATELY, gone=gone)
    failed, unread = _failed(azure, medic, now)
    told = dict.fromkeys((*(one.id for one in doubtful), *failed))
    memory = Memory(shared=True) if len(told) > _FEW else None
    looked = [_looked_at(id, medic, memory) for id in told]
    return Scan(
        workloads=len({*ids, *failed}),
        read=len(looked),
        unread=unread,
        incidents=tuple(
            one for one in looked if one.diagnosis is None or one.diagnosis.finding not in _NO_FAULT
        ),
    )


def _suspects(
    survey: Survey,
    azure: Azure,
    medic: Medic,
    *,
    changed_since: datetime,
    gone: frozenset[missing_images.Image] = frozenset(),
) -> list[Suspect]:
    """Those in scope, with what the Activity Log knows of the registries' passwords."""
    registries = vouching.with_passwords(survey)
    renewed = {id: rotation.renewed(azure, id) for id in sorted(registries, key=str)}
    known = Knowledge(renewed=renewed, missing=gone, changed_since=changed_since)
    return [one for one in vouching.suspects(survey, known) if medic.outside(one.id) is None]


def _failed(azure: Azure, medic: Medic, now: datetime) -> tuple[tuple[ResourceId, ...], str]:
    """Those that fail by the logs; or none, and why the logs cannot be asked."""
    try:
        return failing.workloads(azure, medic, now - failing.LOOK_BACK, now), ""
    except PermanentError as refusal:
        return (), audit.plain(str(refusal))


def _looked_at(id: ResourceId, medic: Medic, memory: Memory | None) -> Incident:
    try:
        return diagnose(id, None, medic=medic, memory=memory)
    except HealError as error:
        now = medic.now()
        blank = Incident(id="dry-run", state=State.DRY_RUN, resource=id, opened=now, updated=now)
        return blank.at("evidence", audit.plain(str(error)), now)


def unbounded(medic: Medic) -> Azure:
    """Without the budget of an incident: an estate has as many pages as it has."""
    return Azure(medic.connection, budget=None)
