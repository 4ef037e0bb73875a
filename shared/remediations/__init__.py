"""
Remedies: the only code that changes Azure, one file for each.

In:  a Step that was allowed, and an Azure that lets exactly its requests through.
Out: an Outcome saying what was seen before and after.

    registry.py        one registry: read whole, write its rules, compare before and after
    firewall_sync.py   add a workload's own addresses to a registry's rules, and take them back

Every remedy looks again just before it writes, changes nothing that is already so, and reads back
what it wrote. None waits for the workload: that is verification.
"""
