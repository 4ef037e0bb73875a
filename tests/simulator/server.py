"""
The simulated Azure on sockets: TLS under Azure's own host names, identity endpoint, control API.

In:  a scenario, a port and a latency.
Out: Endpoints: where things listen and the environment a client process needs.

Everything listens on loopback. Certificates come from an authority made for this run; the
environment makes clients trust it and only it. Nothing here knows what Azure answers.
"""

import asyncio
import contextlib
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import trustme
from aiohttp import web

from tests.simulator import clouds, identity
from tests.simulator.azure import Simulator
from tests.simulator.control import Control
from tests.simulator.proxy import Proxy
from tests.simulator.wire import Dropped, Request

_TICK = 0.05  # seconds between two looks at the timetable
_LARGEST = 64 * 1024 * 1024  # bytes of a request body
_HOME = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """What a client needs to know; `ready()` is the line of the contract."""

    arm: str
    control: str
    ca: str
    env: dict[str, str]

    def ready(self) -> str:
        return json.dumps(asdict(self))


class Server:
    """One simulator behind sockets. `start` and `stop` run in the same event loop."""

    def __init__(self, simulator: Simulator, *, port: int = 0, latency: float = 0.0) -> None:
        self.simulator = simulator
        self._port, self._latency = port, latency
        self._control = Control(simulator)
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="simulated-azure-")
        self._runners: list[web.AppRunner] = []
        self._ticker: asyncio.Task[None] | None = None
        self._proxy: Proxy | None = None
        self._tunnels: asyncio.Server | None = None

    async def start(self) -> Endpoints:
        """Listen everywhere. OSError when the asked port is taken."""
        try:
            arm = await self._listen(self._answer, self._port, self._context("localhost"))
            plain = await self._listen(self._plain, 0, None)
            self._proxy = Proxy(arm)
            self._tunnels = await asyncio.start_server(self._proxy.serve, _HOME, 0)
        except BaseException:
            await self.stop()
            raise
        self._ticker = asyncio.create_task(self._tick())
        ca = Path(self._folder.name, "ca.pem")
        self._authority.cert_pem.write_to_path(str(ca))
        proxy = f"http://{_HOME}:{self._tunnels.sockets[0].getsockname()[1]}"
        return Endpoints(
            arm=f"https://localhost:{arm}",
            control=f"http://{_HOME}:{plain}",
            ca=str(ca),
            env=self._environment(proxy, f"http://{_HOME}:{plain}/msi/token", str(ca)),
        )

    async def stop(self) -> None:
        """Close everything, open tunnels included, and take the certificates away."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        if self._tunnels is not None:
            self._tunnels.close()
        if self._proxy is not None:
            await self._proxy.close()
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        self._folder.cleanup()

    def _environment(self, proxy: str, endpoint: str, ca: str) -> dict[str, str]:
        world = self.simulator.world
        env = {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "localhost,127.0.0.1",
            "no_proxy": "localhost,127.0.0.1",
            "REQUESTS_CA_BUNDLE": ca,
            "SSL_CERT_FILE": ca,
            "CURL_CA_BUNDLE": ca,
            "IDENTITY_ENDPOINT": endpoint,
            "IDENTITY_HEADER": identity.HEADER_SECRET,
            "AZURE_TENANT_ID": world.tenant,
        }
        if world.subscriptions:
            env["AZURE_SUBSCRIPTION_ID"] = world.subscriptions[0]
        return env

    async def _listen(self, handler: Any, port: int, context: ssl.SSLContext | None) -> int:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, _HOME, port, ssl_context=context, reuse_address=True)
        await site.start()
        return int(runner.addresses[0][1])

    def _context(self, host: str) -> ssl.SSLContext:
        """The TLS side of one host name; made when the first client asks for it."""
        if host not in self._contexts:
            names = ("localhost", _HOME) if host == "localhost" else (host,)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(*names).configure_cert(context)
            context.sni_callback = self._choose
            self._contexts[host] = context
        return self._contexts[host]

    def _choose(self, wire: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        """The certificate for the name the client asked for; no certificate for other names."""
        host = (name or "localhost").lower()
        if clouds.locate(host, clouds.named(self.simulator.world.cloud)) is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        wire.context = self._context(host)
        return None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Azure's side: any host, any path."""
        return await self._simulate(request, await _read(request, "https"))

    async def _plain(self, request: web.Request) -> web.StreamResponse:
        """The identity endpoint and the control API."""
        if request.path == "/msi/token":
            return await self._simulate(request, await _read(request, "http", kind="msi"))
        status, value = self._control.handle(
            request.method, request.path, request.query, await request.read()
        )
        return web.json_response(value, status=status)

    async def _simulate(self, request: web.Request, asked: Request) -> web.StreamResponse:
        try:
            answer = self.simulator.handle(asked)
        except Dropped as error:
            await asyncio.sleep(self._latency + error.delay)
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError from error  # nothing may be answered on this connection
        if self._latency or answer.delay:
            await asyncio.sleep(self._latency + answer.delay)
        return web.Response(status=answer.status, body=answer.content, headers=answer.headers)

    async def _tick(self) -> None:
        """What is due on the timetable happens, also while nobody asks."""
        while True:
            await asyncio.sleep(_TICK)
            try:
                with self.simulator.lock:
                    self.simulator.world.advance()
            except Exception as error:  # loudly, but one broken action must not stop the clock
                said = {"message": "A timetabled action failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(said)


async def _read(request: web.Request, scheme: str, *, kind: str | None = None) -> Request:
    return Request(
        method=request.method,
        url=f"{scheme}://{request.host}{request.raw_path}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        kind=kind,
    )


@contextlib.contextmanager
def running(
    scenario: dict[str, Any], *, latency_ms: float = 0
) -> Iterator[tuple[Endpoints, Simulator]]:
    """A served simulator in a thread of its own, for tests that need real sockets."""
    simulator = Simulator(scenario)
    loop = asyncio.new_event_loop()
    server = Server(simulator, latency=latency_ms / 1000)
    thread = threading.Thread(target=loop.run_forever, name="simulated-azure", daemon=True)
    thread.start()
    try:
        endpoints = asyncio.run_coroutine_threadsafe(server.start(), loop).result(timeout=30)
        yield endpoints, simulator
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=30)
        loop.close()
