"""
dns-zone-link: let a registry's private DNS zone answer in the workload's network.

In:  a Step whose `after` holds the link to make, and the records the zone must have.
Out: an Outcome with the link as read back.

Looks again before it writes: the zone must still hold every record as planned and no link to the
network, and the network must ask Azure's own name servers. The link is only ever made, never
changed (If-None-Match); somebody else's stays as it is. Making one takes a while (202): it counts
when its state is Completed. A network that is linked to another zone of the name is refused (409).
"""

from collections.abc import Mapping
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.errors import NotFound, PermanentError, Refused, Unreachable
from shared.model.ids import ResourceId
from shared.model.plan import Outcome, Step, Write
from shared.remediations import sending
from shared.remediations.drifting import Drifted

Wire = Mapping[str, Any]

_DNS, _NETWORK = "2024-06-01", "2026-03-01"
_AZURE_DNS = "168.63.129.16"
_PATIENCE = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_OURS = ("virtualNetwork", "registrationEnabled", "resolutionPolicy")


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Make the link if the zone is still as planned. Twice equals once."""
    wanted = step.after["link"]
    told = azure.together(
        links=lambda: _links(azure, step.target),
        records=lambda: _records(azure, step.target),
        servers=lambda: _servers(azure, wanted["virtualNetwork"]["id"]),
    )
    there = next((one for one in told["links"] if _network(one) == _network(wanted)), None)
    if there is not None:
        text = f"the zone is linked to the network already ({there['name']}); nothing was written"
        return _outcome(step, azure, text, there, there, changed=False)
    if objection := _objection(step, told):
        text = f"stopped without writing: {step.target.name} is not as planned, {objection}"
        return _outcome(step, azure, text, None, None, changed=False, failed=True)
    now = _make(azure, step.target, wanted)
    done = _state(now) == "completed" and _same(now, wanted)
    text = f"the link {wanted['name']} was made and its state is {now.get('state') or 'unknown'}"
    text += "" if done else ", which is not how it should be"
    return _outcome(step, azure, text, None, now, changed=True, failed=not done)


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step whose outcome nobody kept; None: it is not in place."""
    wanted = step.after["link"]
    now = _link(azure, step.target, wanted["name"])
    if now is None or not _same(now, wanted):
        return None
    text = f"the link {wanted['name']} was found after an interruption; announced before, so ours"
    return _outcome(step, azure, text, None, now, changed=True)


def reverse(outcome: Outcome) -> Step:
    """What taking the outcome back announces, as data."""
    card, link = catalog.DNS_ZONE_LINK, outcome.after["link"] or {}
    url = f"{outcome.target}/virtualNetworkLinks/{link.get('name', '')}?api-version={_DNS}"
    return Step(
        remedy=card.name,
        target=outcome.target,
        summary=f"Delete the link {link.get('name', '')} again",
        before=outcome.after,
        after={"link": None},
        requests=(Write(method="DELETE", url=url, body=None),),
        permissions=card.permissions,
        risk="the network finds the registry at its public address again, which refuses",
        undo="apply it again",
    )


def undo(outcome: Outcome, *, azure: Azure) -> Outcome:
    """Delete the link that was made, if it is still as written; else Drifted."""
    if not outcome.changed:
        return _outcome(outcome, azure, "no link had been made", None, None, changed=False)
    written = outcome.after["link"]
    now = _link(azure, outcome.target, written["name"])
    if now is None:
        text = f"the link {written['name']} is gone already"
        return _outcome(outcome, azure, text, None, None, changed=False)
    if not _same(now, written):
        what = f"the link {written['name']} of {outcome.target}"
        raise Drifted(what, before=None, written=written, now=now)
    path = f"{outcome.target}/virtualNetworkLinks/{written['name']}"
    trouble = sending.once(azure, f"deleted the link {path}", lambda: azure.arm.delete(path, _DNS))
    left = _awaited(azure, outcome.target, written["name"], gone=True, trouble=trouble)
    text = f"the link {written['name']} was deleted"
    if left is not None:
        text = f"the link {written['name']} was asked to be deleted and is still there"
    return _outcome(outcome, azure, text, now, left, changed=True, failed=left is not None)


def _objection(step: Step, told: Mapping[str, Any]) -> str | None:
    """Why the zone or the network is not as the plan needs it any more, or None."""
    name = step.after["link"]["name"]
    if any(one["name"] == name for one in told["links"]):
        return f"a link called {name} leads to another network"
    if told["servers"]:
        return f"the network asks DNS servers of its own now ({', '.join(told['servers'])})"
    for host, addresses in step.before["records"].items():
        answer = _answer(told["records"], host, step.target.name)
        if answer != sorted(addresses):
            return f"its record for {host} is {'/'.join(answer) or 'gone'}"
    return None


def _answer(records: Mapping[str, list[str]], host: str, zone: str) -> list[str]:
    """What the zone says about a host; the zone is named like the public one, but for a prefix."""
    public = zone.lower().removeprefix("privatelink.")
    return records.get(host.lower().removesuffix(f".{public}"), [])


def _make(azure: Azure, zone: ResourceId, wanted: Wire) -> Wire:
    """Send it once and wait for it to be there; what is read decides."""
    path = f"{zone}/virtualNetworkLinks/{wanted['name']}"
    body = {"location": "global", "properties": {name: wanted[name] for name in _OURS}}
    trouble = sending.once(
        azure, f"made the link {path}", lambda: azure.arm.put(path, _DNS, body, only_new=True)
    )
    now = _awaited(azure, zone, wanted["name"], gone=False, trouble=trouble)
    if now is None:
        if trouble is not None:
            raise trouble
        raise Unreachable(f"the link {path} was sent and is not there yet", delay=30.0)
    return now


def _awaited(
    azure: Azure, zone: ResourceId, name: str, *, gone: bool, trouble: Unreachable | None
) -> Wire | None:
    """The link once it is completed, or gone, or patience ends."""
    try:
        now = _link(azure, zone, name)
        for pause in _PATIENCE:
            settled = now is None if gone else _state(now) == "completed"
            if settled or (now is None and trouble is not None):
                break
            azure.pause(pause)
            now = _link(azure, zone, name)
    except (PermanentError, Unreachable) as cut:
        text = f"a change of the links of {zone} was sent and cannot be read back, because {cut}"
        raise Unreachable(text, delay=getattr(cut, "delay", 30.0)) from trouble
    return now


def _link(azure: Azure, zone: ResourceId, name: str) -> Wire | None:
    """One link, or None when there is none of that name."""
    path = f"{zone}/virtualNetworkLinks/{name}"
    try:
        with azure.asking(f"read the link {path}"):
            return _shown(azure.arm.get(path, _DNS))
    except NotFound:
        return None


def _links(azure: Azure, zone: ResourceId) -> list[Wire]:
    with azure.asking(f"listed the links of the zone {zone}"):
        return [_shown(one) for one in azure.arm.list(f"{zone}/virtualNetworkLinks", _DNS)]


def _shown(wire: Wire) -> Wire:
    """A link as outcomes keep it. Refused when the answer is none."""
    properties = wire.get("properties")
    if not isinstance(properties, Mapping) or not isinstance(wire.get("name"), str):
        raise Refused("Azure's answer about a link is none")
    return {
        "name": wire["name"],
        "virtualNetwork": {"id": str((properties.get("virtualNetwork") or {}).get("id", ""))},
        "registrationEnabled": bool(properties.get("registrationEnabled")),
        "resolutionPolicy": str(properties.get("resolutionPolicy") or "Default"),
        "state": str(properties.get("virtualNetworkLinkState") or ""),
    }


def _records(azure: Azure, zone: ResourceId) -> dict[str, list[str]]:
    with azure.asking(f"listed the records of the zone {zone}"):
        return {
            str(one["name"]).lower(): sorted(
                str(a["ipv4Address"]) for a in one["properties"].get("aRecords") or ()
            )
            for one in azure.arm.list(f"{zone}/A", _DNS)
        }


def _servers(azure: Azure, network: str) -> list[str]:
    with azure.asking(f"read the virtual network {network}"):
        options = azure.arm.get(network, _NETWORK)["properties"].get("dhcpOptions") or {}
    return [str(one) for one in options.get("dnsServers") or () if str(one) != _AZURE_DNS]


def _same(now: Wire, wanted: Wire) -> bool:
    """Whether it is the link that was wanted, whatever its state."""
    return _network(now) == _network(wanted) and all(
        now[name] == wanted[name] for name in ("name", "registrationEnabled", "resolutionPolicy")
    )


def _network(link: Wire) -> str:
    return str(link["virtualNetwork"]["id"]).lower()


def _state(link: Wire | None) -> str:
    return str((link or {}).get("state", "")).lower()


def _outcome(
    about: Step | Outcome,
    azure: Azure,
    detail: str,
    before: Wire | None,
    after: Wire | None,
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
        at=azure.now(),
        before={"link": dict(before) if before else None},
        after={"link": dict(after) if after else None},
    )
