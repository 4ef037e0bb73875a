"""
Real SDK clients, no sockets: an azure-core transport whose wire is a Simulator.

In:  whatever a synchronous SDK client sends.
Out: its answers; a broken connection becomes the error a socket would have raised.

Everything above the socket is the SDK's own code. Waiting is simulated: `sleep` moves the simulated
clock, so retries and pollers cost no time. Several threads may share one transport.
"""

import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from tests.simulator import identity
from tests.simulator.azure import Simulator
from tests.simulator.wire import Dropped, Request


class SimulatedTransport(RequestsTransport):  # type: ignore[misc]
    """Hand this as `transport=` to any synchronous SDK client."""

    def __init__(self, simulator: Simulator) -> None:
        session = requests.Session()
        session.trust_env = False
        for prefix in ("https://", "http://"):
            session.mount(prefix, _Wire(simulator))
        super().__init__(session=session, session_owner=False)
        self._simulator = simulator

    def sleep(self, duration: float) -> None:
        """Wait in simulated time; on the wall clock nobody waits, but what is due happens."""
        with self._simulator.lock:
            self._simulator.world.advance(duration)


class SimulatedCredential:
    """Signs in as the healer, or as another principal of the scenario."""

    def __init__(self, simulator: Simulator, principal: str | None = None) -> None:
        self._simulator, self._principal = simulator, principal

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token for the one scope asked for ("https://…/.default"). It is never kept: the
        scenario may have changed by the next request."""
        audience = scopes[0].removesuffix(".default").rstrip("/")
        with self._simulator.lock:
            world = self._simulator.world
            principal = self._principal or world.healer["principalId"]
            token = identity.token_for(world, principal, audience=audience)
        return AccessToken(token, int(time.time()))


class _Wire(BaseAdapter):
    """The end of a `requests` session: a Simulator instead of a connection."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self._simulator, self._builder = simulator, HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        try:
            answer = self._simulator.handle(_asked(request))
        except Dropped as error:
            self._wait(error.delay)
            if error.when == "before":
                raise requests.exceptions.ConnectionError(str(error), request=request) from error
            broken = ProtocolError("Connection aborted.", error)
            raise requests.exceptions.ConnectionError(broken, request=request) from error
        self._wait(answer.delay)
        raw = HTTPResponse(
            body=BytesIO(answer.content),
            headers=dict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        return self._builder.build_response(request, raw)

    def close(self) -> None:
        pass

    def _wait(self, seconds: float) -> None:
        if seconds:
            with self._simulator.lock:
                self._simulator.world.advance(seconds)


def _asked(request: requests.PreparedRequest) -> Request:
    body: Any = request.body or b""
    return Request(
        method=str(request.method).upper(),
        url=str(request.url),
        headers={name.lower(): str(value) for name, value in request.headers.items()},
        body=body.encode() if isinstance(body, str) else bytes(body),
    )
