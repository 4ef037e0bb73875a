"""
Log lines on their way to Application Insights: short, and without secrets.

In:  OpenTelemetry's log records.
Out: the same records, every text in them cut and discreet.

Imported only where telemetry is sent.
"""

import logging
from typing import Any

from opentelemetry.sdk._logs import LogRecordProcessor

from shared.clients.metrics import LONGEST
from shared.model.discretion import discreet


class _Short(LogRecordProcessor):
    """Runs before the exporter's own."""

    def on_emit(self, log_record: Any) -> None:
        record = log_record.log_record
        if isinstance(record.body, str):
            record.body = _cut(record.body)
        for name, value in dict(record.attributes or {}).items():
            if isinstance(value, str) and (kept := _cut(value)) != value:
                record.attributes[name] = kept

    def shutdown(self) -> None:
        """Nothing is kept here."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        return True


def short_lines() -> LogRecordProcessor:
    return _Short()


def _cut(text: str) -> str:
    """At most LONGEST bytes."""
    return discreet(text).encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")


def not_of_sending(_: logging.LogRecord) -> bool:
    """Whether a line may be sent: what is said about sending may not, for where sending fails that
    would be one more line to fail at, for ever."""
    from opentelemetry.instrumentation.utils import is_instrumentation_enabled

    return bool(is_instrumentation_enabled())
