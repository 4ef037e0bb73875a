"""
Burying: what the queue gave up is kept, and its incident does not wait for it for ever.

In:  a message of the poison queue: a letter, a signal the host moved there, or neither.
Out: the signal to try once more; None when there is nothing to try.
Errors: StoreError, or TransientError while a worker has the incident: again later.

A signal that failed so often may be a victim of the time (the store was down), so an incident that
was not looked at to the end gets one more round of deliveries. After that it is failed, with the
reason, and a person is asked. Never asks Azure, never writes there.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from shared import audit, signals
from shared.errors import BadInput, TransientError
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.letter import Letter
from shared.model.signal import Signal, SignalKind
from shared.model.words import State
from shared.pipeline.healing import UNFINISHED

log = logging.getLogger("medic.poison")

_STAGE = "poison"


def bury(body: bytes, *, id: str, at: datetime, medic: Medic) -> Signal | None:
    """Keep what the message says. Twice is once: `id` is the message's, at every delivery."""
    letter = signals.unseal(body, id=id)
    if letter is not None:
        _keep(letter, medic)
        return None
    plain = Letter(
        id=id,
        at=at.astimezone(UTC),
        source="heal",
        reason="healing failed at every delivery; the log says why",
        text=signals.legible(body),
    )
    try:
        signal = signals.load(body)
    except BadInput as error:
        _keep(replace(plain, reason=signals.said(str(error))), medic)
        return None
    if signal.kind is SignalKind.RESOLVED:  # it starts nothing, and nothing waits for it
        _keep(plain, medic)
        return None
    incident = medic.store.receive(signal, now=medic.now()).incident
    _keep(replace(plain, incident=incident), medic)
    return signal if _told(incident, id, medic) else None


def _keep(letter: Letter, medic: Medic) -> None:
    medic.store.bury(letter)
    extra = {"stage": _STAGE, "incident": letter.incident or ""}
    log.warning("Kept as a letter: %s: %s", letter.source, audit.plain(letter.reason), extra=extra)


def _told(incident: str, letter: str, medic: Medic) -> bool:
    """Say in the incident what became of its signal; whether that is tried once more."""
    store, holder = medic.store, medic.worker()
    claimed = audit.claim(incident, store=store, holder=holder, now=medic.now())
    if claimed is None:
        raise TransientError(f"a worker is busy with {incident}, whose signal failed", delay=60)
    try:
        return _judge(claimed, letter, medic)
    finally:
        audit.release(incident, store=store, holder=holder)


def _judge(incident: Incident, letter: str, medic: Medic) -> bool:
    said = [moment.text for moment in incident.timeline if moment.stage == _STAGE]
    unfinished = incident.state in UNFINISHED
    if any(letter in text for text in said):  # an earlier delivery of this message got this far
        return unfinished
    failing = unfinished and bool(said)
    if failing:
        text = "given up: healing failed at every delivery, twice over; the log says why"
        if incident.state is State.APPLYING:
            text += "; what was announced may have been done, so look at what the plan names"
    elif unfinished:
        text = "healing failed at every delivery; one more round of them"
    else:
        text = "a signal about it failed at every delivery"
    audit.note(
        incident,
        _STAGE,
        f"{text} (letter {letter})",
        store=medic.store,
        now=medic.now(),
        state=State.FAILED if failing else incident.state,
    )
    return unfinished and not failing
