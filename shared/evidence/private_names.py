"""
Who answers for a registry's name inside a virtual network, and whether the answer is right.

In:  the network's DNS servers, the zones as they are, the endpoint's hosts and addresses.
Out: the legs ZONE_LINK and RECORDS, and the zone a link would concern.

Facts: a registry with a private endpoint is publicly an alias of `{label}.privatelink.…`; a network
whose zone of that name is linked gets the zone's record, NXDOMAIN where it has none, or the public
address where the link's resolution policy is NxDomainRedirect. Without the link it gets the public
address (container-registry-private-endpoints).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.clients.azure import Azure
from shared.evidence.private_endpoints import Reach
from shared.evidence.private_zones import Found, Zone, asking_from, kept_by, suffix, zones
from shared.evidence.reading import attempt
from shared.model.evidence import Registry, Unread
from shared.model.ids import ResourceId
from shared.model.private_path import Leg, LegName


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Who answers, and what."""

    legs: tuple[Leg, ...]
    zone: ResourceId | None = None
    link: ResourceId | None = None
    linkable: str = "not looked at"
    falls_back: bool = False
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def ask(
    azure: Azure,
    registry: Registry,
    network: ResourceId,
    servers: Sequence[str] | Unread,
    found: Found | Unread,
    reach: Reach,
    wanted: Sequence[str],
) -> Names:
    """Read the zone in charge and compare its records with the addresses of the endpoint."""
    hosts, endpoint = reach.hosts, reach.endpoint
    if isinstance(found, Unread) or isinstance(servers, Unread):
        why = found.because if isinstance(found, Unread) else servers.because  # type: ignore[union-attr]
        return _unknown(f"zones and DNS servers are {why}", str(network))
    asking = asking_from(azure, servers, network, found)
    if isinstance(asking, str):
        return _unknown(asking, str(network))
    seen = attempt(lambda: zones(azure, registry, asking, found))
    if isinstance(seen, Unread):
        return _unknown(f"the zone {suffix(registry)} is {seen.because}", str(network))
    linked = [zone for zone in seen if zone.link is not None]
    if linked:
        return _judged(linked, registry, asking, hosts, wanted)
    kept = attempt(lambda: kept_by(azure, endpoint)) if endpoint else ()
    chosen = _chosen(seen, registry, kept)
    if not isinstance(chosen, Zone):
        return _unknown(chosen, str(network))
    return _not_linked(chosen, registry, network, asking, hosts, wanted)


def _judged(
    linked: Sequence[Zone],
    registry: Registry,
    asking: ResourceId,
    hosts: Mapping[str, tuple[str, ...]],
    wanted: Sequence[str],
) -> Names:
    """A zone is linked: is the link complete, and does it know the hosts?"""
    main = next((zone for zone in linked if zone.id.name.lower() == suffix(registry)), None)
    if main is None or main.link is None:
        because = f"only a zone of data hosts is linked to {asking.name}"
        return _unknown(because, str(linked[0].id))
    state = str(main.link.get("virtualNetworkLinkState", ""))
    source = str(main.id)
    if state.lower() != "completed":
        because = f"the link of the zone {main.id.name} is {state or 'in an unknown state'}"
        return _unknown(because, source, zone=main.id)
    link = Leg(
        name=LegName.ZONE_LINK,
        holds=True,
        because=f"the zone {main.id.name} (group {main.id.group}) is linked to {asking.name}",
        source=source,
    )
    missing, wrong = _compared(linked, registry, hosts, wanted)
    return Names(
        legs=(link, _records_leg(main, hosts, wanted, missing, wrong)),
        zone=main.id,
        link=main.link_id,
        linkable="it is linked already",
        falls_back=str(main.link.get("resolutionPolicy", "")).lower() == "nxdomainredirect",
        missing=missing,
        wrong=wrong,
    )


def _chosen(
    zones: Sequence[Zone], registry: Registry, kept: tuple[ResourceId, ...] | Unread
) -> Zone | str:
    """The zone that would answer if it were linked, or why that is not known.

    Zones of other subscriptions may be out of our sight, and one of them may be linked: so none is
    called missing unless another one is shown to be in charge, by the endpoint's own zone group or
    by its records.
    """
    name = suffix(registry)
    if isinstance(kept, Unread):
        return f"the DNS zone groups of the private endpoint are {kept.because}"
    ours = [zone for zone in kept if zone.name.lower() == name]
    label = registry.login_server.partition(".")[0]
    knowing = [zone for zone in zones if (zone.id in ours if ours else label in zone.records)]
    if len(knowing) == 1:
        return knowing[0]
    if ours:
        return f"the endpoint keeps its records in {ours[0]}, which is not visible from here"
    if knowing:
        return f"{len(knowing)} zones {name} know the registry, and none is linked"
    seen = f"no private DNS zone {name} that knows the registry is visible from here"
    return f"{seen}, and so not whether one is linked"


def _not_linked(
    zone: Zone,
    registry: Registry,
    network: ResourceId,
    asking: ResourceId,
    hosts: Mapping[str, tuple[str, ...]],
    wanted: Sequence[str],
) -> Names:
    """The zone in charge does not answer in the network. Would a link make it?"""
    link = Leg(
        name=LegName.ZONE_LINK,
        holds=False,
        because=f"no private DNS zone {zone.id.name} is linked to {network.name}",
        source=str(zone.id),
    )
    missing, wrong = _compared([zone], registry, hosts, wanted)
    records = _records_leg(zone, hosts, wanted, missing, wrong)
    return Names(
        legs=(link, records),
        zone=zone.id,
        linkable=_why_not_linkable(zone, registry, network, asking, records),
        missing=missing,
        wrong=wrong,
    )


def _why_not_linkable(
    zone: Zone,
    registry: Registry,
    network: ResourceId,
    asking: ResourceId,
    records: Leg,
) -> str:
    """Why a link to this zone is not to be made by a machine, or ""."""
    label = registry.login_server.partition(".")[0]
    if asking != network:
        return "another network answers for its names"
    if records.holds is not True:
        return records.because
    others = sorted({name.partition(".")[0] for name in zone.records} - {label})
    if others:
        return (
            f"the zone {zone.id.name} also answers for other registries ({', '.join(others[:3])}), "
            "and a link would change how the whole network finds them"
        )
    return ""


def _compared(
    zones: Sequence[Zone],
    registry: Registry,
    hosts: Mapping[str, tuple[str, ...]],
    wanted: Sequence[str],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(hosts without a record, hosts with another address than the endpoint's)."""
    missing, wrong = [], []
    for host in wanted:
        answer = _answer(zones, registry, host)
        if not answer:
            missing.append(host)
        elif host in hosts and answer != hosts[host]:
            wrong.append(host)
    return tuple(missing), tuple(wrong)


def _answer(zones: Sequence[Zone], registry: Registry, host: str) -> tuple[str, ...]:
    """What the zone with the longest matching name says."""
    own = registry.login_server.partition(".")[2]
    private = f"{host.removesuffix('.' + own)}.{suffix(registry)}"
    for zone in sorted(zones, key=lambda zone: -len(zone.id.name)):
        if private.endswith(f".{zone.id.name.lower()}"):
            return zone.records.get(private.removesuffix(f".{zone.id.name.lower()}"), ())
    return ()


def _records_leg(
    zone: Zone,
    hosts: Mapping[str, tuple[str, ...]],
    wanted: Sequence[str],
    missing: Sequence[str],
    wrong: Sequence[str],
) -> Leg:
    said = [f"it has no record for {', '.join(missing)}"] if missing else []
    for host in wrong:
        said.append(f"its record for {host} is not the endpoint's {'/'.join(hosts[host])}")
    holds: bool | None = True
    because = f"the zone {zone.id.name} holds the endpoint's own addresses"
    if said:
        fault = "is incomplete" if missing else "answers wrongly"
        because, holds = f"the zone {zone.id.name} {fault}: {'; '.join(said)}", False
    elif any(host not in hosts for host in wanted):
        because = "not looked at, because no endpoint's addresses are known to compare"
        holds = None
    return Leg(name=LegName.RECORDS, holds=holds, because=because, source=str(zone.id))


def _unknown(because: str, source: str, zone: ResourceId | None = None) -> Names:
    link = Leg(name=LegName.ZONE_LINK, holds=None, because=because, source=source)
    records = Leg(
        name=LegName.RECORDS, holds=None, because="not looked at, because who answers is not known"
    )
    return Names(legs=(link, records), zone=zone, linkable=because)
