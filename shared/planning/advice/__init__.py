"""
Advice: what a person can do about a finding, in a few sentences and the commands to type.

In:  a finding, the Diagnosis and the Evidence.
Out: a text, or "" where there is nothing to do.

    subject.py    names and ids of one incident, safe to paste into a shell
    network.py    the way in          private.py    the private way in
    ways.py       commands for both   identity.py   who pulls
    image.py      what is pulled      sign_in.py    its identity    credentials.py   its password
    other.py      everything else

Never advised, because it widens what it should repair: opening the registry to all networks,
exempting whole services from its rules, its admin user, another permission mode. Pure.
"""

from collections.abc import Callable, Mapping

from shared.model.evidence import Evidence
from shared.model.plan import Diagnosis
from shared.model.words import FindingName
from shared.planning.advice import (
    blocked,
    credentials,
    identity,
    image,
    network,
    other,
    private,
    sign_in,
)
from shared.planning.advice.subject import Subject

ADVICE: Mapping[FindingName, Callable[[Subject], str]] = {
    FindingName.FIREWALL_MISSING_EGRESS: network.firewall_missing_egress,
    FindingName.FIREWALL_EGRESS_UNPROVABLE: network.firewall_egress_unprovable,
    FindingName.PUBLIC_ACCESS_DISABLED: private.public_access_disabled,
    FindingName.PRIVATE_PATH_NOT_ROUTED: private.private_path_not_routed,
    FindingName.PRIVATE_DNS_NOT_LINKED: private.private_dns_not_linked,
    FindingName.PRIVATE_DNS_RECORD_MISSING: private.private_dns_record_missing,
    FindingName.PRIVATE_ENDPOINT_NOT_APPROVED: private.private_endpoint_not_approved,
    FindingName.CLIENT_SIDE_BLOCK: blocked.client_side_block,
    FindingName.PULL_ROLE_MISSING: identity.pull_role_missing,
    FindingName.PULL_ROLE_WRONG_FOR_ABAC: identity.pull_role_wrong_for_abac,
    FindingName.IDENTITY_RECREATED: identity.identity_recreated,
    FindingName.IDENTITY_NOT_USED: sign_in.identity_not_used,
    FindingName.IDENTITY_NOT_ATTACHED: sign_in.identity_not_attached,
    FindingName.CREDENTIALS_STALE: credentials.credentials_stale,
    FindingName.CREDENTIALS_ADMIN_DISABLED: credentials.credentials_admin_disabled,
    FindingName.CREDENTIALS_NOT_ADMIN: credentials.credentials_not_admin,
    FindingName.KEYVAULT_REFERENCE_BROKEN: credentials.keyvault_reference_broken,
    FindingName.ARM_AUDIENCE_DISABLED: identity.arm_audience_disabled,
    FindingName.TAG_MISSING: image.tag_missing,
    FindingName.REPOSITORY_MISSING: image.repository_missing,
    FindingName.IMAGE_LOCKED: image.image_locked,
    FindingName.PLATFORM_MISMATCH: image.platform_mismatch,
    FindingName.REGISTRY_NOT_FOUND: other.registry_not_found,
    FindingName.REGISTRY_UNAVAILABLE: other.registry_unavailable,
    FindingName.THROTTLED: other.throttled,
    FindingName.NOT_RETRYING: other.not_retrying,
    FindingName.HEALTHY: other.healthy,
    FindingName.NOT_A_PULL_FAILURE: other.not_a_pull_failure,
    FindingName.UNDETERMINED: other.undetermined,
}


def advise(finding: FindingName, diagnosis: Diagnosis, evidence: Evidence) -> str:
    """The advice for one finding; "" when everything is in order."""
    return ADVICE[finding](Subject(diagnosis, evidence)).strip()
