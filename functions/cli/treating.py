"""
Treating: heal, approve and roll back at the command line, up to the proof.

In:  a signal or an incident's id, a Medic, the Desk.
Out: the incident as it stands when there is nothing left to wait for.

The same pipeline as the function app's. Only this differs: a person is asked before the gate's
allowance is used, and because no timer sweeps here, the command itself waits for the proof.
"""

import getpass
from typing import TYPE_CHECKING, Any

import click

from functions.cli import sheets
from functions.cli.paper import Desk
from functions.cli.story import AFTER, BEFORE, story
from shared import pipeline
from shared.errors import Conflict, NotFound, TransientError
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.plan import Plan
from shared.model.signal import Signal
from shared.model.views import incident_view
from shared.model.words import State, Verdict
from shared.pipeline.looking import within_scope

if TYPE_CHECKING:
    from rich.console import Console

#: After these the fault is gone, or was never there.
WELL = frozenset({State.HEALED, State.CLOSED})
_SHORTEST_WAIT = 1.0  # seconds between two looks
_NOTHING = ""  # the digest of no plan: whatever the gate would allow by now is held


def heal(signal: Signal, *, medic: Medic, desk: Desk, ask: bool, quiet: bool) -> Incident:
    """Show the plan, ask, apply, wait. Without `ask` the gate's answer is enough.

    `quiet`: stdout belongs to somebody else (JSON), so the plan is shown on stderr.
    """
    within_scope(signal.resource, medic)
    shown, dry = None, None
    if ask:
        dry = _shown(signal, medic=medic, desk=desk, on=desk.err if quiet else desk.out)
        allowed = dry.decision is not None and dry.decision.verdict is Verdict.ALLOW
        if allowed and not _agreed():
            desk.show("nothing was changed", on=desk.err)
            return dry
        shown = dry.plan.digest if allowed and dry.plan else _NOTHING
    incident = _carry_through(signal, shown, medic=medic, desk=desk)
    if incident.state is State.CLOSED and incident.diagnosis is None:
        raise NotFound(incident.timeline[-1].text)
    if not quiet:
        parts: tuple[str, ...] = BEFORE if dry is None else ("head",)
        if dry is not None and dry.decision != incident.decision:
            parts += ("gate",)
        parts += AFTER
        desk.show(story(incident_view(incident), parts))
    return incident


def approve(incident: Incident, *, medic: Medic, desk: Desk, quiet: bool) -> Incident:
    """Allow the plan the incident shows, and carry it out."""
    plan = incident.plan or Plan()
    with desk.busy("looking whether the plan is still the same"):
        approved = pipeline.approve(incident.id, plan.digest, person(), medic=medic)
    if not quiet:
        desk.show(story(incident_view(incident), ("head", "signal", "facts", "cause", "plan")))
    signal = pipeline.again(approved, medic=medic)
    done = _carry_through(signal, plan.digest, medic=medic, desk=desk)
    if not quiet:
        desk.show(story(incident_view(done), ("gate", *AFTER, "head")))
    return done


def rollback(id: str, reason: str, *, medic: Medic, desk: Desk, quiet: bool) -> Incident:
    """Take back what the incident wrote. What was changed since is shown beside the refusal:
    before, written and now; as JSON where `quiet`."""
    try:
        with desk.busy("taking back what was written"):
            return pipeline.rollback(id, reason, person(), medic=medic)
    except Conflict as refusal:
        details = getattr(refusal, "details", {})
        if quiet:
            error = {"code": "conflict", "message": str(refusal), "details": details}
            desk.json({"error": error})
        elif details.get("difference"):
            desk.show(sheets.difference(details["difference"]))
        raise


def refused(incident: Incident) -> bool:
    """Azure let us not look, or refused what we wrote."""
    unseen = incident.diagnosis is not None and not incident.diagnosis.facts
    return unseen or any(outcome.failed for outcome in incident.outcome)


def person() -> str:
    """Who sits at this command line, as far as the machine knows."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError, ImportError):  # no such account, as in a bare container
        return "somebody at the command line"


def _shown(signal: Signal, *, medic: Medic, desk: Desk, on: "Console") -> Incident:
    """A dry look, and its story in front of the person."""
    with desk.busy(f"looking at {signal.resource.name}"):
        dry = pipeline.diagnose(signal.resource, signal.text or None, medic=medic)
    desk.show(story(incident_view(dry), BEFORE), on=on)
    return dry


def _agreed() -> bool:
    try:
        return click.confirm("Apply this plan?", default=False, err=True)
    except click.Abort as nobody:
        click.echo(err=True)
        said = "nobody answered, so nothing was changed; --yes applies without asking"
        raise click.UsageError(said) from nobody


def _carry_through(signal: Signal, shown: str | None, *, medic: Medic, desk: Desk) -> Incident:
    """Heal, then wait as long as the incident waits; also where another worker has it."""
    with desk.busy(f"treating {signal.resource.name}"):
        incident = pipeline.heal(signal, medic=medic, shown=shown)
    id = incident.id if incident else medic.receive(signal)
    while True:
        incident = incident or medic.store.load(id)
        if incident is None or not _waits(incident):
            break
        with desk.busy(_waiting(incident)):
            desk.pause(max(_seconds(incident, medic), _SHORTEST_WAIT))
        if incident.state is State.VERIFYING:
            incident = pipeline.check(id, medic=medic)
        else:
            incident = pipeline.heal(signal, medic=medic, shown=shown)
    if incident is None:
        raise TransientError(f"the incident {id} is not in the store; look again")
    return incident


def _waits(incident: Incident) -> bool:
    seen = incident.verification
    waiting = incident.state in (State.VERIFYING, State.RECEIVED, State.DIAGNOSING, State.APPLYING)
    return waiting and (seen is None or seen.due is not None)


def _waiting(incident: Incident) -> str:
    return incident.verification.proof if incident.verification else "another worker has it"


def _seconds(incident: Incident, medic: Medic) -> float:
    due: Any = incident.verification.due if incident.verification else None
    return (due - medic.now()).total_seconds() if due else _SHORTEST_WAIT
