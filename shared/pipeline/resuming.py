"""
Resuming: a person lets writes pass again that a breaker had stopped.

In:  the breaker's scope (a registry's id, or "*" for all), the reason, and who says so.
Out: whether it was tripped; the plans it held back are looked at again by the next sweep.

Resetting twice does no harm, and takes up again what a reset that was cut off had left lying. Only
a person resets; time and clocks never do.
"""

import logging
from collections.abc import Iterator

from shared import audit
from shared.breakers import EVERYWHERE
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Verification
from shared.model.words import Result, State
from shared.store import Record, RecordKind
from shared.store.interface import StaleIncident

log = logging.getLogger("medic.breaker")

_PAGE = 200


def reset_breaker(scope: str, reason: str, by: str, *, medic: Medic) -> bool:
    """Close the breaker. The record is written first: who lets writes pass is never lost."""
    now, scope = medic.now(), scope.lower()
    medic.store.record(
        Record(
            incident=f"breaker:{scope}",
            at=now,
            kind=RecordKind.CHANGE,
            stage="breaker",
            text=f"reset: {reason}",
            actor=by,
            registry=None if scope == EVERYWHERE else scope,
        )
    )
    done = medic.store.reset(scope, now=now)
    log.info("Breaker reset by %s", audit.plain(by), extra={"stage": "breaker", "registry": scope})
    for incident in _stopped(scope, medic):
        _take_up(incident, by, medic)
    return done


def _stopped(scope: str, medic: Medic) -> Iterator[Incident]:
    """The held plans that a breaker of that scope kept back."""
    registry, cursor = None if scope == EVERYWHERE else scope, None
    while True:
        page = medic.store.page(state=State.HELD, registry=registry, limit=_PAGE, cursor=cursor)
        for incident in page.incidents:
            if incident.decision and "breaker-closed" in incident.decision.rules:
                yield incident
        if (cursor := page.cursor) is None:
            return


def _take_up(incident: Incident, by: str, medic: Medic) -> None:
    """Due now. One that a worker is busy with is being looked at anyway."""
    now = medic.now()
    text = f"{by} reset the breaker; looked at again with the next sweep"
    due = Verification(result=Result.PENDING, proof=text, checked=now, due=now)
    try:
        audit.note(
            incident, "breaker", text, store=medic.store, now=now, actor=by, verification=due
        )
    except StaleIncident as moved:
        log.info("%s", audit.plain(str(moved)))
