"""
Waiting: an incident that is looked at again when time may have changed the answer, or when another
worker is done.

In:  an Incident, what keeps it from being healed, and the Work on it.
Out: the Incident, with the moment at which the sweep looks again where there is one.

Every look is a look like the first, through the gate; what is still so rests again, longer each
time. Never acts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared import audit
from shared.errors import InUse
from shared.model.incident import Incident
from shared.model.plan import Decision, Step, Verification
from shared.model.words import Result, State, Verdict
from shared.pipeline.company import waits_for_others
from shared.pipeline.working import Work

#: How often, and after what time, an incident at rest is looked at again for what was open.
_LOOKS, _LATER = 2, timedelta(minutes=15)
#: The least time between two looks at a held plan, doubled with each look up to an hour or so.
_BETWEEN, _DOUBLED = timedelta(minutes=1), 6
#: How often one incident waits for the platform's own next try.
_WAITS = 3
#: Rules whose objection somebody elsewhere may settle without telling.
_SETTLED_BY_OTHERS = frozenset({"owner-consents", "no-shared-fault"})


def look_later(incident: Incident, work: Work) -> Incident:
    """Time may settle what is open: the platform tries again by itself, and the Activity Log, where
    the proof of earlier access is, lags by minutes. The state stays, the sweep looks a few times.
    """
    if _looked(incident) >= _LOOKS:
        return incident
    due = work.medic.now() + _LATER
    text = f"what is open now may be settled by {due:%H:%M:%S} UTC; looked at again then"
    return _rest(incident, text, due, work)


def refused(incident: Incident, decision: Decision, work: Work) -> Incident:
    """Denied is denied. What is held is looked at again when what holds it back may be over: a
    limit's hour, a freeze. Without such a moment the plan waits for a person."""
    said = "; ".join(decision.reasons)
    if decision.verdict is Verdict.DENY:
        return work.note(incident, "gate", said, state=State.DENIED)
    medic, policy = work.medic, work.medic.policy
    if policy is not None:
        dump = policy.model_dump(mode="json", by_alias=True)
        audit.keep_policy(policy.digest, dump, store=medic.store, now=medic.now())
    incident = work.note(incident, "gate", said, state=State.HELD)
    if decision.until is None:
        open_ended = _SETTLED_BY_OTHERS.intersection(decision.rules)
        return look_later(incident, work) if open_ended else incident
    pause = _BETWEEN * 2 ** min(_looked(incident), _DOUBLED)
    due = max(decision.until, work.medic.now() + pause)
    text = f"held until {due:%Y-%m-%d %H:%M:%S} UTC at least; looked at again then"
    return _rest(incident, text, due, work)


def waits_no_more(incident: Incident) -> Incident:
    """What was waited for is here, or will never come: a moment that has passed is not due."""
    seen = incident.verification
    waits = seen is not None and seen.result is Result.PENDING
    return replace(incident, verification=None) if waits else incident


def put_off(incident: Incident, busy: InUse, work: Work) -> Incident:
    """Another worker is at what this plan touches, or died there. That is nobody's failure: the
    sweep comes back, as often as it takes; a message would be given up after a few times."""
    interrupted = incident.state is State.APPLYING
    now = work.medic.now()
    text, due = str(busy), now + timedelta(seconds=busy.delay)
    later = Verification(result=Result.PENDING, proof=text, checked=now, due=due)
    state = State.APPLYING if interrupted else State.RECEIVED
    return work.note(incident, "busy", text, state=state, verification=later)


def patience(
    incident: Incident, steps: Iterable[Step], work: Work, kept: Mapping[str, Any]
) -> Incident | None:
    """The incident when it has to wait before acting; None when it need not."""
    now, policy = work.medic.now(), work.medic.policy
    opened = min((moment.at for moment in incident.timeline), default=incident.opened)
    until = opened + (policy.wait.before_acting if policy else timedelta(0))
    if now < until:
        text = f"allowed, but the policy waits until {until:%H:%M:%S} UTC before acting"
        return _wait(incident, "gate", text, until, work, kept)
    if work.company is None and (soon := waits_for_others(incident, medic=work.medic)):
        text = (
            f"allowed, and written together with what others need there after {soon:%H:%M:%S} UTC"
        )
        return _wait(incident, "round", text, soon, work, kept)
    until = max((step.not_before or now for step in steps), default=now)
    if now >= until:
        return None
    if sum(moment.stage == "waiting" for moment in incident.timeline) >= _WAITS:
        text = (
            "the platform still tries by itself and the pull still fails, so nothing is restarted; "
            "a person has to look"
        )
        return work.note(incident, "gate", text, state=State.EXPLAINED, **kept)
    text = f"allowed, but the platform may still do it by itself until {until:%H:%M:%S} UTC"
    return _wait(incident, "waiting", text, until, work, kept)


def _wait(
    incident: Incident, stage: str, text: str, until: datetime, work: Work, kept: Mapping[str, Any]
) -> Incident:
    """Leave it to the sweep to look again when the time has come."""
    waiting = Verification(result=Result.PENDING, proof=text, checked=work.medic.now(), due=until)
    return work.note(incident, stage, text, state=State.RECEIVED, verification=waiting, **kept)


def _looked(incident: Incident) -> int:
    return sum(moment.stage == "later" for moment in incident.timeline)


def _rest(incident: Incident, text: str, due: datetime, work: Work) -> Incident:
    later = Verification(result=Result.PENDING, proof=text, checked=work.medic.now(), due=due)
    return work.note(incident, "later", text, verification=later)
