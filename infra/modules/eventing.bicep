// Changes of one subscription to the function that listens for them.
targetScope = 'subscription'

@description('Tells this deployment from another.')
param token string

@description('Resource group of the topic, where one has to be made.')
param groupName string

@description('Region of that group. The topic itself is global.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the system topic this subscription has already; empty where it has none.')
param topicId string

@description('Resource id of the function app.')
param appId string

@description('Resource id of the storage account that keeps what could not be delivered.')
param storageId string

var topicGroup = empty(topicId) ? groupName : split(topicId, '/')[4]
var topicName = empty(topicId) ? 'evgt-medic-${token}' : last(split(topicId, '/'))

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = if (empty(topicId)) {
  name: groupName
  location: location
  tags: tags
}

module topic 'topic.bicep' = {
  name: 'topic-${token}'
  scope: resourceGroup(topicGroup)
  params: { name: topicName, isThere: !empty(topicId), tags: tags }
  dependsOn: [group]
}

module deadLetters 'dead-letters.bicep' = {
  name: 'dead-letters-${uniqueString(subscription().id, token)}'
  scope: resourceGroup(split(storageId, '/')[2], split(storageId, '/')[4])
  params: { storageName: last(split(storageId, '/')), principalId: topic.outputs.principalId }
}

module subscribing 'event-subscription.bicep' = {
  name: 'event-subscription-${token}'
  scope: resourceGroup(topicGroup)
  params: { name: 'pull-medic-${token}', topicName: topicName, appId: appId, storageId: storageId }
  dependsOn: [deadLetters]
}
