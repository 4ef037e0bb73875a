"""
Away: whether a signal waited while this service was away.

In:  an Incident with its signals, the sweep's Pulse, and the moment.
Out: why its signals count as missed, in words; None where they do not.

The sweep runs once a minute, so a long pause between two runs is time in which nobody was here; so
is all time before the first. What was heard long before such a pause ended may be about a world
that is gone, and many such would all be written at once. Pure.
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
    since, until = _gap(pulse, now)
    if until is None or until - heard < _OLD:
        return None
    away = f"was away from {since:%Y-%m-%d %H:%M} UTC" if since else "did not run"
    return (
        f"the newest signal is of {heard:%Y-%m-%d %H:%M} UTC, and this service {away} until "
        f"{until:%Y-%m-%d %H:%M} UTC"
    )


def _gap(pulse: Pulse | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The newest time without a sweep; it may last until now. A clock that ran ahead once does not
    put its end into the future."""
    if pulse is None:
        return None, now
    if now - pulse.last > LONGEST:
        return pulse.last, now
    return pulse.gap_from, min(pulse.gap_until, now) if pulse.gap_until else None
