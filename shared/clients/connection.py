"""
One per process: the sign-in, the sockets, the clock and the pauses that every incident shares.

In:  a Cloud; for tests and other callers a transport, a credential and a clock of their own.
Out: what every Azure (one per incident) is made of, and reads run side by side.

Sign-in is Azure Identity's default chain (managed identity in Azure, `az login` on a laptop).
Nothing is imported or opened before the first call needs it.
"""

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from shared.clients.clock import Clock, SetByAzure, WallClock
from shared.clients.cloud import Cloud
from shared.clients.governor import Governor

#: Reads side by side: enough for one incident's widest round, small enough for one instance.
_WORKERS = 16


class Connection:
    """The process's way to one Azure."""

    def __init__(
        self,
        cloud: Cloud | Callable[[], Cloud],
        *,
        workspaces: tuple[str, ...] = (),
        subscriptions: tuple[str, ...] | None = None,
        transport: Any = None,
        credential: Any = None,
        clock: Clock | None = None,
    ) -> None:
        self._cloud = cloud
        self.workspaces = workspaces
        self.subscriptions = subscriptions
        self.clock = clock if isinstance(clock, SetByAzure) else SetByAzure(clock or WallClock())
        self.governor = Governor(self.clock)
        self._given_transport = transport
        self._given_credential = credential

    @cached_property
    def cloud(self) -> Cloud:
        return self._cloud if isinstance(self._cloud, Cloud) else self._cloud()

    @cached_property
    def transport(self) -> Any:
        if self._given_transport is not None:
            return self._given_transport
        from azure.core.pipeline.transport import RequestsTransport
        from requests import Session
        from requests.adapters import HTTPAdapter

        session = Session()
        session.mount("https://", HTTPAdapter(pool_connections=_WORKERS, pool_maxsize=_WORKERS))
        return RequestsTransport(
            session=session, session_owner=False, connection_timeout=10, read_timeout=60
        )

    @cached_property
    def credential(self) -> Any:
        if self._given_credential is not None:
            return self._given_credential
        from azure.identity import DefaultAzureCredential

        return DefaultAzureCredential(
            authority=self.cloud.authority, exclude_interactive_browser_credential=True
        )

    def together(self, reads: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
        """Run reads side by side; answers by name. The first exception is raised.

        A pool of its own for each round: a shared one would deadlock as soon as a read that is
        itself several reads waited for a place.
        """
        if not reads:
            return {}
        with ThreadPoolExecutor(max_workers=min(len(reads), _WORKERS)) as pool:
            futures = {
                name: pool.submit(contextvars.copy_context().run, read)
                for name, read in reads.items()
            }
            return {name: future.result() for name, future in futures.items()}
