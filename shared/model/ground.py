"""
The ground a pull leaves from: its subnet, and what of the customer's own stands around it.

In:  nothing; these are nouns.
Out: rules and routes as read, one noun for each, compared and judged elsewhere.

Compare Egress, which is what came of it: the addresses the registry may see. Pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.evidence import Unread
from shared.model.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One security rule. Several prefixes or ports mean any of them."""

    name: str
    priority: int
    inbound: bool
    allow: bool
    protocol: str = "*"
    ports: tuple[str, ...] = ("*",)
    sources: tuple[str, ...] = ("*",)
    destinations: tuple[str, ...] = ("*",)
    source_ports: tuple[str, ...] = ("*",)
    source_groups: bool = False  # it names application security groups, whose members are not read
    destination_groups: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route. `hop` is lower case: "internet", "none", "virtualappliance", …"""

    name: str
    prefix: str
    hop: str
    address: str | None = None  # of the virtual appliance

    @property
    def way(self) -> tuple[str, str | None]:
        """Where it leads: two routes of the same way are as good as one."""
        return self.hop, self.address

    @property
    def where(self) -> str:
        """For a sentence."""
        if self.hop == "virtualappliance":
            return f"the appliance {self.address or 'without an address'}"
        words = {"none": "nowhere", "virtualnetworkgateway": "the virtual network gateway"}
        return words.get(self.hop, self.hop or "an unnamed next hop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A route table. `learns`: routes a gateway announces count beside its own."""

    routes: tuple[Route, ...]
    learns: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """One subnet of a virtual network, and what is attached to it."""

    id: ResourceId
    prefixes: tuple[str, ...] = ()
    group: ResourceId | None = None  # network security group
    table: ResourceId | None = None  # route table
    nat: ResourceId | None = None  # NAT gateway
    services: tuple[str, ...] = ()  # service endpoints: "Microsoft.Storage", …
    policies: tuple[ResourceId, ...] = ()  # service endpoint policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """One side of a peering. `open`: connected, and traffic may pass."""

    remote: ResourceId
    open: bool
    prefixes: tuple[str, ...] = ()  # of the remote network
    remote_gateway: bool = False  # routes of the remote network's gateway are learnt


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetwork:
    """A virtual network with its subnets. No DNS servers of its own means Azure's."""

    id: ResourceId
    prefixes: tuple[str, ...]
    dns_servers: tuple[str, ...]
    subnets: tuple[Subnet, ...]
    peerings: tuple[Peering, ...]

    def subnet(self, name: str) -> Subnet | None:
        return next((one for one in self.subnets if one.id.name.lower() == name.lower()), None)

    @property
    def learns(self) -> bool:
        """Whether a gateway may announce routes here that no route table shows."""
        own = self.subnet("GatewaySubnet") or self.subnet("RouteServerSubnet")
        return own is not None or any(one.remote_gateway for one in self.peerings)


class Kind(StrEnum):
    """The two kinds of rules an Azure Firewall judges a pull by, network rules first."""

    NETWORK = "network"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallRule:
    """One rule of an Azure Firewall, with the action of its collection.

    `hosts` are names (FQDNs, with `*`); `vague` is True when it also names IP groups, categories or
    addresses of pages, which are not read.
    """

    name: str
    kind: Kind
    allow: bool
    sources: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    tcp: bool = True
    vague_source: bool = False
    tagged: bool = False  # it names FQDN tags, lists of hosts that Microsoft keeps
    vague: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """An Azure Firewall on the way. Its rules are its own (`classic`) or those of a policy."""

    id: ResourceId
    policy: ResourceId | None = None
    classic: tuple[FirewallRule, ...] = ()  # in the order it asks them; what matches none is denied


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The subnet pulls leave from. `obeys_routes` is False in a consumption-only environment of
    Container Apps, where route tables and NAT gateways have no say."""

    subnet: Subnet
    network: VirtualNetwork | Unread
    rules: tuple[Rule, ...] | Unread = ()
    routes: tuple[Route, ...] | Unread = ()
    obeys_routes: bool = True
    firewall: Firewall | None = None  # the Azure Firewall that the route to the registry leads to
