"""
Reception: signals go into the queue and onto an incident; what is none goes to the poison queue.

In:  accepted signals and the queue's output binding; or what could not be understood, and why.
Out: the incident of each.

The queue alone is enough: when the store is down or slow, the incident is opened by whoever takes
the message, and the signal's own id stands in for the incident's. A sender never waits for it.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, List  # noqa: UP035

import azure.functions as func

from functions.questions import TooLarge
from shared import signals
from shared.errors import HealError
from shared.model.signal import Signal, SignalKind, carried
from shared.model.words import OPEN_STATES, State
from shared.signals.intake import WORKLOADS

if TYPE_CHECKING:
    from shared.medic import Medic

log = logging.getLogger("medic.doors")

#: The queue as a door declares it. Not `list[str]`: the worker refuses to load that annotation.
Queue = func.Out[List[str]]  # noqa: UP006

#: An action group gives up after about ten seconds, and counts that as our failure.
PATIENCE = 3.0  # seconds
_clerks = ThreadPoolExecutor(max_workers=4, thread_name_prefix="reception")


def receive(
    accepted: Sequence[Signal], queue: Queue, *, medic: "Medic", trace: str | None = None
) -> list[str | None]:
    """Queue the signals; the id of the incident each belongs to. `trace` travels with them and is
    kept with the incidents they open.

    None, and not queued: says that all is well again where nothing was wrong.
    """
    followed = [one if one.trace else replace(one, trace=trace) for one in accepted]
    booked = _book(followed, medic)
    messages = [
        signals.dump(signal)
        for signal, incident in zip(followed, booked, strict=True)
        if incident is not None
    ]
    if messages:
        queue.set(messages)
    return booked


def traced(context: func.Context) -> str | None:
    """The trace the platform's own request record belongs to."""
    return carried(context.trace_context.trace_parent)


def set_aside(what: Any, why: Exception, door: str, poison: Queue, *, medic: "Medic") -> None:
    """Keep what could not be understood, with the reason, for a person to read. The poison queue
    alone is enough: its own door brings it to the store."""
    foreseen = isinstance(why, HealError | TooLarge)
    reason = signals.said(str(why) if foreseen else f"something unexpected: {type(why).__name__}")
    log.warning("%s set a signal aside: %s", door, reason, extra={"stage": "poison"})
    poison.set([signals.seal(door, reason, what, now=medic.now())])


def _book(accepted: Sequence[Signal], medic: "Medic") -> list[str | None]:
    booking = _clerks.submit(lambda: [_incident(signal, medic) for signal in accepted])
    try:
        return booking.result(timeout=PATIENCE)
    except Exception as error:  # whatever is wrong with the store, the queue will have the signals
        log.warning("Received without the store: %r", error, extra={"stage": "receive"})
        return [signal.id for signal in accepted]


def _incident(signal: Signal, medic: "Medic") -> str | None:
    if signal.kind is SignalKind.ROUND:
        return signal.id  # about incidents that are there already
    if signal.unasked and signal.resource.type not in WORKLOADS:
        return signal.id  # a change of something else: an incident is for whom it harms
    if signal.kind is not SignalKind.RESOLVED:
        return medic.receive(signal)
    newest = medic.store.page(resource=signal.resource.key, limit=1).incidents
    closable = OPEN_STATES | {State.HEALED}
    return newest[0].id if newest and newest[0].state in closable else None
