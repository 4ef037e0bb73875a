"""
What the verbs have in common: who is on duty, what was named, how it ended.

In:  what a command was given.
Out: our nouns, words for a person, an exit status; errors that say what was wrong with it.
"""

from typing import TYPE_CHECKING, Any

import click

from functions.cli.paper import Desk
from shared.model.discretion import discreet

if TYPE_CHECKING:
    from shared.medic import Medic

#: Exit statuses: a fault was found, Azure refused.
FAULT, AZURE = 1, 3


def on_duty(*, writes: bool = False) -> "Medic":
    """The Medic on duty. BadInput when settings are bad; for writes also when the policy is, and
    HealError when it is out of reach."""
    from functions import duty
    from shared.errors import BadInput, HealError

    doctor = duty.medic()
    if writes and doctor.policy_unread:
        raise HealError(f"{doctor.policy_problems[0]}; nothing is written meanwhile")
    bad = [f"{p.setting} {p.message}: {p.advice}" for p in doctor.settings.problems]
    if not bad and writes:
        bad = [f"the policy is not valid: {problem}" for problem in doctor.policy_problems]
    if bad:
        raise BadInput("; ".join(bad))
    return doctor


def signal(doctor: "Medic", resource: str, message: str | None) -> Any:
    """A person's Signal about that resource; BadInput when it is none."""
    from uuid import uuid4

    from shared import signals

    return signals.manual(resource, message, now=doctor.now(), id=str(uuid4()))


def resource_id(text: str) -> Any:
    """The id a breaker's SCOPE names."""
    from shared.model.ids import InvalidId, ResourceId

    try:
        return ResourceId.parse(text)
    except InvalidId as error:
        raise click.BadParameter(str(error), param_hint="SCOPE") from error


def incident(doctor: "Medic", id: str) -> Any:
    """The Incident of that id, or NotFound."""
    from shared.errors import NotFound

    found = doctor.store.load(id)
    if found is None:
        raise NotFound(f"there is no incident {id}; `medic incidents` lists those there are")
    return found


def why(reason: str | None) -> str:
    """The reason given, or asked for where there is somebody to ask."""
    import sys

    if reason is None and sys.stdin.isatty() and sys.stderr.isatty():
        reason = click.prompt("Why", err=True)
    text = (reason or "no reason given").strip()
    if not text or len(text) > 1000:
        raise click.BadParameter("say in 1 to 1000 characters why", param_hint="--reason")
    return discreet(text)


def treated(desk: Desk, incident: Any, as_json: bool) -> int:
    """The exit status of a treatment: the fault is gone, still there, or Azure refused."""
    from functions.cli import treating
    from shared.model.views import incident_view

    if as_json:
        desk.json(incident_view(incident))
    if incident.state in treating.WELL:
        return 0
    return AZURE if treating.refused(incident) else FAULT


def tell(desk: Desk, view: Any, *, as_json: bool, parts: tuple[str, ...] | None = None) -> None:
    """An incident as JSON, or as a story of these parts."""
    if as_json:
        desk.json(view)
        return
    from functions.cli.story import ALL, story

    desk.show(story(view, parts or ALL))
