"""
The way in for Event Grid: something was changed in a watched subscription.

In:  one event, in the Event Grid schema or as CloudEvents 1.0.
Out: a message in the queue, when the change may matter to a pull.

An exception here makes Event Grid send the event again; one that can never be understood goes to
the poison queue instead, with the reason, or it would come back for a day and then be gone.
"""

import logging
from typing import Any

import azure.functions as func

from functions import duty, reception
from shared import signals
from shared.errors import BadInput

bp = func.Blueprint()
log = logging.getLogger("medic.doors")


@bp.event_grid_trigger(arg_name="event")
@bp.queue_output(arg_name="queue", queue_name=duty.QUEUE, connection=duty.STORAGE)
@bp.queue_output(arg_name="poison", queue_name=duty.POISON, connection=duty.STORAGE)
def on_event(
    event: func.EventGridEvent,
    queue: reception.Queue,
    poison: reception.Queue,
    context: func.Context,
) -> None:
    """Queue a look at what was changed."""
    medic, members = duty.medic(), _members(event)
    try:
        intake = signals.from_event(members, now=medic.now(), own_principals=medic.own_principals)
    except BadInput as error:
        reception.set_aside(members, error, "on_event", poison, medic=medic)
        return
    for dropped in intake.ignored:
        extra = {"stage": "on_event", "resource": dropped.resource}
        log.info("Event ignored: %s", dropped.reason, extra=extra)
    reception.receive(intake.accepted, queue, medic=medic, trace=reception.traced(context))


def _members(event: Any) -> dict[str, Any]:
    """The event as its schema names it. The library chooses the class by the payload, whatever
    the annotation says; releases before 1.23 know no CloudEvent."""
    if hasattr(event, "event_type"):
        when = event.event_time and event.event_time.isoformat()
        known = {"eventType": event.event_type, "eventTime": when}
    else:
        when = event.time and event.time.isoformat()
        known = {"specversion": event.specversion, "type": event.type, "time": when}
    return known | {"id": event.id, "subject": event.subject, "data": event.get_json()}
