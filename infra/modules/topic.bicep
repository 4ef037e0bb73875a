// The one system topic of a subscription: made, or found.

@description('Name of the topic.')
param name string

@description('Whether it is there already; then it is left as it is.')
param isThere bool

@description('Tags.')
param tags object

resource made 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (!isThere) {
  name: name
  location: 'global'
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: { source: subscription().id, topicType: 'Microsoft.Resources.Subscriptions' }
}

resource found 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (isThere) {
  name: name
}

@description('Object id of the topic, which writes what could not be delivered.')
output principalId string = isThere ? found!.identity.principalId : made!.identity.principalId
