"""
Commands that build a way to the registry, for every advice that needs one.

In:  a Subject.  Out: one command each.

Pure.
"""

from shared.planning.advice.subject import Subject


def integrate(s: Subject) -> str:
    return f"az webapp vnet-integration add {s.site_args} --vnet '<vnet id>' --subnet '<subnet>'"


def route_pulls(s: Subject) -> str:
    return (
        f"az resource update --ids {s.workload_id} "
        "--set properties.outboundVnetRouting.imagePullTraffic=true"
    )


def endpoint_name(s: Subject) -> str:
    return f"pe-{s.registry_name}" if s.registry else "'<endpoint name>'"


def endpoint(s: Subject) -> str:
    subnet = "'<id of a subnet for endpoints in the network of the workload>'"
    return (
        f"az network private-endpoint create --name {endpoint_name(s)} --resource-group '<group>' "
        f"--subnet {subnet} --private-connection-resource-id {s.registry_id} --group-id registry "
        "--connection-name pulls"
    )
