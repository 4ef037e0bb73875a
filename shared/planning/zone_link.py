"""
The plan for a network that does not ask the private DNS zone of its registry.

In:  evidence whose private path lacks nothing but the zone's link.
Out: one Step that makes the link, or a Refusal saying why a person has to.

The zone must hold the endpoint's own addresses, every one: a linked zone without a record is worse
than none, for its answer is final (NXDOMAIN). It must answer for this registry alone, because a
link changes what everything in the network resolves; and even so the link falls back to public
names for those it does not know (resolutionPolicy NxDomainRedirect, Microsoft.Network 2024-06-01).
Nothing registers itself through it. Pure.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from shared import catalog
from shared.model.evidence import Evidence, Registry
from shared.model.ids import ResourceId
from shared.model.plan import Step, Write
from shared.model.private_path import LegName, PrivatePath
from shared.planning.firewall import Refusal

API_VERSION = "2024-06-01"
_LONGEST = 60
_NEEDED = (LegName.NETWORK, LegName.ENDPOINT, LegName.ADDRESSES, LegName.RECORDS)


def step(evidence: Evidence, *, doubts: Sequence[str] = ()) -> Step | Refusal:
    """Make the link, when it is all that is missing."""
    path, registry = evidence.private_path, evidence.registry
    if not isinstance(path, PrivatePath) or not isinstance(registry, Registry):
        return Refusal("the private path could not be read")
    if path.zone is None or path.network is None:
        return Refusal("there is no private DNS zone that could be linked")
    if path.linkable:
        return Refusal(f"a link is left to a person, because {path.linkable}")
    if path.holds(*_NEEDED) is not True:
        lacking = next(leg for leg in path.legs if leg.name in _NEEDED and leg.holds is not True)
        return Refusal(f"a link alone would not make the path work: {lacking.because}")
    return _step(registry, path.zone, path.network, path, doubts)


def name_of(network: ResourceId) -> str:
    """The same for the same network, so that twice is once; never another network's."""
    digest = hashlib.sha256(network.key.encode()).hexdigest()[:8]
    plain = re.sub(r"[^A-Za-z0-9-]", "-", network.name)[:_LONGEST]
    return f"pulls-from-{plain}-{digest}"


def link_to(network: ResourceId) -> dict[str, Any]:
    """The link's properties: it answers names, and registers none."""
    return {
        "virtualNetwork": {"id": str(network)},
        "registrationEnabled": False,
        "resolutionPolicy": "NxDomainRedirect",
    }


def put(zone: ResourceId, name: str, properties: dict[str, Any]) -> Write:
    url = f"{zone}/virtualNetworkLinks/{name}?api-version={API_VERSION}"
    return Write(method="PUT", url=url, body={"location": "global", "properties": properties})


def _step(
    registry: Registry,
    zone: ResourceId,
    network: ResourceId,
    path: PrivatePath,
    doubts: Sequence[str],
) -> Step:
    card, name = catalog.DNS_ZONE_LINK, name_of(network)
    records = {host: list(addresses) for host, addresses in path.hosts.items()}
    return Step(
        remedy=card.name,
        target=zone,
        summary=f"Link the zone {zone.name} (group {zone.group}) to {network.name}, so that "
        f"{registry.login_server} is found at its private endpoint there",
        before={"link": None, "records": records},
        after={"link": {"name": name, **link_to(network)}, "records": records},
        requests=(put(zone, name, link_to(network)),),
        permissions=card.permissions,
        risk=f"Everything in {network.name} finds {registry.login_server} at its private address "
        "from then on; names the zone does not know are still asked of public name servers",
        undo=f"Delete the link {name}; `medic rollback` does it while it is still as written",
        doubts=tuple(dict.fromkeys(doubts)),
    )


def infrastructure_change(step: Step) -> str:
    """What to put into Bicep or Terraform so that the link is part of the code."""
    link = step.after["link"]
    network = link["virtualNetwork"]["id"]
    return (
        f"If the zone {step.target.name} is deployed from code, add the link there, too, or a "
        "clean-up takes it away again.\n\n"
        "Bicep, beside the zone:\n"
        "    resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {\n"
        f"      parent: zone\n      name: '{link['name']}'\n      location: 'global'\n"
        "      properties: {\n"
        f"        virtualNetwork: {{ id: '{network}' }}\n"
        "        registrationEnabled: false\n"
        "        resolutionPolicy: 'NxDomainRedirect'\n      }\n    }\n\n"
        "Terraform:\n"
        '  resource "azurerm_private_dns_zone_virtual_network_link" "pulls" {\n'
        f'    name                  = "{link["name"]}"\n'
        f'    resource_group_name   = "{step.target.group}"\n'
        f'    private_dns_zone_name = "{step.target.name}"\n'
        f'    virtual_network_id    = "{network}"\n'
        "    registration_enabled  = false\n"
        '    resolution_policy     = "NxDomainRedirect"\n  }\n'
    )
