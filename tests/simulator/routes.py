"""
Which operation a request is.

A service file declares its operations with `@routes.arm(...)`; `azure.py` matches, authenticates,
authorises with the declared action, and calls the handler. Matching ignores case, as ARM does.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulator.wire import Request, Response

if TYPE_CHECKING:
    from tests.simulator.world import World


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that was understood and allowed: what a handler gets.

    `scope` is the ARM path of the request as the client spelled it, without a trailing action
    segment for POST; `params` are the named parts of the template.
    """

    world: "World"
    request: Request
    params: dict[str, str]
    scope: str
    version: str
    principal: str  # object id of the caller

    @property
    def json(self) -> Any:
        return self.request.json

    @property
    def query(self) -> dict[str, str]:
        return self.request.query


Handler = Callable[[Call], Response]


@dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    template: str
    action: str  # the RBAC action a caller needs at `scope`; "" needs only a valid sign-in
    versions: frozenset[str]  # api-versions it speaks, lower-case; others answer 400 as ARM does
    handler: Handler
    pattern: re.Pattern[str]
    kind: str = "arm"  # the front end it lives on: arm, entra, graph, loganalytics, registry, data
    anonymous: bool = False  # answered without a sign-in

    @property
    def specificity(self) -> tuple[bool, int, int]:
        """Sorts before the routes it is a special case of."""
        literal = re.sub(r"\{\w+\}", "", self.template)
        return self.template.startswith("{scope}"), self.template.count("{"), -len(literal)


@dataclass
class Routes:
    """The operations of one service."""

    items: list[Route] = field(default_factory=list)

    def arm(
        self,
        method: str,
        template: str,
        *,
        action: str,
        versions: Iterable[str],
        anonymous: bool = False,
    ) -> Callable[[Handler], Handler]:
        """`template` like "{group}/providers/Microsoft.Web/sites/{name}".

        {sub} and {name}-like parts match one segment; {group} stands for
        /subscriptions/{sub}/resourceGroups/{rg}; {scope} (only first) matches any resource scope.
        """
        return self._add(
            kind="arm",
            method=method,
            template=template,
            action=action,
            versions=versions,
            anonymous=anonymous,
        )

    def on(self, kind: str, method: str, template: str) -> Callable[[Handler], Handler]:
        """An operation of another front end than ARM.

        "loganalytics", "graph": the caller is authenticated, the handler authorises.
        "registry", "data" (a registry's own hosts), "entra": the handler does both.
        """
        return self._add(kind=kind, method=method, template=template, action="", versions=())

    def _add(
        self,
        *,
        kind: str,
        method: str,
        template: str,
        action: str,
        versions: Iterable[str],
        anonymous: bool = False,
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.items.append(
                Route(
                    method=method,
                    template=template,
                    action=action,
                    versions=frozenset(version.lower() for version in versions),
                    handler=handler,
                    pattern=_compile(template),
                    kind=kind,
                    anonymous=anonymous,
                )
            )
            return handler

        return register


def collect() -> list[Route]:
    """The routes of every service file, special cases before what they are special cases of."""
    from tests.simulator import services  # here: the services import this file

    found: list[Route] = []
    for module in pkgutil.iter_modules(services.__path__):
        service = importlib.import_module(f"{services.__name__}.{module.name}")
        if hasattr(service, "routes"):
            found += service.routes.items
    return sorted(found, key=lambda route: route.specificity)


def _compile(template: str) -> re.Pattern[str]:
    text = template.replace("{group}", "/subscriptions/{sub}/resourceGroups/{rg}")
    pattern = ""
    for piece in re.split(r"(\{\w+\})", text):
        if piece == "{scope}":
            pattern += r"(?P<scope>(?:/[^/]+)*?)"
        elif piece.startswith("{"):
            pattern += rf"(?P<{piece[1:-1]}>[^/]+)"
        else:
            pattern += re.escape(piece)
    return re.compile(pattern + "/?", re.IGNORECASE)
