"""
Advice about the private way in: private endpoints, their zone, its links and records, routing.

In:  a Subject.  Out: a text for a person.

Sources: container-registry-private-endpoints; App Service "Configure virtual network integration
routing"; Container Apps "custom virtual networks". Pure.
"""

from shared.planning.advice.subject import Subject, commands, quoted
from shared.planning.advice.ways import endpoint, endpoint_name, integrate, route_pulls


def public_access_disabled(s: Subject) -> str:
    steps = [
        endpoint(s),
        f"az network private-dns zone create --resource-group '<group>' --name {s.private_zone}",
        f"az network private-dns link vnet create --resource-group '<group>' --zone-name "
        f"{s.private_zone} --name pulls --virtual-network {s.vnet_id} --registration-enabled false",
        "az network private-endpoint dns-zone-group create --resource-group '<group>' "
        f"--endpoint-name {endpoint_name(s)} --name default --zone-name registry "
        f"--private-dns-zone {s.private_zone}",
    ]
    if s.is_site:
        steps += [route_pulls(s)] if s.subnet else [integrate(s), route_pulls(s)]
    there = bool(s.registry and s.registry.private_endpoints)
    return (
        f"{s.host} takes pulls through private endpoints only, and address rules have no effect on "
        "that. "
        + (
            "It has a private endpoint: check that the workload's network is the endpoint's own or "
            "peered with it, that the private DNS zone is linked to it and holds both records (the "
            "registry and its data endpoint), and that pulls are sent that way. What is missing of:"
            if there
            else "Build a private path from the workload's network:"
            if s.subnet or s.is_site
            else "The app's environment has no network of yours, and one cannot be added later: it "
            "takes a new environment in a subnet of yours, and then a private path from there:"
        )
        + commands(*steps)
        + "\nWhether the registry should be reachable in any other way is its owner's decision; "
        "somebody closed it on purpose."
    )


def private_path_not_routed(s: Subject) -> str:
    return (
        f"The private path to {s.host} stands, but image pulls do not take it: routing all "
        "application traffic does not include them."
        + (commands(route_pulls(s)) if s.is_site else "")
    )


def private_dns_not_linked(s: Subject) -> str:
    return (
        f"The workload's network does not know the private address of {s.host}. Ask the owner of "
        "the DNS zone to link it:"
        + commands(
            "az network private-dns link vnet create --resource-group '<group of the zone>' "
            f"--zone-name {s.private_zone} --name pulls --virtual-network {s.vnet_id} "
            "--registration-enabled false"
        )
        + "\nLook first that the zone holds a record for the registry and one for its data "
        "endpoint: a linked zone without them makes matters worse."
    )


def private_dns_record_missing(s: Subject) -> str:
    label = s.host.partition(".")[0].replace("'", "")
    query = quoted(f"[?starts_with(name, '{label}')]")
    return (
        f"The zone {s.private_zone} lacks a record of {s.host}. Let the private endpoint write its "
        "records itself (a DNS zone group on the endpoint), or compare by hand what is there with "
        "the addresses on the endpoint's network interface:"
        + commands(
            "az network private-dns record-set a list --resource-group '<group of the zone>' "
            f"--zone-name {s.private_zone} --query {query}"
        )
    )


def private_endpoint_not_approved(s: Subject) -> str:
    waiting = s.registry.private_endpoints if s.registry else ()
    return (
        f"The registry's owner has to approve (or refuse) the connection of its private endpoint; "
        f"there are {len(waiting)} of them, none approved:"
        + commands(
            f"az acr private-endpoint-connection list --registry-name {s.registry_name}",
            f"az acr private-endpoint-connection approve --registry-name {s.registry_name} "
            "--name '<connection name>' --description 'image pulls'",
        )
    )
