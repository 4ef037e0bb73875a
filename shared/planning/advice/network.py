"""
Advice about the way in: address rules, and a way out that they can name.

In:  a Subject.  Out: a text for a person.

Sources: container-registry-access-selected-networks, -private-endpoints and -firewall-rules;
App Service "Configure virtual network integration routing"; Container Apps "custom virtual
networks". Pure.
"""

from collections.abc import Iterator

from shared.model.evidence import Egress, Via
from shared.model.ground import Ground
from shared.planning.advice.subject import Subject, commands, plain, quoted, where
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
    if isinstance(egress, Egress) and egress.via is Via.FIREWALL and egress.owner:
        text += (
            f"\nThey are those of the Azure Firewall {plain(egress.owner.name)}: whatever else "
            "leaves through it gets past the registry's rules too. Pull Medic adds them where the "
            "policy says firewall-sync: {azure_firewall: allow}."
        )
    return text


def firewall_egress_unprovable(s: Subject) -> str:
    egress = s.evidence.workload.egress
    if isinstance(egress, Egress) and egress.via in (Via.FIREWALL, Via.UNKNOWN):
        return _service_endpoint(s) or _elsewhere(s, egress)
    opening = (
        f"No address rule can help lastingly: {s.host} admits listed addresses only, and this "
        "workload leaves by addresses nobody promises to keep, so Pull Medic adds none. "
    )
    return opening + (_site_ways(s) if s.is_site else _container_ways(s))


def _elsewhere(s: Subject, egress: Egress) -> str:
    """A route leads pulls to where ARM shows no address."""
    because = plain(egress.because)
    return (
        f"{because[:1].upper()}{because[1:]}. Two ways out of this, and the network's owner "
        "decides: let pulls leave beside it, by a route for registries alone and a NAT gateway, "
        "which Pull Medic then finds and plans the rule for; or ask whoever runs what stands there "
        "for its public address and, if the registry's owner agrees to admit everything behind it, "
        "add that by hand:"
        + commands(
            *_beside(s),
            f"az acr network-rule add {s.registry_args} --ip-address '<public address>'",
        )
    )


def _service_endpoint(s: Subject) -> str:
    """Why no rule helps, and how pulls get back to the NAT gateway; "" where there is none."""
    ground = s.evidence.workload.ground
    services = ground.subnet.services if isinstance(ground, Ground) else ()
    kept = [one for one in services if one.lower() != "microsoft.containerregistry"]
    if len(kept) == len(services):
        return ""
    left = " ".join(map(quoted, kept)) or "''"
    return (
        f"The subnet {plain(s.subnet.name) if s.subnet else ''} has a service endpoint for "
        "registries, so pulls arrive from private addresses, which no address rule can name. Take "
        "the endpoint away, and pulls leave by the subnet's NAT gateway again, for which Pull "
        "Medic plans the rule; whatever else reaches registries from there loses it too:"
        + commands(f"az network vnet subnet update --ids {s.subnet_id} --service-endpoints {left}")
    )


def _beside(s: Subject) -> Iterator[str]:
    ground = s.evidence.workload.ground
    table = ground.subnet.table if isinstance(ground, Ground) else None
    if table:
        yield (
            f"az network route-table route create --route-table-name {quoted(table.name)} "
            f"{where(table)} --name registries --address-prefix AzureContainerRegistry "
            "--next-hop-type Internet"
        )
    if s.subnet:
        yield (
            f"az network vnet subnet update --ids {s.subnet_id} --nat-gateway '<NAT gateway id>'"
        )


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
    ground = s.evidence.workload.ground
    if isinstance(ground, Ground) and not ground.obeys_routes:
        return (
            "A consumption-only environment obeys neither NAT gateways nor routes, and cannot be "
            "made into another kind. Let it reach the registry by a private endpoint in its "
            "network, or move the app to a new environment with workload profiles, in a subnet "
            "with a NAT gateway:"
            + commands(
                endpoint(s),
                "az containerapp env create --name '<new environment>' --resource-group '<group>' "
                "--infrastructure-subnet-resource-id '<subnet id>' --enable-workload-profiles",
            )
            + f"\nA private endpoint also needs the zone {s.private_zone} linked to {s.vnet_id}."
        )
    return (
        "Give the environment's subnet a NAT gateway, or better, let it reach the registry by a "
        "private endpoint:"
        + commands(
            f"az network vnet subnet update --ids {s.subnet_id} --nat-gateway '<NAT gateway id>'",
            endpoint(s),
        )
        + f"\nA private endpoint also needs the zone {s.private_zone} linked to {s.vnet_id}."
    )
