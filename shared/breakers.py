"""
Breakers: where fixes keep doing no good, nothing is written any more until a person says so.

In:  an incident whose fix failed, or the scope and the reason; the store.
Out: the breaker tripped and counted: a registry's (its id in lower case), or "*" for all of them.

Only a person closes one again (`shared.pipeline.resuming`).
"""

import logging
from datetime import datetime, timedelta

from shared.clients import metrics
from shared.echoing import echo
from shared.model.incident import Incident
from shared.store import Store

EVERYWHERE = "*"


def trip_if_failing(
    incident: Incident,
    *,
    after: int,
    everywhere: int,
    within: timedelta,
    store: Store,
    now: datetime,
) -> bool:
    """Open the registry's breaker when fixes keep failing there, and that for all registries when
    they keep failing all over. Call after a failed verification.

    `after`, `everywhere` and `within` are the policy's breaker.
    """
    failed = store.failures(since=now - within, now=now)
    here = failed.get(incident.registry.key, 0) if incident.registry else 0
    # Many failures of one registry are that registry's trouble, whose own breaker sees to it.
    spread = sum(min(count, after) for count in failed.values())
    tripped = []
    if incident.registry and here >= after:
        tripped.append((incident.registry.key, f"{here} fixes at {incident.registry} failed"))
    if len(failed) > 1 and spread >= everywhere:
        tripped.append((EVERYWHERE, f"fixes failed at {len(failed)} registries"))
    for scope, what in tripped:
        because = f"{what}, the last one for {incident.id}"
        trip(scope, because=because, store=store, now=now)
        echo(incident, "breaker", because, level=logging.WARNING)
    return bool(tripped)


def trip(scope: str, *, because: str, store: Store, now: datetime) -> None:
    """Trip this breaker; one that is tripped already gets the newer reason and is not counted."""
    if store.trip(scope, because=because, now=now):
        metrics.count("medic.breaker_trips", registry=scope)


def tell(store: Store) -> None:
    """Show which breakers are tripped just now, where somebody reads that."""
    if metrics.are_read():
        tripped = {one.scope: 1 for one in store.breakers()}
        metrics.show("medic.breaker", {EVERYWHERE: 0, **tripped}, by="registry")
