"""
The way in for the operator: what happened, and what a person decides about it.

In:  an incident's id, a plan's digest, a reason.
Out: incidents as JSON; 409 when what the person decided about is no longer what is there.

All of these need a function key, the reading ones too: an incident names registries, networks and
identities. A key is a shared secret, so with App Service authentication on, the audit names the
person who signed in instead (see questions.person).
"""

import azure.functions as func

from functions import duty, questions, reception
from functions.answers import answer, answering
from shared.errors import BadInput, NotFound
from shared.model.words import State
from shared.signals import intake

bp = func.Blueprint()
_FUNCTION = func.AuthLevel.FUNCTION
_PAGE, _LARGEST_PAGE = 50, 200


@bp.route(route="incidents", methods=["GET"], auth_level=_FUNCTION)
@answering
def incidents(req: func.HttpRequest) -> func.HttpResponse:
    """Newest first, page by page; those of self-tests only where their resource is asked for."""
    from shared.model import selftest
    from shared.model.views import incident_view

    asked = req.params
    state, since = asked.get("state"), asked.get("since")
    if state is not None and state not in set(State):
        raise BadInput(f"state: {state[:40]!r} is none of {', '.join(State)}")
    moment = intake.instant(since)
    if since and moment is None:
        raise BadInput(f"since: {since[:40]!r} is not an ISO 8601 time")
    page = duty.medic().store.page(
        state=State(state) if state else None,
        resource=_id(req, "resource"),
        registry=_id(req, "registry"),
        since=moment,
        limit=_limit(asked.get("limit")),
        cursor=asked.get("cursor"),
    )
    listed = page.incidents if asked.get("resource") else selftest.without(page.incidents)
    shown = [incident_view(incident) for incident in listed]
    return answer({"incidents": shown, "cursor": page.cursor, "unreadable": page.unreadable})


@bp.route(route="incidents/{id}", methods=["GET"], auth_level=_FUNCTION)
@answering
def incident(req: func.HttpRequest) -> func.HttpResponse:
    """One incident, whole."""
    from shared.model.views import incident_view

    found = duty.medic().store.load(id := questions.incident(req))
    if found is None:
        raise NotFound(f"there is no incident {id}")
    return answer(incident_view(found))


@bp.route(route="incidents/{id}/approve", methods=["POST"], auth_level=_FUNCTION)
@bp.queue_output(arg_name="queue", queue_name=duty.QUEUE, connection=duty.STORAGE)
@answering
def approve(req: func.HttpRequest, queue: reception.Queue) -> func.HttpResponse:
    """Allow exactly the plan whose digest is given, and queue the heal."""
    from shared import pipeline
    from shared.model.views import incident_view

    id, plan = questions.incident(req), questions.read(req, questions.Approval).plan
    medic = duty.medic()
    done = pipeline.approve(id, plan, questions.person(req), medic=medic)
    reception.receive([pipeline.again(done, medic=medic)], queue, medic=medic)
    return answer(incident_view(done), 202)


@bp.route(route="incidents/{id}/reject", methods=["POST"], auth_level=_FUNCTION)
@answering
def reject(req: func.HttpRequest) -> func.HttpResponse:
    """Decide that the plan is not carried out."""
    from shared import pipeline
    from shared.model.views import incident_view

    id, reason = questions.incident(req), questions.reason(req)
    done = pipeline.reject(id, reason, questions.person(req), medic=duty.medic())
    return answer(incident_view(done), 202)


@bp.route(route="incidents/{id}/rollback", methods=["POST"], auth_level=_FUNCTION)
@answering
def rollback(req: func.HttpRequest) -> func.HttpResponse:
    """Take back what was written, if it is still what is there."""
    from shared import pipeline
    from shared.model.views import incident_view

    id, reason = questions.incident(req), questions.reason(req)
    done = pipeline.rollback(id, reason, questions.person(req), medic=duty.medic())
    return answer(incident_view(done), 202)


def _id(req: func.HttpRequest, field: str) -> str | None:
    text = req.params.get(field)
    return questions.resource(text, field).text if text else None


def _limit(text: str | None) -> int:
    if text is None:
        return _PAGE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= _LARGEST_PAGE:
        raise BadInput(f"limit: {text[:20]!r} is not a number from 1 to {_LARGEST_PAGE}")
    return int(text)
