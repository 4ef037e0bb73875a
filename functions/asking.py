"""
The way in for a person or a program with a question: diagnose, heal by hand, scan.

In:  `{"resource", "message"?}`, or nothing for a scan.
Out: an incident; 202 for a heal, whose plan then meets the same gate as any other.
"""

from uuid import uuid4

import azure.functions as func

from functions import duty, questions, reception
from functions.answers import answer, answering
from shared import signals

bp = func.Blueprint()


@bp.route(route="diagnose", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@answering
def diagnose(req: func.HttpRequest) -> func.HttpResponse:
    """The dry run: the same way as a heal up to the gate, and no further."""
    from shared import pipeline
    from shared.model.views import incident_view

    wish = questions.read(req, questions.Wish)
    medic = duty.medic()
    signal = signals.manual(wish.resource, wish.message, now=medic.now(), id=str(uuid4()))
    incident = pipeline.diagnose(signal.resource, signal.text, medic=medic)
    return answer(incident_view(incident))


@bp.route(route="heal", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.queue_output(arg_name="queue", queue_name=duty.QUEUE, connection=duty.STORAGE)
@answering
def heal_by_hand(
    req: func.HttpRequest, queue: reception.Queue, context: func.Context
) -> func.HttpResponse:
    """Queue a heal of one workload that is in scope and exists."""
    from shared.pipeline.admitting import admit

    wish = questions.read(req, questions.Wish)
    medic = duty.medic()
    signal = signals.manual(wish.resource, wish.message, now=medic.now(), id=str(uuid4()))
    admit(signal.resource, medic=medic)
    trace = reception.traced(context)
    (incident,) = reception.receive([signal], queue, medic=medic, trace=trace)
    return answer({"incident": incident}, 202)


@bp.route(route="scan", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@answering
def scan(req: func.HttpRequest) -> func.HttpResponse:
    """Look over everything in scope; write nothing."""
    from shared import pipeline
    from shared.model.views import incident_view

    seen = pipeline.scan(medic=duty.medic())
    incidents = [incident_view(incident) for incident in seen.incidents]
    counted = {"workloads": seen.workloads, "read": seen.read, "unread": seen.unread}
    return answer({"incidents": incidents, **counted})
