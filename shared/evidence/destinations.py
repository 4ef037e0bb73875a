"""
Where a packet goes, in the words rules use for it: service tags, address blocks, "Internet".

In:  the prefixes and tags of a rule or route, and a Destination.
Out: whether they name it: yes, no, or None where that cannot be known from here.

The addresses behind a public endpoint change weekly and differ by region, so a public destination
is known by its service tags alone (Virtual network service tags): a block of public addresses may
or may not hold it. A private endpoint is known by its address. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses, ip_network

#: A rule's words for "everywhere".
ANYWHERE = frozenset({"*", "any", "0.0.0.0/0"})
_ALL = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Who answers: a public service (no `address`, only `tags`) or one private address.

    `regions` are those the service may answer from; none given means that it is not known.
    `routed`: routes of one's own lead there, which the tag VirtualNetwork may then include.
    """

    name: str  # for a sentence: "the registry", "Microsoft Entra"
    tags: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    address: str | None = None
    routed: bool = False


REGISTRY = Destination(name="the registry", tags=("AzureContainerRegistry", "AzureCloud"))
LAYERS = Destination(name="the storage of its layers", tags=("Storage", "AzureCloud"))
SIGN_IN = Destination(name="Microsoft Entra", tags=("AzureActiveDirectory", "AzureCloud"))


def endpoint(address: str) -> Destination:
    """A private endpoint, reached in the workload's own network or one peered with it."""
    return Destination(name=f"the private endpoint {address}", address=address)


def named(prefixes: Iterable[str], destination: Destination) -> bool | None:
    """Whether a rule's prefixes and tags, taken together, name the destination."""
    answers = set()
    blocks: list[IPv4Network] = []
    for text in prefixes:
        block = as_block(text)
        if block is not None:
            blocks.append(block)
        else:
            answers.add(_by_word(text.strip(), destination))
    answers |= {_by_block(block, destination) for block in collapse_addresses(blocks)}
    return True if True in answers else None if None in answers else False


def holds(prefixes: Iterable[str], blocks: Sequence[str]) -> bool | None:
    """Whether prefixes name all of a network's own address blocks; tags as seen from inside it."""
    own = [block for text in blocks if (block := as_block(text))]
    held: list[IPv4Network] = []
    for text in prefixes:
        word = text.strip().lower()
        if word in ANYWHERE or word == "virtualnetwork":
            return True
        if (block := as_block(text)) is not None:
            held.append(block)
    if not held:
        return False
    if not own:
        return None
    held = list(collapse_addresses(held))
    if all(any(block.subnet_of(one) for one in held) for block in own):
        return True
    return None if any(block.overlaps(one) for block in own for one in held) else False


def as_block(text: str) -> IPv4Network | None:
    """An address or block; None for a tag, and for IPv6, which no pull here uses."""
    if text.strip().lower() in ANYWHERE:
        return _ALL
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def _by_block(block: IPv4Network, destination: Destination) -> bool | None:
    if block.prefixlen == 0:
        return True
    if destination.address is not None:
        own = as_block(destination.address)
        return own is not None and own.subnet_of(block)
    return None if block.is_global else False


def _by_word(word: str, destination: Destination) -> bool | None:
    """By a service tag, which may be confined to a region ("Storage.WestEurope")."""
    if ":" in word:
        return False  # IPv6
    tag, _, region = word.lower().partition(".")
    if destination.address is not None:
        return tag == "virtualnetwork"
    if tag == "internet":
        return True
    if tag == "virtualnetwork":
        return None if destination.routed else False
    if tag not in {known.lower() for known in destination.tags}:
        return False
    if not region:
        return True
    regions = {known.lower().replace(" ", "") for known in destination.regions}
    if not regions:
        return None
    return True if regions == {region} else None if region in regions else False
