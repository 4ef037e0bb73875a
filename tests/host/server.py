"""
The host's own endpoints and clocks around an app's functions.

In:  HTTP on loopback, the wall clock.
Out: answers as the platform gives them: 202 for `/admin/functions/{name}`, a validation code for
     Event Grid, 500 without a body when an HTTP function raises.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import azure.functions as func
from aiohttp import web
from azure.functions import meta
from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.timer import TimerRequest
from croniter import croniter

from tests.host.app import Called, Config, Function
from tests.host.queues import Queues

log = logging.getLogger("host")
_LARGEST_BODY = 100 << 20  # what the platform itself takes


class Host:
    """One app, served. Build and use it on one event loop."""

    def __init__(self, functions: tuple[Function, ...], config: Config, *, timers: bool) -> None:
        self.functions = {one.name.lower(): one for one in functions}
        self.config = config
        self.queues = Queues(
            most=config.most_deliveries,
            redelivery=config.redelivery,
            hidden=config.hidden,
            batch=config.batch,
        )
        self._routes = [
            _route(one, config.prefix) for one in functions if one.kind == "httpTrigger"
        ]
        self._timers = timers
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self, port: int = 0) -> str:
        """Serve on loopback; the address."""
        site = web.Application(client_max_size=_LARGEST_BODY)
        site.router.add_route("*", "/runtime/webhooks/eventgrid", self._webhook)
        site.router.add_get("/admin/host/status", self._status)
        site.router.add_post("/admin/functions/{name}", self._admin)
        site.router.add_route("*", "/{path:.*}", self._http)
        self._runner = web.AppRunner(site, access_log=None, auto_decompress=False)
        await self._runner.setup()
        listening = web.TCPSite(self._runner, "127.0.0.1", port)
        await listening.start()
        for one in self.functions.values():
            if one.kind == "queueTrigger":
                self.queues.pump(one.trigger["queueName"], self._deliverer(one))
            if one.kind == "timerTrigger" and self._timers:
                self._spawn(self._clock(one))
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.queues.close()
        for task in self._tasks:
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _http(self, request: web.Request) -> web.Response:
        path = request.rel_url.raw_path
        for pattern, methods, function in self._routes:
            match = pattern.fullmatch(path)
            if match and request.method in methods:
                params = {name: unquote(text) for name, text in match.groupdict().items()}
                return await self._ask(function, request, params)
        return web.Response(status=404)

    async def _ask(
        self, function: Function, request: web.Request, params: dict[str, str]
    ) -> web.Response:
        asked = func.HttpRequest(
            method=request.method,
            url=str(request.url),
            headers=dict(request.headers),
            # The platform drops empty query values.
            params={name: text for name, text in request.query.items() if text},
            route_params=params,
            body=await request.read(),
        )
        called = self._forward(await function.call(asked))
        if called.error is not None or called.answer is None:
            return web.Response(status=500 if called.error else 204)
        told: func.HttpResponse = called.answer
        headers = dict(told.headers) | {"Content-Type": f"{told.mimetype}; charset={told.charset}"}
        return web.Response(status=told.status_code, body=told.get_body(), headers=headers)

    async def _webhook(self, request: web.Request) -> web.Response:
        name = request.query.get("functionName", "")
        function = self.functions.get(name.lower())
        if function is None or function.kind != "eventGridTrigger":
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        if request.method == "OPTIONS":  # CloudEvents: may you send here?
            origin = request.headers.get("WebHook-Request-Origin", "eventgrid.azure.net")
            return web.Response(headers={"WebHook-Allowed-Origin": origin})
        try:
            sent = json.loads(await request.read())
            events: list[dict[str, Any]] = sent if isinstance(sent, list) else [sent]
            kind = request.headers.get("aeg-event-type", "Notification").lower()
            if kind == "subscriptionvalidation":
                return web.json_response(
                    {"validationResponse": events[0]["data"]["validationCode"]}
                )
            given = [event_of(event) for event in events]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return web.Response(status=400, text=f"not an Event Grid delivery: {error!r}")
        called = await asyncio.gather(*(function.call(event) for event in given))
        failed = [one for one in map(self._forward, called) if one.error is not None]
        return web.Response(status=500 if failed else 202)

    async def _admin(self, request: web.Request) -> web.Response:
        function = self.functions.get(request.match_info["name"].lower())
        if function is None or function.kind not in ("queueTrigger", "timerTrigger"):
            return web.Response(status=404)
        if function.kind == "timerTrigger":
            self._spawn(self.fire(function))
        else:
            given = await request.json() if request.can_read_body else {}
            body = given.get("input") or ""
            text = body if isinstance(body, str) else json.dumps(body)
            self.queues.put(function.trigger["queueName"], text.encode())
        return web.Response(status=202)

    async def _status(self, request: web.Request) -> web.Response:
        names = [one.name for one in self.functions.values()]
        return web.json_response({"id": "local", "state": "Running", "functions": names})

    def _deliverer(self, function: Function) -> Callable[[func.QueueMessage], Any]:
        async def deliver(message: func.QueueMessage) -> bool:
            return self._forward(await function.call(message)).error is None

        return deliver

    async def _clock(self, function: Function) -> None:
        schedule = function.trigger["schedule"]
        while True:
            now = datetime.now(UTC)
            due = croniter(schedule, now, second_at_beginning=True).get_next(datetime)
            await asyncio.sleep((due - now).total_seconds())
            await self.fire(function)  # awaited: a timer never overlaps itself

    async def fire(self, function: Function) -> None:
        """What the clock does when a timer falls due."""
        self._forward(await function.call(TimerRequest(past_due=False)))

    def _forward(self, called: Called) -> Called:
        for queue, bodies in called.sent.items():
            for body in bodies:
                self.queues.put(queue, body)
        return called

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def event_of(event: dict[str, Any]) -> Any:
    """The object the library itself makes of an event."""
    datum = meta.Datum(type="json", value=json.dumps(event))
    return EventGridEventInConverter.decode(datum, trigger_metadata={})


def _route(function: Function, prefix: str) -> tuple[re.Pattern[str], frozenset[str], Function]:
    template = function.trigger.get("route") or function.name
    parts = re.split(r"\{(\w+)\}", f"/{prefix}/{template}")
    pattern = "".join(
        f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )
    methods = frozenset(str(getattr(one, "value", one)) for one in function.trigger["methods"])
    return re.compile(pattern + "/?", re.IGNORECASE), methods, function
