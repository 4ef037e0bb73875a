"""
Letters: what came in and could not be used, kept for a person to read.

In:  nothing.
Out: the nouns.

Pure.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One signal that led nowhere, and why. Compare Ignored, which was understood and needs nobody.

    `id` is the same for every delivery of the same message. `text` is untrusted, shortened, and
    without the secrets that can be recognised. `incident` is the one it belongs to, if it has one.
    """

    id: str
    at: datetime  # UTC
    source: str  # the door it came in by: "alerts" "on_event" "heal"
    reason: str
    text: str
    incident: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """The newest letters, and how many there ever were. Older ones make room for newer ones."""

    count: int
    newest: tuple[Letter, ...]
