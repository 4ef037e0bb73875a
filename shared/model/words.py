"""
The closed vocabularies: every word here means one thing everywhere.

In:  nothing.
Out: string enums whose values appear verbatim in the command line, the HTTP API and the audit.

Pure, and light enough for the alert door: imports nothing but the standard library.
"""

from enum import StrEnum


class Cause(StrEnum):
    """What the *text* of a failure says. Compare FindingName, which configuration proved."""

    UNAUTHORIZED = "unauthorized"
    NETWORK_DENIED = "network-denied"
    MANIFEST_UNKNOWN = "manifest-unknown"
    DATA_ENDPOINT_DENIED = "data-endpoint-denied"
    DNS_FAILURE = "dns-failure"
    NETWORK_TIMEOUT = "network-timeout"
    TLS_ERROR = "tls-error"
    RATE_LIMITED = "rate-limited"
    PLATFORM_MISMATCH = "platform-mismatch"
    INVALID_REFERENCE = "invalid-reference"
    IDENTITY_UNAVAILABLE = "identity-unavailable"
    REGISTRY_UNAVAILABLE = "registry-unavailable"
    RESOURCE_EXHAUSTED = "resource-exhausted"
    UNKNOWN_PULL_FAILURE = "unknown-pull-failure"
    NOT_A_PULL_FAILURE = "not-a-pull-failure"


class FindingName(StrEnum):
    """Why the pull fails, proved from configuration. Compare Cause, which a log line claimed."""

    FIREWALL_MISSING_EGRESS = "firewall-missing-egress"
    FIREWALL_EGRESS_UNPROVABLE = "firewall-egress-unprovable"
    PUBLIC_ACCESS_DISABLED = "public-access-disabled"
    PRIVATE_PATH_NOT_ROUTED = "private-path-not-routed"
    PRIVATE_DNS_NOT_LINKED = "private-dns-not-linked"
    PRIVATE_DNS_RECORD_MISSING = "private-dns-record-missing"
    PRIVATE_ENDPOINT_NOT_APPROVED = "private-endpoint-not-approved"
    PULL_ROLE_MISSING = "pull-role-missing"
    PULL_ROLE_WRONG_FOR_ABAC = "pull-role-wrong-for-abac"
    IDENTITY_RECREATED = "identity-recreated"
    IDENTITY_NOT_USED = "identity-not-used"
    IDENTITY_NOT_ATTACHED = "identity-not-attached"
    CREDENTIALS_STALE = "credentials-stale"
    CREDENTIALS_ADMIN_DISABLED = "credentials-admin-disabled"
    CREDENTIALS_NOT_ADMIN = "credentials-not-admin"
    KEYVAULT_REFERENCE_BROKEN = "keyvault-reference-broken"
    ARM_AUDIENCE_DISABLED = "arm-audience-disabled"
    TAG_MISSING = "tag-missing"
    REPOSITORY_MISSING = "repository-missing"
    IMAGE_LOCKED = "image-locked"
    REGISTRY_NOT_FOUND = "registry-not-found"
    REGISTRY_UNAVAILABLE = "registry-unavailable"
    THROTTLED = "throttled"
    CLIENT_SIDE_BLOCK = "client-side-block"
    PLATFORM_MISMATCH = "platform-mismatch"
    NOT_RETRYING = "not-retrying"
    HEALTHY = "healthy"
    NOT_A_PULL_FAILURE = "not-a-pull-failure"
    UNDETERMINED = "undetermined"


class Host(StrEnum):
    """What kind of thing pulls."""

    WEB_APP = "web-app"
    SLOT = "slot"
    CONTAINER_APP = "container-app"
    JOB = "job"
    FUNCTIONS = "functions"


class RemedyName(StrEnum):
    """The cures. Each is one card in the catalog and one file in `shared/remediations/`."""

    FIREWALL_SYNC = "firewall-sync"
    PULL_ROLE = "pull-role"
    VNET_IMAGE_PULL = "vnet-image-pull"
    CREDENTIAL_RESYNC = "credential-resync"
    USE_IDENTITY = "use-identity"
    DNS_ZONE_LINK = "dns-zone-link"
    RESTART = "restart"


class State(StrEnum):
    """Where an incident stands."""

    RECEIVED = "received"
    DIAGNOSING = "diagnosing"
    HELD = "held"
    DENIED = "denied"
    APPLYING = "applying"
    VERIFYING = "verifying"
    HEALED = "healed"
    UNVERIFIED = "unverified"
    EXPLAINED = "explained"
    FAILED = "failed"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled-back"
    DRY_RUN = "dry-run"
    CLOSED = "closed"


#: States in which an incident still takes in further signals of the same failure.
OPEN_STATES = frozenset(
    {State.RECEIVED, State.DIAGNOSING, State.HELD, State.APPLYING, State.VERIFYING}
)


#: States in which nothing could be done and the failure goes on: a signal about it that comes
#: within a day belongs to the same incident and makes it look again.
UNSOLVED_STATES = frozenset({State.EXPLAINED, State.DENIED})


class Verdict(StrEnum):
    """The gate's answer."""

    ALLOW = "allow"
    HOLD = "hold"
    DENY = "deny"


class Result(StrEnum):
    """What was seen after acting (or before there was anything to see)."""

    HEALED = "healed"
    PENDING = "pending"
    UNVERIFIED = "unverified"
    FAILED = "failed"
    DEFERRED = "deferred"
