"""
A private path to a registry as Bicep, for whoever deploys from code.

In:  a Subject.  Out: a text: endpoint, zone, link, zone group.

Names of the cloud's zone and of the registry are the incident's own; the rest is for its reader to
fill in. Types and members as in Microsoft.Network 2024-05-01 and privateDnsZones 2024-06-01. Pure.
"""

from shared.planning.advice.subject import Subject

_BICEP = """\
resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = {{
  name: '{registry}'
  scope: resourceGroup('{subscription}', '{group}')
}}
resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {{
  name: 'pe-{registry}'
  location: location
  properties: {{
    subnet: {{ id: endpointSubnetId }} // in the workload's network, or in one peered with it
    privateLinkServiceConnections: [
      {{
        name: 'pulls'
        properties: {{ privateLinkServiceId: registry.id, groupIds: [ 'registry' ] }}
      }}
    ]
  }}
}}
resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {{
  name: '{zone}'
  location: 'global'
}}
resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {{
  parent: zone
  name: 'pulls'
  location: 'global'
  properties: {{
    virtualNetwork: {{ id: '{network}' }}
    registrationEnabled: false
    resolutionPolicy: 'NxDomainRedirect'
  }}
}}
resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {{
  parent: endpoint
  name: 'default'
  properties: {{
    privateDnsZoneConfigs: [ {{ name: 'registry', properties: {{ privateDnsZoneId: zone.id }} }} ]
  }}
}}"""


def bicep(s: Subject) -> str:
    """The whole path, set apart; what exists already is left out by whoever pastes it."""
    registry = s.registry
    network = s.subnet.parent if s.subnet else None
    text = _BICEP.format(
        registry=registry.id.name if registry else "<registry>",
        subscription=registry.id.subscription if registry else "<subscription>",
        group=registry.id.group if registry else "<group>",
        zone=s.private_zone.strip("'"),
        network=network or "<id of the virtual network of the workload>",
    )
    return f"A private path as Bicep; leave out what stands already:\n\n{text}\n"
