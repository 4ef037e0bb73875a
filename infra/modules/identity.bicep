// Who the service is: one identity of its own, so that its rights outlive the app and can be named.

@description('Name of the identity.')
param name string

@description('Region of the identity.')
param location string

@description('Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id: what the app is run as.')
output id string = identity.id

@description('Client id: how Azure Identity tells it from others.')
output clientId string = identity.properties.clientId

@description('Object id: what roles are given to.')
output principalId string = identity.properties.principalId
