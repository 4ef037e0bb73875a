"""
The Activity Log's reading side: what was done to one subscription, newest first.

In:  a filter from a fixed vocabulary: a time span and at most one of the other clauses.
Out: pages of records; refusals as bare {code, message}, as this API words them.

Records come from world.activity_log and are seen once their submissionTimestamp has passed.
A page holds `world.memory["activitylog"]["page"]` records (200 without it).
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.simulator.kql import values
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()
_KEPT = timedelta(days=90)
_PAGE = 200

_CLAUSE = re.compile(r"\s*(\w+)\s+(eq|ge|le|lt|gt)\s+(?:'([^']*)'|([^\s']+))\s*", re.IGNORECASE)
_AND = re.compile(r"and\b", re.IGNORECASE)
#: The clauses that narrow, of which one may be given; caller and status may come on top.
_NARROWING = frozenset(
    ("resourcegroupname", "resourceid", "resourceuri", "resourceprovider", "correlationid")
)
_EXTRA = frozenset(("caller", "status", "eventchannels", "operations", "levels"))


#: What `$select` may name (Activity Logs - List); `caller` is not among it.
_SELECTABLE = frozenset(
    (
        *("authorization", "claims", "correlationid", "description", "eventdataid", "eventname"),
        *("eventtimestamp", "httprequest", "level", "operationid", "operationname", "properties"),
        *("resourcegroupname", "resourceprovidername", "resourceid", "status"),
        *("submissiontimestamp", "substatus", "subscriptionid"),
    )
)


@routes.arm(
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.Insights/eventtypes/management/values",
    action="Microsoft.Insights/eventtypes/values/read",
    versions=("2015-04-01", "2017-03-01-preview"),
)
def list_events(call: Call) -> Response:
    text = call.query.get("$filter", "")
    since, until, wanted = _understood(text, call.world.clock.now())
    start = _start(call.query.get("$skiptoken", ""))
    found = sorted(_matching(call, since, until, wanted), key=_moment, reverse=True)
    size = call.world.memory.get("activitylog", {}).get("page", _PAGE)
    page: dict[str, Any] = {
        "value": [_selected(record, call.query.get("$select")) for record in found[start:][:size]]
    }
    if start + size < len(found):
        page["nextLink"] = _next_link(call, text, start + size)
    return Response(body=page)


def _bad(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message, shape="bare")


def _understood(text: str, now: datetime) -> tuple[datetime, datetime, dict[str, str]]:
    """The span and the other clauses of a filter; 400 for anything outside the vocabulary."""
    since: datetime | None = None
    until, wanted = now, dict[str, str]()
    for name, operator, value in _clauses(text):
        if name == "eventtimestamp":
            moment = values.parse_datetime(value)
            if moment is None or operator not in ("ge", "le"):
                raise _bad(f"The filter clause on eventTimestamp is invalid: '{value}'.")
            since, until = (moment, until) if operator == "ge" else (since, moment)
        elif operator == "eq" and name in _NARROWING | _EXTRA and name not in wanted:
            wanted[name] = value
        else:
            raise _bad(f"The filter clause '{name} {operator}' is not supported.")
    if since is None:
        raise _bad("The start time must be specified in the filter: eventTimestamp ge '…'.")
    if since < now - _KEPT:
        raise _bad("The start time cannot be more than 90 days in the past.")
    if until < since:
        raise _bad("The start time cannot be later than the end time.")
    if len(_NARROWING & set(wanted)) > 1:
        raise _bad("Only one of the clauses that name resources is supported in a filter.")
    return since, until, wanted


def _clauses(text: str) -> Iterator[tuple[str, str, str]]:
    at = 0
    while at < len(text):
        match = _CLAUSE.match(text, at)
        if match is None:
            raise _bad(f"The filter is invalid near '{text[at : at + 40]}'.")
        yield match[1].lower(), match[2].lower(), match[3] if match[3] is not None else match[4]
        at = match.end()
        if at < len(text):
            joint = _AND.match(text, at)
            if joint is None or not text[joint.end() :].strip():
                raise _bad(f"The filter is invalid near '{text[at : at + 40]}'.")
            at = joint.end()


def _matching(
    call: Call, since: datetime, until: datetime, wanted: dict[str, str]
) -> Iterator[Resource]:
    now, sub = call.world.clock.now(), call.params["sub"].lower()
    for record in call.world.activity_log:
        visible = values.parse_datetime(str(record.get("submissionTimestamp") or "")) or since
        inside = since <= _moment(record) <= until and visible <= now
        if inside and _subscription(record) == sub and _fits(record, wanted):
            yield record


def _moment(record: Resource) -> datetime:
    moment = values.parse_datetime(str(record["eventTimestamp"]))
    if moment is None:
        raise ValueError(f"an Activity Log record without a readable eventTimestamp: {record}")
    return moment


def _subscription(record: Resource) -> str:
    own = str(record.get("subscriptionId") or "")
    return (own or str(record["resourceId"]).split("/")[2]).lower()


def _fits(record: Resource, wanted: dict[str, str]) -> bool:
    return all(_holds(record, name, value.lower()) for name, value in wanted.items())


def _holds(record: Resource, name: str, value: str) -> bool:
    if name in ("resourceid", "resourceuri"):
        # A resource's log holds what happened to its children and extensions, too.
        id = str(record.get("resourceId", "")).lower()
        return id == value.rstrip("/") or id.startswith(value.rstrip("/") + "/")
    if name == "resourcegroupname":
        return str(record.get("resourceGroupName", "")).lower() == value
    if name == "resourceprovider":
        return _word(record, "resourceProviderName") == value
    if name == "status":
        return _word(record, "status") == value
    if name in ("correlationid", "caller"):
        own = "correlationId" if name == "correlationid" else "caller"
        return str(record.get(own, "")).lower() == value
    several = [one.strip() for one in value.split(",")]
    if name == "operations":
        return _word(record, "operationName") in several
    if name == "levels":
        return str(record.get("level", "")).lower() in several
    channels = [
        one.strip() for one in str(record.get("channels") or "operation").lower().split(",")
    ]
    return bool(set(channels) & set(several))


def _word(record: Resource, name: str) -> str:
    """A localizable string, which older records give plainly."""
    value = record.get(name) or ""
    return str(value.get("value", "") if isinstance(value, dict) else value).lower()


def _selected(record: Resource, select: str | None) -> Resource:
    if not select:
        return record
    names = {name.strip().lower() for name in select.split(",")}
    if unknown := names - _SELECTABLE:
        raise _bad(f"The $select names properties that do not exist: {', '.join(sorted(unknown))}.")
    return {name: value for name, value in record.items() if name.lower() in names}


def _start(token: str) -> int:
    if not token:
        return 0
    if not token.isdecimal():
        raise _bad("The skip token is invalid.")
    return int(token)


def _next_link(call: Call, text: str, start: int) -> str:
    """Absolute, on the host that was asked, and complete: clients follow it as it is."""
    url = call.request.url.split("?")[0]
    parts = [f"api-version={call.version}", f"$filter={quote(text, safe='')}"]
    if "$select" in call.query:
        parts.append(f"$select={quote(call.query['$select'], safe='')}")
    return f"{url}?{'&'.join([*parts, f'$skiptoken={start}'])}"
