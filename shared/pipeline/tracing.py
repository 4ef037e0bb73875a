"""
Tracing: one trace for everything that is done about one incident, whoever does it and when.

In:  a claimed Incident, and the trace of the signal that led here.
Out: a span that goes on with the incident's trace; the Incident, which remembers it.

The first signal's trace is the incident's. It is kept with the incident, so that the next queue
hop, a sweep and an approval days later go on with it; a later signal of a trace of its own is
linked, and so is the round in which many incidents are looked at together, or the patrol that found
one. An incident that nobody traced gets a trace of its own at its first look. Where nobody reads
telemetry this remembers what the signal brought and costs nothing.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Concatenate, ParamSpec

from shared.clients import telemetry
from shared.model.incident import Incident
from shared.model.signal import Signal

P = ParamSpec("P")
_Work = Callable[Concatenate[Incident, P], Incident]


def traced(name: str) -> Callable[[_Work[P]], _Work[P]]:
    """For functions that do something about an incident, perhaps because of a signal."""

    def decorate(work: _Work[P]) -> _Work[P]:
        @functools.wraps(work)
        def watched(incident: Incident, /, *args: P.args, **kwargs: P.kwargs) -> Incident:
            heard = next((one.trace for one in args if isinstance(one, Signal)), None)
            with telling_of(incident, heard, name=name) as (traced_one, tell):
                done = work(traced_one, *args, **kwargs)
                tell(state=done.state)
            return done

        return watched

    return decorate


@contextmanager
def telling_of(
    incident: Incident, heard: str | None = None, *, name: str
) -> Iterator[tuple[Incident, Callable[..., None]]]:
    """Around one worker's work on the incident; yields it, and how to add to the span."""
    parent = telemetry.carried(incident.trace) or telemetry.carried(heard)
    told = {"incident": incident.id, "resource": incident.resource, "registry": incident.registry}
    led_here = (heard, telemetry.here())
    begun = parent or telemetry.NONE_BEFORE
    with telemetry.span(name, parent=begun, links=led_here, **told) as tell:
        if telemetry.carried(incident.trace) is None:
            incident = replace(incident, trace=parent or telemetry.here())
        yield incident, tell
