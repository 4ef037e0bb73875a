"""
Credentials: how a stored user name and password compare with what the registry accepts.

No password is ever in here: they are compared where they are read, and only the answer leaves.

Pure.
"""

from dataclasses import dataclass

from shared.model.evidence import Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The comparison. None means that there was nothing to compare or to read."""

    place: str  # where the password is stored: an app setting's or a secret's name
    matches: bool | Unread | None = None  # whether it is one of the registry's two passwords
    vault: str | None = None  # the Key Vault reference's vault or secret URL, without a version
    vault_status: str | Unread | None = None  # "Resolved", "SecretNotFound", …
    vault_identity: str | None = None
    slot_sticky: bool | None = None  # web apps: the setting stays with its slot on a swap
    shared_by: tuple[str, ...] = ()  # other settings or registry entries that use the same secret
