"""
Activity: what one change in Azure means for image pulls.

In:  a row of the Activity Log as an alert or an Event Grid event carries it.
Out: a Judgement (which kind of signal, about which resource), or Ignored with the reason.

Which operations matter is the table WATCHED. Such a row says who asked and whether it worked, never
what changed ("Azure resource group as an Event Grid source"), so it is only a reason to look. Pure.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from shared.errors import BadInput
from shared.model.ids import ResourceId
from shared.model.signal import SignalKind
from shared.signals.intake import (
    LONGEST_TEXT,
    WORKLOADS,
    Ignored,
    convert,
    decode,
    resource,
    whole,
    workload,
)

#: Operations after which a pull that worked may fail, or one that failed may work.
WATCHED = (
    r"microsoft\.authorization/roleassignments/(write|delete)",  # pull role given or taken
    r"microsoft\.containerregistry/registries/(write|delete)",  # firewall, policies, mode
    r"microsoft\.containerregistry/registries/regeneratecredential/action",  # admin password
    r"microsoft\.web/sites(/slots)?(/config|/sitecontainers)?/write",  # image, identity, routing
    r"microsoft\.web/serverfarms/write",  # scaled: the outbound addresses may change
    r"microsoft\.app/(containerapps|jobs)/write",
    r"microsoft\.network/privatednszones/(virtualnetworklinks|a)/(write|delete)",
    r"microsoft\.network/(privateendpoints|natgateways|publicipaddresses)/(write|delete)",
)
_WATCHED = re.compile("|".join(WATCHED))
#: Container Apps pulls while it creates or updates, so there a failed write may be a failed pull.
_PULLS_ON_WRITE = re.compile(r"microsoft\.app/(containerapps|jobs)/write")
_OVER = frozenset({"succeeded", "accepted", "failed"})
_PRINCIPAL_CLAIMS = (
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "oid",
    "appid",
)


class Authorization(Struct):
    scope: str | None = None
    action: str | None = None


class Row(Struct):
    """The members read of an Activity Log row; the same in alerts and in events."""

    authorization: Authorization | str | None = None  # older senders put JSON text here
    operationName: str | None = None
    resourceUri: str | None = None
    resourceId: str | None = None
    status: str | None = None
    claims: Any = None  # an object in events, JSON text in alerts
    properties: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A change worth looking at: the operation in lower case, and on what. `text` is Azure's own
    account of a failure, untrusted."""

    kind: SignalKind
    operation: str
    resource: ResourceId
    text: str


def judge(
    row: Row, *, fallback: Iterable[str] = (), own_principals: Collection[str] = ()
) -> Judgement | Ignored:
    """What the row means. `fallback` are ids to use when the row itself names no resource."""
    asked = _authorization(row)
    operation = (row.operationName or asked.action or "").lower()
    status = (row.status or "").lower()
    names = [text for text in (row.resourceUri, asked.scope, row.resourceId, *fallback) if text]
    shown = names[0][:200] if names else None
    if not _WATCHED.fullmatch(operation):
        return Ignored(reason=f"{operation[:100] or 'no operation'} is not watched", resource=shown)
    if caller(row.claims) & {own.lower() for own in own_principals}:
        return Ignored(reason="this service's own change", resource=shown)
    if status not in _OVER:
        return Ignored(reason=f"{operation} is not over: {status[:40]!r}", resource=shown)
    target = next((found for text in names if (found := _stands_on(text)) is not None), None)
    if target is None:
        return Ignored(reason="names no resource below a resource group", resource=shown)
    failed = status == "failed"
    if failed and not (_PULLS_ON_WRITE.fullmatch(operation) and target.type in WORKLOADS):
        return Ignored(reason=f"{operation} failed, so nothing changed", resource=target.text)
    kind = SignalKind.FAILURE if failed else SignalKind.LOOK
    text = _message(row.properties) if failed else ""
    return Judgement(kind=kind, operation=operation, resource=target, text=text)


def caller(claims: Any) -> frozenset[str]:
    """The object and client ids of whoever asked, lower-case; empty when it is not said."""
    if isinstance(claims, str):
        try:
            claims = decode(claims.encode("utf-8", "replace"), "claims")
        except BadInput:
            return frozenset()
    if not isinstance(claims, dict):
        return frozenset()
    said = {str(key).lower(): value for key, value in claims.items()}
    return frozenset(
        value.lower() for key in _PRINCIPAL_CLAIMS if isinstance(value := said.get(key), str)
    )


def _authorization(row: Row) -> Authorization:
    said = row.authorization
    if isinstance(said, str):
        return convert(
            decode(said.encode("utf-8", "replace"), "authorization"), Authorization, "authorization"
        )
    return said or Authorization()


def _stands_on(text: str) -> ResourceId | None:
    """The resource a change is about: a workload for its children, and for an extension such as
    a role assignment the resource it was put on, where it was put on one."""
    found = resource(text)
    if found is None:
        return None
    host, extension, _ = found.text.rpartition("/providers/")
    return (resource(host) if extension else None) or workload(found) or found


def _message(properties: Any) -> str:
    """The error Azure reports with a failed change, as it wrote it."""
    said = properties.get("statusMessage") if isinstance(properties, dict) else None
    return whole(said, LONGEST_TEXT) if isinstance(said, str) else ""
