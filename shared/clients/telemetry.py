"""
Telemetry: traces of what happens here, for Application Insights or any other reader.

In:  names from SPANS, and a few attributes.
Out: spans where somebody reads them, and metrics (`metrics.py`) beside them; nothing at all where
     nobody does. Nothing is raised, and nothing waits.

OpenTelemetry is not imported before `start` finds somewhere to send to, and `start` is not called
before the alert door has answered. Attributes never hold a query string, a body or a secret, and
no text in them is longer than LONGEST. All names are documented in docs/telemetry.md.
"""

import functools
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from shared.clients import metrics
from shared.clients.metrics import LONGEST as LONGEST
from shared.clients.metrics import NAME, plain
from shared.model.discretion import discreet
from shared.model.signal import carried as carried

NONE_BEFORE = ""  # the parent of a span that begins a trace
CONNECTION = "APPLICATIONINSIGHTS_CONNECTION_STRING"

SPANS = {
    "heal": "one delivery of a signal to an incident, from its claim to its release",
    "search": "which workloads a signal about a whole workspace is about",
    "scout": "whom a change may concern, or what a patrol finds",
    "round": "what waits for one registry, looked at and written together",
    "evidence": "reading the configuration and the logs",
    "diagnosis": "from what was read to cause and plan",
    "gate": "whether the plan may be carried out",
    "execution": "one step of a plan that is carried out",
    "verification": "one look whether the pull works",
    "approval": "a person allows a plan",
    "rollback": "taking back what was written",
    "azure": "one request to Azure",
}
#: Libraries the distribution would watch by itself: their spans hold whole addresses, and ours say
#: the same once.
_OTHERS: tuple[str, ...] = (
    *("azure_sdk", "django", "fastapi", "flask", "httpx"),
    *("httpx2", "psycopg2", "requests", "urllib", "urllib3"),
)

#: Nor does it ask Microsoft for settings of its own, or report on itself to anybody else, unless
#: the environment says so by these names.
_ITS_OWN = (
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
)

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("medic.telemetry")


class _Reader:
    """Where spans go: the global provider, or that of a test."""

    def __init__(self, tracers: Any) -> None:
        from opentelemetry import trace

        self.tracer = (tracers or trace).get_tracer(NAME)


_reader: _Reader | None = None
_lock = threading.Lock()


def use(tracers: Any = None, meters: Any = None) -> None:
    """Send to these providers, or to the global ones."""
    global _reader
    metrics.use(meters)
    _reader = _Reader(tracers)


def stop() -> None:
    """Send nothing any more."""
    global _reader
    metrics.stop()
    _reader = None


def start(environ: Mapping[str, str]) -> None:
    """Set up Application Insights once, where the environment names one. What goes wrong with that
    is logged and stops nothing."""
    if not environ.get(CONNECTION):
        return
    with _lock:
        if _reader is not None:
            return
        try:
            _connect()
            use()
        except Exception as error:
            log.warning("No telemetry is sent: %s", discreet(str(error))[:300])


def start_soon(environ: Mapping[str, str]) -> None:
    """The same, a moment later and beside everything else: a door is answering just now."""
    if environ.get(CONNECTION) and _reader is None:
        later = threading.Timer(1.0, start, (environ,))
        later.daemon = True
        later.start()


def here() -> str | None:
    """The trace context of what is happening now; None where nobody reads."""
    if _reader is None:
        return None
    from opentelemetry import trace

    now = trace.get_current_span().get_span_context()
    if not now.is_valid:
        return None
    return f"00-{now.trace_id:032x}-{now.span_id:016x}-{int(now.trace_flags):02x}"


@contextmanager
def within(trace: str | None) -> Iterator[None]:
    """What happens in this block belongs to that trace, whatever is going on around it."""
    if _reader is None or (there := _context(trace)) is None:
        yield
        return
    from opentelemetry import context

    token = context.attach(there)
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def span(
    name: str, *, parent: str | None = None, links: Iterable[str | None] = (), **attributes: object
) -> Iterator[Callable[..., None]]:
    """A span around a block of code; yields how to add what is known only later.

    `parent` goes on with that trace, from another process maybe; NONE_BEFORE begins one, whatever
    is going on around it. `links` are others that led here; those of the same trace are left out.
    An exception is told by its type alone: messages may be long, and logs have them.
    """
    reader = _reader
    if reader is None:
        yield _nothing
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    kind = SpanKind.CLIENT if name == "azure" else SpanKind.INTERNAL
    with reader.tracer.start_as_current_span(
        name,
        context=_context(parent),
        kind=kind,
        links=_linked(links, here() if parent is None else parent),
        attributes=plain(attributes),
        record_exception=False,
        set_status_on_exception=False,
    ) as open_one:
        try:
            yield lambda **more: open_one.set_attributes(plain(more))
        except BaseException as error:
            open_one.set_attribute("error.type", type(error).__name__)
            open_one.set_status(Status(StatusCode.ERROR))
            raise


def spanned(
    name: str, told: Callable[[Any], Mapping[str, object]] = lambda _: {}
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A span around every call of a function; `told` reads attributes off what it returns."""

    def decorate(work: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(work)
        def watched(*args: P.args, **kwargs: P.kwargs) -> T:
            with span(name) as tell:
                done = work(*args, **kwargs)
                tell(**told(done))
            return done

        return watched

    return decorate


@contextmanager
def azure_call(method: str, url: str, *, writing: bool) -> Iterator[Callable[[int], None]]:
    """A span around one request to Azure; yields how to tell the answer's status."""
    if _reader is None:
        yield _nothing
        return
    place = urlsplit(url)
    host = place.hostname or ""
    asked = {"http.request.method": method.upper(), "server.address": host, "url.path": place.path}
    with span("azure", **asked) as tell:

        def answered(status: int) -> None:
            tell(**{"http.response.status_code": status})
            if status == 429:
                metrics.count("medic.throttles", host=host)
            elif writing and status < 400:
                metrics.count("medic.writes", type=_type(place.path))

        yield answered


def _type(path: str) -> str:
    """`microsoft.containerregistry/registries` of a resource's path; empty for anything else."""
    parts = path.lower().rpartition("/providers/")[2].split("/")
    return "/".join([parts[0], *parts[1::2]]) if len(parts) > 1 else ""


def _nothing(*_: object, **__: object) -> None:
    """What an unread span does with what it is told."""


def _context(parent: str | None) -> Any:
    """None: the span belongs to whatever is happening now."""
    if parent == NONE_BEFORE:
        from opentelemetry.context import Context

        return Context()
    if carried(parent) is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": str(parent)})


def _linked(traces: Iterable[str | None], parent: str | None) -> list[Any]:
    """Links to the traces that are not the parent's own, each once."""
    from opentelemetry import trace as api

    own = parent[:35] if parent else ""
    others = dict.fromkeys(one for one in traces if carried(one) and str(one)[:35] != own)
    return [api.Link(api.get_current_span(_context(one)).get_span_context()) for one in others]


def _connect() -> None:
    """Azure Monitor's distribution with our spans and log lines only. The connection string and,
    where identities sign in, APPLICATIONINSIGHTS_AUTHENTICATION_STRING it reads by itself."""
    for name in _ITS_OWN:
        os.environ.setdefault(name, "true")
    # By itself it would leave out what is more than five traces a second: a storm's, then.
    thinned = {} if os.environ.get("OTEL_TRACES_SAMPLER") else {"sampling_ratio": 1.0}
    from azure.monitor.opentelemetry import configure_azure_monitor

    from shared.clients.loglines import not_of_sending, short_lines

    root = logging.getLogger()
    before = list(root.handlers)
    logging.getLogger("azure").setLevel(logging.WARNING)  # its lines are one per request
    configure_azure_monitor(
        instrumentation_options={name: {"enabled": False} for name in _OTHERS},
        enable_live_metrics=False,
        enable_performance_counters=False,
        disable_offline_storage=True,
        log_record_processors=[short_lines()],
        **thinned,
    )
    for handler in root.handlers:
        if handler not in before:
            handler.addFilter(not_of_sending)
