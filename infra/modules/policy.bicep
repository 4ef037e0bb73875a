// What a policy file means for roles. The product reads the same file the same way
// (shared/policy/schema.py); a test holds the two against each other.

@export()
@description('Whether the policy lets a remedy write, by itself or after a person said yes.')
func mayWrite(policy object, remedy string) bool => (policy.?remedies[?remedy].?mode ?? ownMode(policy, remedy)) != 'observe'

// Linking a zone changes what a whole network resolves: it is allowed by its own name only.
func ownMode(policy object, remedy string) string => remedy == 'dns-zone-link' ? 'observe' : (policy.?mode ?? 'observe')
