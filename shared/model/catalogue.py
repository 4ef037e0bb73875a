"""
The catalogue: what a registry itself, asked over its own data plane, says it holds.

Asked only where the registry's network rules let this service in; "not asked" and "does not
exist" are kept apart, because an absent answer must never look like an absent image.

Pure.
"""

from dataclasses import dataclass
from datetime import datetime


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

    step: str  # "name", "challenge", "exchange", "token", "repository", "manifest"
    answer: str
    passed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the registry answered. None means that the answer did not say."""

    repository_exists: bool | None = None
    image_exists: bool | None = None  # the configured tag or digest
    digest: str = ""
    pushed: datetime | None = None  # of the configured image, else of the repository, UTC
    platforms: tuple[str, ...] = ()  # "linux/amd64"
    readable: bool | None = None  # False: its read attribute is off
    quarantined: bool | None = None
    tags: tuple[Tag, ...] = ()  # nearest to the configured one first, then newest
    restorable_until: datetime | None = None  # soft-deleted, UTC
    probes: tuple[Probe, ...] = ()
