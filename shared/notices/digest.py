"""
Many at once: one message for a storm, and one for a breaker that stopped the writes.

In:  incidents that came to rest in the same minute, or the scope of a breaker and why it tripped.
Out: a Notice.

A registry that breaks takes hundreds of apps with it: a thousand messages hide the one thing to
know. Pure.
"""

from collections import Counter
from collections.abc import Sequence

from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.words import State
from shared.notices.notice import LONGEST_BRIEF, Notice, Tone, cut, link
from shared.notices.single import finding, name

_NAMED = 12
#: What needs a person first.
_ORDER = (
    State.HELD,
    State.FAILED,
    State.EXPLAINED,
    State.DENIED,
    State.UNVERIFIED,
    State.ROLLED_BACK,
    State.HEALED,
)
_WORDS = {
    State.HELD: "wait for your decision",
    State.FAILED: "could not be repaired",
    State.EXPLAINED: "need you",
    State.DENIED: "may not be healed",
    State.UNVERIFIED: "changed, not yet seen to pull",
    State.ROLLED_BACK: "taken back",
    State.HEALED: "healed",
}


def digest(
    incidents: Sequence[Incident], registry: ResourceId | None, *, console: str | None
) -> Notice:
    """One message for all of these; `registry` None: they are of several, or of none known."""
    told = sorted(incidents, key=lambda one: (_ORDER.index(one.state), name(one)))
    states = Counter(one.state for one in told)
    counts = ", ".join(f"{states[state]} {_WORDS[state]}" for state in _ORDER if states[state])
    at = f" at {registry.name}" if registry else ""
    title = f"{len(told)} apps{at}: {counts}"
    causes = Counter(finding(one) for one in told).most_common()
    why = ", ".join(f"{cause} ({number})" for cause, number in causes)
    lines = [_line(one, console) for one in told[:_NAMED]]
    if len(told) > _NAMED:
        lines.append(f"… and {len(told) - _NAMED} more")
    most = next(one for one in told if finding(one) == causes[0][0])
    example = most.diagnosis.summary if most.diagnosis else ""
    page = f"All of them: {console}" if console else "All of them: medic incidents"
    instance = f"For instance {name(most)}: {example}" if example else ""
    told_all = [f"Why: {why}", instance, "\n".join(lines), page]
    text = "\n\n".join(part for part in told_all if part)
    return Notice(
        key=f"digest/{registry.key if registry else ''}/{told[0].id}",
        tone=_tone(states),
        title=cut(title, 240),
        text=cut(text),
        brief=cut(f"Why: {why}. {page}", LONGEST_BRIEF),
        link=console,
    )


def tripped(scope: str, because: str, *, console: str | None) -> Notice:
    """A breaker stopped all writes for one registry (or all): only a person lets them go on."""
    at = "everywhere" if scope == "*" else f"at {scope.rsplit('/', 1)[-1]}"
    said = because.replace(scope, scope.rsplit("/", 1)[-1])
    todo = (
        "Nothing more is written there until a person has found out why and resets the breaker"
        + (f": {console}" if console else " (POST /api/breaker/reset).")
    )
    return Notice(
        key=f"breaker/{scope}",
        tone=Tone.ACT,
        title=f"Pull Medic stopped itself {at}: its fixes do not help",
        text=f"{said[:1].upper()}{said[1:]}.\n\n{todo}",
        brief=cut(f"{said}. {todo}", LONGEST_BRIEF),
        link=console,
    )


def _tone(states: Counter[State]) -> Tone:
    if states[State.HELD]:
        return Tone.DECIDE
    if set(states) - {State.HEALED, State.ROLLED_BACK}:
        return Tone.ACT
    return Tone.GOOD if states[State.HEALED] else Tone.NOTE


def _line(incident: Incident, console: str | None) -> str:
    page = link(incident, console)
    end = f" {page}" if page else f" ({incident.id})"
    return f"- {name(incident)}: {incident.state}, {finding(incident)}{end}"
