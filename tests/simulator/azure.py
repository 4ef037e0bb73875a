"""
The simulated Azure: one request in, one response out, whatever front end it came through.

In:  a scenario; then Requests, from any thread.
Out: Responses in Azure's manners; `traffic`, the exchanges so far; `writes`, what the healer wrote.

The path of a resource manager request: faults → operation known → api-version → token → principal →
limits → subscription → RBAC → locks → Azure Policy → handler → Activity Log. No sockets here.
"""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import format_datetime
from typing import Any, ClassVar
from uuid import UUID, uuid5

from tests.simulator import access, activity, clouds, guards, identity, lagging, limits, policy
from tests.simulator.faults import Fault, Faults
from tests.simulator.identity import Caller
from tests.simulator.routes import Call, Route, collect
from tests.simulator.traffic import Exchange
from tests.simulator.wire import Dropped, Refusal, Request, Response
from tests.simulator.world import World

_NAMESPACE = UUID("5b1f7d3e-6a0c-4b44-9d6e-3f5d1c6f8a10")


class Simulator:
    """One simulated Azure. Tests may read and arrange `world`; with threads, holding `lock`."""

    #: Told every exchange of every simulated Azure in this process, when somebody wants to know;
    #: but for answers that a fault made up.
    witness: ClassVar[Callable[[dict[str, Any]], None] | None] = None

    def __init__(self, scenario: dict[str, Any], *, wall_clock: bool = False) -> None:
        """`wall_clock`: time goes on by itself, whatever moment a scenario names."""
        self.lock = threading.RLock()
        self._wall_clock = wall_clock
        self._routes: dict[tuple[str, str], list[Route]] = {}
        for route in collect():
            self._routes.setdefault((route.kind, route.method), []).append(route)
        self.faults = Faults()
        self._exchanges: list[Exchange] = []
        self.writes: list[str] = []
        self._counter = itertools.count(1)
        self.replace(scenario)

    def replace(self, scenario: dict[str, Any]) -> None:
        """Start over from another scenario, without faults; the traffic so far is kept."""
        world = World.load(scenario | {"clock": None} if self._wall_clock else scenario)
        clouds.named(world.cloud)
        limits.check(world.limits)
        with self.lock:
            self.world = world
            self.writes = []
            self.faults.clear()

    @property
    def traffic(self) -> list[dict[str, Any]]:
        """Every exchange so far in the contract's form, credentials masked."""
        return self.traffic_since(0)

    def traffic_since(self, number: int) -> list[dict[str, Any]]:
        return [one.shown for one in self._exchanges if one.number > number]

    def handle(self, request: Request) -> Response:
        """Answer one request. Raises Dropped when a fault breaks the connection."""
        with self.lock:
            number = next(self._counter)
            self.world.advance()
            fault = self.faults.pick(request)
            try:
                response = self._answer(request, fault, number)
            except Dropped:
                self._record(number, request, None)
                raise
            made_up = fault is not None and fault.status is not None
            self._record(number, request, response, made_up=made_up)
            return response

    def change(
        self, method: str, path: str, body: bytes, *, principal: str | None = None
    ) -> Response:
        """Somebody else changes Azure: the same way in, no faults, not in the traffic.

        A principal that the scenario gives any role has just its rights; anybody else is taken for
        an administrator. Without an api-version the newest known one is used.
        """
        with self.lock:
            host = clouds.named(self.world.cloud).arm
            request = Request(method=method.upper(), url=f"https://{host}{path}", body=body)
            who = (principal or identity.ADMINISTRATOR).lower()
            known = identity.principals(self.world)
            caller = Caller(
                principal=who,
                client=known.get(who) or who,
                trusted=not access.has_a_role(self.world, who),
            )
            try:
                route, params = self._match(request, "arm")
                if "api-version" not in request.query:
                    joint = "&" if "?" in path else "?"
                    newest = f"{joint}api-version={max(route.versions, default='')}"
                    request = replace(request, url=request.url + newest)
                _check_version(request, route)
                return self._carry_out(request, route, params, caller)
            except Refusal as refusal:
                return refusal.response()

    def _answer(self, request: Request, fault: Fault | None, number: int) -> Response:
        if fault is not None and fault.drop == "before":
            raise Dropped("before", delay=fault.delay)
        if fault is not None and fault.status is not None and fault.drop is None:
            response = fault.answer()
        else:
            response = self._served(request)
        headers, delay = self._headers(request, response, number), 0.0
        if fault is not None:
            headers |= fault.headers
            delay = fault.delay
            if fault.drop == "after":
                raise Dropped("after", delay=delay)
        return Response(
            status=response.status,
            body=response.body,
            headers=headers,
            delay=response.delay + delay,
        )

    def _served(self, request: Request) -> Response:
        """The answer without faults; every refusal becomes a response here."""
        try:
            return self._dispatch(request)
        except Refusal as refusal:
            return refusal.response()

    def _dispatch(self, request: Request) -> Response:
        home = clouds.named(self.world.cloud)
        place = clouds.locate(request.host, home)
        if place is None:
            raise Refusal(501, "NotImplemented", f"Nothing is simulated at host '{request.host}'.")
        cloud, kind = place[0], request.kind or place[1]
        route, params = self._match(request, kind)
        if kind == "arm" and route.versions:
            _check_version(request, route)
        caller, counted = Caller(principal="", client=""), {}
        if kind in ("loganalytics", "graph") or (kind == "arm" and not route.anonymous):
            caller = identity.authenticate(self.world, request, kind, cloud)
        if kind == "arm":
            counted = limits.take(self.world, caller.principal, request)
        try:
            response = self._carry_out(request, route, params, caller)
        except Refusal as refusal:
            response = refusal.response()
        return replace(response, headers=_merged(counted, response.headers))

    def _carry_out(
        self, request: Request, route: Route, params: dict[str, str], caller: Caller
    ) -> Response:
        scope, mutating = request.path.rstrip("/"), is_write(route)
        if request.method == "POST" and route.action.lower().endswith("/action"):
            scope = scope.rsplit("/", 1)[0]
        try:
            if route.kind == "arm":
                guards.subscription(self.world, request.path)
                guards.rbac(self.world, caller, route, request)
                guards.resource_group(self.world, request.path)
                guards.locks(self.world, route, scope)
            if request.method in ("PUT", "PATCH") and route.action.lower().endswith("/write"):
                request = policy.apply(self.world, request, route)
            call = Call(
                world=self.world,
                request=request,
                params=params,
                scope=scope,
                version=request.query.get("api-version", ""),
                principal=caller.principal,
            )
            before = self.world.resources.get(scope) if mutating else None
            indexed = lagging.watch(self.world, scope) if mutating else None
            response = route.handler(call)
        except Refusal as refusal:
            if mutating and refusal.status != 501:
                activity.append(
                    self.world, request, route.action, scope, caller, refusal.response(), None
                )
            raise
        if mutating:
            activity.append(self.world, request, route.action, scope, caller, response, before)
            lagging.changed(self.world, scope, indexed)
            if response.status < 400 and caller.principal == self._healer:
                self.writes.append(f"{request.method} {request.path}")
        return response

    @property
    def _healer(self) -> str:
        return self.world.healer.get("principalId", "").lower()

    def _match(self, request: Request, kind: str) -> tuple[Route, dict[str, str]]:
        for route in self._routes.get((kind, request.method), ()):
            if found := route.pattern.fullmatch(request.path):
                return route, {k: v for k, v in found.groupdict().items() if v is not None}
        raise Refusal(
            501,
            "NotImplemented",
            f"The simulated Azure does not know the operation {request.method} {request.path} "
            f"at {request.host}.",
        )

    def _headers(self, request: Request, response: Response, number: int) -> dict[str, str]:
        """What every answer carries. Ids derive from the request's number: runs are repeatable."""
        unique = str(uuid5(_NAMESPACE, str(number)))
        correlation = request.headers.get("x-ms-correlation-request-id", unique)
        headers = {
            "Date": format_datetime(self.world.clock.now(), usegmt=True),
            "Cache-Control": "no-cache",
            "x-ms-request-id": unique,
            "x-ms-correlation-request-id": correlation,
            "x-ms-routing-request-id": f"SIMULATED:{unique}",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        }
        if client_id := request.headers.get("x-ms-client-request-id"):
            headers["x-ms-client-request-id"] = client_id
        if request.path.lower().startswith("/subscriptions/"):
            left, name = {"DELETE": ("199", "deletes"), "GET": ("249", "reads")}.get(
                request.method, ("199", "writes")
            )
            headers[f"x-ms-ratelimit-remaining-subscription-{name}"] = left
        if response.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        return _merged(headers, response.headers)

    def _record(
        self,
        number: int,
        request: Request,
        response: Response | None,
        *,
        made_up: bool = False,
    ) -> None:
        if response is not None:
            _ = response.content  # made now: a body may be a live part of the world
        exchange = Exchange(
            number=number, at=self.world.clock.now(), request=request, response=response
        )
        self._exchanges.append(exchange)
        if Simulator.witness is not None and not made_up:
            Simulator.witness(exchange.shown)


def is_write(route: Route) -> bool:
    """Does the operation change Azure? POSTs that only list or query do not."""
    verb = route.action.rsplit("/", 1)[-1].lower()
    if route.method in ("PUT", "PATCH", "DELETE"):
        return verb in ("write", "delete")
    if route.method != "POST" or verb != "action":
        return False
    what = route.action.split("/")[-2].lower()
    return not what.startswith(("list", "get", "check", "query", "validate"))


def _check_version(request: Request, route: Route) -> None:
    version = request.query.get("api-version", "")
    if not version:
        raise Refusal(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if version.lower() in route.versions:
        return
    supported = ", ".join(sorted(route.versions, reverse=True))
    namespace, _, type = route.action.rpartition("/")[0].partition("/")
    if namespace.lower() in ("", "microsoft.resources"):
        raise Refusal(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{version}' is invalid. The supported versions are '{supported}'.",
        )
    raise Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '' and API version '{version}' for "
        f"type '{type}'. The supported api-versions are '{supported}'. The supported locations "
        "are ''.",
    )


def _merged(base: dict[str, str], over: Mapping[str, str]) -> dict[str, str]:
    """`over` wins; header names compare without case."""
    names = {name.lower() for name in over}
    return {k: v for k, v in base.items() if k.lower() not in names} | dict(over)
