"""
The private path: what the control plane can prove about a workload reaching a registry privately.

Nobody may stand in the customer's network and try; so the path is proven leg by leg from what
Azure Resource Manager says. A leg that could not be read, or that no reading can settle (custom
DNS servers), holds neither True nor False, and a path with such a leg is not proven.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.model.ids import ResourceId


class LegName(StrEnum):
    """What must be true, in the order a packet meets it."""

    NETWORK = "network"  # the workload stands in a virtual network
    ENDPOINT = "endpoint"  # an approved private endpoint in it, or in one peered with it
    ADDRESSES = "addresses"  # whose interface names the registry and every region's data host
    ZONE_LINK = "zone-link"  # the private zone answers in the workload's network
    RECORDS = "records"  # with the interface's own addresses
    WAY = "way"  # no security group or route in between
    ROUTED = "routed"  # the workload's image pulls use its network
    SIGN_IN = "sign-in"  # and its tokens can still be fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One condition. `holds` None: not known, and `because` says why."""

    name: LegName
    holds: bool | None
    because: str
    source: str = ""  # the resource that says so


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePath:
    """Every leg, always all of them, and the resources a change to the path would touch."""

    legs: tuple[Leg, ...]
    network: ResourceId | None = None  # the workload's virtual network
    endpoint: ResourceId | None = None  # the approved one within reach
    waiting: ResourceId | None = None  # one within reach whose connection nobody approved
    zone: ResourceId | None = None  # the zone in charge: linked to the network, else the one found
    link: ResourceId | None = None  # by which the zone answers in the network
    linkable: str = "not looked at"  # "" when a link would answer rightly, else why not
    servers: tuple[str, ...] = ()  # DNS servers of the customer's own that are asked
    falls_back: bool = False  # the link asks public name servers where the zone has no record
    missing_records: tuple[str, ...] = ()  # host names the zone lacks
    wrong_records: tuple[str, ...] = ()  # host names it answers with another address
    #: Every host a pull may ask, the login server first, with the endpoint's addresses for it.
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def leg(self, name: LegName) -> Leg:
        return next(leg for leg in self.legs if leg.name is name)

    def holds(self, *names: LegName) -> bool | None:
        """Whether all of these hold: False when one does not, None when one is not known."""
        answers = {leg.holds for leg in self.legs if leg.name in names}
        return False if False in answers else None if None in answers else True

    @property
    def stays_private(self) -> bool | None:
        """Whether the login server's name is answered by the zone, never by public name servers."""
        linked = self.leg(LegName.ZONE_LINK).holds
        if linked is not True:
            return linked
        return not (self.falls_back and next(iter(self.hosts), "") in self.missing_records)

    @property
    def proven(self) -> bool:
        """True when everything but the routing itself is known to hold."""
        return self.holds(*(name for name in LegName if name is not LegName.ROUTED)) is True


class Blocked(StrEnum):
    """What an obstacle keeps a pull from."""

    REGISTRY = "registry"
    LAYERS = "layers"
    SIGN_IN = "sign-in"
    NAMES = "names"  # name resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One rule, route, zone or setting of the workload's own network that stands in the way.

    `sure` False: it may, and what decides could not be read or is out of sight.
    """

    kind: str  # "network-rule", "route", "firewall", "dns-server", "zone"
    owner: ResourceId  # the security group, route table, firewall, network or zone
    name: str  # of the rule, route or server in it
    blocks: Blocked
    because: str  # a sentence for a person, without its full stop
    sure: bool = True
    to: str = ""  # what cannot be reached, in words
