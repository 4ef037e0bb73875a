"""
Settling: what became of what a worker announced and did not tell of.

In:  an Incident that was interrupted between a plan's announcement and its outcome, and the Work on
     it; or what keeps everybody from finding out.
Out: the Incident, with the outcome of what is in place, and a word where it stays open.

Settled by looking, never by doing it blindly once more.
"""

from shared import audit, execution
from shared.errors import HealError, PermanentError, PermissionMissing, Unreachable
from shared.model.incident import Incident
from shared.model.plan import Outcome, Step
from shared.pipeline.working import Work


def settle(incident: Incident, work: Work) -> Incident:
    """What an interrupted worker announced and did not tell of is told now, if it was done."""
    for step in _untold(incident):
        try:
            outcome = _found(step, incident, work)
        except PermanentError as refusal:
            incident = _open(incident, step, refusal, work)
            continue
        if outcome is not None:
            incident = audit.done(incident, outcome, store=work.medic.store, now=work.medic.now())
    return incident


def leave_open(incident: Incident, why: HealError, work: Work) -> Incident:
    """Nobody tries any more to find out what became of what was announced: a person has to know."""
    for step in _untold(incident):
        incident = _open(incident, step, why, work)
    return incident


def _found(step: Step, incident: Incident, work: Work) -> Outcome | None:
    """What is in place of the step. PermanentError where no further try would tell, as where the
    permission to read it back is gone."""
    try:
        with work.holding(incident, ()):
            return execution.settle(step, azure=work.azure)
    except Unreachable as cut:
        if isinstance(cut.__cause__, PermissionMissing):
            raise PermanentError(str(cut)) from cut
        raise


def _open(incident: Incident, step: Step, why: HealError, work: Work) -> Incident:
    text = f"whether {step.target} was changed before the interruption is open: {why}"
    return work.note(incident, "outcome", text)


def _untold(incident: Incident) -> list[Step]:
    """What was announced, and no outcome since tells of it."""
    told = _told_since_the_intent(incident)
    return [
        step
        for step in (incident.plan.steps if incident.plan else ())
        if not any(_tells_of(one, step) for one in told)
    ]


def _told_since_the_intent(incident: Incident) -> list[Outcome]:
    """By their order, not by their time: the clock may have been put back in between."""
    intents = [at for at, one in enumerate(incident.timeline) if one.stage == "intent"]
    since = incident.timeline[intents[-1] if intents else 0 :]
    texts = {one.text for one in since if one.stage == "outcome"}
    return [one for one in incident.outcome if one.detail in texts]


def _tells_of(told: Outcome, step: Step) -> bool:
    return told.changed and (told.remedy, told.target) == (step.remedy, step.target)
