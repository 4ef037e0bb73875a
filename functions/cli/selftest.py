"""
Self-test: one harmless signal on its way through a running service, hop by hop.

In:  the service's address; its key, where it wants one, from the environment.
Out: how long each hop took, in words or JSON; an exit status: 1 when a hop did not happen.

The signal is about a web app that does not exist, in a subscription the service says it can see:
there is nothing that could be written to, and its incident ends where Azure says so. Nobody is told
of it, and no list shows it (`shared/model/selftest.py`). Never asks Azure itself, never needs a
sign-in.
"""

import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import click

from functions.cli.common import FAULT
from functions.cli.paper import Desk
from shared.model.ids import InvalidId
from shared.model.selftest import GROUP, target

_PATIENCE, _LONGER = 10.0, 60.0  # seconds for an alert, as an action group waits; for an answer
_NOBODYS = str(UUID(int=0))
_END = "closed"  # where Azure says that there is no such app
_UNDER_WAY = ("received", "diagnosing", "applying", "verifying")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_WORDS = {
    "accepted": "accepted at the door",
    "taken": "taken from the queue",
    "looked": "looked at",
    "decided": "decided",
}


@click.command()
@click.argument("address", metavar="URL")
@click.option("--subscription", type=click.UUID, help="Seem to come from here, not from the first.")
@click.option(
    "--group", default=GROUP, metavar="NAME", help="A resource group the policy includes."
)
@click.option("--wait", type=click.IntRange(1, 3600), default=60, show_default=True, metavar="S")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of words.")
@click.make_pass_decorator(Desk)
def selftest(
    desk: Desk, address: str, subscription: UUID | None, group: str, wait: int, as_json: bool
) -> int:
    """Send one harmless signal through the service at URL, and time each hop.

    The function key, where the service wants one, is read from FUNCTIONS_KEY.
    """
    base = _address(address)
    with desk.busy("on its way"):
        place = str(subscription) if subscription else _first_seen(base)
        resource = _nowhere(place, group)
        started = time.monotonic()
        id = _accepted(_ask("POST", f"{base}/api/alerts", _alert(resource)))
        seconds = time.monotonic() - started
        incident = _followed(f"{base}/api/incidents/{id}", wait, desk)
    report = {"incident": id, "resource": resource, **_read(incident, seconds)}
    if as_json:
        desk.json(report)
    else:
        desk.show(*_sentences(report))
    return 0 if report["ok"] else FAULT


def _address(text: str) -> str:
    place = urlsplit(text)
    if place.scheme not in ("http", "https") or not place.hostname or place.username:
        raise click.BadParameter("give the service's address, https://…", param_hint="URL")
    if place.scheme == "http" and place.hostname not in _LOCAL:
        raise click.BadParameter("a key must not travel in the clear; use https", param_hint="URL")
    return f"{place.scheme}://{place.netloc}"


def _first_seen(base: str) -> str:
    """The first subscription whose permissions the service can read; nobody's where it has none."""
    _, health = _ask("GET", f"{base}/api/health")
    seen = health.get("permissions", []) if isinstance(health, dict) else []
    return next((str(one["subscription"]) for one in seen if not one["unread"]), _NOBODYS)


def _nowhere(subscription: str, group: str) -> str:
    try:
        return target(subscription, group).text
    except InvalidId as error:
        raise click.BadParameter(str(error), param_hint="--group") from error


def _alert(target: str) -> dict[str, Any]:
    essentials = {
        "alertId": f"/medic-selftest/{uuid4()}",
        "alertRule": "medic-selftest",
        "monitorCondition": "Fired",
        "monitoringService": "Log Alerts V2",
        "configurationItems": [target],
    }
    return {"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": essentials}}


def _ask(method: str, url: str, body: Any = None) -> Any:
    """The answer's status and JSON; errors say what to do."""
    import os

    import requests

    from shared.errors import BadInput, HealError

    key = os.environ.get("FUNCTIONS_KEY", "")
    headers = {"x-functions-key": key} if key else {}
    patience = _PATIENCE if method == "POST" else _LONGER
    try:
        told = requests.request(
            method, url, json=body, headers=headers, timeout=patience, allow_redirects=False
        )
    except requests.exceptions.SSLError as error:
        said = f"{url} has a certificate that is not trusted here; where your network puts its own "
        said += "in between, name its authority's file in REQUESTS_CA_BUNDLE"
        raise HealError(said) from error
    except requests.RequestException as error:
        kind = type(error).__name__
        raise HealError(f"{url} could not be reached ({kind}); is the service running?") from error
    if told.status_code in (401, 403):
        raise BadInput(_refused(url, key))
    try:
        return told.status_code, told.json()
    except ValueError as error:
        said = f"{url} answered {told.status_code} and no JSON; is this the service's address?"
        raise HealError(said) from error


def _refused(url: str, key: str) -> str:
    what = (
        "refused the key in FUNCTIONS_KEY" if key else "wants a key, and FUNCTIONS_KEY is not set"
    )
    app = (urlsplit(url).hostname or "").partition(".")[0]
    return (
        f"{url} {what}; show the app's keys with `az functionapp keys list --name {app} "
        "--resource-group GROUP`, and put one of its functionKeys there"
    )


def _accepted(told: Any) -> str:
    from shared.errors import HealError

    status, answer = told
    taken = answer.get("accepted") if isinstance(answer, dict) else None
    if status != 202 or not taken:
        raise HealError(f"the door answered {status} and accepted nothing; see /api/health")
    return str(taken[0]["incident"])


def _followed(url: str, wait: int, desk: Desk) -> dict[str, Any]:
    """The incident at rest, or as it was when the time was over; empty while there is none."""
    incident: dict[str, Any] = {}
    for turn in range(wait + 1):
        status, answer = _ask("GET", url)
        incident = answer if status == 200 else {}
        if turn == wait or (incident and incident["state"] not in _UNDER_WAY):
            break
        desk.pause(1)
    return incident


def _read(incident: dict[str, Any], accepted: float) -> dict[str, Any]:
    """Each hop with its seconds since the signal was received, null where it did not happen."""
    steps = incident.get("timeline", [])[1:]  # the first tells that it was received
    looks = [one for one in steps if one["stage"] == "evidence"]
    rests = incident.get("state", "received") not in _UNDER_WAY
    hops = {
        "accepted": round(accepted, 3),
        "taken": _since(incident, steps[:1]),
        "looked": _since(incident, looks[-1:]),
        "decided": _since(incident, steps[-1:]) if rests else None,
    }
    writes = incident.get("azure_calls", {}).get("writes", 0)
    return {
        "ok": hops["taken"] is not None and incident.get("state") == _END and writes == 0,
        "state": incident.get("state"),
        "said": steps[-1]["text"] if steps else None,
        "writes": writes,
        "hops": [{"hop": name, "seconds": seconds} for name, seconds in hops.items()],
    }


def _since(incident: dict[str, Any], step: list[dict[str, Any]]) -> float | None:
    if not step:
        return None
    start, end = (datetime.fromisoformat(at) for at in (incident["opened"], step[0]["at"]))
    return round((end - start).total_seconds(), 3)


def _sentences(report: dict[str, Any]) -> list[str]:
    told = []
    for hop in report["hops"]:
        seconds = hop["seconds"]
        when = "not seen" if seconds is None else f"after {seconds:.3f} s"
        told.append(f"{_WORDS[hop['hop']]:22}{when}")
    return [*told, *([report["said"]] if report["said"] else []), _end(report)]


def _end(report: dict[str, Any]) -> str:
    """How it ended and what to do next."""
    state = report["state"]
    if report["ok"]:
        return (
            f"The way is open: incident {report['incident']} is {state}, as Azure has no such app."
        )
    if state == "denied":
        return (
            "The service works, but not there: the place of the test is out of its scope. Name one "
            "that is in scope with --subscription and --group."
        )
    if state == "explained":
        return (
            "The service works, but its identity may not look there. Name a resource group that it "
            "may read with --group, or give it the service's role on the subscription."
        )
    return f"The way is not open: incident {report['incident']} is {state}; look at /api/health."
