"""
Credentials: how a stored user name and password compare with what the registry accepts.

No password is ever in here: they are compared where they are read, and only the answer leaves.

Pure.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.model.evidence import Unread

#: App Service's words for a Key Vault reference that delivers its secret (ResolveStatus).
DELIVERED = "Resolved"
#: Its words for one that has not been looked up yet.
PENDING = "Initialized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A repository token of a registry, as the resource manager shows it: never its password."""

    name: str
    exists: bool = True
    enabled: bool | None = None
    expired: datetime | None = None  # UTC; set when no password of it is still good
    scope_map: str = ""
    reads: bool | None = None  # whether its scope map lets it read the repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The comparison. None means that there was nothing to compare or to read."""

    place: str  # where the password is stored: an app setting's or a secret's name, as spelled
    stored: bool = True  # False: nothing is stored there
    matches: bool | Unread | None = None  # whether it is one of the registry's two passwords
    vault: str | None = None  # the Key Vault reference's vault or secret URL, without a version
    vault_place: str = ""  # the setting or secret that is the reference
    vault_status: str | Unread | None = None  # "Resolved", "SecretNotFound", …
    vault_detail: str = ""  # what else the platform says about it
    vault_identity: str | None = None  # "the system identity", or a resource id
    slot_sticky: bool | Unread | None = None  # web apps: the setting stays with its slot on a swap
    token: Token | Unread | None = None  # where the user is not the admin: the token of that name
    shared_by: tuple[str, ...] = ()  # registries beside this one that get the same secret
