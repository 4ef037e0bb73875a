"""
Advice about the way in: address rules, the client's network.

In:  a Subject.  Out: a text for a person.

Sources: container-registry-access-selected-networks, -private-endpoints and -firewall-rules;
App Service "Configure virtual network integration routing"; Container Apps "custom virtual
networks". Pure.
"""

from shared.model.evidence import Egress, Via
from shared.planning.advice.subject import Subject, commands
from shared.planning.advice.ways import endpoint, integrate, route_pulls


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
                integrate(s),
                "az network vnet subnet update --ids '<subnet id>' "
                "--nat-gateway '<NAT gateway id>'",
                route_pulls(s),
            )
        )
    return (
        "Its subnet is there already: give that a NAT gateway and send image pulls through it:"
        + commands(
            f"az network vnet subnet update --ids {s.subnet_id} --nat-gateway '<NAT gateway id>'",
            route_pulls(s),
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
                endpoint(s),
            )
        )
    return (
        "Give the environment's subnet a NAT gateway (workload profiles environments only), or "
        "better, let it reach the registry by a private endpoint:"
        + commands(
            f"az network vnet subnet update --ids {s.subnet_id} --nat-gateway '<NAT gateway id>'",
            endpoint(s),
        )
        + f"\nA private endpoint also needs the zone {s.private_zone} linked to {s.vnet_id}."
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
