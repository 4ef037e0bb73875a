"""
Private ways: what a routing switch and a zone link must rest on, whatever the plan says.

In:  a Case.
Out: objections; deny for a change that is more than it may be, hold for a path that is not proven.

Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.gate.case import Case, Objection, deny, hold
from shared.model.private_path import PrivatePath
from shared.model.words import RemedyName

_ROUTING, _SWITCH = "outboundVnetRouting", "imagePullTraffic"


def only_routes_pulls(case: Case) -> Iterator[Objection]:
    """One switch from off to on, of a site whose private path is proven; nothing else of it."""
    for step in case.steps(RemedyName.VNET_IMAGE_PULL):
        path = case.evidence.private_path
        if not isinstance(path, PrivatePath) or not path.proven:
            yield hold(f"{step.remedy}: the private path is not proven")
        before, after = _switches(step.before), _switches(step.after)
        if before.get(_SWITCH) is not False or after != {**before, _SWITCH: True}:
            yield deny(f"{step.remedy} would change more of the routing than {_SWITCH}")
        for write in step.requests:
            if _switches((write.body or {}).get("properties")) != after:
                yield deny(f"{step.remedy} would send another routing than it shows")


def only_links_the_zone(case: Case) -> Iterator[Objection]:
    """A link of the proven zone to the workload's own network, and nothing registers by it."""
    for step in case.steps(RemedyName.DNS_ZONE_LINK):
        path = case.evidence.private_path
        if not isinstance(path, PrivatePath) or path.linkable or path.zone != step.target:
            yield hold(f"{step.remedy}: it is not shown that this link alone is missing")
            continue
        for write in step.requests:
            told: Mapping[str, Any] = (write.body or {}).get("properties") or {}
            network = str((told.get("virtualNetwork") or {}).get("id", ""))
            if network.lower() != str(path.network).lower():
                yield deny(f"{step.remedy} would link another network than the workload's")
            if told.get("registrationEnabled") is not False:
                yield deny(f"{step.remedy} would let machines register names in the zone")


def _switches(part: Any) -> dict[str, Any]:
    told = part.get(_ROUTING) if isinstance(part, Mapping) else None
    return dict(told) if isinstance(told, Mapping) else {}
