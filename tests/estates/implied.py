"""
The oracle of explanations: which findings a failing stage of the pull model implies.

In:  the failures of the simulated platform's own pulls.
Out: the findings that would explain each; what an ending must say.

The pull model (tests/simulator/pull.py) and this table are all there is to it: the product is not
asked. A remedy or a finding that comes later is one more word in a line.
"""

from collections.abc import Iterable

from shared.model.words import FindingName as F
from tests.estates.blueprint import Blueprint
from tests.estates.treating import Failure

_PRIVATE = {
    F.PRIVATE_PATH_NOT_ROUTED,
    F.PRIVATE_DNS_NOT_LINKED,
    F.PRIVATE_ENDPOINT_NOT_APPROVED,
}
_ROLE = {F.PULL_ROLE_MISSING, F.PULL_ROLE_WRONG_FOR_ABAC, F.IDENTITY_RECREATED}

#: By stage and why ("*": whatever else): the findings that explain it.
_BY_STAGE: dict[tuple[str, str], set[F]] = {
    ("dns", "*"): {F.REGISTRY_NOT_FOUND, F.PRIVATE_DNS_RECORD_MISSING},
    ("route", "*"): {F.CLIENT_SIDE_BLOCK, F.PRIVATE_ENDPOINT_NOT_APPROVED},
    ("registry", "throttled"): {F.THROTTLED},
    ("registry", "unavailable"): {F.REGISTRY_UNAVAILABLE},
    ("network-rules", "public"): {
        F.FIREWALL_MISSING_EGRESS,
        F.FIREWALL_EGRESS_UNPROVABLE,
        *_PRIVATE,
    },
    ("network-rules", "closed"): {F.PUBLIC_ACCESS_DISABLED, *_PRIVATE},
    ("identity", "not-attached"): {F.IDENTITY_NOT_ATTACHED},
    ("identity", "no-token"): {F.CLIENT_SIDE_BLOCK},
    ("identity", "arm-audience"): {F.ARM_AUDIENCE_DISABLED},
    ("credential", "anonymous"): {F.IDENTITY_NOT_USED},
    ("credential", "refused"): {
        F.CREDENTIALS_STALE,
        F.CREDENTIALS_ADMIN_DISABLED,
        F.CREDENTIALS_NOT_ADMIN,
        F.KEYVAULT_REFERENCE_BROKEN,
        F.IDENTITY_NOT_USED,
    },
    ("role", "*"): _ROLE,
    ("image", "no-repository"): {F.REPOSITORY_MISSING},
    ("image", "no-manifest"): {F.TAG_MISSING},
    ("image", "locked"): {F.IMAGE_LOCKED},
    ("platform", "*"): {F.PLATFORM_MISMATCH},
    ("data-endpoint", "*"): {F.CLIENT_SIDE_BLOCK, F.PRIVATE_DNS_RECORD_MISSING},
}

#: Explained by UNDETERMINED alone: a name server nobody can ask stands between.
_UNKNOWABLE_FAULTS = frozenset({"custom-dns", "appliance"})

#: Faults whose own finding comes before, or stands beside, what the pull fails at.
_TRUE_OF: dict[str, tuple[F, ...]] = {
    "public-off": (F.PUBLIC_ACCESS_DISABLED,),
    "no-rules": (F.FIREWALL_MISSING_EGRESS,),
    "some-rules": (F.FIREWALL_MISSING_EGRESS,),
    "endpoint-pending": (F.PRIVATE_ENDPOINT_NOT_APPROVED,),
    "zone-unlinked": (F.PRIVATE_DNS_NOT_LINKED,),
    "no-record": (F.PRIVATE_DNS_RECORD_MISSING,),
    "no-data-record": (F.PRIVATE_DNS_RECORD_MISSING,),
    "unrouted": (F.PRIVATE_PATH_NOT_ROUTED,),
    "nsg-registry": (F.CLIENT_SIDE_BLOCK,),
    "nsg-entra": (F.CLIENT_SIDE_BLOCK,),
    "nsg-storage": (F.CLIENT_SIDE_BLOCK,),
    "black-hole": (F.CLIENT_SIDE_BLOCK,),
    "locked": (F.IMAGE_LOCKED,),
    "no-tag": (F.TAG_MISSING,),
    "no-repository": (F.REPOSITORY_MISSING,),
    "wrong-platform": (F.PLATFORM_MISMATCH,),
}

#: Findings that end a look without a fault: right when the pulls work.
WELL = frozenset({F.HEALTHY, F.NOT_A_PULL_FAILURE, F.NOT_RETRYING})


def implied(failure: Failure) -> frozenset[str]:
    """The findings that explain one failure."""
    return frozenset(finding.value for finding in _BY_STAGE[_line(failure)])


def unexplained(
    failures: Iterable[Failure], findings: Iterable[str], estate: Blueprint
) -> tuple[Failure, ...]:
    """The failures that none of the findings explains.

    In some estates nobody can know more than that nobody can know.
    """
    said = set(findings)
    return tuple(
        failure for failure in failures if not (implied(failure) | _at_best(failure, estate)) & said
    )


def _at_best(failure: Failure, estate: Blueprint) -> frozenset[str]:
    """What may be said besides, where nobody outside can know the whole truth."""
    more: set[F] = set()
    unreadable = estate.lock == "ReadOnly" and estate.sign_in in ("admin", "vault")
    zoneless = {"zone-unlinked", "no-record"} <= {*estate.faults}  # no zone knows the registry
    if unreadable or zoneless or _UNKNOWABLE_FAULTS & {*estate.faults}:
        # Such a lock forbids listing a registry's credentials, so none can be compared.
        more.add(F.UNDETERMINED)
    if estate.elsewhere == "hidden":
        more.add(F.REGISTRY_NOT_FOUND)
    listed = estate.posture == "deny" or "repointed" in estate.faults
    if listed and not estate.way_is_fixed:
        # Hosts print one word for all refusals, and no rule can name this workload's way out.
        more.add(F.FIREWALL_EGRESS_UNPROVABLE)
    if failure.stage in ("route", "image", "platform", "data-endpoint") or unreadable:
        # Behind a fault that is named, what else is in the way need not be asked for.
        more |= {finding for fault in estate.faults for finding in _TRUE_OF.get(fault, ())}
    if failure.stage in ("image", "platform") and _catalogue_is_closed(estate):
        more |= {F.TAG_MISSING, F.REPOSITORY_MISSING, F.UNDETERMINED}
    return frozenset(finding.value for finding in more)


def _catalogue_is_closed(estate: Blueprint) -> bool:
    """The registry's rules, or its permission mode, keep this service from asking it."""
    posture = estate.posture != "open" or "public-off" in estate.faults
    return posture or estate.abac or "mode-switched" in estate.faults


def _line(failure: Failure) -> tuple[str, str]:
    """The line of the table that a failure falls under."""
    exact = (failure.stage, failure.why)
    return exact if exact in _BY_STAGE else (failure.stage, "*")
