// Where telemetry goes, and logs of apps that have no workspace yet. Signed in to by identity only.

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights resource.')
param insightsName string

@description('Region of both.')
param location string

@description('Tags.')
param tags object

@description('Object id of the service, which publishes.')
param principalId string

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publishing 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, metricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

@description('Resource id of the workspace: what rules and diagnostic settings name.')
output workspaceId string = workspace.id

@description('The id the query API knows the workspace by.')
output customerId string = workspace.properties.customerId

@description('Resource id of Application Insights.')
output insightsId string = insights.id

@description('Where telemetry is sent. No secret: local sign-in is off, so it opens nothing.')
output connectionString string = insights.properties.ConnectionString
