"""
Addresses and address rules, compared as networks and never as text.

In:  IPv4 addresses and CIDR blocks as Azure or a rule wrote them.
Out: which are covered by which, which are missing, which may stand in a registry's rule at all.

Registry rules take IPv4 addresses or IPv4 CIDR blocks and act on the public endpoint only
(container-registry-access-selected-networks), so `1.2.3.4` and `1.2.3.4/32` are one rule, and a
private address can never help. Pure.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, collapse_addresses, ip_network

#: The widest block a rule of ours may open.
WIDEST = 24

#: Blocks that no registry ever sees as the source of a pull (IANA special-purpose registry).
#: Documentation blocks are left out: they harm nobody and stand in for real ones in trials.
_NEVER = tuple(
    (IPv4Network(block), what)
    for block, what in (
        ("0.0.0.0/8", "the unspecified network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "Azure's own platform address"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved for benchmarks"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)


class Inadmissible(ValueError):
    """This text must not become a registry rule; the message says why."""


def parse(text: str) -> IPv4Network | None:
    """The network a stored rule stands for, or None when it is not IPv4."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def admissible(text: str) -> IPv4Network:
    """The network, if it may become a rule: public unicast IPv4, no wider than `WIDEST`."""
    try:
        found = ip_network(text.strip(), strict=True)
    except ValueError as error:
        raise Inadmissible(f"{text!r} is not an IPv4 address or block") from error
    if not isinstance(found, IPv4Network):
        raise Inadmissible(f"{text} is IPv6, and registry rules take IPv4 only")
    if found.prefixlen < WIDEST:
        raise Inadmissible(f"{text} is wider than a /{WIDEST}")
    for block, what in _NEVER:
        if found.overlaps(block):
            raise Inadmissible(f"{text} is {what}, not a public address")
    return found


def written(network: IPv4Network) -> str:
    """How Azure stores the rule: a single address without its `/32`."""
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def size(text: str) -> int:
    """How many addresses it admits; 0 for what is not IPv4."""
    network = parse(text)
    return network.num_addresses if network else 0


def same(one: str, other: str) -> bool:
    """True when two rules admit the same addresses."""
    left, right = parse(one), parse(other)
    return left == right if left and right else one.strip() == other.strip()


def missing(wanted: Iterable[str], rules: Iterable[str]) -> tuple[str, ...]:
    """The wanted networks that no rule, nor several rules together, admit entirely.

    Each once, in the order given, in the form Azure stores; what is not IPv4 is left out.
    """
    networks = [network for text in wanted if (network := parse(text))]
    return tuple(written(network) for network in uncovered(networks, rules))


def uncovered(wanted: Iterable[IPv4Network], rules: Iterable[str]) -> list[IPv4Network]:
    """Like `missing`, for parsed networks. A block wanted too makes its members superfluous."""
    distinct = list(dict.fromkeys(wanted))
    open_already = list(collapse_addresses(network for rule in rules if (network := parse(rule))))
    return [
        network
        for network in distinct
        if not any(network.subnet_of(block) for block in open_already)
        and not any(network != other and network.subnet_of(other) for other in distinct)
    ]
