"""
The audit as the run left it, read as anybody may read it.

In:  the store.
Out: requests announced, steps done, how many records there are.
"""

from collections.abc import Iterator
from typing import Any

from shared.store import Record, RecordKind, SqliteStore


def every(store: SqliteStore) -> list[Record]:
    """All records of all incidents, each incident's in order."""
    ids = [incident.id for incident in store.page(limit=200).incidents]
    return [record for id in ids for record in store.records(id)]


def counts(store: SqliteStore) -> dict[str, int]:
    """How many records each incident has."""
    return {one.id: len(store.records(one.id)) for one in store.page(limit=200).incidents}


def announced(store: SqliteStore) -> set[str]:
    """ "patch /subscriptions/…" of every request an intent names."""
    found = set()
    for record in every(store):
        if record.kind is RecordKind.INTENT:
            for method, url in requests(record.detail):
                found.add(f"{method} {url.partition('?')[0]}".lower())
    return found


def requests(value: Any) -> Iterator[tuple[str, str]]:
    """Method and address of every request in a record's detail."""
    if isinstance(value, dict):
        if "method" in value and "url" in value:
            yield value["method"], value["url"]
        for inner in value.values():
            yield from requests(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from requests(inner)
