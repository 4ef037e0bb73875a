// What the service keeps: queues, audit and leases, its own package, and events nobody could take.
// No key opens any of it; the identity alone may.

@minLength(3)
@maxLength(24)
@description('Name of the storage account.')
param name string

@description('Region of the account.')
param location string

@description('Tags.')
param tags object

@description('Object id of the service.')
param principalId string

// The host's own containers need Owner ("Connecting to host storage with an identity").
var roles = {
  blobs: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  queues: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  tables: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { deleteRetentionPolicy: { enabled: true, days: 7 } }

    resource packages 'containers' = { name: 'packages' }
    resource deadLetters 'containers' = { name: 'dead-letters' }
    resource leases 'containers' = { name: 'pull-medic-leases' }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource incidents 'queues' = { name: 'incidents' }
    resource poison 'queues' = { name: 'incidents-poison' }
  }

  resource tables 'tableServices' = {
    name: 'default'

    resource store 'tables' = { name: 'PullMedic' }
  }
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in objectKeys(roles): {
    name: guid(account.id, principalId, roles[role])
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])
    }
  }
]

@description('Resource id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Address of the container the app is deployed from.')
output packages string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'
