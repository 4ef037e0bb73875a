"""
Azure Firewalls: which one has an address, what it lets through, and from where traffic leaves it.

In:  the World, the network a route stands in, the next hop's address, a destination.
Out: the firewall; whether HTTPS to the destination passes; the public addresses it leaves from.

Network rules, then application rules, a parent policy's first, each by priority of group and
collection; what no rule names is denied ("Configure Azure Firewall rules"). A NAT gateway on
AzureFirewallSubnet takes the place of its own addresses; a route there may send traffic on.
"""

import fnmatch
from collections.abc import Iterator
from typing import Any

from tests.simulator import subnets
from tests.simulator.subnets import Destination
from tests.simulator.world import Resource, World

KIND = "Microsoft.Network/azureFirewalls"
POLICY = "Microsoft.Network/firewallPolicies"
_PUBLIC = Destination(address="20.42.74.65", tags=("AzureCloud",))


def at(world: World, network: str, address: str) -> Resource | None:
    """The firewall with this private address, in the network or in one peered with it."""
    for firewall in world.resources.of_type(KIND):
        for held in _configurations(firewall):
            home = subnets.network_id(str((held.get("subnet") or {}).get("id", "")))
            if held.get("privateIPAddress") == address and subnets.reachable(world, network, home):
                return firewall
    return None


def addresses(world: World, firewall: Resource) -> tuple[str, ...]:
    """Where its traffic leaves from; empty when only the scenario can tell."""
    held = _configurations(firewall)
    subnet = str((held[0].get("subnet") or {}).get("id", "")) if held else ""
    hop, _ = subnets.next_hop(world, subnet, _PUBLIC)
    if hop not in ("", "Internet"):
        return ()
    if behind := subnets.nat_addresses(world, subnet):
        return behind
    ids = [str((one.get("publicIPAddress") or {}).get("id", "")) for one in held]
    return tuple(found for id in ids if (found := subnets.public_address(world, id)))


def passes(
    world: World, firewall: Resource, senders: tuple[str, ...], destination: Destination
) -> bool:
    """Whether HTTPS to the destination gets through."""
    for kind in ("NetworkRule", "ApplicationRule"):
        for action, rule in _rules(world, firewall, kind):
            if _counts(rule, kind, senders, destination):
                return action == "Allow"
    return False


def holder(world: World, public_address: str) -> str | None:
    """The id of the firewall configuration that uses a public address, as that address tells it."""
    for firewall in world.resources.of_type(KIND):
        for item in firewall["properties"].get("ipConfigurations") or ():
            used = (item.get("properties") or {}).get("publicIPAddress") or {}
            if str(used.get("id", "")).lower() == public_address.lower():
                return f"{firewall['id']}/azureFirewallIpConfigurations/{item['name']}"
    return None


def _configurations(firewall: Resource) -> list[dict[str, Any]]:
    return [
        one.get("properties") or {} for one in firewall["properties"].get("ipConfigurations") or ()
    ]


def _rules(world: World, firewall: Resource, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(action, rule) of one kind, in the order they are asked."""
    properties = firewall["properties"]
    policy = world.resources.get(str((properties.get("firewallPolicy") or {}).get("id", "")))
    if policy is not None:
        yield from _of_policy(world, policy, kind)
        return
    member = "networkRuleCollections" if kind == "NetworkRule" else "applicationRuleCollections"
    collections = [one["properties"] for one in properties.get(member) or ()]
    yield from _of_collections(collections, kind)


def _of_policy(world: World, policy: Resource, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    parent = world.resources.get(str((policy["properties"].get("basePolicy") or {}).get("id", "")))
    if parent is not None:
        yield from _of_policy(world, parent, kind)
    groups = world.resources.of_type(f"{POLICY}/ruleCollectionGroups", policy["id"])
    for group in sorted(groups, key=lambda one: int(one["properties"]["priority"])):
        yield from _of_collections(group["properties"].get("ruleCollections") or [], kind)


def _of_collections(
    collections: list[dict[str, Any]], kind: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for collection in sorted(collections, key=lambda one: int(one["priority"])):
        for rule in collection.get("rules") or ():
            if rule.get("ruleType", kind) == kind:
                yield str(collection["action"]["type"]), rule


def _counts(
    rule: dict[str, Any], kind: str, senders: tuple[str, ...], destination: Destination
) -> bool:
    said = [str(one) for one in rule.get("sourceAddresses") or ()]
    first = [block.partition("/")[0] for block in senders]
    if "*" not in said and not any(
        subnets.contains(one, sender) for one in said for sender in first
    ):
        return False
    if kind == "ApplicationRule":
        https = [one for one in rule.get("protocols") or () if one["protocolType"] == "Https"]
        named = [str(one).lower() for one in rule.get("targetFqdns") or ()]
        found = any(fnmatch.fnmatch(host, name) for host in destination.hosts for name in named)
        return found and any(int(one.get("port", 443)) == 443 for one in https)
    protocols = {str(one).lower() for one in rule.get("ipProtocols") or rule.get("protocols") or ()}
    if not {"tcp", "any"} & protocols or not _has_port(rule.get("destinationPorts") or ()):
        return False
    if set(destination.hosts) & {str(one).lower() for one in rule.get("destinationFqdns") or ()}:
        return True
    return any(
        subnets.covers(str(one), destination) for one in rule.get("destinationAddresses") or ()
    )


def _has_port(ranges: Any) -> bool:
    for text in map(str, ranges):
        low, _, high = text.partition("-")
        if low == "*" or int(low) <= 443 <= int(high or low):
            return True
    return False
