// Who may do what, where: reads in the subscriptions in scope, writes only where a scope is given for
// them and the policy allows a remedy to write.
targetScope = 'subscription'

import { mayWrite } from 'policy.bicep'

@description('Object id of the service.')
param principalId string

@description('The name Azure knows each custom role by.')
param roles object

@description('The policy.')
param policy object

@description('Ids of the subscriptions to look after.')
param subscriptions array

@description('Resource ids of workspaces to query; they may lie in subscriptions that are not looked after.')
param workspaces array

@description('Whether settings and passwords may be read for comparison.')
param readSettings bool

@description('Ids of resource groups, for registries also of registries.')
param scopes {
  registries: string[]
  workloads: string[]
  networks: string[]
}

// What each remedy touches.
var places = {
  'credential-resync': ['registries', 'workloads']
  'dns-zone-link': ['networks']
  'firewall-sync': ['registries']
  'pull-role': ['registries']
  restart: ['workloads']
  'use-identity': ['workloads']
  'vnet-image-pull': ['workloads', 'networks']
}
var acting = filter(objectKeys(places), remedy => mayWrite(policy, remedy))
var grants = flatten(map(acting, remedy => flatten(map(places[remedy], place => map(scopes[place], id => { remedy: remedy, id: id })))))
var lacking = filter(['registries', 'workloads', 'networks'], place => empty(scopes[place]) && !empty(filter(acting, remedy => contains(places[remedy], place))))
var pullRoleOnly = loadTextContent('../conditions/pull-role-only.txt')
var logReader = '73c42c96-874c-492b-b04d-ab87d138a893' // Log Analytics Reader

module reading 'reading.bicep' = [
  for id in subscriptions: {
    name: 'reading-${uniqueString(id, principalId)}'
    scope: subscription(id)
    params: {
      principalId: principalId
      roleNames: readSettings ? [roles.reader, roles['settings-reader']] : [roles.reader]
    }
  }
]

module querying 'assignment.bicep' = [
  for id in filter(workspaces, one => !contains(subscriptions, split(one, '/')[2])): {
    name: 'querying-${uniqueString(id, principalId)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: { principalId: principalId, roleName: logReader }
  }
]

module healing 'assignment.bicep' = [
  for grant in grants: {
    name: 'healing-${uniqueString(grant.remedy, grant.id, principalId)}'
    scope: resourceGroup(split(grant.id, '/')[2], split(grant.id, '/')[4])
    params: {
      principalId: principalId
      roleName: roles[grant.remedy]
      registry: length(split(grant.id, '/')) > 8 ? split(grant.id, '/')[8] : ''
      condition: grant.remedy == 'pull-role' ? pullRoleOnly : ''
    }
  }
]

@description('What the policy allows and no scope is given for.')
output advice string = empty(lacking) ? '' : 'The policy allows writes that no role is given for: name ${join(lacking, ', ')} to be changed. Until then such plans fail for lack of permission.'
