"""
One table, shared politely by machines.

In:  a TableServiceClient of azure-data-tables, and the table's name.
Out: rows and transactions; the SDK's errors become StoreError, which say what to check.

All rows of a transaction are kept, or none ("Performing entity group transactions"). A row read
with its etag is changed only while nobody else has (`If-Match`); Clash says that somebody had.
A duplicate insert raises ResourceExistsError without an error code, so the type decides.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from shared.store import keys
from shared.store.entities import Entity
from shared.store.interface import StoreBusy, StoreError

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient

T = TypeVar("T")

_LOST_THE_RACE = (404, 409, 412)
_TRIES = 40  # each loses only to somebody who won


class Clash(Exception):
    """A row was made, changed or deleted by somebody else meanwhile: read again and try again."""


class Changes:
    """What a transaction will do."""

    def __init__(self) -> None:
        self.operations: list[tuple[Any, ...]] = []

    def insert(self, row: Entity) -> None:
        """Clash when it is there."""
        self.operations.append(("create", row))

    def put(self, row: Entity) -> None:
        self.operations.append(("upsert", row, {"mode": "replace"}))

    def replace(self, row: Entity, seen: Mapping[str, Any]) -> None:
        """Clash when it is not any more as it was `seen`."""
        self.operations.append(("update", row, {"mode": "replace", **_if_still(seen)}))

    def delete(self, key: str) -> None:
        """Clash when it is gone already."""
        self.operations.append(("delete", {"PartitionKey": keys.PARTITION, "RowKey": key}))


class Table:
    """The table, made at the first use."""

    def __init__(self, service: "TableServiceClient", name: str) -> None:
        self._service = service
        self._name = name
        self._lock = threading.Lock()
        self._client: Any = None

    def get(self, key: str) -> Mapping[str, Any] | None:
        """One row with its etag; None when there is none."""
        from azure.core.exceptions import ResourceNotFoundError

        with self._translated():
            try:
                found: Mapping[str, Any] = self._opened().get_entity(keys.PARTITION, key)
            except ResourceNotFoundError:
                return None
            return found

    def query(self, where: str, *, page: int | None = None) -> Iterator[Mapping[str, Any]]:
        """Rows in the order of their keys, read as they are asked for."""
        with self._translated():
            rows = iter(self._opened().query_entities(where, results_per_page=page))
        while True:
            with self._translated():
                row = next(rows, None)
            if row is None:
                return
            yield row

    def commit(self, changes: Changes) -> None:
        """All of it, or Clash and nothing."""
        from azure.core.exceptions import HttpResponseError

        with self._translated():
            try:
                self._opened().submit_transaction(changes.operations)
            except HttpResponseError as error:
                if error.status_code in _LOST_THE_RACE:
                    raise Clash from error
                raise

    @property
    def where(self) -> str:
        return f"the table {self._name} at {self._service.url}"

    def check(self) -> None:
        """Raise StoreError when the table cannot be written."""
        probe = Changes()
        probe.put({"PartitionKey": keys.PARTITION, "RowKey": "z:check"})
        self.commit(probe)

    def close(self) -> None:
        with self._lock:
            self._client = None

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._service.create_table_if_not_exists(self._name)
            return self._client

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        where = self.where
        try:
            yield
        except ClientAuthenticationError as error:
            raise StoreError(
                f"{where} refuses this service ({error.status_code}): give its identity the role "
                "Storage Table Data Contributor on the storage account"
            ) from error
        except HttpResponseError as error:
            status = error.status_code or 0
            if status in (429, 500, 503) or status == 408:
                raise StoreBusy(f"{where} is busy ({status}); it is tried again") from error
            if status == 403:
                raise StoreError(
                    f"{where} refuses this service (403): give its identity the role Storage Table "
                    "Data Contributor, and let its network reach the account"
                ) from error
            raise StoreError(f"{where} answered {status}: nothing was changed") from error
        except AzureError as error:
            raise StoreBusy(f"{where} did not answer; it is tried again") from error


def _if_still(seen: Mapping[str, Any]) -> dict[str, Any]:
    from azure.core import MatchConditions

    etag = seen.metadata["etag"]  # type: ignore[attr-defined]
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def until_done(attempt: Callable[[], T]) -> T:
    """Again while somebody else was faster; StoreBusy when that does not end."""
    for _ in range(_TRIES):
        try:
            return attempt()
        except Clash:
            continue
    raise StoreBusy(f"others changed the same rows {_TRIES} times in a row; it is tried again")
