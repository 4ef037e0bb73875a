// A workspace that is there already: what must be known of it, and nothing changed.

@description('Name of the workspace.')
param name string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: name
}

@description('The id the query API knows it by.')
output customerId string = workspace.properties.customerId

@description('Its region: a rule lives in the region of the workspace it asks.')
output location string = workspace.location
