"""
The verbs of `medic`.

In:  one command's arguments.
Out: its exit status. Azure, the store and the policy are those of the Medic on duty.
"""

from collections.abc import Callable
from typing import IO, Any, TypeVar

import click

from functions.cli import common
from functions.cli.paper import Desk
from shared.model.words import State

F = TypeVar("F", bound=Callable[..., Any])

_desk = click.make_pass_decorator(Desk)
_as_json = click.option("--json", "as_json", is_flag=True, help="JSON instead of words.")
_message = click.option("--message", metavar="TEXT", help="The log line that says what failed.")
_reason = click.option("--reason", metavar="TEXT", help="Why; kept in the audit.")
_STATES = [state.value for state in State]
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_SETTINGS, invoke_without_command=True)
@click.option("--verbose", is_flag=True, help="Log every step on stderr.")
@click.version_option(package_name="pull-medic", prog_name="medic")
@click.pass_context
def medic(context: click.Context, verbose: bool) -> None:
    """Heals image-pull failures of Azure App Service and Container Apps against Azure Container
    Registry.

    Exit status: 0 done · 1 a fault was found and is still there · 2 bad arguments or bad input ·
    3 Azure refused or could not be reached.
    """
    if context.invoked_subcommand is None:
        known = ", ".join(sorted(medic.commands))
        raise click.UsageError(f"say what to do: {known}; `medic --help` tells more")


@medic.command()
@click.argument("file", type=click.File("rb"), default="-")
def classify(file: IO[bytes]) -> int:
    """What log texts say: JSON Lines in, JSON Lines out.

    In, from FILE or stdin: {"id": any, "text": str, "platform"?: str}. No line stops the others.
    """
    import json
    import sys

    from shared.classification.jsonl import classify_lines

    for answer in classify_lines(file):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


@medic.command()
@click.argument("resource", metavar="RESOURCE_ID")
@_message
@_as_json
@_desk
def diagnose(desk: Desk, resource: str, message: str | None, as_json: bool) -> int:
    """Why a workload's pull fails. A dry run: writes nothing to Azure."""
    from shared import pipeline
    from shared.model.views import incident_view
    from shared.model.words import FindingName

    doctor = common.on_duty()
    signal = common.signal(doctor, resource, message)
    with desk.busy(f"looking at {signal.resource.name}"):
        found = pipeline.diagnose(signal.resource, signal.text or None, medic=doctor)
    common.tell(desk, incident_view(found), as_json=as_json)
    fine = (FindingName.HEALTHY, FindingName.NOT_A_PULL_FAILURE)
    return 0 if found.diagnosis and found.diagnosis.finding in fine else common.FAULT


@medic.command()
@click.argument("resource", metavar="RESOURCE_ID")
@_message
@click.option("--yes", is_flag=True, help="Apply what the policy allows without asking.")
@_as_json
@_desk
def heal(desk: Desk, resource: str, message: str | None, yes: bool, as_json: bool) -> int:
    """Heal a workload as far as the policy allows, and wait for the proof.

    Asks before anything is applied, unless --yes is given.
    """
    from functions.cli import treating

    doctor = common.on_duty(writes=True)
    signal = common.signal(doctor, resource, message)
    incident = treating.heal(signal, medic=doctor, desk=desk, ask=not yes, quiet=as_json)
    return common.treated(desk, incident, as_json)


@medic.command()
@_as_json
@_desk
def scan(desk: Desk, as_json: bool) -> int:
    """Every workload in scope whose pulls fail or will fail. Writes nothing."""
    from functions.cli import sheets
    from shared import pipeline
    from shared.model.views import incident_view

    doctor = common.on_duty()
    with desk.busy("looking over every workload in scope"):
        seen = pipeline.scan(medic=doctor)
    views = [incident_view(found) for found in seen.incidents]
    if as_json:
        counted = {"workloads": seen.workloads, "read": seen.read, "unread": seen.unread}
        desk.json({"incidents": views, **counted})
    else:
        desk.show(sheets.scanned(views, seen.workloads, seen.read))
        if seen.unread:
            desk.show(sheets.sentences([f"The logs could not be asked: {seen.unread}"]))
    if any(view["diagnosis"] for view in views):
        return common.FAULT
    return common.AZURE if views else 0


@medic.command()
@click.argument("id", required=False)
@click.option("--state", type=click.Choice(_STATES), metavar="STATE", help="Only these.")
@click.option("--resource", metavar="ID", help="Only incidents at or below this resource.")
@click.option("--registry", metavar="ID", help="Only incidents of this registry.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--cursor", metavar="TEXT", help="Go on where an earlier list ended.")
@_as_json
@_desk
def incidents(
    desk: Desk,
    id: str | None,
    state: str | None,
    resource: str | None,
    registry: str | None,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> int:
    """The incidents, newest first, or one of them as a story."""
    from functions.cli import sheets
    from shared.model import selftest
    from shared.model.views import incident_view, letters_view

    doctor = common.on_duty()
    if id is not None:
        common.tell(desk, incident_view(common.incident(doctor, id)), as_json=as_json)
        return 0
    page = doctor.store.page(
        state=State(state) if state else None,
        resource=resource,
        registry=registry,
        limit=limit,
        cursor=cursor,
    )
    listed = selftest.without(page.incidents) if resource is None else page.incidents
    views = [incident_view(found) for found in listed]
    poison = letters_view(doctor.store.letters(), now=doctor.now())
    if as_json:
        desk.json({"incidents": views, "cursor": page.cursor, "poison": poison})
        return 0
    desk.show(sheets.incidents(views))
    if poison["count"] and not cursor:
        desk.show(sheets.letters(poison))
    if page.cursor:
        desk.show(f"more: medic incidents --cursor {page.cursor}")
    return 0


@medic.command()
@click.argument("id")
@_as_json
@_desk
def approve(desk: Desk, id: str, as_json: bool) -> int:
    """Allow exactly the plan an incident shows, carry it out and wait for the proof."""
    from functions.cli import treating

    doctor = common.on_duty(writes=True)
    held = common.incident(doctor, id)
    incident = treating.approve(held, medic=doctor, desk=desk, quiet=as_json)
    return common.treated(desk, incident, as_json)


@medic.command()
@click.argument("id")
@_reason
@_as_json
@_desk
def reject(desk: Desk, id: str, reason: str | None, as_json: bool) -> int:
    """Decide that a held plan is not carried out."""
    from functions.cli.treating import person
    from shared import pipeline
    from shared.model.views import incident_view

    doctor = common.on_duty()
    common.incident(doctor, id)
    done = pipeline.reject(id, common.why(reason), person(), medic=doctor)
    common.tell(desk, incident_view(done), as_json=as_json, parts=("head",))
    return 0


@medic.command()
@click.argument("id")
@_reason
@_as_json
@_desk
def rollback(desk: Desk, id: str, reason: str | None, as_json: bool) -> int:
    """Take back what was written, if it is still what is there."""
    from functions.cli import treating
    from shared.model.views import incident_view

    doctor = common.on_duty(writes=True)
    common.incident(doctor, id)
    why = common.why(reason)
    done = treating.rollback(id, why, medic=doctor, desk=desk, quiet=as_json)
    common.tell(desk, incident_view(done), as_json=as_json, parts=("head", "outcome"))
    return 0


@medic.command()
@click.argument("scope", required=False)
@click.option("--reset", is_flag=True, help="Let writes for SCOPE pass again.")
@_reason
@_as_json
@_desk
def breaker(desk: Desk, scope: str | None, reset: bool, reason: str | None, as_json: bool) -> int:
    """What stopped writes, and where; with --reset a person lets them pass again.

    SCOPE is a registry's id, or "*" for the breaker that stops everything.
    """
    from functions.cli import sheets
    from functions.cli.treating import person
    from shared import pipeline
    from shared.model.views import breaker_view

    doctor = common.on_duty()
    if scope and scope != "*":
        scope = common.resource_id(scope).key
    if reset and not scope:
        raise click.UsageError('say which breaker to reset: a registry\'s id, or "*"')
    done = None
    if reset and scope:
        done = pipeline.reset_breaker(scope, common.why(reason), person(), medic=doctor)
    tripped = [one for one in doctor.store.breakers() if scope in (None, one.scope)]
    if as_json:
        desk.json({"reset": done, "breakers": [breaker_view(one) for one in tripped]})
        return 0
    if done is not None:
        desk.show("writes pass again" if done else "that breaker was not tripped")
    desk.show(sheets.breakers([breaker_view(one) for one in tripped]))
    return 0


@medic.command()
@_as_json
@_desk
def policy(desk: Desk, as_json: bool) -> int:
    """What the policy in force and the identity's permissions let this service do, and what not."""
    from functions.cli import powers

    doctor = common.on_duty(writes=True)
    return powers.tell(doctor, desk, as_json=as_json)
