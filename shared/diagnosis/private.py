"""
Checks on the private way in: a registry closed to public networks, its endpoints and their names.

In:  a Case whose registry was read.
Out: an Answer per finding.

The legs of the private path say what is true, false or unknown; here that becomes the fault a pull
meets first. Only a false leg is a fault; an unknown one leaves the answer open, unless the text
shows that the pull came out at the public side of a closed registry. Pure.
"""

from shared.diagnosis.case import ON_THE_WAY, Answer, Case, excluded, found, unknown
from shared.model import networks
from shared.model.evidence import Egress, Unread
from shared.model.private_path import LegName, PrivatePath
from shared.model.wording import count
from shared.model.words import Cause, FindingName

_BUILT = (LegName.NETWORK, LegName.ENDPOINT, LegName.ADDRESSES)
_NAMED = (*_BUILT, LegName.ZONE_LINK, LegName.RECORDS)
_ALL_BUT_ROUTING = tuple(leg for leg in LegName if leg is not LegName.ROUTED)
_UNAPPROVED = "what is missing is the approval of its private endpoint"


def private_endpoint_not_approved(case: Case) -> Answer:
    """The only endpoint the workload could reach still waits for its approval."""
    name = FindingName.PRIVATE_ENDPOINT_NOT_APPROVED
    waiting = case.registry.private_endpoints
    if not waiting:
        return excluded(name, "the registry has no private endpoint")
    if _waiting_near(case):
        return found(name, f"{_closed_or_not(case)}, and {_leg(case, LegName.ENDPOINT)}")
    if case.registry.public_access is not False:
        return excluded(name, "pulls may use the registry's public endpoint")
    if case.approved_endpoints:
        approved = count(len(case.approved_endpoints), "private endpoint")
        return excluded(name, f"the registry has {approved} that its owner approved")
    return found(
        name,
        f"{_closed(case)} and none of its private endpoints ({len(waiting)}) is approved, so "
        "nobody can reach it",
    )


def public_access_disabled(case: Case) -> Answer:
    """No pull can use the public endpoint, and the private path is not built to the end."""
    name = FindingName.PUBLIC_ACCESS_DISABLED
    registry, path = case.registry, case.path
    if registry.public_access is True:
        return excluded(name, "the public endpoint is on")
    if registry.public_access is None:
        return unknown(name, "Azure did not report whether the registry's public endpoint is on")
    if not registry.private_endpoints:
        return found(name, f"{_closed(case)} and has no private endpoint, so no pull can reach it")
    if not case.approved_endpoints or _waiting_near(case):
        return excluded(name, _UNAPPROVED)
    if path is not None and (lacking := _not_built(path)):
        return found(name, f"{_closed(case)}, and {lacking}")
    needed = _NAMED if case.in_a_network else _ALL_BUT_ROUTING
    if path is not None and path.holds(*needed) is not None:
        return excluded(name, "there is a private endpoint within the workload's reach")
    if case.workload.subnet is None and not case.in_a_network:
        return found(
            name,
            f"{_closed(case)}, and this workload pulls over public networks: it stands in no "
            "virtual network and does not use any of the registry's private endpoints",
        )
    if case.claim is Cause.NETWORK_DENIED or (path is not None and not case.in_a_network):
        return found(
            name,
            f"{_closed(case)}, and the pull reached its public side instead of a private endpoint; "
            f"a private path is not proven, because {case.open_question}",
        )
    return unknown(
        name,
        "the registry is closed to public networks, and whether this workload's network reaches "
        f"its private endpoint is open: {case.open_question}",
    )


def private_dns_not_linked(case: Case) -> Answer | None:
    """The zone exists, and the workload's network does not ask it."""
    name, path = FindingName.PRIVATE_DNS_NOT_LINKED, case.path
    if path is None or not _only_privately(case):
        return excluded(name, "the private name of the registry does not decide this pull")
    linked = path.leg(LegName.ZONE_LINK)
    if linked.holds is None:
        return _open_name(case, name)
    if linked.holds:
        return excluded(name, linked.because)
    if path.zone is None or path.holds(*_BUILT) is False:
        return excluded(name, "there is more missing than a link")
    return found(
        name,
        f"A private endpoint of {case.registry.login_server} is within reach, but "
        f"{linked.because}: its name leads to the public side, which refuses",
    )


def private_dns_record_missing(case: Case) -> Answer | None:
    """The zone answers, and does not know the registry or its data host."""
    name, path = FindingName.PRIVATE_DNS_RECORD_MISSING, case.path
    if path is None or not (_only_privately(case) or case.private is not False):
        return excluded(name, "pulls do not ask a private zone")
    records = path.leg(LegName.RECORDS)
    if records.holds is None:
        return _open_name(case, name)
    if records.holds:
        return excluded(name, records.because)
    if _some_region_only(path) and not _layers_fail(case):
        return unknown(name, f"{records.because}: pulls that are sent there fail, others work")
    return found(name, f"{records.because[:1].upper()}{records.because[1:]}")


def private_path_blocked(case: Case) -> Answer | None:
    """The name leads to a private address, and the workload's own network does not let it there."""
    name, path = FindingName.CLIENT_SIDE_BLOCK, case.path
    if path is None or case.private is not True or _waiting_near(case):
        return excluded(name, "pulls do not go to a private endpoint within the network's reach")
    endpoint = path.leg(LegName.ENDPOINT)
    if endpoint.holds is False and not _closed_to_all(case):
        return found(
            name,
            f"In the workload's network the name {case.registry.login_server} leads to a private "
            f"address it cannot reach: {endpoint.because}",
        )
    way = path.leg(LegName.WAY)
    if way.holds is False:
        return found(name, f"The workload's own network stops its pulls: {way.because}")
    if way.holds is None:
        return None  # what is behind an appliance is not visible from here
    return excluded(name, "nothing that was read stands between the workload and the endpoint")


def private_path_not_routed(case: Case) -> Answer:
    """The path stands from end to end, and the app's image pulls do not take it."""
    name, path = FindingName.PRIVATE_PATH_NOT_ROUTED, case.path
    routed = case.workload.pulls_over_vnet
    if routed is True:
        return excluded(name, "image pulls use the workload's network")
    if path is None or path.holds(*_BUILT) is False:
        return excluded(name, "there is no private path that pulls could take")
    if not _closed_to_all(case) and not _shut_out(case):
        return excluded(name, "pulls may use the registry's public endpoint")
    if path.holds(*_ALL_BUT_ROUTING) is None:
        return unknown(name, f"a private path is not proven: {case.open_question}")
    stands = "stands" if path.proven else "is begun"
    asked = "" if routed is False else f" ({routed.because})"
    door = "is closed to them" if _closed_to_all(case) else "admits listed addresses only"
    return found(
        name,
        f"A private path from {_network(path)} to {case.registry.login_server} {stands}, but the "
        f"app's image pulls do not take it{asked}: they leave for public networks, and the "
        f"registry {door}",
    )


def _open_name(case: Case, name: FindingName) -> Answer | None:
    """Who answers for the name is open; said once, and only where it may be the fault."""
    if _closed_to_all(case) or case.claim not in ON_THE_WAY:
        return None
    return unknown(name, f"whether the private name is answered is open: {case.open_question}")


def _closed(case: Case) -> str:
    return f"The registry {case.registry.login_server} is closed to public networks"


def _closed_to_all(case: Case) -> bool:
    return case.registry.public_access is False


def _closed_or_not(case: Case) -> str:
    if _closed_to_all(case):
        return _closed(case)
    return f"The name {case.registry.login_server} leads to a private endpoint here"


def _waiting_near(case: Case) -> bool:
    """An unapproved endpoint is all there is within reach, and pulls have no other way."""
    if case.path is None or case.path.waiting is None:
        return False
    return _closed_to_all(case) or case.private is True


def _only_privately(case: Case) -> bool:
    """Whether nothing but the private way can help this pull.

    A registry that admits listed addresses takes a fixed one too; then its rules decide.
    """
    if _closed_to_all(case):
        return True
    egress = case.workload.egress
    fixed = isinstance(egress, Egress) and egress.stable and bool(egress.addresses)
    return case.registry.default_allow is False and case.in_a_network and not fixed


def _shut_out(case: Case) -> bool:
    """Whether the registry's rules refuse the app, and a proven private way could serve it."""
    egress = case.workload.egress
    if case.registry.default_allow is not False or not case.better_private:
        return False
    if isinstance(egress, Unread):
        return False
    return not egress.stable or bool(networks.missing(egress.addresses, case.registry.ip_rules))


def _not_built(path: PrivatePath) -> str:
    """What is missing of the path before names and routing come into play, or ""."""
    for name in _BUILT:
        if path.leg(name).holds is False:
            return path.leg(name).because
    if path.leg(LegName.ZONE_LINK).holds is False and path.zone is None:
        return path.leg(LegName.ZONE_LINK).because
    return ""


def _some_region_only(path: PrivatePath) -> bool:
    """The login server is known, and so is one data host at least."""
    bad = {*path.missing_records, *path.wrong_records}
    login, *data = path.hosts
    return login not in bad and any(host not in bad for host in data)


def _layers_fail(case: Case) -> bool:
    return case.claim in ON_THE_WAY or (case.claim is None and bool(case.complaints))


def _leg(case: Case, name: LegName) -> str:
    return case.path.leg(name).because if case.path else ""


def _network(path: PrivatePath) -> str:
    return path.network.name if path.network else "the workload's network"
