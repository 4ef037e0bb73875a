"""
The trail: what the Activity Log and the identity itself tell about access there once was.

The only proof on which access is ever given back. Names are object ids; who removed something is
kept as the Activity Log has it, without claims or addresses.

Pure.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Hand(StrEnum):
    """Whose hand a change was. A person's or a deployment's deletion is a decision, not a fault."""

    PERSON = "person"
    SERVICE = "service"  # a service principal: a pipeline, a policy, another automation
    PLATFORM = "platform"  # Azure itself, e.g. when the scope was moved or an identity made anew
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAccess:
    """A role assignment that is shown to have existed at the registry or above it."""

    assignment: str  # its resource id
    principal: str
    role: str  # role definition GUID, lower-case
    scope: str
    condition: str | None = None
    covers: bool | None = True  # its condition admits the image's repository; None: not known
    granted: datetime | None = None  # UTC
    removed: datetime | None = None  # UTC; None: its removal was not seen
    removed_by: str = ""  # as the log names the caller
    hand: Hand = Hand.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What was found, looking back to `since`."""

    since: datetime  # UTC
    past: tuple[PastAccess, ...] = ()  # of the pull identity, newest removal first
    former: tuple[PastAccess, ...] = ()  # of principals this same workload had before
    identity_remade: datetime | None = None  # when the workload got a new principal, UTC
    workload_remade: datetime | None = None  # when the workload itself was made anew, UTC
    workload_remade_by: str = ""
    repointed: datetime | None = None  # newest change of what the workload pulls, UTC
    rotated: datetime | None = None  # when the registry's admin passwords were last made anew, UTC
    refusals: tuple[str, ...] = ()  # attempts to grant that policy or lock refused, in words
    foreign: str = ""  # why workload and registry are not of one tenant; "" when they are
