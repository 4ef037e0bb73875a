// Sends the logs of one watched resource to a workspace. Made only for resources that are named.

@description('Resource id of a web app or slot, a Container Apps environment or a registry in this resource group.')
param resourceId string

@description('Resource id of the workspace.')
param workspaceId string

@description('Name of the diagnostic setting; of another name than any the resource has.')
param settingName string

var kind = toLower('${split(resourceId, '/')[6]}/${split(resourceId, '/')[7]}')
var name = split(resourceId, '/')[8]
var slotName = length(split(resourceId, '/')) > 10 ? split(resourceId, '/')[10] : 'production'
var isSite = kind == 'microsoft.web/sites'
var isSlot = isSite && slotName != 'production'

resource site 'Microsoft.Web/sites@2024-11-01' existing = if (isSite) {
  name: name

  resource slot 'slots' existing = { name: slotName }
}

resource appsEnvironment 'Microsoft.App/managedEnvironments@2025-07-01' existing = if (kind == 'microsoft.app/managedenvironments') {
  name: name
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = if (kind == 'microsoft.containerregistry/registries') {
  name: name
}

var siteSetting = {
  workspaceId: workspaceId
  logs: [
    { category: 'AppServicePlatformLogs', enabled: true }
    { category: 'AppServiceConsoleLogs', enabled: true }
  ]
}

resource siteLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (isSite && !isSlot) {
  name: settingName
  scope: site
  properties: siteSetting
}

resource slotLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (isSlot) {
  name: settingName
  scope: site::slot
  properties: siteSetting
}

// Only an environment whose logs go to Azure Monitor (`--logs-destination azure-monitor`) has these.
resource environmentLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (kind == 'microsoft.app/managedenvironments') {
  name: settingName
  scope: appsEnvironment
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'ContainerAppSystemLogs', enabled: true }]
  }
}

resource registryLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (kind == 'microsoft.containerregistry/registries') {
  name: settingName
  scope: registry
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'ContainerRegistryLoginEvents', enabled: true }
      { category: 'ContainerRegistryRepositoryEvents', enabled: true }
    ]
  }
}
