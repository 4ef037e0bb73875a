"""
Log Analytics: the query API of one workspace (`api.loganalytics.io` and its sovereign kin).

In:  a query over the rows the platform has logged so far, and an optional time span.
Out: one typed table, as the v1 document describes it; refusals in the service's own words.

A table exists from its first row on, and for those only who may read it: to run a query is one
permission, each table's data another, all custom tables together a third ("Manage table-level read
access in a Log Analytics workspace"). Azure's own tables have fixed columns, a custom one (`_CL`)
those of which a value was ever ingested. A row is seen `propagation.logs` seconds after its time.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.simulator import access, kql
from tests.simulator.kql import KqlError, Table, values
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource, World

routes = Routes()
_PATH = "/v1/workspaces/{workspace}/query"
_TYPE = "Microsoft.OperationalInsights/workspaces"

_COMMON = {
    "TenantId": "string",
    "TimeGenerated": "datetime",
    "_ResourceId": "string",
    "_SubscriptionId": "string",
    "SourceSystem": "string",
    "Type": "string",
}
_TEXT = dict.fromkeys
#: Columns of Azure's own tables ("Azure Monitor Log Analytics log tables" reference).
SCHEMAS: dict[str, dict[str, str]] = {
    "AppServicePlatformLogs": _COMMON
    | _TEXT(("ActivityId", "ContainerId", "DeploymentId", "Exception", "Host"), "string")
    | _TEXT(("Level", "Message", "OperationName", "StackTrace"), "string"),
    "AppServiceConsoleLogs": _COMMON
    | _TEXT(("Category", "ContainerId", "Host", "Level", "OperationName"), "string")
    | _TEXT(("ResultDescription",), "string"),
    "ContainerAppSystemLogs": _COMMON
    | _TEXT(("ContainerAppName", "ContainerName", "EnvironmentName", "ErrorSource"), "string")
    | _TEXT(("EventSource", "ExecutionName", "JobName", "Level", "Location", "Log"), "string")
    | _TEXT(("Reason", "ReplicaName", "RevisionName"), "string")
    | {"Count": "int"},
}
_SUFFIXES = {"_s": "string", "_d": "real", "_b": "bool", "_t": "datetime", "_g": "string"}


@routes.on("loganalytics", "POST", _PATH)
def execute(call: Call) -> Response:
    body = call.json
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise _bad("MissingArgument", "The 'query' parameter is required in the request body")
    others = [one for one in body.get("workspaces") or [] if not _here(call.world, str(one))]
    if others:
        raise _not_found()
    return _answer(call, body["query"], body.get("timespan"))


@routes.on("loganalytics", "GET", _PATH)
def get(call: Call) -> Response:
    if "query" not in call.query:
        raise _bad("MissingArgument", "The 'query' parameter is required")
    return _answer(call, call.query["query"], call.query.get("timespan"))


def _answer(call: Call, query: str, timespan: str | None) -> Response:
    _authorise(call)
    now = call.world.clock.now()
    between = _span(timespan, now) if timespan else None
    try:
        found = kql.run(query, lambda name: _readable(call, name, between), now)
    except KqlError as error:
        raise _refused(error) from None
    columns = [{"name": name, "type": type} for name, type in found.columns.items()]
    rows = [[values.wire(row[name]) for name in found.columns] for row in found.rows]
    return Response(body={"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]})


def _authorise(call: Call) -> None:
    """The workspace must exist, and the caller may read it where the scenario has its resource."""
    asked = call.params["workspace"]
    if not _is_guid(asked):
        raise Refusal(404, "PathNotFoundError", "The requested path does not exist")
    if not _here(call.world, asked):
        raise _not_found()
    for resource in call.world.resources.of_type(_TYPE):
        if not _is_meant(resource, asked):
            continue
        if not access.allows(call.world, call.principal, resource["id"], f"{_TYPE}/query/read"):
            raise Refusal(
                403,
                "InsufficientAccessError",
                "The provided credentials have insufficient access to perform the requested "
                "operation",
            )


def _readable(call: Call, name: str, between: tuple[datetime, datetime] | None) -> Table | None:
    """The table, for a caller who may read its data."""
    group = "Tables.Custom" if name.endswith("_CL") else name
    for resource in call.world.resources.of_type(_TYPE):
        action = f"{_TYPE}/query/{group}/read"
        if _is_meant(resource, call.params["workspace"]) and not access.allows(
            call.world, call.principal, resource["id"], action
        ):
            return None
    return table(call.world, name, between)


def _is_meant(resource: Resource, workspace: str) -> bool:
    return str(resource["properties"].get("customerId", "")).lower() == workspace.lower()


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _here(world: World, workspace: str) -> bool:
    return bool(world.workspace) and workspace.lower() == str(world.workspace).lower()


def _not_found() -> Refusal:
    return Refusal(404, "WorkspaceNotFoundError", "The workspace could not be found")


def table(world: World, name: str, between: tuple[datetime, datetime] | None) -> Table | None:
    """The table as far as its rows have arrived, narrowed to the request's own time span."""
    ingested = world.tables.get(name, [])
    if delay := world.propagation.get("logs", 0):
        arrived = world.clock.now() - timedelta(seconds=delay)
        ingested = [row for row in ingested if _moment(row) <= arrived]
    if not ingested:
        return None
    columns = SCHEMAS.get(name) or _columns(ingested)
    if between is not None:
        ingested = [row for row in ingested if between[0] <= _moment(row) <= between[1]]
    return Table(dict(columns), [_typed(world, columns, row) for row in ingested], name)


def _typed(world: World, columns: Mapping[str, str], row: Resource) -> Resource:
    """The row in its columns' types; converted once, unless it became another meanwhile."""
    known = world.memory.setdefault("loganalytics", {})
    seen = known.get(id(row))
    if seen is None or seen[0] != row or seen[1] != columns:
        known[id(row)] = seen = (dict(row), columns, Table.of(columns, [row]).rows[0])
    typed: Resource = seen[2]
    return typed


def _moment(row: Resource) -> datetime:
    moment: datetime | None = values.convert(row.get("TimeGenerated"), "datetime")
    if moment is None:
        raise ValueError(f"a log row without a readable TimeGenerated: {row}")
    return moment


def _columns(rows: list[Resource]) -> dict[str, str]:
    """Those of which a value was ever ingested, typed by suffix as custom tables are."""
    columns: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if name not in columns and value not in (None, ""):
                columns[name] = _COMMON.get(name) or _SUFFIXES.get(name[-2:], values.type_of(value))
    return columns


_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)


def _span(text: str, now: datetime) -> tuple[datetime, datetime]:
    """ISO 8601: a duration before now, start/end, start/duration or duration/end."""
    start, slash, end = text.partition("/")
    from_, to = values.parse_datetime(start), values.parse_datetime(end) if slash else now
    if from_ is None and to is not None and (length := _duration(start)) is not None:
        return to - length, to
    if from_ is not None and to is None and (length := _duration(end)) is not None:
        return from_, from_ + length
    if slash and from_ is not None and to is not None:
        return from_, to
    raise _bad("InvalidTimespan", f"The timespan '{text}' is not a valid ISO 8601 time period")


def _duration(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _bad(code: str, message: str) -> Refusal:
    return _bad_request({"code": code, "message": message})


def _bad_request(inner: dict[str, Any]) -> Refusal:
    return Refusal(
        400, "BadArgumentError", "The request had some invalid properties", innererror=inner
    )


def _refused(error: KqlError) -> Refusal:
    what = "A semantic error occurred."
    if error.kind == "SyntaxError":
        what = "A recognition error occurred in the query."
    cause = {"code": error.code, "message": error.message}
    return _bad_request({"code": error.kind, "message": what, "innererror": cause})
