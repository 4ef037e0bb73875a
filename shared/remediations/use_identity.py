"""
use-identity: let a web app pull with an identity that it has and that may pull already.

In:  a Step that names the identity: "" for the system's, else a client id.
Out: an Outcome with the two members of `config/web` as they were just before our write, and as
     read back.

Looks again before it writes: the identity must still be the workload's own, and the flag still
off. The PATCH carries the flag, and the client id where it has to change; everything else of
`config/web` is compared afterwards. It restarts the app (Microsoft.Web 2025-05-01: `config/web`
answers a GET with the site's name and a PATCH with the site's id, recorded traffic).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.errors import PermanentError, Refused, Unreachable
from shared.model.ids import InvalidId, ResourceId
from shared.model.plan import Outcome, Step, Write
from shared.remediations import sending
from shared.remediations.drifting import Drifted

Wire = Mapping[str, Any]

_API_VERSION = "2025-05-01"
FLAG, CLIENT = "acrUseManagedIdentityCreds", "acrUserManagedIdentityID"


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Set the flag if it is still off. Twice equals once."""
    site = _site(azure, step.target)
    seen = _config(azure, step.target)
    if _is(seen, step.after):
        text = "the workload is told to use this identity already; nothing was written"
        return _outcome(step, azure.now(), seen, seen, text, changed=False)
    if objection := _objection(step, site, seen):
        text = f"stopped without writing: {step.target.name} is not as planned, {objection}"
        return _outcome(step, azure.now(), seen, seen, text, changed=False, failed=True)
    at = azure.now()  # the restart's own pull may be over before Azure answers
    now = _write(step, azure, wanted=step.after)
    failed = not _is(now, step.after)
    text = f"the workload is told to pull with {_whose(step.after)} now"
    if failed:
        text = f"the flag was written and reads {_sign_in(now)}: somebody else is writing it too"
    return _outcome(step, at, seen, now, text + _told(seen, now), changed=True, failed=failed)


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step whose outcome nobody kept; None: it is not in place."""
    seen = _config(azure, step.target)
    if not _is(seen, step.after):
        return None
    text = "the flag was found set after an interruption; announced before, so ours"
    told = _outcome(step, azure.now(), seen, seen, text, changed=True)
    return Outcome(
        remedy=told.remedy,
        target=told.target,
        changed=True,
        detail=text,
        at=told.at,
        before=dict(step.before),
        after=dict(step.after),
    )


def reverse(outcome: Outcome) -> Step:
    """What taking the outcome back announces, as data."""
    card = catalog.USE_IDENTITY
    return Step(
        remedy=card.name,
        target=outcome.target,
        summary="Tell the workload to pull as it did before",
        before=outcome.after,
        after=outcome.before,
        requests=(patch(outcome.target, outcome.after, outcome.before),),
        permissions=card.permissions,
        risk="the workload restarts, and pulls as it did before, which did not work",
        undo="apply it again",
    )


def undo(outcome: Outcome, *, azure: Azure) -> Outcome:
    """Put the two members back, if they are still as written; else Drifted."""
    seen = _config(azure, outcome.target)
    if _is(seen, outcome.before):
        return _outcome(outcome, azure.now(), seen, seen, "it is as it was before", changed=False)
    if not _is(seen, outcome.after):
        raise Drifted(
            f"how {outcome.target} signs in",
            before=_members(outcome.before),
            written=_members(outcome.after),
            now=_sign_in(seen),
        )
    at = azure.now()
    now = _write(reverse(outcome), azure, wanted=outcome.before)
    failed = not _is(now, outcome.before)
    text = (
        "the workload is told to pull as before" if not failed else "it was changed again at once"
    )
    return _outcome(outcome, at, seen, now, text + _told(seen, now), changed=True, failed=failed)


def patch(site: ResourceId, before: Wire, after: Wire) -> Write:
    """The one request: the flag, and the client id where it changes."""
    url = f"{site}/config/web?api-version={_API_VERSION}"
    return Write(method="PATCH", url=url, body={"properties": _changes(before, after)})


def _changes(before: Wire, after: Wire) -> dict[str, Any]:
    client = {} if after[CLIENT] == before[CLIENT] else {CLIENT: after[CLIENT]}
    return {FLAG: after[FLAG], **client}


def _write(step: Step, azure: Azure, *, wanted: Wire) -> Wire:
    """Send it once and read it back; what is read decides."""
    id = step.target
    body: Any = {"properties": _changes(step.before, wanted)}
    operations = azure.web(id.subscription).web_apps

    def send() -> None:
        if len(id.names) == 2:
            operations.update_configuration_slot(id.group, *id.names, body, **sending.ONCE)
        else:
            operations.update_configuration(id.group, id.name, body, **sending.ONCE)

    trouble = sending.once(azure, f"changed the configuration of {id}", send)
    try:
        now = _config(azure, id)
    except (PermanentError, Unreachable) as cut:
        text = f"a change of {id} was sent and cannot be read back, because {cut}"
        raise Unreachable(text, delay=getattr(cut, "delay", 30.0)) from trouble
    if trouble is not None and not _is(now, wanted):
        raise trouble
    return now


def _objection(step: Step, site: Wire, seen: Wire) -> str | None:
    """Why the site is not as the plan needs it any more, or None."""
    if not _is(seen, step.before):
        return f"it signs in in another way now ({_sign_in(seen)})"
    attached = dict(_attached(site))
    client = str(step.after[CLIENT]).lower()
    if client not in attached:
        return f"{_whose(step.after)} is not attached to it any more"
    if attached[client] != str(step.after["principal"]).lower():
        return f"{_whose(step.after)} was made anew, and what the new one may do is not known"
    return None


def _attached(site: Wire) -> Iterator[tuple[str, str]]:
    """Client id ("" for the system identity) and object id of every identity of the site."""
    identity = site.get("identity") or {}
    if identity.get("principalId"):
        yield "", str(identity["principalId"]).lower()
    for item in (identity.get("userAssignedIdentities") or {}).values():
        if (item or {}).get("clientId"):
            yield str(item["clientId"]).lower(), str(item.get("principalId")).lower()


def _sign_in(config: Wire) -> dict[str, Any]:
    """The two members that decide which identity pulls."""
    properties = config.get("properties") or {}
    return {FLAG: bool(properties.get(FLAG)), CLIENT: str(properties.get(CLIENT) or "")}


def _members(image: Wire) -> dict[str, Any]:
    return {name: image[name] for name in (FLAG, CLIENT)}


def _is(config: Wire, wanted: Wire) -> bool:
    now = _sign_in(config)
    return now[FLAG] == wanted[FLAG] and now[CLIENT].lower() == str(wanted[CLIENT]).lower()


def _whose(sign_in: Wire) -> str:
    client = sign_in[CLIENT]
    return f"the identity {client}" if client else "the system identity"


def _site(azure: Azure, id: ResourceId) -> Wire:
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the site {id}"):
        wire: Wire = (
            operations.get_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get(id.group, id.name)
        ).as_dict()
    return _about(wire, id)


def _config(azure: Azure, id: ResourceId) -> Wire:
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the configuration of {id}"):
        wire: Wire = (
            operations.get_configuration_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get_configuration(id.group, id.name)
        ).as_dict()
    return _about(wire, id)


def _about(wire: Wire, id: ResourceId) -> Wire:
    """The answer, if it is about this site or its configuration: a 200 is no promise."""
    try:
        found = ResourceId.parse(wire.get("id"))
    except InvalidId:
        found = None
    if (
        found is None
        or not found.within(id.text)
        or not isinstance(wire.get("properties"), Mapping)
    ):
        raise Refused(f"Azure's answer about {id} is not that site; nothing is read in it")
    return wire


def _told(before: Wire, after: Wire) -> str:
    """What else of the configuration changed with our write, or beside it."""
    old, new = before.get("properties") or {}, after.get("properties") or {}
    others = [
        name for name in sorted({*old, *new} - {FLAG, CLIENT}) if old.get(name) != new.get(name)
    ]
    if not others:
        return ""
    return f". Not by us, at the same time: {', '.join(others[:5])} changed"


def _outcome(
    about: Step | Outcome,
    at: datetime,
    before: Wire,
    after: Wire,
    detail: str,
    *,
    changed: bool,
    failed: bool = False,
) -> Outcome:
    kept = {"principal": (about.after or {}).get("principal", "")}
    return Outcome(
        remedy=about.remedy,
        target=about.target,
        changed=changed,
        failed=failed,
        detail=detail,
        at=at,
        before={**_sign_in(before), **kept},
        after={**_sign_in(after), **kept},
    )
