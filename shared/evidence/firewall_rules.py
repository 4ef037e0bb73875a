"""
Azure Firewall rules: does a firewall let a pull through to a host?

In:  a firewall's own rule collections or its policy's, a Target.
Out: FirewallRules in the order the firewall asks them; Allowed, Denied or Unknown.

Network rules before application rules, a parent policy's before the child's, then by the priority
of group and collection; what no rule matches is denied (Configure Azure Firewall rules). IP groups,
web categories and pages by address are not read and leave the answer open where they might match.
A policy's rules come from Resource Graph: they explain, and no change of ours rests on them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.evidence import graph
from shared.evidence.destinations import Destination, holds, named
from shared.evidence.reading import id_in
from shared.evidence.security_groups import Matched, Verdict, first, within
from shared.model.ground import FirewallRule, Kind
from shared.model.ids import ResourceId

#: A policy may inherit from another; Azure allows one such step, more are not followed.
_DEEPEST = 2
_HTTPS = 443
#: The name of what no rule decides: denied.
DEFAULT = "deny by default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What must be let through: a service by its tags, and the host names it is asked by.

    A host may be a pattern ("*.blob.core.windows.net") where Azure picks the name.
    """

    destination: Destination
    host: str


def classic(properties: Mapping[str, Any]) -> tuple[FirewallRule, ...]:
    """The rules kept in the firewall itself."""
    return (
        *_collections(properties.get("networkRuleCollections"), Kind.NETWORK),
        *_collections(properties.get("applicationRuleCollections"), Kind.APPLICATION),
    )


def of_policy(azure: Azure, policy: ResourceId) -> tuple[FirewallRule, ...]:
    """The rules of a firewall policy and of those it inherits from. Raises when one is hidden."""
    layers: list[list[FirewallRule]] = []
    next_one: ResourceId | None = policy
    while next_one is not None:
        if len(layers) == _DEEPEST:
            raise Refused(f"the firewall policy {policy} inherits more than once")
        parent, rules = _policy(azure, next_one)
        layers.insert(0, rules)
        next_one = parent
    ordered = [rule for layer in layers for rule in layer]
    return tuple(rule for kind in Kind for rule in ordered if rule.kind is kind)


def _policy(azure: Azure, id: ResourceId) -> tuple[ResourceId | None, list[FirewallRule]]:
    """(the policy it inherits from, its own rules by priority)."""
    query = f"resources | where id =~ '{id}' or id startswith '{id}/' | project id, properties"
    rows = list(graph.rows(azure, query, f"the firewall policy {id}"))
    itself = next((row for row in rows if id_in(row.get("id")) == id), None)
    groups = [row for row in rows if row is not itself]
    held = itself.get("properties") if itself else None
    if not isinstance(held, dict) or len(held.get("ruleCollectionGroups") or ()) > len(groups):
        raise Refused(f"not all rules of the firewall policy {id} are visible to us")
    base = held.get("basePolicy")
    parent = id_in(base.get("id")) if isinstance(base, dict) and base.get("id") else None
    ordered = sorted(groups, key=lambda item: _priority(item.get("properties")))
    rules = [
        rule
        for group in ordered
        for kind in Kind
        for rule in _collections((group.get("properties") or {}).get("ruleCollections"), kind)
    ]
    return parent, rules


def _collections(items: Any, kind: Kind) -> Iterator[FirewallRule]:
    """The rules of one kind, by priority of their collections; Refused when one makes no sense."""
    try:
        flat = [(item, item.get("properties") or item) for item in items or ()]
        for item, held in sorted(flat, key=lambda pair: _priority(pair[1])):
            action = str((held.get("action") or {}).get("type", "")).lower()
            if action in ("dnat", "snat"):
                continue  # about traffic coming in
            if action not in ("allow", "deny"):
                raise ValueError(action)
            for rule in held.get("rules") or ():
                if _kind(rule, kind) is kind:
                    yield _understood(rule, kind, action == "allow", str(item.get("name") or ""))
    except (AttributeError, TypeError, ValueError) as error:
        raise Refused("Azure's answer holds a firewall rule without sense") from error


def _priority(held: Any) -> int:
    return int((held or {}).get("priority") or 65000)


def _kind(rule: Mapping[str, Any], otherwise: Kind) -> Kind | None:
    """A policy's rules say their kind; those in a firewall itself are kept apart."""
    said = rule.get("ruleType")
    if said is None:
        return otherwise
    return {"NetworkRule": Kind.NETWORK, "ApplicationRule": Kind.APPLICATION}.get(str(said))


def _understood(rule: Mapping[str, Any], kind: Kind, allow: bool, collection: str) -> FirewallRule:
    name = f"{collection}/{rule.get('name') or '?'}".strip("/")
    sources = _texts(rule, "sourceAddresses")
    vague_source = bool(rule.get("sourceIpGroups"))
    if kind is Kind.APPLICATION:
        by_tag = (str(_HTTPS),) if rule.get("fqdnTags") else ()  # a tag brings its protocols
        return FirewallRule(
            name=name,
            kind=kind,
            allow=allow,
            sources=sources,
            vague_source=vague_source,
            hosts=_texts(rule, "targetFqdns"),
            ports=tuple(
                str(one.get("port") or _HTTPS)
                for one in rule.get("protocols") or ()
                if str(one.get("protocolType", "")).lower() == "https"
            )
            or by_tag,
            vague=bool(rule.get("webCategories") or rule.get("targetUrls")),
            tagged=bool(rule.get("fqdnTags")),
        )
    protocols = {one.lower() for one in _texts(rule, "ipProtocols") + _texts(rule, "protocols")}
    return FirewallRule(
        name=name,
        kind=kind,
        allow=allow,
        sources=sources,
        vague_source=vague_source,
        destinations=_texts(rule, "destinationAddresses"),
        hosts=_texts(rule, "destinationFqdns"),
        ports=_texts(rule, "destinationPorts"),
        tcp=bool({"tcp", "any"} & protocols),
        vague=bool(rule.get("destinationIpGroups")),
    )


def _texts(rule: Mapping[str, Any], member: str) -> tuple[str, ...]:
    return tuple(str(value) for value in rule.get(member) or ())


def verdict(rules: Sequence[FirewallRule], target: Target, source: Sequence[str]) -> Verdict:
    """What becomes of HTTPS to the target from these address blocks."""
    ordered = [
        Matched(rule.name, rule.allow, match)
        for rule in rules
        if (match := _matches(rule, target, source)) is not False
    ]
    return first(ordered, target.destination.name, DEFAULT)


def _matches(rule: FirewallRule, target: Target, source: Sequence[str]) -> bool | None:
    if not rule.tcp or not within(rule.ports, _HTTPS):
        return False
    by_name = _hosts(rule.hosts, target.host, patterns=rule.kind is Kind.APPLICATION)
    by_address = named(rule.destinations, target.destination)
    return _all(
        _any(holds(rule.sources, source), None if rule.vague_source else False),
        _any(by_name, by_address, None if rule.vague or _by_tag(rule, target) else False),
    )


def _by_tag(rule: FirewallRule, target: Target) -> bool:
    """Whether an FQDN tag may hold the host: several hold sign-in and storage hosts, none holds
    registries (FQDN tags overview)."""
    return rule.tagged and "AzureContainerRegistry" not in target.destination.tags


def _any(*answers: bool | None) -> bool | None:
    return True if True in answers else None if None in answers else False


def _all(*answers: bool | None) -> bool | None:
    return False if False in answers else None if None in answers else True


def _hosts(patterns_or_names: Iterable[str], host: str, *, patterns: bool) -> bool | None:
    return _any(False, *(_host(one.lower(), host.lower(), patterns) for one in patterns_or_names))


def _host(said: str, host: str, patterns: bool) -> bool | None:
    """Whether one name of a rule covers the host; None: a host that Azure picks may be it."""
    if patterns and said.startswith("*"):
        if host.removeprefix("*").endswith(said[1:]):
            return True
        return None if host.startswith("*") and said[1:].endswith(host[1:]) else False
    if host.startswith("*"):
        return None if said.endswith(host[1:]) else False
    return said == host
