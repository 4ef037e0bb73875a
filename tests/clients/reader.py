"""What a reader of the telemetry sees, by OpenTelemetry's own in-memory readers."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.clients import telemetry


@dataclass
class Read:
    """Everything that was sent since the reader was there."""

    exported: InMemorySpanExporter
    measured: InMemoryMetricReader

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exported.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [one for one in self.spans if one.name == name]

    def traces(self, *names: str) -> set[str]:
        return {trace_of(one) for one in self.spans if not names or one.name in names}

    def names(self, trace: str) -> set[str]:
        """The kinds of spans in one trace."""
        return {one.name for one in self.spans if trace_of(one) == trace}

    def metrics(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """The points of every metric: its attributes, and its value or sum."""
        found: dict[str, list[tuple[dict[str, Any], Any]]] = defaultdict(list)
        data = self.measured.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        value = point.value if hasattr(point, "value") else point.sum
                        found[metric.name].append((dict(point.attributes), value))
        return dict(found)


def trace_of(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}"


def links_of(span: ReadableSpan) -> set[str]:
    """The traces a span is linked to."""
    return {f"{link.context.trace_id:032x}" for link in span.links}


@contextmanager
def reading() -> Iterator[Read]:
    """Somebody reads the telemetry while this lasts."""
    seen = Read(InMemorySpanExporter(), InMemoryMetricReader())
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(seen.exported))
    telemetry.use(tracers, MeterProvider(metric_readers=[seen.measured]))
    try:
        yield seen
    finally:
        telemetry.stop()
