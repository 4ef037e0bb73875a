"""
Leases: who may work on an incident, or write to a registry, across machines.

In:  a blob container of azure-storage-blob; names, holders, lengths.
Out: yes or no; StoreError when the account does not do it.

A blob's lease lasts a minute at most unless it is renewed ("Lease Blob"), so a live worker renews
its leases in the background, up to the length it asked for, and a dead one blocks nobody for longer
than that minute. The lease id is made from the holder: taking twice is extending.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from shared.store import keys
from shared.store.interface import StoreBusy, StoreError

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

_LONGEST = 60  # seconds, Azure's own limit
_HELD = (409, 412)


class Leases:
    """Leases as blobs of one container, made at the first use."""

    def __init__(
        self, service: "BlobServiceClient", container: str, *, seconds: int = _LONGEST
    ) -> None:
        """`seconds`: how long a lease outlives a worker that died, 15 to 60."""
        self._service = service
        self._name = container
        self._seconds = seconds
        self._lock = threading.Lock()
        self._container: Any = None
        self._held: dict[str, tuple[str, Any, float]] = {}  # name: holder, lease, monotonic end
        self._renewer: threading.Thread | None = None
        self._closed = threading.Event()

    def take(self, name: str, *, holder: str, length: timedelta) -> bool:
        """Take or extend; False while somebody else holds it."""
        with self._translated():
            lease = self._acquire(name, holder)
        if lease is None:
            return False
        with self._lock:
            self._held[name] = (holder, lease, time.monotonic() + length.total_seconds())
            if self._renewer is None or not self._renewer.is_alive():
                self._closed.clear()
                self._renewer = threading.Thread(
                    target=self._renew, name="medic-leases", daemon=True
                )
                self._renewer.start()
        return True

    def renew(self, name: str, *, holder: str, length: timedelta) -> bool:
        """Whether it is still the holder's, and then for the whole length again. A lease that
        ended and that nobody took since is renewed; one that somebody took is lost."""
        from azure.core.exceptions import HttpResponseError

        lease = self._lease(name, holder)
        with self._translated():
            try:
                lease.renew()
            except HttpResponseError as error:
                if error.status_code in (404, *_HELD):
                    return False
                raise
        with self._lock:
            self._held[name] = (holder, lease, time.monotonic() + length.total_seconds())
        return True

    def give_back(self, name: str, *, holder: str) -> None:
        """Give back; one that is somebody else's is left alone."""
        with self._lock:
            mine = self._held.get(name)
            if mine and mine[0] == holder:
                del self._held[name]
        with self._translated():
            _quietly(lambda: self._lease(name, holder).release())

    def check(self) -> None:
        with self._translated():
            self._opened().get_container_properties()

    def close(self) -> None:
        """Renew nothing any more: what is held ends by itself within the minute."""
        self._closed.set()
        with self._lock:
            self._held.clear()

    def _acquire(self, name: str, holder: str) -> Any:
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

        lease = self._lease(name, holder)
        for _ in range(3):
            try:
                lease.acquire(lease_duration=self._seconds)
                return lease
            except ResourceNotFoundError:
                _quietly(lambda: self._blob(name).upload_blob(b"", overwrite=False))
            except HttpResponseError as error:
                if error.status_code in _HELD:
                    return None
                raise
        raise StoreBusy(f"the lease {name} comes and goes; it is tried again")

    def _renew(self) -> None:
        """Until nothing is held: renew what is wanted for longer, let go of what is over."""
        while not self._closed.wait(self._seconds / 3):
            with self._lock:
                held = list(self._held.items())
                if not held:
                    self._renewer = None
                    return
            for name, (holder, lease, end) in held:
                if time.monotonic() >= end:
                    self.give_back(name, holder=holder)
                else:
                    _quietly(lease.renew)

    def _lease(self, name: str, holder: str) -> Any:
        from azure.storage.blob import BlobLeaseClient

        return BlobLeaseClient(self._blob(name), lease_id=str(uuid5(NAMESPACE_URL, holder)))

    def _blob(self, name: str) -> Any:
        return self._opened().get_blob_client(keys.digest(name))

    def _opened(self) -> Any:
        with self._lock:
            if self._container is None:
                container = self._service.get_container_client(self._name)
                _quietly(container.create_container)
                self._container = container
            return self._container

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from azure.core.exceptions import AzureError, HttpResponseError

        where = f"the container {self._name} at {self._service.url}"
        try:
            yield
        except HttpResponseError as error:
            status = error.status_code or 0
            if status in (408, 429, 500, 503):
                raise StoreBusy(f"{where} is busy ({status}); it is tried again") from error
            raise StoreError(
                f"{where} refuses leases ({status}): give this service's identity the role Storage "
                "Blob Data Contributor, and let its network reach the account"
            ) from error
        except AzureError as error:
            raise StoreBusy(f"{where} did not answer; it is tried again") from error


def _quietly(do: Any) -> None:
    """Do it; that it was so already, or is somebody else's, is no error."""
    from azure.core.exceptions import HttpResponseError

    try:
        do()
    except HttpResponseError as error:
        if error.status_code not in (404, *_HELD):
            raise
