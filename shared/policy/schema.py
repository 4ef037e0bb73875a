"""
The policy's nouns: every key of the policy file, its type and its safe default.

A field left out means its default here; a key that is not here is an error. Durations are written
"60s", "10m", "1h" or "1d"; times carry their offset from UTC. Pure.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)

from shared.model.ids import ResourceId
from shared.model.words import RemedyName
from shared.policy import patterns


class Mode(StrEnum):
    """Who decides that a plan is carried out."""

    OBSERVE = "observe"  # nobody: the plan is only shown
    APPROVE = "approve"  # a person, for exactly the plan seen
    AUTO = "auto"  # the service


class Addresses(StrEnum):
    """Which of a web app's outbound addresses a firewall fix may add."""

    OUTBOUND = "outbound"  # those in use now
    POSSIBLE = "possible"  # also those it may get after scaling


class SharedEgress(StrEnum):
    """Whether addresses that others use too may be let in."""

    ALLOW = "allow"
    HOLD = "hold"


_DURATION = re.compile(r"(\d{1,8})([smhd])", re.ASCII)
_LONGEST = timedelta(days=366)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a duration such as 0s, 60s, 10m, 1h or 1d")
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > _LONGEST:
        raise ValueError("longer than a year")
    return length


def _written(length: timedelta) -> str:
    return f"{length // timedelta(seconds=1)}s"


def _moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a time such as 2026-12-24T00:00:00Z") from None
    if moment.utcoffset() is None:
        raise ValueError("the time needs its offset from UTC: end it with Z or, say, +01:00")
    return moment


def _tag(value: str) -> str:
    name = value.partition("=")[0]
    if not name.strip() or name != name.strip():
        raise ValueError("expected a tag such as medic=off")
    return value


def _version(value: int) -> int:
    if value != 1:
        raise ValueError("this release understands version 1")
    return value


Duration = Annotated[timedelta, PlainValidator(_duration), PlainSerializer(_written)]
Moment = Annotated[datetime, PlainValidator(_moment), PlainSerializer(datetime.isoformat)]
Pattern = Annotated[str, AfterValidator(patterns.check)]
Tag = Annotated[str, AfterValidator(_tag)]
Count = Annotated[int, Field(ge=0, le=100_000)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_by_name=True, validate_by_alias=True
    )


class Scope(_Section):
    """What may be looked at and touched. Left out: everything; an empty include: nothing."""

    include: tuple[Pattern, ...] = (patterns.EVERYTHING,)
    exclude: tuple[Pattern, ...] = ()
    opt_out_tag: Tag = "medic=off"


class Remedy(_Section):
    """What every remedy may set."""

    mode: Mode | None = None  # None: the policy's own mode


class Unneeded(StrEnum):
    """What becomes of rules this service added and that no workload needs any more."""

    OFFER = "offer"  # a plan to remove them is shown to a person
    KEEP = "keep"


class FirewallSync(Remedy):
    """Adding a workload's own addresses to the registry's firewall."""

    addresses: Addresses = Addresses.OUTBOUND
    max_new_rules: Count = 16
    keep_free: Count = 10
    shared_egress: SharedEgress = SharedEgress.HOLD
    azure_firewall: SharedEgress = SharedEgress.HOLD  # admits everything behind one
    unneeded: Unneeded = Unneeded.OFFER


class RemovedBy(StrEnum):
    """Whose removal of a role may be made up for without a person."""

    PERSON = "person"
    SERVICE = "service"  # a pipeline, a policy, another automation
    PLATFORM = "platform"


class PullRole(Remedy):
    """Restoring a lost pull role. Azure keeps its Activity Log for 90 days.

    What a person removed was a decision; so it is given back only where that is said here, or by a
    person who approves it. `intentional` are object ids whose removals always count as decisions.
    """

    proof_days: Annotated[int, Field(ge=1, le=90)] = 30
    removed_by: tuple[RemovedBy, ...] = (RemovedBy.SERVICE, RemovedBy.PLATFORM)
    intentional: tuple[str, ...] = ()


class DnsZoneLink(Remedy):
    """Linking a private DNS zone: it changes what a whole network resolves, so it acts only where
    it is named itself. The policy's own mode does not reach it."""

    mode: Mode | None = Mode.OBSERVE


class Remedies(_Section):
    """One section for each remedy."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    firewall_sync: FirewallSync = FirewallSync()
    pull_role: PullRole = PullRole()
    vnet_image_pull: Remedy = Remedy()
    credential_resync: Remedy = Remedy()
    use_identity: Remedy = Remedy()
    dns_zone_link: DnsZoneLink = DnsZoneLink()
    restart: Remedy = Remedy()


class Pair(_Section):
    """The registry's owner says: these workloads may be given access to this registry."""

    registry: Pattern
    workloads: Annotated[tuple[Pattern, ...], Field(min_length=1)]


class Limits(_Section):
    """How much may be written and asked. A write is one request that changes Azure.

    `cooldown` is how long a fix that is gone again waits before it is made once more.
    `workloads_at_once`: so many of one registry that fail alike are one fault somewhere else.
    """

    writes_per_registry_per_hour: Count = 4
    writes_per_workload_per_day: Count = 10
    writes_per_day: Count = 50
    cooldown: Duration = timedelta(minutes=10)
    workloads_at_once: Annotated[int, Field(ge=2, le=100_000)] = 5
    azure_calls_per_incident: Annotated[int, Field(ge=1, le=10_000)] = 40


class Breaker(_Section):
    """After so many failed verifications within the window, writes for that registry stop; after
    so many at all registries together, all writes."""

    failed_verifications: Annotated[int, Field(ge=1, le=1000)] = 3
    failed_everywhere: Annotated[int, Field(ge=1, le=1000)] = 6
    window: Duration = timedelta(hours=1)


class Approval(_Section):
    """How long a person's approval counts when its plan has not been carried out yet."""

    expires: Duration = timedelta(hours=24)


class Backlog(StrEnum):
    """What happens with old signals after the service itself was away."""

    HOLD = "hold"  # planned only, until a person looks
    ACT = "act"


class Freeze(_Section):
    """A window without writes; `end` is its first moment after."""

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("'to' must be later than 'from'")
        return self


class Wait(_Section):
    """Patience: before acting, before the first look, and until a fix counts as unverified."""

    before_acting: Duration = timedelta(0)
    verify_first: Duration = timedelta(seconds=60)
    verify_firewall: Duration = timedelta(minutes=10)
    verify_role: Duration = timedelta(minutes=20)


class Policy(_Section):
    """What the owner of the estate lets this service do. The defaults let it only look."""

    version: Annotated[int, AfterValidator(_version)]
    mode: Mode = Mode.OBSERVE
    scope: Scope = Scope()
    remedies: Remedies = Remedies()
    pairs: tuple[Pair, ...] = ()
    limits: Limits = Limits()
    breaker: Breaker = Breaker()
    approval: Approval = Approval()
    backlog: Backlog = Backlog.HOLD
    freeze: tuple[Freeze, ...] = ()
    wait: Wait = Wait()

    def mode_of(self, remedy: RemedyName) -> Mode:
        """The remedy's own mode, or the policy's."""
        section: Remedy = getattr(self.remedies, remedy.value.replace("-", "_"))
        return section.mode or self.mode

    def in_scope(self, resource: ResourceId) -> bool:
        """Included, and not excluded. A malformed id is never in scope."""
        return any(patterns.covers(pattern, resource) for pattern in self.scope.include) and (
            not self.is_excluded(resource)
        )

    def is_excluded(self, resource: ResourceId) -> bool:
        return any(patterns.covers(pattern, resource) for pattern in self.scope.exclude)

    def opts_out(self, tags: Mapping[str, str]) -> bool:
        """Whether the tags ask to be left alone. A tag without "=" in the policy means any value.

        Tag names ignore case in Azure; here values do too, because "Off" plainly means off.
        """
        name, given, value = self.scope.opt_out_tag.casefold().partition("=")
        return any(
            key.casefold() == name and (not given or str(said).strip().casefold() == value)
            for key, said in tags.items()
        )

    def pair_allows(self, registry: ResourceId, workload: ResourceId) -> bool:
        """Whether one pair names both."""
        return any(
            patterns.covers(pair.registry, registry)
            and any(patterns.covers(pattern, workload) for pattern in pair.workloads)
            for pair in self.pairs
        )

    @property
    def digest(self) -> str:
        """Names what the policy says; spelling and order of keys in the file do not matter."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()[:16]
