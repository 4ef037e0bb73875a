// Roles that read, for a whole subscription: a cause may lie in any of its networks.
targetScope = 'subscription'

@description('Object id of the service.')
param principalId string

@description('Names of the role definitions.')
param roleNames array

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for name in roleNames: {
    name: guid(subscription().id, principalId, name)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', name)
    }
  }
]
