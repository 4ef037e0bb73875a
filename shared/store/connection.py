"""
One SQLite file, shared politely by threads and processes.

In:  a path.
Out: transactions; sqlite3's errors become StoreError, which say what to check.

Write-ahead logging lets readers and one writer work side by side; `synchronous=FULL` because an
intent must survive a power cut. One connection per object, one user of it at a time.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.store.interface import StoreBusy, StoreError
from shared.store.schema import migrate

_WAIT = 30.0  # seconds to wait for other writers: SQLite lets nobody queue, some come last

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full; free space",
    sqlite3.SQLITE_READONLY: "the file may only be read; correct its permissions",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened; correct the path or its permissions",
    sqlite3.SQLITE_PERM: "the file cannot be opened; correct its permissions",
    sqlite3.SQLITE_IOERR: "the disk fails, or a quota is used up; check it",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; move it away, or restore a copy",
    sqlite3.SQLITE_CONSTRAINT: "the workload has another open incident, or the audit was changed",
    sqlite3.SQLITE_NOTADB: "the file is not a database; name another one in MEDIC_STORE",
}


class Database:
    """The file, opened at the first use and brought to the newest shape then."""

    def __init__(self, path: Path, *, wait: float = _WAIT) -> None:
        self._path = path
        self._wait = wait
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @property
    def where(self) -> str:
        return f"the file {self._path}"

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for statements that each stand alone."""
        with self._lock, self._translated():
            yield self._connected()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: everything in the block is kept, or nothing."""
        with self._lock, self._translated():
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=self._wait, isolation_level=None, check_same_thread=False
            )
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                migrate(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # without the extension
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreBusy(
                    f"the store {self._path} was locked for {self._wait:g} s; it is tried again",
                    delay=5.0,
                ) from error
            advice = _ADVICE.get(code, "nothing was changed")
            raise StoreError(f"the store {self._path} failed ({error}): {advice}") from error
        except OSError as error:
            raise StoreError(
                f"the store {self._path} cannot be reached ({error.strerror}): correct MEDIC_STORE"
            ) from error
