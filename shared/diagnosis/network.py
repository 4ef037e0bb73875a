"""
Checks on the way in: the registry's address rules.

In:  a Case whose registry was read.
Out: an Answer per finding.

Addresses come from the Egress ARM reported and are compared as networks. An address printed in a
log line only selects among those; a stranger among them is a doubt and never an address. Public
access `Disabled` overrides every rule (container-registry-access-selected-networks). Pure.
"""

from collections.abc import Sequence

from shared.diagnosis.case import PAST_THE_FIREWALL, Answer, Case, excluded, found, unknown
from shared.model import networks
from shared.model.evidence import Egress, Unread, Via
from shared.model.wording import count
from shared.model.words import Cause, FindingName


def firewall_egress_unprovable(case: Case) -> Answer:
    """A closed firewall and a workload whose way out no rule can name."""
    name = FindingName.FIREWALL_EGRESS_UNPROVABLE
    if answer := _rules_do_not_apply(case, name):
        return answer
    egress = case.workload.egress
    if isinstance(egress, Unread):
        return unknown(name, f"the workload's outbound addresses are {egress.because}")
    if egress.stable and egress.addresses:
        return excluded(name, f"the way out is known: {egress.because or egress.via}")
    if case.maybe_private and case.claim is not Cause.NETWORK_DENIED:
        return unknown(name, f"pulls may use the registry's private endpoint: {case.open_question}")
    if case.claim in PAST_THE_FIREWALL:
        return unknown(
            name,
            "this pull got past the registry's address rules, but another may leave by an address "
            "they do not name: the way out is not fixed",
        )
    if not case.refused and case.registry.ip_rules:
        return unknown(
            name,
            "the registry admits listed addresses only, and this workload has no fixed one to "
            f"compare: {egress.because or 'the platform promises none'}",
        )
    return found(
        name,
        f"The firewall of {case.registry.login_server} admits listed addresses only, and this "
        f"workload has no fixed outbound address to list: {_reason(egress)}{_seen(case)}",
    )


def firewall_missing_egress(case: Case) -> Answer:
    """A closed firewall that does not list every address the workload pulls from."""
    name = FindingName.FIREWALL_MISSING_EGRESS
    if answer := _rules_do_not_apply(case, name):
        return answer
    egress = case.workload.egress
    if isinstance(egress, Unread):
        return unknown(name, f"the workload's outbound addresses are {egress.because}")
    if not egress.stable or not egress.addresses:
        return excluded(name, "there is no fixed address that could be missing")
    if case.maybe_private and case.claim is not Cause.NETWORK_DENIED:
        return unknown(name, f"pulls may use the registry's private endpoint: {case.open_question}")
    rules, host = case.registry.ip_rules, case.registry.login_server
    if absent := networks.missing(egress.addresses, rules):
        listed = ", ".join(absent[:4]) + (" …" if len(absent) > 4 else "")
        return found(
            name,
            f"The firewall of {host} does not admit {_share(absent, egress)} {_owner(egress)} "
            f"({listed})",
        )
    if seen := _seen_among_possible(case, egress):
        return found(
            name,
            f"The firewall of {host} does not admit {seen}, one of the addresses this workload "
            "may pull from",
        )
    strange = [address for address in egress.addresses if networks.parse(address) is None]
    if strange:
        return unknown(
            name,
            f"Azure reports {strange[0][:45]} among the outbound addresses, which no rule names: "
            "registry rules take IPv4 only",
        )
    addresses = count(len(egress.addresses), "outbound address", "outbound addresses")
    return excluded(name, f"all {addresses} are allowed already")


def doubts_about_the_address(case: Case) -> tuple[str, ...]:
    """What does not add up between the address in the text and what ARM says."""
    egress, registry = case.workload.egress, case.registry
    if case.claim is not Cause.NETWORK_DENIED:
        return ()
    if registry.public_access is True and registry.default_allow is not False:
        return (
            "the text says the registry's firewall refused the pull, but the registry admits all "
            "networks now: the rules were changed since, or the text is not from this registry",
        )
    address = case.reading.client_ip
    if address is None or isinstance(egress, Unread) or not egress.stable:
        return ()
    reported = (*egress.addresses, *egress.possible)
    if networks.missing([address], reported) or networks.parse(address) is None:
        known = ", ".join(egress.addresses) or "none"
        return (
            f"the text names the address {address[:45]}, which is not among those Azure reports "
            f"for this workload ({known}): a NAT gateway, a firewall or IPv6 may be in between, or "
            "the line is forged; it is not used",
        )
    if not networks.missing([address], registry.ip_rules):
        return (
            f"the text names {address}, which the registry admits already: the rule may be younger "
            "than the text, or still on its way (Azure says a few minutes)",
        )
    return ()


def _rules_do_not_apply(case: Case, name: FindingName) -> Answer | None:
    """The answer when the address rules cannot be what refuses, or None when they can."""
    registry, egress = case.registry, case.workload.egress
    if registry.public_access is False:
        return excluded(name, "the public endpoint is off, so address rules are dead")
    if registry.default_allow is True:
        return excluded(name, "the registry admits all networks")
    if case.private is True:
        return excluded(name, "pulls go to a private endpoint, where no address rule applies")
    if case.better_private and registry.default_allow is False:
        return excluded(name, "a private path to the registry stands, and no rule is needed there")
    if registry.default_allow is None and registry.sku.lower() == "premium":
        return unknown(name, "Azure did not report the registry's network rules")
    if registry.default_allow is None:
        return excluded(name, f"a {registry.sku} registry has no address rules")
    if isinstance(egress, Egress) and egress.via is Via.PRIVATE:
        return excluded(name, "pulls use a private endpoint, where no address rule applies")
    return None


def _seen_among_possible(case: Case, egress: Egress) -> str | None:
    """The address in the text, when ARM names it as possible and no rule admits it."""
    address = case.reading.client_ip
    if case.claim is not Cause.NETWORK_DENIED or address is None:
        return None
    if networks.parse(address) is None or networks.missing([address], egress.possible):
        return None
    return next(iter(networks.missing([address], case.registry.ip_rules)), None)


def _share(absent: Sequence[str], egress: Egress) -> str:
    """How many of the addresses are missing, in words."""
    total = len(egress.addresses)
    if len(absent) < total:
        return f"{len(absent)} of the {total} addresses"
    return "the address" if total == 1 else f"any of the {total} addresses"


def _owner(egress: Egress) -> str:
    owners = {
        Via.NAT_GATEWAY: "NAT gateway",
        Via.FIREWALL: "Azure Firewall",
        Via.ENVIRONMENT: "App Service Environment",
    }
    if egress.via in owners and egress.owner is not None:
        return f"of the {owners[egress.via]} {egress.owner.name} this workload pulls through"
    return "this workload pulls from"


def _seen(case: Case) -> str:
    """The address in the text: worth a person's look, and nothing to act on."""
    address = case.reading.client_ip if case.claim is Cause.NETWORK_DENIED else None
    if address is None:
        return ""
    return (
        f". The text names {address[:45]}; whose address that is cannot be proven, so no rule "
        "is made of it"
    )


def _reason(egress: Egress) -> str:
    return egress.because or "the platform promises none"
