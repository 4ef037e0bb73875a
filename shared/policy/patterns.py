"""
Patterns: which resource ids a line of the policy means.

In:  a pattern such as "/subscriptions/*/resourceGroups/web-*" and a ResourceId.
Out: whether the pattern covers the id.

A pattern is a path from the left. It covers the resource it names and everything below it, never a
neighbour whose name merely starts the same. `*` stands for any characters inside one segment and
never crosses a "/". Case does not matter, as in Azure. A lone "*" covers everything. Pure.
"""

import re
from fnmatch import fnmatchcase

from shared.model.ids import InvalidId, ResourceId

EVERYTHING = "*"

_SEGMENT = re.compile(r"[A-Za-z0-9_().*\-]+")
_SUBSCRIPTION = re.compile(r"[0-9A-Fa-f*\-]+")
_WORDS = {1: "subscriptions", 3: "resourceGroups", 5: "providers"}


def check(pattern: str) -> str:
    """The pattern as it will be used; ValueError says what can never match."""
    if pattern == EVERYTHING:
        return pattern
    trimmed = pattern.rstrip("/")
    parts = trimmed.split("/")
    if parts[0] or len(parts) < 3:
        raise ValueError('write "*", or a path that starts with /subscriptions/{id}')
    if "**" in trimmed:
        raise ValueError("write * instead of **: a pattern covers everything below it anyway")
    for place, word in _WORDS.items():
        if len(parts) > place and parts[place].lower() != word.lower():
            raise ValueError(f"expected '{word}' in the place of {parts[place][:60]!r}")
    for part in parts[1:]:
        if not _SEGMENT.fullmatch(part) or set(part) == {"."} or ".." in part:
            raise ValueError(f"{part[:60]!r} cannot be part of a resource id")
    if not _SUBSCRIPTION.fullmatch(parts[2]):
        raise ValueError(f"{parts[2][:60]!r} is not a subscription id; use the GUID, or *")
    return trimmed


def covers(pattern: str, resource: ResourceId) -> bool:
    """True when `resource` is what the pattern names, or lies below it.

    An id that ResourceId.parse would refuse is covered by nothing, so that a forged ".." or an
    escaped slash cannot climb into another scope.
    """
    if not is_sound(resource):
        return False
    if pattern == EVERYTHING:
        return True
    wanted = pattern.lower().split("/")
    given = resource.key.split("/")
    return len(given) >= len(wanted) and all(map(fnmatchcase, given, wanted))


def is_sound(resource: ResourceId) -> bool:
    """Whether the id is well-formed, however it was made."""
    try:
        return ResourceId.parse(resource.text).text == resource.text
    except InvalidId:
        return False
