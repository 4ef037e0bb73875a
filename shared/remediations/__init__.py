"""
Remedies: the only code that changes Azure, one file for each.

In:  a Step that was allowed, and an Azure that lets exactly its requests through.
Out: an Outcome saying what was seen before and after.

    registry.py        one registry: read whole, write its rules, compare before and after
    firewall_sync.py   add a workload's own addresses to a registry's rules, and take them back
    pull_role.py       give a pull role back, where it provably was
    vnet_image_pull.py send a site's image pulls through its own network
    dns_zone_link.py   link a registry's private zone to a workload's network
    credential_resync.py, use_identity.py   repair a workload's sign-in
    restart.py         start what its host gave up on
    sending.py, comparing.py   one write exactly once; what else changed with it

Every remedy looks again just before it writes, changes nothing that is already so, and reads back
what it wrote. None waits for the workload: that is verification.
"""
