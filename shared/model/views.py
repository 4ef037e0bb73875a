"""
The incident as the HTTP API and the command line show it, and what could not be used.

In:  an Incident, or Letters, or any JSON value.  Out: JSON values with exactly the names of the
     contract.  Pure.

Every text is made printable here, and secrets that slipped into somebody else's text are hidden.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.model.discretion import discreet
from shared.model.incident import Incident
from shared.model.letter import Letters
from shared.model.plan import Decision, Diagnosis, Plan, Step, Verification
from shared.model.words import Host, Verdict

#: Control characters, those that turn the direction of text or hide it, and half surrogate pairs,
#: which no JSON text can hold.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


_SHOWN_LETTERS = 5
_DAY = timedelta(days=1)
#: What a resource is by its type alone, until it was read: a site may turn out a function app.
_HOSTS = {
    "microsoft.web/sites": Host.WEB_APP,
    "microsoft.web/sites/slots": Host.SLOT,
    "microsoft.app/containerapps": Host.CONTAINER_APP,
    "microsoft.app/jobs": Host.JOB,
}
_NOTHING = Decision(
    verdict=Verdict.HOLD,
    reasons=("the plan changes nothing, so there was nothing to allow",),
    rules=(),
)


def printable(text: str) -> str:
    """Somebody else's text without secrets, and without what could move a terminal's cursor."""
    return discreet(_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text))


def presentable(value: Any) -> Any:
    """A JSON value whose every text is printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(str(name)): presentable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [presentable(inner) for inner in value]
    return value


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, or null."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def incident_view(incident: Incident) -> dict[str, Any]:
    """The contract's incident."""
    calls = incident.azure_calls
    host = incident.host or _HOSTS.get(incident.resource.type)
    view = {
        "id": incident.id,
        "state": incident.state.value,
        "resource": incident.resource.text,
        "host": host.value if host else None,
        "image": incident.image,
        "registry": incident.registry.text if incident.registry else None,
        "cause": incident.cause.value if incident.cause else None,
        "signals": [
            {"source": heard.source, "at": instant(heard.at), "text": heard.text}
            for heard in incident.signals
        ],
        "opened": instant(incident.opened),
        "updated": instant(incident.updated),
        "diagnosis": _diagnosis(incident.diagnosis),
        "plan": _plan(incident.plan),
        "decision": _decision(incident),
        "outcome": [
            {
                "remedy": outcome.remedy.value,
                "target": outcome.target.text,
                "changed": outcome.changed,
                "failed": outcome.failed,
                "detail": outcome.detail,
                "at": instant(outcome.at),
            }
            for outcome in incident.outcome
        ],
        "verification": _verification(incident.verification),
        "timeline": [
            {"at": instant(moment.at), "stage": moment.stage, "text": moment.text}
            for moment in incident.timeline
        ],
        "azure_calls": {"reads": calls.reads, "writes": calls.writes},
        "approved_by": incident.approved_by,
        "approved_at": instant(incident.approved_at),
    }
    return {name: presentable(value) for name, value in view.items()}


def letters_view(letters: Letters, *, now: datetime) -> dict[str, Any]:
    """How much could not be used so far, how much of it in the past day, and the newest of it."""
    newest = [
        {
            "id": letter.id,
            "at": instant(letter.at),
            "source": letter.source,
            "reason": letter.reason,
            "text": letter.text,
            "incident": letter.incident,
        }
        for letter in letters.newest[:_SHOWN_LETTERS]
    ]
    lately = sum(letter.at > now - _DAY for letter in letters.newest)
    return {"count": letters.count, "lately": lately, "newest": presentable(newest)}


def breaker_view(breaker: Any) -> dict[str, Any]:
    """A tripped breaker."""
    told = {"scope": breaker.scope, "because": breaker.because, "since": instant(breaker.since)}
    return {name: presentable(value) for name, value in told.items()}


def _decision(incident: Incident) -> dict[str, Any] | None:
    """Null only before anything was looked at: a plan of no steps allows nothing either."""
    decision = incident.decision
    if decision is None and incident.plan is not None:
        decision = _NOTHING
    if decision is None:
        return None
    return {
        "verdict": decision.verdict.value,
        "reasons": list(decision.reasons),
        "rules": list(decision.rules),
        "until": instant(decision.until),
        "policy": decision.policy,
        "approvable": decision.approvable,
    }


def _diagnosis(diagnosis: Diagnosis | None) -> dict[str, Any] | None:
    if diagnosis is None:
        return None
    return {
        "finding": diagnosis.finding.value,
        "also": [finding.value for finding in diagnosis.also],
        "summary": diagnosis.summary,
        "facts": [
            {"fact": fact.fact, "value": fact.value, "source": fact.source}
            for fact in diagnosis.facts
        ],
        "ruled_out": [
            {"finding": each.finding.value, "because": each.because} for each in diagnosis.ruled_out
        ],
        "doubts": list(diagnosis.doubts),
    }


def _plan(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "digest": plan.digest,
        "steps": [_step(step) for step in plan.steps],
        "advice": list(plan.advice),
        "infrastructure_change": plan.infrastructure_change,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "remedy": step.remedy.value,
        "target": step.target.text,
        "summary": step.summary,
        "before": step.before,
        "after": step.after,
        "requests": [
            {"method": write.method, "url": write.url, "body": write.body}
            for write in step.requests
        ],
        "permissions": list(step.permissions),
        "risk": step.risk,
        "undo": step.undo,
        "doubts": list(step.doubts),
        "not_before": instant(step.not_before),
    }


def _verification(verification: Verification | None) -> dict[str, Any] | None:
    if verification is None:
        return None
    return {
        "result": verification.result.value,
        "proof": verification.proof,
        "checked": instant(verification.checked),
        "due": instant(verification.due),
    }
