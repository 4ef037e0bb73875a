// Which changes are told to the function: those after which a pull that worked may fail, or the other
// way round. Event Grid compares without regard to case and takes at most 25 values ("Advanced filters").

@description('Name of the event subscription.')
param name string

@description('Name of the system topic.')
param topicName string

@description('Resource id of the function app.')
param appId string

@description('Resource id of the storage account that keeps what could not be delivered.')
param storageId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource events 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'Microsoft.Resources.ResourceWriteSuccess'
        'Microsoft.Resources.ResourceWriteFailure'
        'Microsoft.Resources.ResourceDeleteSuccess'
        'Microsoft.Resources.ResourceActionSuccess'
      ]
      advancedFilters: [
        { operatorType: 'StringIn', key: 'data.operationName', values: loadJsonContent('../events.json') }
      ]
    }
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${appId}/functions/on_event'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    retryPolicy: { eventTimeToLiveInMinutes: 1440, maxDeliveryAttempts: 30 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageId, blobContainerName: 'dead-letters' }
      }
    }
  }
}
