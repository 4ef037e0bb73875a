// For `az deployment sub create` without azd: docs/deploy.md.
using 'main.bicep'

param environmentName = 'pull-medic'
param location = 'westeurope'

// Say true from the second run on, once the functions are there.
param functionsDeployed = false

// Comma separated ids. Empty: this subscription is looked after, and nothing is changed anywhere.
param subscriptions = ''
param registries = ''
param workloads = ''
param networks = ''
param workspaces = ''
param loggedResources = ''
param eventTopics = ''
