"""
Evidence: what was read about one workload, its registry and the access between them.

Every aspect is either read, absent, or Unread with the reason: a read that Azure refused is itself
a fact and must never look like an empty answer. Nothing here is taken from a log line except
`lines`, which are kept apart because whoever controls a container may write them.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shared.model import image
from shared.model.ids import ResourceId
from shared.model.words import Host

if TYPE_CHECKING:
    from shared.model.catalogue import Catalogue
    from shared.model.credentials import Credentials
    from shared.model.ground import Ground
    from shared.model.private_path import Obstacle, PrivatePath
    from shared.model.trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing read, in words a person can check: `source` says where."""

    fact: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Azure did not let us know. Compare None, which means there is none."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUse:
    """One image a workload is configured to pull. `reference` is its tag or digest."""

    container: str
    text: str
    host: str  # lower-case registry host, e.g. "contoso.azurecr.io"
    repository: str
    reference: str
    acr: bool  # the host carries an Azure Container Registry suffix


class PullMode(StrEnum):
    """How a workload signs in to the registry."""

    SYSTEM_IDENTITY = "system-identity"
    USER_IDENTITY = "user-identity"
    CREDENTIALS = "credentials"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullAuth:
    """The pull identity as configured. Secrets are never part of it."""

    mode: PullMode
    identity: str | None = None  # client id (web) or resource id (container app) as configured
    principal: str | None = None  # the object id that role assignments name
    attached: bool = True  # False: the configured identity is not among the attached ones
    server: str | None = None  # credentials: the registry they are for
    username: str | None = None
    secret: str | None = None  # credentials: the setting or secret that holds the password, by name
    keyvault: bool = False  # the password is a Key Vault reference
    vaulted: tuple[str, ...] = ()  # settings of the sign-in whose own value a Key Vault holds
    sidecar: bool = False  # one sidecar container's own, which the site's settings do not change
    named: str = ""  # web: the client id that stands beside the switched-off identity flag
    spare: "tuple[Attached, ...]" = ()  # identities the workload has and does not pull with

    def sent_to(self, login_server: str) -> bool:
        """Whether the host sends these credentials there: only to the registry they are for.

        A regional endpoint counts as its registry, a server that is not known ("None") as this one.
        """
        if self.server is None:
            return True
        host = self.server.lower().partition("://")[2] or self.server.lower()
        return image.login_server(host.partition("/")[0]) == login_server.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One identity a workload has. `client` is "" for its system identity; `pulls` is None until
    it was looked up, or where it cannot be told."""

    principal: str
    client: str = ""
    id: str = ""  # resource id of a user-assigned identity
    pulls: bool | Unread | None = None


class Via(StrEnum):
    """Which way a pull leaves."""

    PLATFORM = "platform"  # the shared addresses of the hosting platform
    NAT_GATEWAY = "nat-gateway"
    FIREWALL = "firewall"  # through a route to a virtual appliance
    ENVIRONMENT = "environment"  # the own addresses of an App Service Environment
    PRIVATE = "private"  # to a private endpoint
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """The addresses the registry may see, as ARM reports them: never from a log line.

    `addresses` are IPv4 addresses or CIDR blocks proven to be the workload's way out;
    `possible` adds those a web app may get after scaling. `stable` is False when the platform
    promises no fixed address (Premium V4, Container Apps without NAT): then no rule can help.
    """

    via: Via
    addresses: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    stable: bool = True
    owner: ResourceId | None = None  # the NAT gateway or firewall that owns the addresses
    also: tuple[ResourceId, ...] = ()  # others with a part in it: the NAT gateway behind a firewall
    because: str = ""  # one sentence: why this is the way out, or why it cannot be proven


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance, replica or revision as the platform itself sees it (siteStatus, revisions)."""

    name: str
    state: str
    last_error: str = ""
    details: str = ""
    at: datetime | None = None  # of the last error, UTC; None when there never was one
    unblocks: datetime | None = None  # Blocked: when the platform will try again, UTC, if it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What pulls: a web app, slot, function app, container app or job.

    `auth` is the sign-in of the image judged; where containers sign in each in their own way,
    `sign_ins` holds every one by its container's name.
    """

    id: ResourceId
    host: Host | None  # None: no workload at all, but a registry's own rules
    windows: bool
    images: tuple[ImageUse, ...]
    auth: PullAuth | Unread
    egress: Egress | Unread
    subnet: ResourceId | None = None
    ground: "Ground | Unread | None" = None  # None: pulls leave from no network of the customer's
    pulls_over_vnet: bool | Unread = False
    routing: Mapping[str, bool] | None = None  # a site's outboundVnetRouting; None: not told whole
    dns_servers: tuple[str, ...] | Unread = ()  # a site's own; () means those of its network
    instances: tuple[Instance, ...] | Unread = ()
    serving: bool | None = None  # None: the platform does not say
    tags: Mapping[str, str] | None = None
    revision: str = ""  # name of a container app's newest revision
    location: str = ""  # region, as Azure spells it
    deployment: str = ""  # how a container app's or job's last deployment ended, in Azure's word
    environment: str = ""  # name of a container app's environment
    environment_id: ResourceId | None = None  # names are unique per resource group only
    sign_ins: "Mapping[str, PullAuth | Unread] | None" = None
    note: str = ""  # why there is nothing to judge, e.g. "runs PYTHON|3.12, not a container"


class PermissionMode(StrEnum):
    """The registry's role assignment mode; it decides which roles grant pull."""

    LEGACY = "LegacyRegistryPermissions"
    ABAC = "AbacRepositoryPermissions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """An Azure Container Registry as ARM returned it. `snapshot` is that whole answer."""

    id: ResourceId
    login_server: str
    sku: str
    public_access: bool | None
    default_allow: bool | None  # None: no network rule set (not Premium)
    ip_rules: tuple[str, ...]
    subnet_rules: bool  # preview service-endpoint rules present: a GA write might drop them
    anonymous_pull: bool | None
    admin_enabled: bool | None
    arm_audience: bool | None  # False breaks identity pulls of both hosts
    mode: PermissionMode | None
    provisioning: str
    private_endpoints: tuple[str, ...]  # "{id} {status}"
    tags: Mapping[str, str]
    rules_used: int | Unread
    rules_limit: int | Unread  # -1: unlimited
    snapshot: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    """One assignment that reaches the pull identity at the registry, inherited ones included."""

    id: str
    scope: str
    role: str  # role definition GUID, lower-case
    role_name: str
    pulls: bool | None  # grants pull in the registry's mode; None: a condition we cannot judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the pull identity may do at the registry."""

    principal: str
    assignments: tuple[RoleAssignment, ...]
    denials: tuple[str, ...] = ()  # deny assignments that cover pulling

    @property
    def pulls(self) -> bool | None:
        """True, False, or None when a condition leaves it open."""
        answers = {assignment.pulls for assignment in self.assignments}
        if self.denials or not answers or answers == {False}:
            return False
        return True if True in answers else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What may refuse or rewrite a change: of the registry, and of whatever else a plan touches."""

    locks: tuple[str, ...] | Unread = ()  # "{level} {id}"
    closing_policies: (
        tuple[str, ...] | Unread
    ) = ()  # Modify on publicNetworkAccess: any write closes
    denying_policies: tuple[str, ...] | Unread = ()  # Deny that what a plan writes would meet
    unjudged_policies: tuple[str, ...] = ()  # Deny that may meet it: its rule could not be judged
    group_tags: Mapping[str, Mapping[str, str]] | Unread | None = None  # by lower-case group id


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line a platform or an application wrote about the workload. Untrusted text.

    `platform` is True for tables only the platform writes to; console output is False and may
    say anything its author likes.
    """

    at: datetime
    table: str
    text: str
    platform: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything read for one incident."""

    workload: Workload
    image: ImageUse | None  # the image judged; None when the workload pulls none
    registry: Registry | Unread | None  # None: no registry of that login server is visible
    access: Access | Unread | None  # None: the workload does not use an identity
    surroundings: Surroundings
    lines: tuple[LogLine, ...] | Unread  # failures that no later pull has answered
    pulled: datetime | None = None  # the newest pull of the image the platform says worked, UTC
    attempted: datetime | None = None  # the newest pull the platform tried, UTC
    private_path: "PrivatePath | Unread | None" = None  # None: no private endpoint is in play
    obstacles: "tuple[Obstacle, ...] | Unread" = ()
    trail: "Trail | Unread | None" = None  # None: nothing had to be proven
    catalogue: "Catalogue | Unread | None" = None  # None: the registry itself was not asked
    credentials: "Credentials | Unread | None" = None  # None: the workload uses none
    idle: tuple[Attached, ...] = ()  # identities it could pull with, where it signs in with nothing
    siblings: "tuple[Evidence, ...]" = ()  # the same workload judged for its other images
    facts: tuple[Fact, ...]
    gathered: datetime  # UTC
