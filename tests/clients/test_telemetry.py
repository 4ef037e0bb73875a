"""What telemetry holds and does not hold, read with OpenTelemetry's own in-memory readers."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from shared.clients import telemetry
from tests.clients.reader import Read
from tests.clients.stories import blocked


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
