// Rules that look for failed pulls in one workspace: the product's own queries, asked every five minutes
// and split so that one workload is one alert. Fifteen minutes are looked at because lines arrive late.

@description('Tells the rules of one workspace from those of another.')
param suffix string

@description('Region of the workspace.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the workspace.')
param workspaceId string

@description('Resource id of the action group to call.')
param actionGroupId string

// The lines above the mark in those files are examples; the first lines here take their place.
var mark = '--- the lines above are examples'
var window = 'let since = ago(15m);\nlet until = now();\nlet newest_only = true;\nlet most = 5000; // '
var everySite = 'let site_id = "";\n${window}'
var everyApp = 'let app_name = "";\nlet job_name = "";\nlet environment_name = "";\n${window}'
var siteFailures = split(loadTextContent('../../shared/queries/site_failures.kql'), mark)[1]
var containerFailures = split(loadTextContent('../../shared/queries/container_failures.kql'), mark)[1]

var rules = {
  'web-apps': {
    title: 'Image pulls of web apps fail'
    query: '${everySite}${siteFailures}| extend _ResourceId = Resource'
    split: ['_ResourceId']
  }
  'container-apps': {
    title: 'Image pulls of container apps and jobs fail'
    query: '${everyApp}${containerFailures}| extend ContainerAppName = App, JobName = Job, EnvironmentName = Environment'
    split: ['ContainerAppName', 'JobName', 'EnvironmentName']
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for name in objectKeys(rules): {
    name: 'sqr-medic-${name}-${suffix}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${rules[name].title} (${suffix})'
      description: 'Pull Medic is told, and finds out why.'
      severity: 2
      enabled: true
      scopes: [workspaceId]
      targetResourceTypes: ['Microsoft.OperationalInsights/workspaces']
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true // the end is told too; it closes what is proven, and starts nothing
      skipQueryValidation: true // a table is there from its first row on
      criteria: {
        allOf: [
          {
            query: rules[name].query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(rules[name].split, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
