"""
Network security groups: does one let TCP through to a destination?

In:  a group's rules as ARM returns them, a Destination, a port.
Out: Allowed or Denied by a rule's name, or Unknown with the rule that leaves it open.

Lowest priority number first, the first rule that matches decides, then the default rules
("Network security groups overview"); lists of prefixes and ports are augmented rules and count as
one. A rule that may or may not match leaves the answer open only where it would change it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.evidence.destinations import Destination, holds, named
from shared.evidence.reading import whole
from shared.model.ground import Rule
from shared.model.ids import ResourceId

__all__ = [
    "Allowed",
    "Denied",
    "Rule",
    "Unknown",
    "Verdict",
    "read",
    "understood",
    "verdict",
    "within",
]

VERSION = "2026-03-01"


@dataclass(frozen=True, slots=True)
class Allowed:
    """`by` is the name of the rule."""

    by: str


@dataclass(frozen=True, slots=True)
class Denied:
    """`by` is the name of the rule."""

    by: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A rule that may match stands before one that says otherwise."""

    because: str


Verdict = Allowed | Denied | Unknown


def _default(name: str, priority: int, *, inbound: bool, allow: bool, word: str = "*") -> Rule:
    return Rule(
        name=name,
        priority=priority,
        inbound=inbound,
        allow=allow,
        sources=(word,) if inbound else ("*",),
        destinations=("*",) if inbound else (word,),
    )


#: What every group ends with, and nobody can take out.
DEFAULTS = (
    _default("AllowVnetInBound", 65000, inbound=True, allow=True, word="VirtualNetwork"),
    _default(
        "AllowAzureLoadBalancerInBound", 65001, inbound=True, allow=True, word="AzureLoadBalancer"
    ),
    _default("DenyAllInBound", 65500, inbound=True, allow=False),
    _default("AllowVnetOutBound", 65000, inbound=False, allow=True, word="VirtualNetwork"),
    _default("AllowInternetOutBound", 65001, inbound=False, allow=True, word="Internet"),
    _default("DenyAllOutBound", 65500, inbound=False, allow=False),
)


def read(azure: Azure, group: ResourceId) -> tuple[Rule, ...]:
    """A group's own rules. Raises when they cannot be read or make no sense."""
    with azure.asking(f"read the network security group {group}"):
        properties = whole(azure.arm.get(group.text, VERSION), str(group))["properties"]
    return tuple(understood(item) for item in properties.get("securityRules") or ())


def understood(item: Any) -> Rule:
    """One rule of ARM's answer; Refused when it is none."""
    try:
        told: Mapping[str, Any] = item["properties"]
        return Rule(
            name=str(item["name"]),
            priority=int(told["priority"]),
            inbound={"inbound": True, "outbound": False}[told["direction"].lower()],
            allow={"allow": True, "deny": False}[told["access"].lower()],
            protocol=str(told["protocol"]),
            ports=_either(told, "destinationPortRange"),
            sources=_either(told, "sourceAddressPrefix", "sourceAddressPrefixes"),
            destinations=_either(told, "destinationAddressPrefix", "destinationAddressPrefixes"),
            source_ports=_either(told, "sourcePortRange"),
            source_groups=bool(told.get("sourceApplicationSecurityGroups")),
            destination_groups=bool(told.get("destinationApplicationSecurityGroups")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("Azure's answer holds a security rule without sense") from error


def _either(told: Mapping[str, Any], one: str, many: str = "") -> tuple[str, ...]:
    """The single value and the list: augmented rules fill the list, others the value."""
    values = [told.get(one), *(told.get(many or f"{one}s") or ())]
    return tuple(str(value) for value in values if value)


def verdict(
    rules: Sequence[Rule],
    destination: Destination,
    port: int,
    *,
    source: Sequence[str] = (),
    inbound: bool = False,
    protocol: str = "tcp",
) -> Verdict:
    """What becomes of TCP to the destination's port. `source`: the sender's address blocks, where
    they are known; `inbound`: the rules stand at the destination's end."""
    ordered = [
        Matched(rule.name, rule.allow, match)
        for rule in _in_order(rules, inbound)
        if rule.protocol.lower() in ("*", "any", protocol)
        and (match := _matches(rule, destination, port, source)) is not False
    ]
    return first(ordered, destination.name, "DenyAllInBound" if inbound else "DenyAllOutBound")


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule that matches for sure (True), or of which that is not known (None)."""

    name: str
    allow: bool
    match: bool | None


def first(ordered: Iterable[Matched], target: str, otherwise: str) -> Verdict:
    """What the first match decides; what none decides is denied by `otherwise`. A rule before it
    that may match leaves the answer open only where it says the opposite."""
    doubtful: list[Matched] = []
    for rule in (*ordered, Matched(otherwise, allow=False, match=True)):
        if rule.match is None:
            doubtful.append(rule)
            continue
        for other in doubtful:
            if other.allow != rule.allow:
                return Unknown(
                    f"the rule {other.name} comes before {rule.name} and may cover {target}"
                )
        return Allowed(rule.name) if rule.allow else Denied(rule.name)
    raise AssertionError("unreachable: the last rule matches")


def _in_order(rules: Sequence[Rule], inbound: bool) -> Iterator[Rule]:
    """The rules of one direction, the default rules last."""
    sided = [rule for rule in rules if rule.inbound is inbound]
    yield from sorted(sided, key=lambda rule: rule.priority)
    yield from (rule for rule in DEFAULTS if rule.inbound is inbound)


def _matches(rule: Rule, destination: Destination, port: int, source: Sequence[str]) -> bool | None:
    if not within(rule.ports, port):
        return False
    answers = (
        None if rule.destination_groups else named(rule.destinations, destination),
        None if rule.source_groups else holds(rule.sources, source),
        _every_port(rule.source_ports) or None,  # the sender's port is any free one
    )
    return False if False in answers else None if None in answers else True


def within(ranges: Sequence[str], port: int) -> bool:
    """Whether a port is one of "443", "400-500" or "*"."""
    return any(low <= port <= high for low, high in map(_range, ranges))


def _every_port(ranges: Sequence[str]) -> bool:
    return any(low <= 1 and high >= 65535 for low, high in map(_range, ranges))


def _range(text: str) -> tuple[int, int]:
    if text.strip().lower() in ("*", "any"):
        return 0, 65535
    low, _, high = text.partition("-")
    try:
        return int(low), int(high or low)
    except ValueError:
        return 1, 0  # no port at all
