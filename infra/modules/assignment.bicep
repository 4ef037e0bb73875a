// One role for the service, at a registry or at this resource group.

@description('Object id of the service.')
param principalId string

@description('Name of the role definition.')
param roleName string

@description('Name of the registry to give it at; empty for the whole resource group.')
param registry string = ''

@description('Condition of the assignment; a role that can grant is never given without one.')
param condition string = ''

var properties = union(
  {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
  },
  empty(condition) ? {} : { condition: condition, conditionVersion: '2.0' }
)

resource one 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = if (!empty(registry)) {
  name: empty(registry) ? 'none' : registry // Azure looks at names before it looks at conditions
}

resource atRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(registry)) {
  name: guid(resourceGroup().id, registry, principalId, roleName)
  scope: one
  properties: properties
}

resource atGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (empty(registry)) {
  name: guid(resourceGroup().id, principalId, roleName)
  properties: properties
}
