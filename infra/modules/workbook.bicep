// The page an operator opens in the portal. What it shows is in workbook.json.

@description('Region of the workbook.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the Application Insights it asks.')
param sourceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(sourceId, 'pull-medic')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Pull Medic'
    category: 'workbook'
    sourceId: sourceId
    serializedData: loadTextContent('../workbook.json')
  }
}
