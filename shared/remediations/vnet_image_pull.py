"""
vnet-image-pull: send a web app's image pulls through its own network, to a private endpoint.

In:  a Step whose `before` and `after` are the site's five routing switches, and what the path leads
     through: subnet, endpoint, zone link.
Out: an Outcome with the switches as they were just before our write and as read back.

Looks again before it writes: the switches and the subnet must be as planned, the endpoint approved
and the zone linked; else nothing is written. The site is sent whole, as just read, with one switch
changed; afterwards the whole site is compared, and what else differs is told. App Service checks
`subnets/join/action` on the site's subnet for whoever writes the site, whatever changes
(LinkedAuthorizationFailed); the write restarts the app.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.errors import PermanentError, Unreachable
from shared.model.ids import ResourceId
from shared.model.plan import AS_READ, Outcome, Step, Write
from shared.remediations import sites
from shared.remediations.comparing import differences
from shared.remediations.drifting import Drifted

Wire = Mapping[str, Any]

_WEB, _NETWORK, _DNS = "2025-05-01", "2026-03-01", "2024-06-01"
ROUTING, SWITCH = "outboundVnetRouting", "imagePullTraffic"
#: Members that change by themselves, and the one that we change.
_VOLATILE = frozenset(
    {
        "etag",
        "systemData",
        "properties.state",
        "properties.lastModifiedTimeUtc",
        "properties.inProgressOperationId",
        "properties.usageState",
        "properties.availabilityState",
        "properties.suspendedTill",
        f"properties.{ROUTING}",
        *(f"properties.{name}" for name in sites.OLD),
    }
)
_PATIENCE = (2.0, 5.0, 10.0, 20.0)


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Switch it on if it is still off and the path still stands. Twice equals once."""
    site = sites.read(azure, step.target)
    if _is(site, step.after):
        text = "image pulls use the app's network already; nothing was written"
        return _outcome(step, azure.now(), site, site, text, changed=False)
    objection = _objection(step, site) or _path_fell(step, azure)
    if objection is None:
        config, site = _last_look(azure, step.target)
        objection = _objection(step, site)
    if objection is not None:
        text = f"stopped without writing: {step.target.name} is not as planned, {objection}"
        return _outcome(step, azure.now(), site, site, text, changed=False, failed=True)
    sent = azure.now()
    now = _write(azure, step.target, config, site, step.after[ROUTING])
    return _judged(step, sent, site, now, "image pulls use the app's network now")


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step whose outcome nobody kept; None: it is not in place."""
    site = sites.read(azure, step.target)
    if not _is(site, step.after):
        return None
    return Outcome(
        remedy=step.remedy,
        target=step.target,
        changed=True,
        detail="the switch was found on after an interruption; announced before, so ours",
        at=azure.now(),
        before={ROUTING: dict(step.before[ROUTING])},
        after={ROUTING: dict(step.after[ROUTING])},
    )


def reverse(outcome: Outcome) -> Step:
    """What taking the outcome back announces, as data."""
    card, routing = catalog.VNET_IMAGE_PULL, dict(outcome.before[ROUTING])
    whole = "the whole site, as it was just read"
    body = {AS_READ: whole, "properties": {AS_READ: whole, ROUTING: routing}}
    return Step(
        remedy=card.name,
        target=outcome.target,
        summary="Send the app's image pulls to public networks again, as before",
        before=outcome.after,
        after=outcome.before,
        requests=(Write(method="PUT", url=f"{outcome.target}?api-version={_WEB}", body=body),),
        permissions=card.permissions,
        risk="the app restarts, and pulls as it did before, which did not work",
        undo="apply it again",
    )


def undo(outcome: Outcome, *, azure: Azure) -> Outcome:
    """Put the switches back, if all five are still as written; else Drifted."""
    site = sites.read(azure, outcome.target)
    if _is(site, outcome.before):
        return _outcome(outcome, azure.now(), site, site, "it is as it was before", changed=False)
    config, site = _last_look(azure, outcome.target)
    if not _is(site, outcome.after):
        raise Drifted(
            f"the routing of {outcome.target}",
            before=outcome.before[ROUTING],
            written=outcome.after[ROUTING],
            now=_switches(site),
        )
    sent = azure.now()
    now = _write(azure, outcome.target, config, site, outcome.before[ROUTING])
    return _judged(reverse(outcome), sent, site, now, "image pulls use public networks again")


def _objection(step: Step, site: Wire) -> str | None:
    """Why the site is not as the plan needs it any more, or None."""
    properties = site["properties"]
    if not _is(site, step.before):
        return f"its routing reads {_said(_switches(site))}"
    if str(properties.get("virtualNetworkSubnetId", "")).lower() != step.before["subnet"].lower():
        return "it was connected to another subnet"
    if "windows" in str(site.get("kind", "")).lower() or properties.get(
        "hostingEnvironmentProfile"
    ):
        return "it runs on another kind of host"
    return None


def _path_fell(step: Step, azure: Azure) -> str | None:
    """Whether what the path leads through is still there: the endpoint, and the zone's link."""
    told = azure.together(
        endpoint=lambda: _read(azure, step.before["endpoint"], _NETWORK),
        link=lambda: _read(azure, step.before["link"], _DNS),
    )
    endpoint, link = told["endpoint"], told["link"]
    if endpoint is None or not _approved(endpoint):
        return "its private endpoint is not approved any more"
    if link is None or str(link.get("virtualNetworkLinkState", "")).lower() != "completed":
        return "the private DNS zone does not answer in its network any more"
    return None


def _read(azure: Azure, id: str, version: str) -> Wire | None:
    """The resource's properties; None when it is gone or is none."""
    try:
        with azure.asking(f"read {id}"):
            properties: Wire = azure.arm.get(id, version)["properties"]
            return properties
    except PermanentError:
        return None


def _approved(endpoint: Wire) -> bool:
    states = [
        str(
            ((one.get("properties") or {}).get("privateLinkServiceConnectionState") or {}).get(
                "status", ""
            )
        )
        for kind in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
        for one in endpoint.get(kind) or ()
    ]
    whole = str(endpoint.get("provisioningState", "")).lower() == "succeeded"
    return whole and bool(states) and all(state.lower() == "approved" for state in states)


def _last_look(azure: Azure, id: ResourceId) -> tuple[Wire, Wire]:
    """Configuration, then the site, last of all: what somebody changes after it was read and before
    it is sent back is lost, so nothing may come between."""
    config = sites.config(azure, id)
    return config, sites.read(azure, id)


def _write(azure: Azure, id: ResourceId, config: Wire, site: Wire, routing: Wire) -> Wire:
    """Send the site with these switches once, and read it back; what is read decides."""
    body = sites.sendable(site, config, **{ROUTING: dict(routing)})
    trouble = sites.send(azure, id, body, f"changed the routing of {id}")
    wanted = {ROUTING: routing}
    try:
        now = sites.read(azure, id)
        for pause in _PATIENCE:
            if _is(now, wanted) or trouble is not None:
                break
            azure.pause(pause)  # a 202: App Service is still at it
            now = sites.read(azure, id)
    except (PermanentError, Unreachable) as cut:
        text = f"a change of {id} was sent and cannot be read back, because {cut}"
        raise Unreachable(text, delay=getattr(cut, "delay", 30.0)) from trouble
    if trouble is not None and not _is(now, wanted):
        raise trouble
    return now


def _switches(site: Wire) -> dict[str, Any]:
    return dict(site["properties"].get(ROUTING) or {})


def _is(site: Wire, wanted: Wire) -> bool:
    now = _switches(site)
    return all(now.get(name) is value for name, value in wanted[ROUTING].items())


def _said(switches: Any) -> str:
    return ", ".join(f"{name} {'on' if on else 'off'}" for name, on in dict(switches or {}).items())


def _judged(step: Step, sent: datetime, before: Wire, now: Wire, done: str) -> Outcome:
    """Say what was read back, and shout where it is not what was sent.

    The outcome is as old as the sending: the restart's pull may be over before Azure answers.
    """
    others = differences(before, now, apart_from=_VOLATILE)
    failed = not _is(now, step.after)
    text = f"the switch was written and the routing reads {_said(_switches(now))}: somebody else "
    text = f"{text}is writing it too" if failed else done
    if others:
        text += f". Not by us, at the same time: {'; '.join(others[:5])}"
    return _outcome(step, sent, before, now, text, changed=True, failed=failed)


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
    return Outcome(
        remedy=about.remedy,
        target=about.target,
        changed=changed,
        failed=failed,
        detail=detail,
        at=at,
        before={ROUTING: _switches(before)},
        after={ROUTING: _switches(after)},
    )
