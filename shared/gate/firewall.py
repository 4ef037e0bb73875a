"""
Firewall: a fix may add a workload's own proven addresses to a registry's rules, and nothing else.

In:  a Case.
Out: objections; deny for a request that would do more than announced, hold for the rest.

Judges the request that will be sent, not the planner's word for it. App Service's outbound
addresses are shared with other customers' apps (overview-inbound-outbound-ips), those of an Azure
Firewall with everything behind it. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from shared.gate.case import Case, Objection, deny, hold, unread
from shared.model import networks
from shared.model.evidence import Egress, Registry, Unread, Via
from shared.model.plan import Step
from shared.model.words import RemedyName
from shared.policy import Addresses, SharedEgress


@dataclass(frozen=True, slots=True)
class _Sharers:
    """Who else leaves by the addresses, and which key of firewall-sync accepts that."""

    said: str
    key: str


_SHARED = {
    Via.PLATFORM: _Sharers("are shared with other customers' apps", "shared_egress"),
    Via.FIREWALL: _Sharers("let in everything behind that Azure Firewall", "azure_firewall"),
}
#: Ways out that somebody owns, who has to be in the policy's scope.
_OWNED = (Via.NAT_GATEWAY, Via.FIREWALL, Via.ENVIRONMENT)


def only_adds_proven_addresses(case: Case) -> Iterator[Objection]:
    """The request keeps every rule, adds the workload's own addresses, and touches nothing else."""
    registry = case.registry
    for step in case.steps(RemedyName.FIREWALL_SYNC) if registry else ():
        if (rules := whole_list(step)) is None:
            yield deny("firewall-sync would change more than the registry's IP rules")
            continue
        for kept in registry.ip_rules if registry else ():
            if not any(networks.same(kept, rule) for rule in rules):
                yield deny(f"firewall-sync would remove the existing rule {kept}")
        proven = _proven(case)
        for added in _added(registry, rules):
            try:
                network = networks.admissible(added)
            except networks.Inadmissible as error:
                yield deny(f"firewall-sync must not write {added}: {error}")
                continue
            if not any(network.subnet_of(own) for own in proven):
                yield deny(f"{added} is not an address Azure reports for this workload's way out")


def way_out_proven(case: Case) -> Iterator[Objection]:
    """Azure says which addresses are the workload's, and they stay."""
    if not case.steps(RemedyName.FIREWALL_SYNC):
        return
    egress = case.workload.egress
    if isinstance(egress, Unread):
        yield unread("the workload's outbound addresses", egress)
        return
    if egress.via in (Via.UNKNOWN, Via.PRIVATE):
        yield hold(f"the way out is {egress.via}: {egress.because or 'no address is proven'}")
    if not egress.stable:
        yield hold(f"the outbound addresses may change at any time: {egress.because}")
    if egress.via in _OWNED and egress.owner is None:
        yield hold(f"it is not known which {egress.via} owns the addresses")
    for owner in (egress.owner, *egress.also):
        if owner is not None and not case.policy.in_scope(owner):
            yield hold(f"{owner}, which owns the addresses, is outside the policy's scope")


def sharing_allowed(case: Case) -> Iterator[Objection]:
    """Addresses that others use too are let in only if the policy says so, and never where a
    registry needs no sign-in: an address is not an identity."""
    egress, registry = case.workload.egress, case.registry
    if not case.steps(RemedyName.FIREWALL_SYNC) or isinstance(egress, Unread) or not registry:
        return
    sharers = _SHARED.get(egress.via)
    if sharers is None:
        return
    if getattr(case.policy.remedies.firewall_sync, sharers.key) is not SharedEgress.ALLOW:
        yield hold(f"the addresses {sharers.said}; the policy's {sharers.key} does not allow that")
    if registry.anonymous_pull is not False:
        known = "allows" if registry.anonymous_pull else "may allow (Azure does not say)"
        yield hold(f"the registry {known} anonymous pulls, and the addresses {sharers.said}")


def room_left(case: Case) -> Iterator[Objection]:
    """The new rules are few enough, and leave the registry the room the policy keeps free."""
    registry, asked = case.registry, case.policy.remedies.firewall_sync
    for step in case.steps(RemedyName.FIREWALL_SYNC) if registry else ():
        new = len(_added(registry, whole_list(step) or ()))
        if new > asked.max_new_rules:
            yield hold(f"{new} new rules are needed; the policy allows {asked.max_new_rules}")
        yield from _room(registry, new, asked.keep_free)


def registry_writable(case: Case) -> Iterator[Objection]:
    """The registry is at rest, and has no rules that a write could lose."""
    registry = case.registry
    if registry is None or not case.steps(RemedyName.FIREWALL_SYNC):
        return
    if registry.provisioning.lower() != "succeeded":
        yield hold(f"the registry is {registry.provisioning or 'in an unknown state'}, not at rest")
    if registry.subnet_rules:
        yield hold("the registry has subnet rules in preview, which a write might drop")


def whole_list(step: Step) -> tuple[str, ...] | None:
    """The whole rule list the step would leave; None for a request that does anything else."""
    match [(write.method, write.body) for write in step.requests]:
        case [("PATCH", {"properties": {"networkRuleSet": dict(wanted), **others}, **outside})]:
            if others or outside or set(wanted) != {"defaultAction", "ipRules"}:
                return None
            if wanted["defaultAction"] != "Deny" or not isinstance(wanted["ipRules"], list | tuple):
                return None
            return _values(wanted["ipRules"])
    return None


def _values(rules: Any) -> tuple[str, ...] | None:
    values = []
    for rule in rules:
        match rule:
            case {"value": str(value), **rest} if rest in ({}, {"action": "Allow"}):
                values.append(value)
            case _:
                return None
    return tuple(values)


def _added(registry: Registry | None, rules: tuple[str, ...]) -> tuple[str, ...]:
    """Rules that are not there yet, each network once."""
    there = registry.ip_rules if registry else ()
    new = (rule for rule in rules if not any(networks.same(rule, old) for old in there))
    return tuple({networks.parse(rule) or rule: rule for rule in new}.values())


def _proven(case: Case) -> list[IPv4Network]:
    """The addresses ARM reports for the workload, as far as the policy wants them."""
    egress = case.workload.egress
    if not isinstance(egress, Egress):
        return []
    wanted = egress.addresses
    if case.policy.remedies.firewall_sync.addresses is Addresses.POSSIBLE:
        wanted += egress.possible
    return [network for text in wanted if (network := networks.parse(text))]


def _room(registry: Registry | None, new: int, keep_free: int) -> Iterator[Objection]:
    if registry is None:
        return
    used, limit = registry.rules_used, registry.rules_limit
    if isinstance(limit, Unread):
        yield unread("how many rules the registry may have", limit)
    elif isinstance(used, Unread):
        yield unread("how many rules the registry has", used)
    elif limit != -1:
        left = limit - max(used, len(registry.ip_rules)) - new
        if left < keep_free:
            yield hold(
                f"{new} new rules would leave {left} of {limit} free; the policy keeps {keep_free}"
            )
