"""
Metrics: the numbers an operator asks for, counted where somebody reads them.

In:  what happened, with the few attributes it is counted by.
Out: measurements by OpenTelemetry. Where nobody reads them this costs nothing and loads nothing.

All names are documented in docs/telemetry.md. Attributes are numbers and short texts; no secret is
in them.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from shared.model.discretion import discreet

NAME = "pull-medic"
LONGEST = 4096  # characters of one attribute or log line

METRICS = {
    "medic.incidents": "incidents that came to rest, by `finding` and `state`",
    "medic.time_to_healed": "seconds from the first signal to the proof, by `finding`",
    "medic.writes": "requests by which something was changed in Azure, by resource `type`",
    "medic.throttles": "requests Azure answered with 429, by `host`",
    "medic.breaker_trips": "breakers that tripped, by `registry`",
    "medic.breaker": "1 for every breaker that is tripped, by `registry`; `*`, which stops all, is "
    "told with 0, too",
}
_SECONDS = frozenset({"medic.time_to_healed"})
_STATES = frozenset({"medic.breaker"})


class _Instruments:
    """What measurements go to: the global provider, or that of a test."""

    def __init__(self, meters: Any) -> None:
        from opentelemetry import metrics

        meter = (meters or metrics).get_meter(NAME)
        self.shown: dict[str, list[Any]] = {}
        self.adding: dict[str, Any] = {}
        for name, said in METRICS.items():
            if name in _STATES:
                meter.create_observable_gauge(name, [partial(self._told, name)], description=said)
            elif name in _SECONDS:
                self.adding[name] = meter.create_histogram(name, "s", said).record
            else:
                self.adding[name] = meter.create_counter(name, description=said).add

    def _told(self, name: str, _: object) -> list[Any]:
        """Each state is told once: another process may know better by the next time."""
        return self.shown.pop(name, [])


_instruments: _Instruments | None = None


def use(meters: Any = None) -> None:
    """Send to this provider, or to the global one."""
    global _instruments
    _instruments = _Instruments(meters)


def stop() -> None:
    """Send nothing any more."""
    global _instruments
    _instruments = None


def are_read() -> bool:
    """Whether it is worth asking for what is only counted."""
    return _instruments is not None


def count(name: str, amount: float = 1, **attributes: object) -> None:
    """Add to a counter, or put one value into a histogram."""
    there = _instruments
    if there is not None:
        with suppress(Exception):
            there.adding[name](amount, plain(attributes))


def show(name: str, values: Mapping[str, float], *, by: str) -> None:
    """How things are now: one value for each that there is, told by the attribute `by`."""
    there = _instruments
    if there is None:
        return
    from opentelemetry.metrics import Observation

    there.shown[name] = [Observation(value, plain({by: one})) for one, value in values.items()]


def plain(attributes: Mapping[str, object]) -> dict[str, Any]:
    """Attributes as they may leave: numbers, and short texts without secrets."""
    known = {name: value for name, value in attributes.items() if value is not None}
    return {
        name: value if isinstance(value, int | float) else discreet(str(value))[:LONGEST]
        for name, value in known.items()
    }
