"""
What a container registry is like right now, as a puller meets it.

In:  the World.
Out: the registry behind a login server, its private endpoint connections, and the network rules in
     force. Rules take `propagation.firewall` seconds to reach the data plane (Microsoft documents
     "a few minutes", without a number), so what ARM shows and what a puller meets can differ.
"""

import copy
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulator.world import Resource, World

TYPE = "Microsoft.ContainerRegistry/registries"
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The network rules of a registry at one moment."""

    public: bool
    default_allow: bool
    allowed: tuple[str, ...]

    def admit(self, address: str) -> bool:
        """Whether a client at this public address gets in. IP rules are IPv4 only."""
        if not self.public:
            return False
        if self.default_allow:
            return True
        client = ipaddress.ip_address(address)
        return any(
            client.version == network.version and client in network
            for network in (ipaddress.ip_network(value, strict=False) for value in self.allowed)
        )


def by_login_server(world: World, host: str) -> Resource | None:
    """The registry that answers at this host name, or None. A Premium registry may also answer at
    `{label}.{region}.geo.{suffix}`, its regional endpoints ("Azure Container Registry endpoints",
    preview)."""
    server = login_server(host)
    for registry in world.resources.of_type(TYPE):
        if str(registry["properties"].get("loginServer", "")).lower() == server:
            return registry if server == host.lower() or is_premium(registry) else None
    return None


def login_server(host: str) -> str:
    """The login server behind a host name: itself, or that of a regional endpoint."""
    label, _, rest = host.lower().partition(".")
    region, geo, suffix = (*rest.split(".", 2), "", "")[:3]
    return f"{label}.{suffix}" if region and geo == "geo" else host.lower()


def trouble(world: World, registry: Resource) -> tuple[int, int] | None:
    """(HTTP status, seconds to wait) while the registry itself turns everybody away."""
    server = str(registry["properties"].get("loginServer", "")).lower()
    known = {key.lower(): value for key, value in world.trouble.items()}.get(server)
    if known is None:
        return None
    until = datetime.fromisoformat(known["until"]) if known.get("until") else None
    if until is not None and until <= world.clock.now():
        return None
    left = (until - world.clock.now()).total_seconds() if until else 60
    return int(known["status"]), max(int(left), 1)


def is_premium(registry: Resource) -> bool:
    return str(registry.get("sku", {}).get("name", "")).lower() == "premium"


def connections(world: World, registry: Resource) -> list[Resource]:
    """Private endpoint connections: child resources, else what the registry's own body lists."""
    children = list(world.resources.of_type(f"{TYPE}/privateEndpointConnections", registry["id"]))
    return children or list(registry["properties"].get("privateEndpointConnections") or [])


def connection_status(connection: Resource) -> str:
    state = connection.get("properties", {}).get("privateLinkServiceConnectionState", {})
    return str(state.get("status", ""))


def regions(world: World, registry: Resource) -> list[str]:
    """The home region first, then the replicas', as they are written in host names."""
    replicas = world.resources.of_type(f"{TYPE}/replications", registry["id"])
    named = [registry.get("location", ""), *(item.get("location", "") for item in replicas)]
    return list(dict.fromkeys(region_label(location) for location in named))


def region_label(location: str) -> str:
    return location.replace(" ", "").lower()


def written_rules(registry: Resource) -> Rules:
    """The rules as ARM shows them. Basic and Standard registries have none."""
    properties = registry["properties"]
    rules = (properties.get("networkRuleSet") or {}) if is_premium(registry) else {}
    return Rules(
        public=properties.get("publicNetworkAccess", "Enabled") != "Disabled",
        default_allow=rules.get("defaultAction", "Allow") != "Deny",
        allowed=tuple(rule["value"] for rule in rules.get("ipRules") or []),
    )


def rules_in_force(world: World, registry: Resource) -> Rules:
    """The rules the data plane applies now."""
    history = _history(world, registry)
    written = written_rules(registry)
    if not history or history[-1][1] != written:
        return written  # nothing under way, or the state was replaced from outside
    now = world.clock.now()
    return [rules for since, rules in history if since <= now][-1]


def rules_changed(world: World, registry: Resource, before: Resource) -> None:
    """Note a write, `before` being the body as it was: the data plane follows after a while."""
    old, new = written_rules(before), written_rules(registry)
    if old == new:
        return
    history = _history(world, registry)
    if not history or history[-1][1] != old:
        history[:] = [(_BEGINNING, old)]
    delay = timedelta(seconds=world.propagation.get("firewall", 0))
    history.append((world.clock.now() + delay, new))


def _history(world: World, registry: Resource) -> list[tuple[datetime, Rules]]:
    known: dict[str, Any] = world.memory.setdefault("containerregistry", {})
    rules: list[tuple[datetime, Rules]] = known.setdefault(registry["id"].lower(), [])
    return rules


def snapshot(registry: Resource) -> Resource:
    """The body as it is now, safe from later changes."""
    return copy.deepcopy(registry)
