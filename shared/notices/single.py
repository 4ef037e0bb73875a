"""
One incident, told to whoever is on call.

In:  an Incident in a state a person is told of; the console's address.
Out: a Notice.

First whose turn it is, then what is broken, why, and what to do; every text is printable and
without secrets (`shared/model/views.py`). Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.model.difference import difference, short
from shared.model.incident import Incident
from shared.model.views import incident_view
from shared.model.words import Result, State
from shared.notices.notice import LONGEST, LONGEST_BRIEF, Notice, Tone, cut, link

View = Mapping[str, Any]

_KINDS = {
    "web-app": "web app",
    "slot": "slot",
    "container-app": "container app",
    "job": "job",
    "functions": "function app",
}
_DECIDE = "Approve or reject"
#: Words, because many a chat takes a sign at the start of a line for a list.
_SIGNS = {"+": "added    ", "-": "removed  ", " ": "         "}
_LINES = 24  # of one difference; the console has the rest


def single(incident: Incident, *, console: str | None) -> Notice:
    """What there is to tell of one incident as it stands."""
    told = _WORDS[incident.state](incident, incident_view(incident))
    end = f"{told.end}: {_there(incident, console, told.end)}"
    return Notice(
        key=incident.id,
        tone=told.tone,
        title=told.title,
        text=_whole([*told.paragraphs, end], LONGEST),
        brief=_whole([" ".join(told.brief.split()), end], LONGEST_BRIEF),
        link=link(incident, console),
    )


def name(incident: Incident) -> str:
    """`shop`, or `shop/staging` for a slot."""
    return "/".join(incident.resource.names)


def finding(incident: Incident) -> str:
    return incident.diagnosis.finding.value if incident.diagnosis else "not diagnosed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A notice in the making. `brief` is what a pager shows, `end` what the link is for."""

    title: str
    tone: Tone
    paragraphs: list[str]
    brief: str
    end: str = "More"


def _there(incident: Incident, console: str | None, end: str) -> str:
    """The page, or the command where there is no page."""
    verb = "approve" if end == _DECIDE else "incidents"
    return link(incident, console) or f"medic {verb} {incident.id}"


def _held(incident: Incident, view: View) -> _Told:
    steps = view["plan"]["steps"] if view["plan"] else []
    remedies = ", ".join(dict.fromkeys(step["remedy"] for step in steps)) or finding(incident)
    reasons = (view["decision"] or {}).get("reasons", ())
    paragraphs = [_what(incident, view), f"Why: {_summary(view)}"]
    paragraphs += [_step(step, number, len(steps)) for number, step in enumerate(steps, 1)]
    paragraphs.append(_listed("It waits because", map(short, reasons)))
    if incident.decision and incident.decision.until:
        paragraphs.append(f"Looked at again by itself at {incident.decision.until:%H:%M} UTC.")
    if incident.decision and incident.decision.approvable:
        return _Told(
            title=f"{name(incident)} waits for your decision: {remedies}",
            tone=Tone.DECIDE,
            paragraphs=paragraphs,
            brief=" ".join([_summary(view), *map(_in_short, steps)]),
            end=_DECIDE,
        )
    more = "A yes is not enough for this plan: see to what it waits for, or do it by hand."
    return _Told(
        title=f"{name(incident)} still cannot pull: {remedies} is held",
        tone=Tone.ACT,
        paragraphs=[*paragraphs, more],
        brief=f"{_summary(view)} Held: {'; '.join(reasons)}",
    )


def _in_short(step: View) -> str:
    """A step for whoever reads it on a pager: what would change, and what may come of it."""
    risk = f" Risk: {step['risk']}." if step["risk"] else ""
    return f"{short(step['summary'])}.{short(risk)}"


def _denied(incident: Incident, view: View) -> _Told:
    reasons = (view["decision"] or {}).get("reasons", ())
    paragraphs = [_what(incident, view), _found(view, "Why")]
    return _Told(
        title=f"{name(incident)} still cannot pull, and may not be healed",
        tone=Tone.ACT,
        paragraphs=[*paragraphs, _listed("Not allowed because", map(short, reasons))],
        brief="; ".join(reasons),
    )


def _explained(incident: Incident, view: View) -> _Told:
    advice = _advice(view)
    first = advice[0].splitlines()[0].rstrip(":") if advice else ""
    paragraphs = [_what(incident, view), f"Why: {_summary(view)}", _changed(view)]
    return _Told(
        title=f"{name(incident)} needs you: {finding(incident)}",
        tone=Tone.ACT,
        paragraphs=[*paragraphs, _listed("What to do", advice)],
        brief=f"{_summary(view)} {first}",
    )


def _failed(incident: Incident, view: View) -> _Told:
    refused = [told["detail"] for told in view["outcome"] if told["failed"]]
    last = view["timeline"][-1]["text"] if view["timeline"] else ""
    why = short(refused[-1] if refused else (view["verification"] or {}).get("proof") or last)
    paragraphs = [_what(incident, view), _found(view), f"What went wrong: {why}", _changed(view)]
    return _Told(
        title=f"{name(incident)} is still broken: the fix did not work",
        tone=Tone.ACT,
        paragraphs=[*paragraphs, _listed("What to do", _advice(view))],
        brief=why,
    )


def _unverified(incident: Incident, view: View) -> _Told:
    seen = incident.verification
    proof = (view["verification"] or {}).get("proof", "")
    if seen is not None and seen.result is Result.DEFERRED:
        return _Told(
            title=f"{name(incident)} is repaired; the proof waits for its next pull",
            tone=Tone.NOTE,
            paragraphs=[f"Nothing pulls at present: {proof}", _found(view), _changed(view)],
            brief=proof,
        )
    paragraphs = [_what(incident, view), _found(view), _changed(view)]
    return _Told(
        title=f"{name(incident)} was changed, but nobody has seen it pull yet",
        tone=Tone.ACT,
        paragraphs=[*paragraphs, f"What was seen: {proof}", "Look whether it runs."],
        brief=proof,
    )


def _healed(incident: Incident, view: View) -> _Told:
    proof = short((view["verification"] or {}).get("proof", ""))
    minutes = max(1, round((incident.updated - incident.opened).total_seconds() / 60))
    took = f"It took {minutes} minute{'s' if minutes > 1 else ''} from the first signal."
    return _Told(
        title=f"{name(incident)} is healed",
        tone=Tone.GOOD,
        paragraphs=[_found(view), _changed(view), f"Proof: {proof}", took],
        brief=proof,
    )


def _rolled_back(incident: Incident, view: View) -> _Told:
    last = short(view["timeline"][-1]["text"]) if view["timeline"] else ""
    return _Told(
        title=f"{name(incident)}: what was changed for it was taken back",
        tone=Tone.NOTE,
        paragraphs=[f"{last[:1].upper()}{last[1:]}.", "Its pulls may fail again."],
        brief=last,
    )


_WORDS = {
    State.HELD: _held,
    State.DENIED: _denied,
    State.EXPLAINED: _explained,
    State.FAILED: _failed,
    State.UNVERIFIED: _unverified,
    State.HEALED: _healed,
    State.ROLLED_BACK: _rolled_back,
}


def _what(incident: Incident, view: View) -> str:
    kind = _KINDS.get(view["host"] or "", "app")
    there = f"resource group {incident.resource.group}"
    what = f" {view['image']}" if view["image"] else " its image"
    return f"The {kind} {name(incident)} ({there}) cannot pull{what}."


def _summary(view: View) -> str:
    return short(view["diagnosis"]["summary"]) if view["diagnosis"] else "it is not known yet."


def _found(view: View, title: str = "What was wrong") -> str:
    return f"{title}: {_summary(view)}" if view["diagnosis"] else ""


def _advice(view: View) -> list[str]:
    """As it is: commands need their resource ids whole."""
    return list(view["plan"]["advice"]) if view["plan"] else []


def _changed(view: View) -> str:
    done = [f"{one['remedy']}: {short(one['detail'])}" for one in view["outcome"] if one["changed"]]
    return _listed("What was changed", done)


def _step(step: View, number: int, of: int) -> str:
    """One intended change: what, from what to what, and what may come of it."""
    lead = f"Step {number} of {of}" if of > 1 else "What would be done"
    lines = [f"{lead}: {step['remedy']} on {short(step['target'])}", short(step["summary"])]
    compared = list(difference(step["before"], step["after"]))
    lines += [f"  {_SIGNS[line[0]]}{line[2:]}".rstrip() for line in islice(compared, _LINES)]
    if len(compared) > _LINES:
        lines.append(f"  … and {len(compared) - _LINES} more lines")
    lines += [f"Risk: {short(step['risk'])}", f"Undo: {short(step['undo'])}"]
    lines += [f"Not proven: {short(doubt)}" for doubt in step["doubts"]]
    return "\n".join(lines)


def _listed(title: str, texts: Iterable[str]) -> str:
    said = [text.strip() for text in texts if text.strip()]
    if len(said) == 1:
        return f"{title}: {said[0]}"
    return "\n".join([f"{title}:", *(f"- {text}" for text in said)]) if said else ""


def _whole(paragraphs: list[str], longest: int) -> str:
    """The paragraphs; the last one is never cut: it says where to go on."""
    *told, last = [part for part in paragraphs if part]
    body = cut("\n\n".join(told), longest - len(last) - 2)
    return f"{body}\n\n{last}"
