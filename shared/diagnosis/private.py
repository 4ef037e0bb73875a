"""
Checks on the private way in: a registry closed to public networks, and its private endpoints.

In:  a Case whose registry was read.
Out: an Answer per finding.

Pure.
"""

from shared.diagnosis.case import Answer, Case, excluded, found, unknown
from shared.model.wording import count
from shared.model.words import Cause, FindingName


def private_endpoint_not_approved(case: Case) -> Answer:
    """The registry is closed to the public and every private endpoint still waits for approval."""
    name = FindingName.PRIVATE_ENDPOINT_NOT_APPROVED
    if case.registry.public_access is not False:
        return excluded(name, "pulls may use the registry's public endpoint")
    waiting = case.registry.private_endpoints
    if not waiting:
        return excluded(name, "the registry has no private endpoint")
    if case.approved_endpoints:
        approved = count(len(case.approved_endpoints), "private endpoint")
        return excluded(name, f"the registry has {approved} that its owner approved")
    return found(
        name,
        f"The registry {case.registry.login_server} is closed to public networks and none of its "
        f"private endpoints ({len(waiting)}) is approved, so nobody can reach it",
    )


def public_access_disabled(case: Case) -> Answer:
    """No pull can use the public endpoint; whether a private path works is not proven here."""
    name = FindingName.PUBLIC_ACCESS_DISABLED
    registry = case.registry
    if registry.public_access is True:
        return excluded(name, "the public endpoint is on")
    if registry.public_access is None:
        return unknown(name, "Azure did not report whether the registry's public endpoint is on")
    closed = f"The registry {registry.login_server} is closed to public networks"
    if not registry.private_endpoints:
        return found(name, f"{closed} and has no private endpoint, so no pull can reach it")
    if not case.approved_endpoints:
        return excluded(name, "what is missing is the approval of its private endpoint")
    if not case.in_a_network:
        return found(
            name,
            f"{closed}, and this workload pulls over public networks: it does not use any of the "
            "registry's private endpoints",
        )
    if case.claim is Cause.NETWORK_DENIED:
        return found(
            name,
            f"{closed}, and the pull reached its public side instead of a private endpoint; the "
            "private name resolution of the workload's network was not checked",
        )
    return unknown(
        name,
        "the registry is closed to public networks, and whether this workload's network reaches "
        "its private endpoint (zone link, records, routes) was not checked",
    )
