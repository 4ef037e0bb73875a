"""
The catalogue: what a registry itself, asked over its own data plane, says it holds.

Asked only where the registry's network rules let this service in; "not asked" and "does not
exist" are kept apart, because an absent answer must never look like an absent image.

Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: "Geo-replication" promises eventual consistency without a number; this is what we wait for.
YOUNG = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One tag the repository has. `pushed` is its newest write, UTC."""

    name: str
    digest: str = ""
    pushed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One step of the registry's health check as this service saw it: its own path, not the
    workload's."""

    step: str  # "name", "challenge", "exchange", "token", in the order a pull meets them
    answer: str
    passed: bool | None


class Trouble(StrEnum):
    """The registry's own state, which turned this service away as it would anybody."""

    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What is known of a registry that nobody in scope has."""

    namesake: str = ""  # login server of a registry in scope of that name, which is another host
    name_taken: bool | None = None  # whether anybody in Azure has a registry of that name


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the registry's own log tells about an image that is gone: its newest coming or going."""

    at: datetime  # UTC
    what: str  # the registry's word: "Push", "Untag", "Delete", "Purge Tag", "Purge Manifest"
    by: str  # in words, with the identity as the log names it

    @property
    def removed(self) -> bool:
        return self.what.lower() != "push"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the registry answered. None means that the answer did not say."""

    because: str = ""  # why nothing is known about the image; "" when the registry told
    trouble: Trouble | None = None
    repository_exists: bool | None = None
    image_exists: bool | None = None  # the configured tag or digest
    digest: str = ""
    pushed: datetime | None = None  # of the configured image, else of the repository, UTC
    platforms: tuple[str, ...] = ()  # "linux/amd64"
    readable: bool | None = None  # False: its read attribute, or its repository's, is off
    quarantined: bool | None = None
    tags: tuple[Tag, ...] = ()  # nearest to the configured one first, then newest
    replicas: tuple[str, ...] | None = None  # other regions; read only while a push is young
    soft_delete_days: int | None = None  # 0: what is deleted is gone
    deleted: datetime | None = None  # the configured image, softly, UTC
    restorable_until: datetime | None = None  # UTC
    last_change: Change | None = None  # of an image that is gone, where the registry logs
    probes: tuple[Probe, ...] = ()  # the health check, as far as it went
    whereabouts: Whereabouts | None = None  # only where there is no registry to ask

    def travelling(self, now: datetime) -> bool:
        """Whether the last push may not have reached every region yet."""
        young = self.pushed is not None and now - self.pushed < YOUNG
        return young and self.replicas != ()
