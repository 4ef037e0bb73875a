"""
The way in for Azure Monitor: an action group posts an alert.

In:  the common alert schema.
Out: 202 with what was accepted and what was ignored, before anything is asked of Azure: an action
     group that waits too long, or meets a storm of 503, stops calling for 15 minutes ("Action
     groups", retry logic). What is not understood is refused, which no action group tries again,
     and kept in the poison queue; so is what this service fails at.
"""

import azure.functions as func

from functions import duty, questions, reception
from functions.answers import answer, answering
from shared import signals

bp = func.Blueprint()


@bp.route(route="alerts", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.queue_output(arg_name="queue", queue_name=duty.QUEUE, connection=duty.STORAGE)
@bp.queue_output(arg_name="poison", queue_name=duty.POISON, connection=duty.STORAGE)
@answering
def alerts(
    req: func.HttpRequest,
    queue: reception.Queue,
    poison: reception.Queue,
    context: func.Context,
) -> func.HttpResponse:
    """Queue what an alert says. Delivered twice it is queued twice, and joins one incident."""
    medic = duty.medic()
    try:
        intake = signals.from_alert(
            questions.body(req), now=medic.now(), own_principals=medic.own_principals
        )
    except Exception as error:  # told by `answering`, as always; a 400 or a 500 is not sent again
        reception.set_aside(req.get_body(), error, "alerts", poison, medic=medic)
        raise
    booked = reception.receive(intake.accepted, queue, medic=medic, trace=reception.traced(context))
    accepted = [
        {"incident": incident, "resource": signal.resource.text}
        for signal, incident in zip(intake.accepted, booked, strict=True)
        if incident is not None
    ]
    idle = [
        {"reason": "resolved, and no incident of it is open", "resource": signal.resource.text}
        for signal, incident in zip(intake.accepted, booked, strict=True)
        if incident is None
    ]
    return answer({"accepted": accepted, "ignored": [*intake.ignored, *idle]}, 202)
