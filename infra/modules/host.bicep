// Where the functions run: Python 3.13, every connection by identity. On Flex Consumption, or where a
// region or cloud does not offer that, on a plan of its own whose one instance is always on.

@description('Name of the function app.')
param name string

@description('Name of its plan.')
param planName string

@description('Which plan: paid by use, or one instance by the hour.')
param plan 'FlexConsumption' | 'Dedicated'

@description('Region of both.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the identity the app runs as.')
param identityId string

@description('Client id of the same identity.')
param clientId string

@description('Storage account of the host, the queue and the store.')
param storageName string

@description('Address of the container the app is deployed from.')
param packages string

@description('Connection string of Application Insights.')
param insightsConnection string

@description('The policy, as JSON on one line.')
param policy string

@description('Ids by which the query API knows the workspaces.')
param workspaces array

@description('More of them.')
param moreWorkspaces array

@description('Ids of the subscriptions to look after.')
param subscriptions array

@secure()
@description('Where people are told.')
param notify string

@description('Most instances at once.')
param maximumInstances int

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

var flex = plan == 'FlexConsumption'

var onFlex = {
  functionAppConfig: {
    runtime: { name: 'python', version: '3.13' }
    scaleAndConcurrency: { maximumInstanceCount: maximumInstances, instanceMemoryMB: 2048 }
    deployment: {
      storage: {
        type: 'blobContainer'
        value: packages
        authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
      }
    }
  }
}
var onItsOwn = { siteConfig: { linuxFxVersion: 'PYTHON|3.13', alwaysOn: true } }

// What Flex Consumption is told in functionAppConfig, and refuses as a setting.
var ownSettings = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'python'
  SCM_DO_BUILD_DURING_DEPLOYMENT: 'true'
  ENABLE_ORYX_BUILD: 'true'
}

resource serverFarm 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: flex ? 'functionapp' : 'linux'
  sku: flex ? { name: 'FC1', tier: 'FlexConsumption' } : { name: 'P0v3', tier: 'Premium0V3', capacity: 1 }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'medic' }) // azd deploys to the app that bears its service's name
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: union(
    {
      serverFarmId: serverFarm.id
      httpsOnly: true
      keyVaultReferenceIdentity: identityId
      siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', http20Enabled: true }
    },
    flex ? onFlex : onItsOwn
  )

  // Addresses instead of the account's name: a sovereign cloud has others.
  resource settings 'config' = {
    name: 'appsettings'
    properties: union(flex ? {} : ownSettings, {
      AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
      AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
      AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: clientId
      AZURE_CLIENT_ID: clientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${clientId}'
      PYTHON_ENABLE_OPENTELEMETRY: 'true'
      PYTHON_THREADPOOL_THREAD_COUNT: '16' // one for each of the 12 messages at once (host.json), and some
      MEDIC_POLICY: policy
      MEDIC_STORE: storage.properties.primaryEndpoints.table
      MEDIC_WORKSPACES: join(concat(workspaces, moreWorkspaces), ',')
      MEDIC_SUBSCRIPTIONS: join(subscriptions, ',')
      MEDIC_CLOUD: environment().name
      MEDIC_NOTIFY: notify
    })
  }

  // Deployment signs in by identity too; no password opens the app.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

@description('Resource id of the function app.')
output id string = app.id

@description('Name of the function app.')
output name string = app.name

@description('Where it answers.')
output url string = 'https://${app.properties.defaultHostName}'
