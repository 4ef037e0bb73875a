"""
The noun: one message, before any channel's own form.

In:  nothing.  Out: Notice and Tone, and the ways to point at more.  Pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.incident import Incident

#: Characters of one message. Chats take more; nobody reads more at night.
LONGEST = 3500
#: A pager shows a line or two, and cuts at 1024 characters (PagerDuty, Events API v2, `summary`).
LONGEST_BRIEF = 900


class Tone(StrEnum):
    """Whose turn it is."""

    DECIDE = "decide"  # a person's word is waited for
    ACT = "act"  # a person has to do something
    GOOD = "good"  # over
    NOTE = "note"  # nothing to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message. `key` is the same for everything told of one incident, so that a pager can
    close what it opened. `brief` is the text for where there is little room."""

    key: str
    tone: Tone
    title: str
    text: str
    brief: str
    link: str | None


def link(incident: Incident, console: str | None) -> str | None:
    return f"{console}#{incident.id}" if console else None


def cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 2].rstrip() + " …"
