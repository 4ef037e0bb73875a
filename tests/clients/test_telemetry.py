"""Traces and metrics, read with OpenTelemetry's own in-memory readers."""

import logging
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import signals
from shared.clients import telemetry
from shared.pipeline import approve, heal, rollback, take
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

APPROVE = GENEROUS.replace("mode: auto", "mode: approve")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEARD = f"00-{TRACE}-00f067aa0ba902b7-01"
PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"


@dataclass
class Read:
    """What a reader of the telemetry sees."""

    exported: InMemorySpanExporter
    measured: InMemoryMetricReader

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exported.get_finished_spans()

    def traces(self, *names: str) -> set[str]:
        return {
            f"{one.context.trace_id:032x}" for one in self.spans if not names or one.name in names
        }

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


@pytest.fixture
def read() -> Iterator[Read]:
    seen = Read(InMemorySpanExporter(), InMemoryMetricReader())
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(seen.exported))
    telemetry.use(tracers, MeterProvider(metric_readers=[seen.measured]))
    yield seen
    telemetry.stop()


def blocked(place: Path, policy: str = GENEROUS) -> Clinic:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, place, policy=policy)
    clinic.pull(clinic.find("shop"))
    return clinic


def queued(clinic: Clinic, *, id: str = "signal-1", trace: str | None = HEARD) -> Any:
    """A signal as it comes out of the queue."""
    signal = replace(clinic.signal(clinic.find("shop"), id=id), trace=trace)
    return signals.load(signals.dump(signal))


def test_one_incident_is_one_trace_from_the_door_to_the_proof_and_back(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path, APPROVE)
    take(queued(clinic), medic=clinic.medic)
    (incident,) = clinic.medic.store.page().incidents
    assert incident.plan is not None

    approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)
    heal(clinic.signal(incident.resource, id="approved"), medic=clinic.medic)
    clinic.sweep_until_done(incident)
    rollback(incident.id, "not on a Friday", "ada", medic=clinic.medic)

    assert read.traces() == {TRACE}
    assert {one.name for one in read.spans} == set(telemetry.SPANS)


def test_a_second_signal_joins_the_trace_of_the_first_and_is_linked(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path, APPROVE)
    take(queued(clinic), medic=clinic.medic)
    clinic.advance(120)
    second = f"00-{'ab' * 16}-{'cd' * 8}-01"

    take(queued(clinic, id="signal-2", trace=second), medic=clinic.medic)

    assert read.traces("heal") == {TRACE}
    *_, last = [one for one in read.spans if one.name == "heal"]
    assert [f"{link.context.trace_id:032x}" for link in last.links] == ["ab" * 16]


def test_an_incident_nobody_traced_before_has_a_trace_of_its_own(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path)

    incident = clinic.sweep_until_done(clinic.heal(clinic.find("shop")))

    assert len(read.traces("heal", "verification", "execution")) == 1
    assert incident.trace is not None
    assert incident.trace[3:35] in read.traces("heal")


def test_nonsense_for_a_trace_is_no_trace(read: Read, tmp_path: Path) -> None:
    clinic = blocked(tmp_path)

    take(queued(clinic, trace="00-zz-1'; drop"), medic=clinic.medic)

    (incident,) = clinic.medic.store.page().incidents
    assert telemetry.carried(incident.trace)


def test_a_message_of_an_earlier_release_has_no_trace_and_one_without_reads_as_before(
    tmp_path: Path,
) -> None:
    clinic = blocked(tmp_path)
    text = signals.dump(clinic.signal(clinic.find("shop")))

    assert "trace" not in text
    assert signals.load(text).trace is None


def test_every_request_to_azure_is_a_span_without_its_query(read: Read, tmp_path: Path) -> None:
    clinic = blocked(tmp_path)

    incident = clinic.sweep_until_done(clinic.heal(clinic.find("shop")))

    calls = [one for one in read.spans if one.name == "azure"]
    assert len(calls) == incident.azure_calls.reads + incident.azure_calls.writes
    writes = [one for one in calls if one.attributes["http.request.method"] == "PATCH"]
    assert [one.attributes["http.response.status_code"] for one in writes] == [200]
    for one in read.spans:
        for value in one.attributes.values():
            assert "api-version" not in str(value)
            assert "?" not in str(value)


def test_the_numbers_an_operator_asks_for_are_counted(read: Read, tmp_path: Path) -> None:
    clinic = blocked(tmp_path)
    clinic.simulator.faults.add(
        {
            "match": {"path": "/sites/shop"},
            "times": 1,
            "status": 429,
            "headers": {"Retry-After": "1"},
        }
    )

    incident = clinic.sweep_until_done(clinic.heal(clinic.find("shop")))

    took = (incident.updated - incident.opened).total_seconds()
    finding = {"finding": "firewall-missing-egress"}
    metrics = read.metrics()
    assert metrics.pop("medic.throttles") == [({"host": "management.azure.com"}, 1)]
    assert metrics == {
        "medic.writes": [({"type": "microsoft.containerregistry/registries"}, 1)],
        "medic.incidents": [({**finding, "state": "healed"}, 1)],
        "medic.time_to_healed": [(finding, took)],
    }


def test_what_fails_is_marked_by_its_kind_alone(read: Read) -> None:
    with pytest.raises(ValueError, match="secret"), telemetry.span("evidence"):
        raise ValueError("password=hunter2 secret")

    (one,) = read.spans
    assert one.attributes == {"error.type": "ValueError"}
    assert not one.status.is_ok
    assert one.events == ()


def test_attributes_are_short_and_discreet(read: Read) -> None:
    with telemetry.span("evidence", long="x" * 9000, said="sig=abcdef", none=None):
        pass

    (one,) = read.spans
    assert len(one.attributes["long"]) == telemetry.LONGEST
    assert one.attributes["said"] == "sig=[hidden]"
    assert "none" not in one.attributes


def test_log_lines_are_short_and_discreet_before_they_leave() -> None:
    from opentelemetry.instrumentation.logging.handler import LoggingHandler

    from shared.clients.loglines import short_lines

    exported = InMemoryLogRecordExporter()
    provider = LoggerProvider()
    provider.add_log_record_processor(short_lines())
    provider.add_log_record_processor(SimpleLogRecordProcessor(exported))
    log = logging.getLogger("a-test-of-log-lines")
    log.propagate = False
    log.addHandler(LoggingHandler(logger_provider=provider))

    log.warning("é" * 5000)
    log.warning("password=hunter2", extra={"incident": "inc-1", "note": "y" * 9000})

    first, second = (one.log_record for one in exported.get_finished_logs())
    assert len(first.body.encode()) <= telemetry.LONGEST
    assert second.body == "password=[hidden]"
    assert second.attributes["incident"] == "inc-1"
    assert len(second.attributes["note"]) == telemetry.LONGEST


def test_without_a_connection_string_nothing_of_it_is_loaded() -> None:
    code = (
        "import sys, function_app; from functions import duty; duty.at_work(); "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('opentelemetry', 'apprise')))"
    )

    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == "[]"


def test_a_connection_string_that_is_none_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    telemetry.start({telemetry.CONNECTION: "InstrumentationKey=not-a-guid;sig=abcdef"})

    assert "No telemetry is sent" in caplog.text
    assert "abcdef" not in caplog.text
    with telemetry.span("evidence"):
        assert telemetry.here() is None


def test_every_name_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for name, said in (telemetry.SPANS | telemetry.METRICS).items():
        assert f"| `{name}` | {said} |" in page
