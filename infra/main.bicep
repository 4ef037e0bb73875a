// Pull Medic in a subscription: wires the modules, holds nothing itself. Deploying it twice changes
// nothing; what a narrower policy no longer allows is taken out of the roles.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of this deployment, as azd calls its environment. Another name is a second Pull Medic beside the first.')
param environmentName string

@minLength(1)
@description('Region of everything that has one; the apps looked after may be anywhere.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Where the functions run: Flex Consumption is paid by use; Dedicated is one instance by the hour, for regions and clouds without the other.')
param hostingPlan 'FlexConsumption' | 'Dedicated' = 'FlexConsumption'

@description('Whether a region is refused for Flex Consumption that is missing in flex-regions.json. Say false for a region that is newer than that list.')
param checkRegion bool = true

@description('Whether the functions are deployed already. Azure refuses an event subscription to a function that is not there yet, and knows no key of it; so events and alerts are connected by a second run, which azd makes by itself.')
param functionsDeployed bool = false

@description('Ids of the subscriptions to look after, comma separated. Empty: this one.')
param subscriptions string = ''

@description('Where registries may be changed, if the policy allows it: ids of registries or resource groups, comma separated. Empty: nowhere.')
param registries string = ''

@description('Where apps may be changed, if the policy allows it: ids of resource groups, comma separated. Empty: nowhere.')
param workloads string = ''

@description('Where subnets may be joined and private DNS zones linked, if the policy allows it: ids of resource groups, comma separated. Empty: nowhere.')
param networks string = ''

@description('Whether registry passwords and pull settings of apps may be read, to compare what an app holds with what works. Without it, causes of a sign-in by password stay undetermined.')
param readSettings bool = true

@description('Resource ids of Log Analytics workspaces that receive the logs of the apps already, comma separated. The one made here is watched in any case.')
param workspaces string = ''

@description('Resource ids of web apps, Container Apps environments and registries whose logs are to be sent to the workspace made here, comma separated. Empty: no diagnostic setting is made.')
param loggedResources string = ''

@description('Resource ids of Event Grid system topics that subscriptions have already, comma separated: Azure allows one for each subscription. Each needs its own identity switched on.')
param eventTopics string = ''

@description('Actions of infra/roles that this cloud does not know, comma separated; azd finds them by itself. Azure refuses a whole role for one of them, so they are left out.')
param unknownActions string = ''

@secure()
@description('Where people are told: MEDIC_NOTIFY, or a Key Vault reference to it.')
param notify string = ''

@minValue(1)
@maxValue(1000)
@description('Most instances at once. Each heals up to 12 signals at a time; 40 is the least some regions accept.')
param maximumInstances int = 40

func listed(text string) string[] => filter(map(split(text, ','), one => trim(one)), one => !empty(one))

var regions = loadJsonContent('flex-regions.json')
var fits = hostingPlan != 'FlexConsumption' || !checkRegion || contains(regions, toLower(location))
var region = fits
  ? location
  : fail('Flex Consumption is not known to be in ${location}. Choose one of: ${join(regions, ', ')}. If `az functionapp list-flexconsumption-locations` names it, deploy with checkRegion=false; else with hostingPlan=Dedicated.')

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var groupName = 'rg-${environmentName}'
var watched = empty(listed(subscriptions)) ? [subscription().subscriptionId] : listed(subscriptions)
var policy = loadYamlContent('policy.yaml')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: region
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: 'id-medic-${token}', location: region, tags: tags }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: { name: 'stmedic${token}', location: region, tags: tags, principalId: identity.outputs.principalId }
}

module observability 'modules/observability.bicep' = {
  name: 'observability'
  scope: group
  params: {
    workspaceName: 'log-medic-${token}'
    insightsName: 'appi-medic-${token}'
    location: region
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module logged 'modules/diagnostics.bicep' = [
  for id in listed(loggedResources): {
    name: 'diagnostics-${uniqueString(id)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: { resourceId: id, workspaceId: observability.outputs.workspaceId, settingName: 'pull-medic-${token}' }
  }
]

module foreignWorkspaces 'modules/workspace.bicep' = [
  for id in listed(workspaces): {
    name: 'workspace-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: { name: last(split(id, '/')) }
  }
]

module host 'modules/host.bicep' = {
  name: 'host'
  scope: group
  params: {
    name: 'func-medic-${token}'
    planName: 'plan-medic-${token}'
    plan: hostingPlan
    location: region
    tags: tags
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packages: storage.outputs.packages
    insightsConnection: observability.outputs.connectionString
    policy: string(policy)
    workspaces: [observability.outputs.customerId]
    moreWorkspaces: [for (id, place) in listed(workspaces): foreignWorkspaces[place].outputs.customerId]
    subscriptions: watched
    notify: notify
    maximumInstances: maximumInstances
  }
}

module role 'modules/role.bicep' = {
  name: 'roles-${token}'
  params: {
    token: token
    environmentName: environmentName
    subscriptions: watched
    policy: policy
    unknownActions: listed(toLower(unknownActions))
  }
}

module access 'modules/access.bicep' = {
  name: 'access-${token}'
  params: {
    principalId: identity.outputs.principalId
    roles: role.outputs.names
    policy: policy
    subscriptions: watched
    workspaces: listed(workspaces)
    readSettings: readSettings
    scopes: { registries: listed(registries), workloads: listed(workloads), networks: listed(networks) }
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: { location: region, tags: tags, sourceId: observability.outputs.insightsId }
}

module eventing 'modules/eventing.bicep' = [
  for id in watched: if (functionsDeployed) {
    name: 'events-${token}-${uniqueString(id)}'
    scope: subscription(id)
    params: {
      token: token
      groupName: group.name
      location: region
      tags: tags
      topicId: first(filter(listed(eventTopics), topic => toLower(split(topic, '/')[2]) == toLower(id))) ?? ''
      appId: host.outputs.id
      storageId: storage.outputs.id
    }
  }
]

module actionGroup 'modules/action-group.bicep' = if (functionsDeployed) {
  name: 'action-group'
  scope: group
  params: { name: 'ag-medic-${token}', tags: tags, appId: host.outputs.id, url: host.outputs.url }
}

module alerts 'modules/alerts.bicep' = if (functionsDeployed) {
  name: 'alerts'
  scope: group
  params: {
    suffix: token
    location: region
    tags: tags
    workspaceId: observability.outputs.workspaceId
    actionGroupId: actionGroup!.outputs.id
  }
}

module foreignAlerts 'modules/alerts.bicep' = [
  for (id, place) in listed(workspaces): if (functionsDeployed) {
    name: 'alerts-${uniqueString(id)}'
    scope: group
    params: {
      suffix: uniqueString(id, token)
      location: foreignWorkspaces[place].outputs.location
      tags: tags
      workspaceId: id
      actionGroupId: actionGroup!.outputs.id
    }
  }
]

@description('The resource group of the service, by the name azd looks for.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Where the service runs: what `medic selftest` is given.')
output SERVICE_URL string = host.outputs.url

@description('The function app.')
output FUNCTION_APP string = host.outputs.name

@description('The object id of the service itself: what an owner of a registry or a group gives roles to.')
output PRINCIPAL_ID string = identity.outputs.principalId

@description('What is still to be done, or is not as the policy wants it.')
output NEXT string = join(
  filter(
    [
      functionsDeployed ? '' : 'Deploy the functions, then run this once more with functionsDeployed=true: until then no event and no alert arrives.'
      access.outputs.advice
      empty(listed(loggedResources)) && empty(listed(workspaces)) ? 'No app sends its logs to a watched workspace: name the workspace it logs into (workspaces) or the app (loggedResources), or no alert is ever raised.' : ''
    ],
    one => !empty(one)
  ),
  ' '
)
