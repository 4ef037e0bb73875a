"""
Advice about the private way in: private endpoints, their zone, its links and records, routing.

In:  a Subject.  Out: a text for a person: what stands, what is missing, and how to make it.

Sources: container-registry-private-endpoints; "Azure Private Endpoint private DNS zone values";
App Service "Configure virtual network integration routing"; Container Apps "custom virtual
networks". Pure.
"""

from collections.abc import Iterator

from shared.model.ids import ResourceId
from shared.model.private_path import LegName, PrivatePath
from shared.planning.advice.subject import Subject, commands, plain, quoted, where
from shared.planning.advice.ways import endpoint, endpoint_name, integrate, route_pulls

_MARKS = {True: "[x]", False: "[ ]", None: "[?]"}
_FAR = "How far the private path from the workload's network is:"
_ON_PURPOSE = (
    "\nSomebody closed the registry on purpose. Whether it should be reachable in any other way is "
    "its owner's decision, not a repair."
)


def public_access_disabled(s: Subject) -> str:
    path = _path(s)
    opening = (
        f"{s.host} takes pulls through private endpoints only; address rules have no effect on "
        "that. "
    )
    if path is not None and path.servers and path.leg(LegName.ZONE_LINK).holds is None:
        return opening + _own_name_servers(s, path) + _ON_PURPOSE
    return (
        opening
        + _beginning(s, path)
        + commands(*_building(s, path))
        + "\nThe same as Bicep is told under the infrastructure change."
        + _ON_PURPOSE
    )


def private_path_not_routed(s: Subject) -> str:
    path = _path(s)
    if path is not None and not path.proven:
        return (
            f"Image pulls of {plain(s.workload.name)} leave for public networks, and {s.host} does "
            f"not answer there. Before they are routed into the network, mend the path:"
            + _checklist(path)
            + "\nThen, and only then (the app restarts):"
            + commands(route_pulls(s))
        )
    windows = " For a Windows app, try it in a slot first." if s.evidence.workload.windows else ""
    return (
        f"The private path to {s.host} stands, but image pulls do not take it: routing all "
        f"application traffic does not include them.{windows} This switches it on and restarts the "
        "app:" + commands(route_pulls(s))
    )


def private_dns_not_linked(s: Subject) -> str:
    path = _path(s)
    zone = path.zone if path else None
    if path is not None and path.leg(LegName.RECORDS).holds is False:
        first = f" First give the zone its records, for {_missing(path)}: without them the link "
        first += "makes matters worse, because names then do not resolve at all."
    else:
        first = ""
    ours = (
        "\nPull Medic makes such a link itself where the policy names the remedy dns-zone-link."
        if path is not None and not path.linkable
        else ""
    )
    return (
        f"The workload's network does not know the private address of {s.host}: its private DNS "
        f"zone is not linked to it.{first} Ask the owner of the zone to link it; names the zone "
        "does not know are still asked of public name servers:" + commands(_link(s, zone)) + ours
    )


def private_dns_record_missing(s: Subject) -> str:
    path = _path(s)
    if path is None:
        return f"The zone {s.private_zone} lacks a record of {s.host}."
    if path.endpoint is None:
        return _foreign_zone(s, path)
    return (
        f"The private DNS zone does not answer rightly for {_missing(path)}. Let the private "
        "endpoint keep its records itself; a DNS zone group also adds those of new replicas:"
        + commands(_zone_group(s, path))
        + "\nOr, where records are kept by hand, write the endpoint's own addresses:"
        + commands(*_records(s, path))
    )


def private_endpoint_not_approved(s: Subject) -> str:
    path = _path(s)
    waiting = path.waiting if path else None
    which = f"The connection of the private endpoint {plain(waiting.name)}" if waiting else ""
    count = len(s.registry.private_endpoints) if s.registry else 0
    which = which or f"The registry has {count} private endpoint connections; none"
    return (
        f"{which} is {'not approved' if waiting else 'approved'}. The registry's owner has to "
        "approve it, or to refuse it:"
        + commands(
            f"az acr private-endpoint-connection list --registry-name {s.registry_name}",
            f"az acr private-endpoint-connection approve --registry-name {s.registry_name} "
            "--name '<connection name>' --description 'image pulls'",
        )
        + "\nA rejected connection cannot be approved any more: delete the endpoint and make it "
        "anew."
    )


def _path(s: Subject) -> PrivatePath | None:
    found = s.evidence.private_path
    return found if isinstance(found, PrivatePath) else None


def _beginning(s: Subject, path: PrivatePath | None) -> str:
    """How far the path is, or where to begin."""
    if path is not None:
        far = path.endpoint is None and bool(s.registry and s.registry.private_endpoints)
        instead = " (a peering open on both sides can take the place of an endpoint)" if far else ""
        return f"{_FAR}{_checklist(path)}\nTo build what is missing{instead}:"
    if s.subnet or s.is_site:
        return "Build a private path from the workload's network:"
    return (
        "The app's environment has no network of yours, and one cannot be added later: it takes a "
        "new environment in a subnet of yours, and then a private path from there:"
    )


def _own_name_servers(s: Subject, path: PrivatePath) -> str:
    """Who answers for the name is not visible; say what it must answer, and how to ask."""
    host = next(iter(path.hosts), s.host)
    address = "/".join(path.hosts.get(host, ())) or "the endpoint's address"
    return (
        f"{_FAR}{_checklist(path)}\nAsk its name servers ({', '.join(path.servers)}) from inside "
        f"the network; the answer must be {address}, and the data endpoint's name must be answered "
        "as well:"
        + commands(*(f"nslookup {quoted(name)}" for name in path.hosts))
        + "\nOtherwise have them forward "
        + f"{s.private_zone} to an Azure DNS Private Resolver, or to 168.63.129.16, in a network "
        "the zone is linked to."
    )


def _checklist(path: PrivatePath) -> str:
    """Each leg that says something, marked as it holds."""
    return "".join(
        f"\n  {_MARKS[leg.holds]} {plain(leg.because)}"
        for leg in path.legs
        if not leg.because.startswith("not looked at")
    )


def _building(s: Subject, path: PrivatePath | None) -> Iterator[str]:
    """The commands for what is missing, in the order they depend on each other."""
    if s.is_site and not s.subnet:
        yield integrate(s)
    if path is None or path.leg(LegName.ENDPOINT).holds is not True:
        yield endpoint(s)
    zone = path.zone if path else None
    if zone is None:
        group = "--resource-group '<group>'"
        yield f"az network private-dns zone create {group} --name {s.private_zone}"
    if path is None or path.leg(LegName.ZONE_LINK).holds is not True:
        yield _link(s, zone)
    if path is None or path.leg(LegName.RECORDS).holds is not True:
        yield _zone_group(s, path)
    if s.is_site and s.evidence.workload.pulls_over_vnet is not True:
        yield route_pulls(s)


def _link(s: Subject, zone: ResourceId | None) -> str:
    place = where(zone) if zone else "--resource-group '<group of the zone>'"
    return (
        f"az network private-dns link vnet create {place} --zone-name {s.private_zone} --name "
        f"pulls --virtual-network {s.vnet_id} --registration-enabled false "
        "--resolution-policy NxDomainRedirect"
    )


def _zone_group(s: Subject, path: PrivatePath | None) -> str:
    held = path.endpoint if path else None
    zone = quoted(path.zone) if path and path.zone else s.private_zone
    name = quoted(held.name) if held else endpoint_name(s)
    place = where(held) if held else "--resource-group '<group>'"
    return (
        f"az network private-endpoint dns-zone-group create {place} --endpoint-name {name} "
        f"--name default --zone-name registry --private-dns-zone {zone}"
    )


def _records(s: Subject, path: PrivatePath) -> Iterator[str]:
    place = where(path.zone) if path.zone else "--resource-group '<group of the zone>'"
    public = s.host.partition(".")[2]
    for host in (*path.missing_records, *path.wrong_records):
        name = quoted(host.removesuffix(f".{public}"))
        record = f"{place} --zone-name {s.private_zone} --record-set-name {name}"
        if host in path.wrong_records:
            yield f"az network private-dns record-set a delete {place} --zone-name " + (
                f"{s.private_zone} --name {name}"
            )
        for address in path.hosts.get(host, ()):
            yield f"az network private-dns record-set a add-record {record} --ipv4-address " + (
                quoted(address)
            )


def _foreign_zone(s: Subject, path: PrivatePath) -> str:
    """The network asks a zone made for other registries' endpoints."""
    link = f"--name {quoted(path.link.name)}" if path.link else "--name '<link>'"
    place = where(path.zone) if path.zone else "--resource-group '<group of the zone>'"
    return (
        f"The workload's network asks the zone {s.private_zone}, which does not know "
        f"{_missing(path)}, and no endpoint of the registry is within its reach. Either let names "
        "the zone lacks be asked of public name servers:"
        + commands(
            f"az network private-dns link vnet update {place} --zone-name {s.private_zone} {link} "
            "--resolution-policy NxDomainRedirect"
        )
        + "\nor give the network a private endpoint of its own, which writes the records:"
        + commands(endpoint(s), _zone_group(s, path))
    )


def _missing(path: PrivatePath) -> str:
    return plain(", ".join((*path.missing_records, *path.wrong_records)) or "the registry")
