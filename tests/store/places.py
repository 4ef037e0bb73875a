"""
Where a test's store is: in a file, or in an emulated storage account.

In:  the kind ("file" or "account"), and where a file would be.
Out: an Another, which opens that same store as often as wanted.
"""

import itertools
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from shared.store import SqliteStore, Store
from shared.store.leases import Leases
from shared.store.table import Table
from shared.store.tables import TablesStore
from tests.store import azurite

KINDS = ("file", "account")
#: For what waits until leases of the account end, a quarter of a minute each: `make nightly`.
patient = pytest.mark.skipif(
    "WAITS" not in os.environ, reason="waits for leases of a storage account to end: make nightly"
)
PATIENT_KINDS = ("file", pytest.param("account", marks=patient))
_NUMBER = itertools.count()


class Another:
    """Opens the same store once more, as another machine would. `place` names it for processes."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._opened: list[Store] = []

    def __call__(self) -> Store:
        self._opened.append(reopened(self.place))
        return self._opened[-1]

    def close(self) -> None:
        for store in self._opened:
            store.close()


@contextmanager
def somewhere(kind: str, path: Path) -> Iterator[Another]:
    """A store of its own for one test; skips it where the emulator cannot run."""
    if kind == "account" and (why := azurite.missing()):
        pytest.skip(why)
    opens = Another(str(path) if kind == "file" else new_account())
    yield opens
    opens.close()


def new_account() -> str:
    """The place of a store that nobody used yet."""
    return f"t{os.getpid()}x{next(_NUMBER)};{azurite.running().connection}"


def reopened(place: str) -> Store:
    """The store at a place: a file, or a name and an account's connection."""
    name, _, connection = place.partition(";")
    return account(name, connection) if connection else SqliteStore(Path(place))


def account(
    name: str, connection: str = "", *, seconds: int = 60, transport: Any = None
) -> TablesStore:
    """A store in the emulated account, under that name; over a line of one's own if wanted, and
    then without the SDK's pauses before it asks again."""
    from azure.data.tables import TableServiceClient
    from azure.storage.blob import BlobServiceClient

    text = connection or azurite.running().connection
    line = {"transport": transport, "retry_total": 0} if transport else {}
    return TablesStore(
        Table(TableServiceClient.from_connection_string(text, **line), name),
        Leases(BlobServiceClient.from_connection_string(text, **line), name, seconds=seconds),
    )


def break_leases(place: str) -> None:
    """Whoever holds a lease there holds it no longer: its time is over, or somebody broke it."""
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import BlobLeaseClient, ContainerClient

    name, _, connection = place.partition(";")
    if not connection:
        with sqlite3.connect(place) as sql:
            sql.execute("DELETE FROM leases")
        sql.close()
        return
    container = ContainerClient.from_connection_string(connection, name)
    if not container.exists():
        return
    for blob in container.list_blobs():
        with suppress(HttpResponseError):  # it is not leased
            BlobLeaseClient(container.get_blob_client(blob.name)).break_lease(0)
