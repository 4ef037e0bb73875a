"""
The repository token a workload signs in with, where its user is not the registry's admin.

In:  the registry, the user name, the repository.
Out: a Token; one that does not exist says so. Unread where it may not be read.

A token's passwords are shown once, when they are made; that it exists, is enabled, when its
passwords expire and which repositories its scope map lets it read can be read at any time
(Create a token with repository-scoped permissions; Tokens in Microsoft.ContainerRegistry).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from shared.clients.azure import Azure
from shared.errors import NotFound
from shared.evidence.reading import attempt, id_in, whole
from shared.model.credentials import Token
from shared.model.evidence import Registry, Unread

_VERSION = "2025-11-01"
#: What Azure lets a token be called (Tokens_Create, tokenName).
_NAME = re.compile(r"[a-zA-Z0-9-]{5,50}")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def of(azure: Azure, registry: Registry, username: str, repository: str) -> Token | Unread | None:
    """None for a user that cannot be a token: a service principal, or no name a token has."""
    if _GUID.fullmatch(username) or not _NAME.fullmatch(username):
        return None
    return attempt(lambda: _read(azure, registry, username, repository))


def _read(azure: Azure, registry: Registry, name: str, repository: str) -> Token:
    id = f"{registry.id}/tokens/{name}"
    try:
        with azure.asking(f"read the token {id}"):
            answer = azure.arm.get(id, _VERSION)
    except NotFound:
        return Token(name=name, exists=False)
    properties = whole(answer, id)["properties"]
    status = str(properties.get("status") or "").lower()
    scope_map = id_in(properties.get("scopeMapId"))
    return Token(
        name=name,
        enabled={"enabled": True, "disabled": False}.get(status),
        expired=_expired(properties, azure.now()),
        scope_map=scope_map.name if scope_map else "",
        reads=_reads(azure, str(scope_map), repository) if scope_map else None,
    )


def _expired(properties: Mapping[str, Any], now: datetime) -> datetime | None:
    """When the last of its passwords expired; None while one is good or nothing is said."""
    passwords = (properties.get("credentials") or {}).get("passwords") or ()
    ends = [_moment(one.get("expiry")) for one in passwords]
    known = [end for end in ends if end is not None]
    if not known or len(known) != len(ends) or max(known) > now:
        return None
    return max(known)


def _reads(azure: Azure, scope_map: str, repository: str) -> bool | None:
    def ask() -> bool:
        with azure.asking(f"read the scope map {scope_map}"):
            answer = azure.arm.get(scope_map, _VERSION)
        actions = whole(answer, scope_map)["properties"].get("actions") or ()
        wanted = f"repositories/{repository}/content/read"
        return any(fnmatchcase(wanted, str(action)) for action in actions)

    found = attempt(ask)
    return None if isinstance(found, Unread) else found


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
