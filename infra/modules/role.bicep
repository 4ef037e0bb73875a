// The custom roles: one to read, one for settings, one for each remedy, each with exactly the actions
// in its file. A remedy that the policy only lets observe keeps its role, emptied of what it writes:
// so a policy that gets narrower takes effect at once, whatever was assigned before.
targetScope = 'subscription'

import { mayWrite } from 'policy.bicep'

@description('Tells this deployment from another: names of roles are unique in a tenant.')
param token string

@description('Name of this deployment, shown in the roles\' names.')
param environmentName string

@description('Ids of the subscriptions in which the roles may be assigned.')
param subscriptions array

@description('The policy.')
param policy object

@description('Actions this cloud does not know, in lower case: Azure refuses a whole role for one of them.')
param unknownActions string[]

var readers = {
  reader: loadJsonContent('../roles/reader.json')
  'settings-reader': loadJsonContent('../roles/settings-reader.json')
}
var remedies = {
  'credential-resync': loadJsonContent('../roles/credential-resync.json')
  'dns-zone-link': loadJsonContent('../roles/dns-zone-link.json')
  'firewall-sync': loadJsonContent('../roles/firewall-sync.json')
  'pull-role': loadJsonContent('../roles/pull-role.json')
  restart: loadJsonContent('../roles/restart.json')
  'use-identity': loadJsonContent('../roles/use-identity.json')
  'vnet-image-pull': loadJsonContent('../roles/vnet-image-pull.json')
}
var files = union(readers, remedies)
var nothing = ['Microsoft.Resources/subscriptions/resourceGroups/read'] // a role must hold something

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for name in objectKeys(files): {
    name: guid(subscription().id, token, name)
    properties: {
      roleName: '${files[name].name} (${environmentName} ${token})'
      description: files[name].description
      type: 'CustomRole'
      assignableScopes: map(subscriptions, id => '/subscriptions/${id}')
      permissions: [
        {
          actions: contains(readers, name) || mayWrite(policy, name)
            ? filter(files[name].actions, action => !contains(unknownActions, toLower(action)))
            : nothing
          dataActions: filter(files[name].dataActions, action => !contains(unknownActions, toLower(action)))
          notActions: []
          notDataActions: []
        }
      ]
    }
  }
]

@description('The name Azure knows each role by.')
output names object = toObject(objectKeys(files), name => name, name => guid(subscription().id, token, name))
