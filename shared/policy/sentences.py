"""
Sentences: what a policy lets this service do, and what not, for reading aloud once.

In:  a Policy.
Out: plain sentences.

Pure. Says what the gate would hold this policy to; the gate itself never reads sentences.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from shared.model.discretion import discreet
from shared.model.words import RemedyName
from shared.policy.patterns import EVERYTHING
from shared.policy.schema import Addresses, Backlog, Mode, Policy, RemovedBy, SharedEgress, Unneeded

_DOES = {
    RemedyName.FIREWALL_SYNC: "add an app's own addresses to the registry's firewall",
    RemedyName.PULL_ROLE: "give an identity back the pull role it lost",
    RemedyName.VNET_IMAGE_PULL: "route an app's image pulls through its virtual network",
    RemedyName.CREDENTIAL_RESYNC: "write a registry's current password into an app with an old one",
    RemedyName.USE_IDENTITY: "let an app pull with the identity that already may",
    RemedyName.DNS_ZONE_LINK: "link a registry's private DNS zone to an app's network",
    RemedyName.RESTART: "restart a workload that stopped trying",
}
_WHO = {
    Mode.OBSERVE: "only shows the plan",
    Mode.APPROVE: "waits until a person approves exactly that plan",
    Mode.AUTO: "acts by itself",
}
_NEVER = (
    "Never, whatever the policy says: open a registry to all networks, switch public access on, "
    "enable the admin user, change the permission mode, take an address from a log, "
    "or give access that nobody consented to."
)


def sentences(policy: Policy) -> tuple[str, ...]:
    """The policy in words. The first sentence says whether anything can be written at all."""
    said = (
        _summary(policy),
        *_scope(policy),
        *_remedies(policy),
        *_consent(policy),
        *_limits(policy),
        _NEVER,
    )
    return tuple(discreet(sentence) for sentence in said)


def span(length: timedelta) -> str:
    """A duration as people say it: "10 minutes", "1 hour"."""
    seconds = int(length.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "0 seconds"


def listed(words: Iterable[str]) -> str:
    """ "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _summary(policy: Policy) -> str:
    modes = {remedy: policy.mode_of(remedy) for remedy in RemedyName}
    acting = [remedy for remedy, mode in modes.items() if mode is Mode.AUTO]
    asking = [remedy for remedy, mode in modes.items() if mode is Mode.APPROVE]
    if not policy.scope.include or not (acting or asking):
        return "Nothing in Azure is changed: Pull Medic looks, explains and shows its plans."
    said = []
    if acting:
        said.append(f"by itself: {listed(acting)}")
    if asking:
        said.append(f"after a person's approval: {listed(asking)}")
    return f"Pull Medic may change Azure, {'; '.join(said)}."


def _scope(policy: Policy) -> Iterator[str]:
    scope = policy.scope
    if not scope.include:
        yield "Nothing is in scope: the list scope.include is empty."
    elif EVERYTHING in scope.include:
        yield "In scope is everything the service's identity can read."
    else:
        yield f"In scope is only what lies at or below {listed(scope.include)}."
    if scope.exclude:
        yield f"Out of scope, even so, is what lies at or below {listed(scope.exclude)}."
    yield (
        f"Left alone is whatever carries the tag {scope.opt_out_tag} "
        "on the app, the registry or the resource group of either."
    )


def _remedies(policy: Policy) -> Iterator[str]:
    for remedy in RemedyName:
        yield f"{remedy} (to {_DOES[remedy]}) {_WHO[policy.mode_of(remedy)]}."
    firewall = policy.remedies.firewall_sync
    which = {
        Addresses.OUTBOUND: "the addresses in use now",
        Addresses.POSSIBLE: "also the addresses an app may get after scaling",
    }
    yield (
        f"A firewall fix adds {which[firewall.addresses]}, at most {firewall.max_new_rules} new "
        f"rules, and leaves at least {firewall.keep_free} rules free."
    )
    if firewall.shared_egress is SharedEgress.ALLOW:
        yield (
            "It may let in addresses shared with other customers' apps, "
            "but not where a registry allows anonymous pulls."
        )
    else:
        yield "It lets in no address that is shared with other customers' apps."
    if firewall.azure_firewall is SharedEgress.ALLOW:
        yield (
            "It may let in the addresses of an Azure Firewall, and with them everything behind it, "
            "but not where a registry allows anonymous pulls."
        )
    else:
        yield "It lets in no address of an Azure Firewall: that would admit everything behind it."
    if firewall.unneeded is Unneeded.OFFER:
        yield (
            "Rules it added that no workload needs any more are offered for removal; none goes "
            "until a person approves exactly that."
        )
    else:
        yield "Rules it added stay, also when no workload needs them any more."


def _consent(policy: Policy) -> Iterator[str]:
    for pair in policy.pairs:
        yield f"Access to {pair.registry} may be given to {listed(pair.workloads)}."
    yield (
        "Any other workload is given access only where it provably had it "
        f"within the last {policy.remedies.pull_role.proof_days} days; a network fix also where "
        "its identity may pull, or its password is right, already."
    )
    section = policy.remedies.pull_role
    if RemovedBy.PERSON in section.removed_by:
        yield "A pull role is given back whoever removed it, a person too."
    else:
        yield "A pull role that a person removed is given back only when a person approves it."
    if section.intentional:
        yield f"What {listed(section.intentional)} removed waits for a person as well."
    yield (
        "A registry's password is written only into a workload that a pair names, or whose pulls "
        "provably worked until the password was made anew."
    )


def _limits(policy: Policy) -> Iterator[str]:
    limits, breaker, wait = policy.limits, policy.breaker, policy.wait
    yield (
        f"At most {limits.writes_per_registry_per_hour} writes per registry and hour, "
        f"{limits.writes_per_workload_per_day} per workload and {limits.writes_per_day} in all "
        f"within 24 hours; at most {limits.azure_calls_per_incident} calls to Azure per incident."
    )
    yield (
        f"A fix that is gone again is not made once more within {span(limits.cooldown)}, and only "
        "by a person after it was made twice within a day."
    )
    yield (
        f"When {limits.workloads_at_once} workloads of one registry fail alike, none of them is "
        "mended by itself: the shared cause is named, and a person decides."
    )
    yield (
        f"After {breaker.failed_verifications} failed verifications within {span(breaker.window)}, "
        f"writes for that registry stop until a person resets the breaker; after "
        f"{breaker.failed_everywhere} at all registries together, every write."
    )
    yield (
        f"An approval counts for {span(policy.approval.expires)}; a plan not carried out by then "
        "waits for a person again."
    )
    if policy.backlog is Backlog.ACT:
        yield "After it was away itself, it acts on the signals that waited meanwhile."
    else:
        yield (
            "After it was away itself, it only plans for the signals that waited meanwhile, until "
            "a person approves."
        )
    for window in policy.freeze:
        yield f"Nothing is changed from {window.start.isoformat()} to {window.end.isoformat()}."
    yield (
        f"It waits {span(wait.before_acting)} before acting and {span(wait.verify_first)} before "
        f"the first look; a firewall fix counts as unverified after {span(wait.verify_firewall)}, "
        f"a role after {span(wait.verify_role)}."
    )
