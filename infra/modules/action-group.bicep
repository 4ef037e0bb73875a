// Whom an alert calls: the function, with a key that opens this one door and no other.

@description('Name of the action group.')
param name string

@description('Tags.')
param tags object

@description('Resource id of the function app.')
param appId string

@description('Where the app answers.')
param url string

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'pullmedic'
    enabled: true
    azureFunctionReceivers: [
      {
        name: 'pull-medic'
        functionAppResourceId: appId
        functionName: 'alerts'
        httpTriggerUrl: '${url}/api/alerts?code=${listKeys('${appId}/functions/alerts', '2024-11-01').default}'
        useCommonAlertSchema: true
      }
    ]
  }
}

@description('Resource id of the action group.')
output id string = actionGroup.id
