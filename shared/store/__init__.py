"""
The store: what the service remembers between calls, and between machines.

In:  signals, incidents, audit records, leases, letters.
Out: the same, and counts of them for the gate.
Errors: StoreError (StoreBusy: again later; StaleIncident: load again).

One Protocol, one room per keeper. Nothing here decides anything, reads Azure or knows the clock.
"""

from shared.store.interface import (
    KEPT_LETTERS,
    STUCK,
    Breaker,
    Page,
    Received,
    Record,
    RecordKind,
    StaleIncident,
    Store,
    StoreBusy,
    StoreError,
    Waiting,
)
from shared.store.sqlite import SqliteStore

__all__ = [
    "KEPT_LETTERS",
    "STUCK",
    "Breaker",
    "Page",
    "Received",
    "Record",
    "RecordKind",
    "SqliteStore",
    "StaleIncident",
    "Store",
    "StoreBusy",
    "StoreError",
    "Waiting",
]
