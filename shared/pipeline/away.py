"""
Away: whether a signal waited while this service was away.

In:  an Incident with its signals, the sweep's Pulse, and the moment.
Out: why its signals count as missed, in words; None where they do not.

The sweep runs once a minute, so a long pause between two runs is time in which nobody was here.
What was heard long before such a pause ended may be about a world that is gone, and many such would
all be written at once. A service that never ran before has missed nothing. Pure.
"""

from datetime import datetime, timedelta

from shared.model.incident import Incident
from shared.store.interface import Pulse

#: Without a sweep for longer than this the service was away.
LONGEST = timedelta(minutes=30)
#: What is younger than this when the service is back is no backlog.
_OLD = timedelta(hours=1)


def missed(incident: Incident | None, pulse: Pulse | None, now: datetime) -> str | None:
    """Why the newest signal of the incident counts as backlog."""
    heard = max((one.at for one in incident.signals), default=None) if incident else None
    if heard is None:
        return None
    gap = _gap(pulse, now)
    if gap is None or gap[1] - heard < _OLD:
        return None
    since, until = gap
    return (
        f"the newest signal is of {heard:%Y-%m-%d %H:%M} UTC, and this service was away from "
        f"{since:%Y-%m-%d %H:%M} UTC until {until:%Y-%m-%d %H:%M} UTC"
    )


def _gap(pulse: Pulse | None, now: datetime) -> tuple[datetime, datetime] | None:
    """The newest time without a sweep; it may last until now. A clock that ran ahead once does not
    put its end into the future."""
    if pulse is None:
        return None
    if now - pulse.last > LONGEST:
        return pulse.last, now
    if pulse.gap_from is None or pulse.gap_until is None:
        return None
    return pulse.gap_from, min(pulse.gap_until, now)
