// Lets one system topic put events that nobody could take into the container for them.

@description('Name of the storage account.')
param storageName string

@description('Object id of the topic.')
param principalId string

var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = { name: 'dead-letters' }
  }
}

resource writing 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage::blobs::container.id, principalId, blobContributor)
  scope: storage::blobs::container
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}
