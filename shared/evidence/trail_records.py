"""
Activity Log records, as far as access is concerned.

In:  records as the Activity Log API gives them, in any order.
Out: Granted and Removed role assignments, refused grants, and what happened to one workload.

One operation leaves several records with one operation id. Of a role assignment's making the
"Started" record carries the request as a JSON text, whose keys come in either case; its deletion
carries the assignment in `responseBody` of the record that says Succeeded, or nothing, and then
the assignment's id leads to its making (Azure RBAC, "View activity logs"; recorded queries).

A request's body is its caller's word: of it only principal, role and condition count, which Azure
checked when it said Succeeded; where an assignment lies is told by the record's own id. Nothing is
taken from free text, and of who did it only the caller's name is kept. Pure.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.model.trail import Hand

Record = Mapping[str, Any]

_ASSIGNMENT = "microsoft.authorization/roleassignments"
#: Claims only a signed-in person's token has; `scp` is what an application does on their behalf.
_PERSON = frozenset({"upn", "emailaddress", "unique_name", "name", "givenname", "scope", "scp"})
_REFUSALS = {
    "RequestDisallowedByPolicy": "an Azure Policy refused it",
    "ScopeLocked": "a lock refused it",
    "AuthorizationFailed": "whoever tried may not grant roles",
    "RoleAssignmentLimitExceeded": "the subscription has no room for more role assignments",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A role assignment as a record describes it."""

    assignment: str  # id, lower-case
    principal: str
    role: str  # GUID, lower-case
    scope: str
    condition: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An operation that succeeded: when, and by whose hand."""

    resource: str  # id, lower-case
    at: datetime
    by: str
    hand: Hand
    made: Made | None = None  # of a deletion: what was deleted, where the record says


def made(records: Iterable[Record]) -> dict[str, Made]:
    """Role assignments whose making succeeded, by id; the newest making of an id counts."""
    all_records = list(records)
    good = {_operation(one) for one in all_records if _is(one, "write") and _ended_well(one)}
    found: dict[str, Made] = {}
    for one in sorted(all_records, key=_moment):
        if _is(one, "write") and _operation(one) in good:
            told = _made(one, "requestbody") or _made(one, "responseBody")
            if told is not None:
                found[told.assignment] = told
    return found


def removed(records: Iterable[Record]) -> tuple[Done, ...]:
    """Role assignments whose deletion succeeded, newest first."""
    found = [
        Done(
            resource=_resource(one),
            at=_moment(one),
            by=caller(one),
            hand=hand(one),
            made=_made(one, "responseBody"),
        )
        for one in records
        if _is(one, "delete") and _ended_well(one)
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def refused(records: Iterable[Record], principal: str) -> tuple[str, ...]:
    """Attempts to grant this principal something that were refused, in words, newest first."""
    wanted = {
        _operation(one): body
        for one in records
        if _is(one, "write") and (body := _made(one, "requestbody"))
    }
    told: list[str] = []
    for one in sorted(records, key=_moment, reverse=True):
        asked = wanted.get(_operation(one))
        if not _is(one, "write") or _status(one) != "failed" or asked is None:
            continue
        if asked.principal == principal.lower():
            when = f"{_moment(one):%Y-%m-%d %H:%M} UTC"
            told.append(f"{when}, {caller(one) or 'somebody'} tried to grant a role: {_why(one)}")
    return tuple(dict.fromkeys(told))


def oldest(records: Iterable[Record], otherwise: datetime) -> datetime:
    """When the first of them happened."""
    return min(map(_moment, records), default=otherwise)


def changed(records: Iterable[Record], id: str) -> dict[str, Any]:
    """What became of a workload, as members of a Trail: when it was made anew and by whom, and when
    what it pulls, or how it signs in, was last written."""
    told = list(records)
    gone = next(
        (one for one in of_workload(told, id, "delete") if one.resource == id.lower()), None
    )
    written = of_workload(told, id, "write", "slotsswap/action")
    again = next((one for one in reversed(written) if gone and one.at >= gone.at), gone)
    return {
        "workload_remade": gone.at if gone else None,
        "workload_remade_by": again.by if again else "",
        "repointed": written[0].at if written else None,
    }


def of_workload(records: Iterable[Record], id: str, *verbs: str) -> tuple[Done, ...]:
    """What succeeded on the very resource, its configuration or its sidecars, newest first."""
    own = id.lower()
    below = (f"{own}/config", f"{own}/sitecontainers/")
    found = [
        Done(resource=_resource(one), at=_moment(one), by=caller(one), hand=hand(one))
        for one in records
        if _ended_well(one)
        and _action(one).endswith(tuple(f"/{verb}" for verb in verbs))
        and (_resource(one) == own or _resource(one).startswith(below))
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def newest(records: Iterable[Record], id: str, verb: str) -> datetime | None:
    """When this last succeeded on the very resource."""
    return max(
        (
            _moment(one)
            for one in records
            if _ended_well(one)
            and _resource(one) == id.lower()
            and _action(one).endswith(f"/{verb}")
        ),
        default=None,
    )


def identities(records: Iterable[Record], id: str) -> tuple[tuple[datetime, str], ...]:
    """Principals the resource itself had by its own answers, newest first."""
    told = []
    for one in records:
        if _resource(one) != id.lower() or not _ended_well(one):
            continue
        identity = _lower(_body(one, "responseBody").get("identity"))
        if principal := _guid(identity.get("principalid")):
            told.append((_moment(one), principal))
    return tuple(sorted(told, reverse=True))


def hand(record: Record) -> Hand:
    """A person signs in with a name of their own; an application is known by ids alone."""
    name = str(record.get("caller") or "")
    claims = {key.rpartition("/")[2]: said for key, said in _lower(record.get("claims")).items()}
    if "@" in name or _PERSON & claims.keys() or claims.get("idtyp") == "user":
        return Hand.PERSON
    if name.lower().startswith(("microsoft.", "windows azure")):
        return Hand.PLATFORM
    return Hand.SERVICE if _guid(name) or "appid" in claims else Hand.UNKNOWN


def caller(record: Record) -> str:
    return str(record.get("caller") or "")[:120]


def _made(record: Record, member: str) -> Made | None:
    """The assignment in a body; None where there is none, or it is not whole."""
    body = _lower(_body(record, member))
    properties = _lower(body.get("properties"))
    principal = _guid(properties.get("principalid"))
    role = _guid(str(properties.get("roledefinitionid") or "").rpartition("/")[2])
    scope, kind, _ = _resource(record).rpartition(f"/providers/{_ASSIGNMENT}/")
    said = str(properties.get("scope") or scope).lower().rstrip("/")
    if not principal or not role or not kind or said != scope:
        return None
    condition = properties.get("condition")
    return Made(
        assignment=_resource(record),
        principal=principal,
        role=role,
        scope=scope,
        condition=str(condition) if condition else None,
        at=_moment(record),
    )


def _body(record: Record, member: str) -> Mapping[str, Any]:
    """A JSON text in a record's properties, whatever the case of its name."""
    text = _lower(record.get("properties")).get(member.lower())
    try:
        body = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _lower(value: Any) -> dict[str, Any]:
    """Names in lower case; nothing of what says one thing twice."""
    if not isinstance(value, Mapping):
        return {}
    lowered = {str(name).lower(): inner for name, inner in value.items()}
    return lowered if len(lowered) == len(value) else {}


def _why(record: Record) -> str:
    text = json.dumps(record.get("properties") or {})
    known = next((words for code, words in _REFUSALS.items() if code in text), None)
    policies = list(_policies(_body(record, "statusMessage")))
    return (known or "Azure refused it") + (f" ({', '.join(policies)})" if policies else "")


def _policies(message: Mapping[str, Any]) -> Iterator[str]:
    """The policy assignments a refusal names (`additionalInfo` of RequestDisallowedByPolicy)."""
    error = message.get("error")
    for item in (error.get("additionalInfo") if isinstance(error, Mapping) else None) or ():
        info = item.get("info") if isinstance(item, Mapping) else None
        if isinstance(info, Mapping) and (name := info.get("policyAssignmentName")):
            yield str(info.get("policyAssignmentDisplayName") or name)[:120]


def _is(record: Record, verb: str) -> bool:
    return _action(record) == f"{_ASSIGNMENT}/{verb}"


def _ended_well(record: Record) -> bool:
    return _status(record) in ("succeeded", "accepted")


def _action(record: Record) -> str:
    return _word(record.get("operationName")).lower()


def _status(record: Record) -> str:
    return _word(record.get("status")).lower()


def _word(value: Any) -> str:
    """A localizable text, which older records give plainly."""
    return str(value.get("value", "") if isinstance(value, Mapping) else value or "")


def _operation(record: Record) -> tuple[str, str]:
    """What joins the records of one operation. Callers may choose a correlation id, so the resource
    is part of it."""
    return str(record.get("operationId") or record.get("correlationId") or ""), _resource(record)


def _resource(record: Record) -> str:
    return str(record.get("resourceId") or "").lower().rstrip("/")


def _moment(record: Record) -> datetime:
    """When it happened, UTC. ValueError for a record without a readable time."""
    return datetime.fromisoformat(str(record["eventTimestamp"]))


def _guid(text: object) -> str:
    try:
        return str(UUID(str(text)))
    except ValueError:
        return ""
