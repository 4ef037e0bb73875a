"""
The catalog: every cure this product knows, one card each.

In:  nothing.
Out: a Card per remedy: what it may touch, what it risks, how it is taken back.

Each is carried out by its entry in `shared/execution.py`. Pure data: the plan, the
gate, the health check and the policy's sentences all read the same cards.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.model.words import RemedyName


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One remedy. `permissions` are the Azure actions it needs on its target, reads included."""

    name: RemedyName
    does: str
    permissions: tuple[str, ...]
    risk: str
    undo: str


FIREWALL_SYNC = Card(
    name=RemedyName.FIREWALL_SYNC,
    does="adds the workload's own outbound addresses to the registry's address rules",
    permissions=(
        "Microsoft.ContainerRegistry/registries/read",
        "Microsoft.ContainerRegistry/registries/listUsages/read",
        "Microsoft.ContainerRegistry/registries/write",
    ),
    risk="whoever sends from these addresses may knock at the registry; signing in is still needed",
    undo="remove exactly the added addresses, keeping whatever others changed since",
)

RESTART = Card(
    name=RemedyName.RESTART,
    does="starts what its host gave up on: a blocked site, or a container app's failed revision",
    permissions=(
        "Microsoft.Web/sites/read",
        "Microsoft.Web/sites/stop/action",
        "Microsoft.Web/sites/start/action",
        "Microsoft.Web/sites/slots/read",
        "Microsoft.Web/sites/slots/stop/action",
        "Microsoft.Web/sites/slots/start/action",
        "Microsoft.App/containerApps/read",
        "Microsoft.App/containerApps/revisions/read",
        "Microsoft.App/containerApps/revisions/restart/action",
    ),
    risk="a site that cannot be started again after it was stopped stays down until somebody looks",
    undo="nothing: a restart leaves nothing behind that could be taken back",
)

CREDENTIAL_RESYNC = Card(
    name=RemedyName.CREDENTIAL_RESYNC,
    does="writes the password its registry accepts today into a workload that holds an old one",
    permissions=(
        "Microsoft.ContainerRegistry/registries/listCredentials/action",
        "Microsoft.Web/sites/config/list/action",
        "Microsoft.Web/sites/config/write",
        "Microsoft.Web/sites/slots/config/list/action",
        "Microsoft.Web/sites/slots/config/write",
        "Microsoft.App/containerApps/read",
        "Microsoft.App/containerApps/listSecrets/action",
        "Microsoft.App/containerApps/write",
        "Microsoft.App/jobs/read",
        "Microsoft.App/jobs/listSecrets/action",
        "Microsoft.App/jobs/write",
    ),
    risk="whoever may read the workload's settings can push to the registry, as before",
    undo="nothing: the password that was there before is dead",
)

USE_IDENTITY = Card(
    name=RemedyName.USE_IDENTITY,
    does="tells a web app to pull with an identity that it has and that may pull already",
    permissions=(
        "Microsoft.Web/sites/read",
        "Microsoft.Web/sites/config/read",
        "Microsoft.Web/sites/config/write",
        "Microsoft.Web/sites/slots/read",
        "Microsoft.Web/sites/slots/config/read",
        "Microsoft.Web/sites/slots/config/write",
    ),
    risk="the app restarts",
    undo="set the flag and the client id back to what they were, if they are still as written",
)

VNET_IMAGE_PULL = Card(
    name=RemedyName.VNET_IMAGE_PULL,
    does="sends a web app's image pulls through its own network, where a private path is proven",
    permissions=(
        "Microsoft.Web/sites/read",
        "Microsoft.Web/sites/config/read",
        "Microsoft.Web/sites/write",
        "Microsoft.Web/sites/slots/read",
        "Microsoft.Web/sites/slots/config/read",
        "Microsoft.Web/sites/slots/write",
        "Microsoft.Network/virtualNetworks/subnets/join/action",
        "Microsoft.Network/privateEndpoints/read",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
    ),
    risk="the app restarts, and from then on its pulls depend on the private path alone",
    undo="set the one switch back, if all of them are still as written; the app restarts again",
)

DNS_ZONE_LINK = Card(
    name=RemedyName.DNS_ZONE_LINK,
    does="links the registry's private DNS zone to the workload's virtual network",
    permissions=(
        "Microsoft.Network/virtualNetworks/read",
        "Microsoft.Network/virtualNetworks/join/action",
        "Microsoft.Network/privateDnsZones/A/read",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete",
    ),
    risk="everything in that network finds the registry by its private address from then on",
    undo="delete the link that was made, if it is still as written",
)

PULL_ROLE = Card(
    name=RemedyName.PULL_ROLE,
    does="gives a workload's own identity back the right to pull from its registry",
    permissions=(
        "Microsoft.ContainerRegistry/registries/read",
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "Microsoft.Insights/eventtypes/values/read",
    ),
    risk="whoever controls the workload can read the images again that it could read before",
    undo="delete the role assignment that was made, if it is still as written",
)

CARDS: Mapping[RemedyName, Card] = {
    card.name: card
    for card in (
        FIREWALL_SYNC,
        RESTART,
        CREDENTIAL_RESYNC,
        USE_IDENTITY,
        VNET_IMAGE_PULL,
        DNS_ZONE_LINK,
        PULL_ROLE,
    )
}
