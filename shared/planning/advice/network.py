"""
Advice about the way in: address rules, private endpoints, name resolution, the client's network.

In:  a Subject.  Out: a text for a person.

Sources: container-registry-access-selected-networks, -private-endpoints and -firewall-rules;
App Service "Configure virtual network integration routing"; Container Apps "custom virtual
networks". Pure.
"""

from shared.model.evidence import Egress, Via
from shared.planning.advice.subject import Subject, commands, quoted


def firewall_missing_egress(s: Subject) -> str:
    lines = [
        f"az acr network-rule add {s.registry_args} --ip-address {address}"
        for address in s.missing_addresses
    ]
    if not lines:
        return (
            f"The firewall of {s.host} lacks an address this workload uses only at times. Give its "
            "pulls a fixed way out (NAT gateway or private endpoint) rather than listing more."
        )
    text = (
        f"The firewall of {s.host} should admit the addresses this workload pulls from. By hand, "
        f"with the registry owner's consent:{commands(*lines)}"
    )
    egress = s.evidence.workload.egress
    if isinstance(egress, Egress) and egress.via is Via.PLATFORM:
        text += (
            "\nThese addresses are shared with other customers' apps and can change when the app "
            "is scaled. A NAT gateway or a private endpoint gives the app a way of its own."
        )
    return text


def firewall_egress_unprovable(s: Subject) -> str:
    egress = s.evidence.workload.egress
    if isinstance(egress, Egress) and egress.via is Via.FIREWALL:
        return (
            f"{egress.because}. Ask whoever runs that appliance for its public address and, if the "
            f"registry's owner agrees to admit everything behind it, add it:"
            + commands(f"az acr network-rule add {s.registry_args} --ip-address '<public address>'")
        )
    opening = (
        f"No address rule can help lastingly: {s.host} admits listed addresses only, and this "
        "workload leaves by addresses nobody promises to keep, so Pull Medic adds none. "
    )
    return opening + (_site_ways(s) if s.is_site else _container_ways(s))


def _site_ways(s: Subject) -> str:
    if s.subnet is None:
        return (
            "Connect the app to a virtual network, give its subnet a NAT gateway (or the registry "
            "a private endpoint there), and send image pulls that way:"
            + commands(
                _integrate(s),
                "az network vnet subnet update --ids '<subnet id>' "
                "--nat-gateway '<NAT gateway id>'",
                _route_pulls(s),
            )
        )
    return (
        "Its subnet is there already: give that a NAT gateway and send image pulls through it:"
        + commands(
            f"az network vnet subnet update --ids {s.subnet_id} --nat-gateway '<NAT gateway id>'",
            _route_pulls(s),
        )
        + "\nPull Medic then finds the NAT gateway's address and plans the rule."
    )


def _container_ways(s: Subject) -> str:
    if s.subnet is None:
        return (
            "Its environment has no virtual network of yours, and one cannot be added later. "
            "Create an environment (workload profiles) in a subnet of yours, with a NAT gateway on "
            "that subnet or a private endpoint of the registry in that network, and move there:"
            + commands(
                "az containerapp env create --name '<new environment>' --resource-group '<group>' "
                "--infrastructure-subnet-resource-id '<subnet id>' --enable-workload-profiles",
                _endpoint(s),
            )
        )
    return (
        "Give the environment's subnet a NAT gateway (workload profiles environments only), or "
        "better, let it reach the registry by a private endpoint:"
        + commands(
            f"az network vnet subnet update --ids {s.subnet_id} --nat-gateway '<NAT gateway id>'",
            _endpoint(s),
        )
        + f"\nA private endpoint also needs the zone {s.private_zone} linked to {s.vnet_id}."
    )


def public_access_disabled(s: Subject) -> str:
    steps = [
        _endpoint(s),
        f"az network private-dns zone create --resource-group '<group>' --name {s.private_zone}",
        f"az network private-dns link vnet create --resource-group '<group>' --zone-name "
        f"{s.private_zone} --name pulls --virtual-network {s.vnet_id} --registration-enabled false",
        "az network private-endpoint dns-zone-group create --resource-group '<group>' "
        f"--endpoint-name {_endpoint_name(s)} --name default --zone-name registry "
        f"--private-dns-zone {s.private_zone}",
    ]
    if s.is_site:
        steps += [_route_pulls(s)] if s.subnet else [_integrate(s), _route_pulls(s)]
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
        + (commands(_route_pulls(s)) if s.is_site else "")
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


def client_side_block(s: Subject) -> str:
    host = s.host
    return (
        f"The registry would serve this pull; something in the workload's network stops it. From "
        f"its subnet, HTTPS (443) must be open to {host}, to the registry's data endpoint (or "
        "*.blob.core.windows.net where it has none), and for a managed identity to Microsoft "
        "Entra. In a firewall or NSG by service tag: AzureContainerRegistry, Storage, "
        "AzureActiveDirectory. A private endpoint added lately switches data endpoints on, so an "
        "old exception for blob storage no longer suffices. The endpoints to open:"
        + commands(
            f"az acr show-endpoints --name {s.registry_name}",
            *([f"az network vnet subnet show --ids {s.subnet_id}"] if s.subnet else []),
        )
        + (
            f"\nFor names that do not resolve, look at the DNS servers of {s.vnet_id}."
            if s.subnet
            else ""
        )
    )


def _integrate(s: Subject) -> str:
    return f"az webapp vnet-integration add {s.site_args} --vnet '<vnet id>' --subnet '<subnet>'"


def _route_pulls(s: Subject) -> str:
    return (
        f"az resource update --ids {s.workload_id} "
        "--set properties.outboundVnetRouting.imagePullTraffic=true"
    )


def _endpoint_name(s: Subject) -> str:
    return f"pe-{s.registry_name}" if s.registry else "'<endpoint name>'"


def _endpoint(s: Subject) -> str:
    subnet = "'<id of a subnet for endpoints in the network of the workload>'"
    return (
        f"az network private-endpoint create --name {_endpoint_name(s)} --resource-group '<group>' "
        f"--subnet {subnet} --private-connection-resource-id {s.registry_id} --group-id registry "
        "--connection-name pulls"
    )
