"""
Azure Resource Graph: one query over everything the caller may read.

In:  a query, the subscriptions it is about, paging options.
Out: rows as objects or as a table, quota headers, a skip token while there is more.

Resource Graph lags behind the resource manager: by `propagation.resourcegraph` seconds, or
`freeze(world)` makes it answer from this moment's state until `thaw(world)`. A page holds 1,000
rows, or as many as `paged(world, rows)` says ("Working with large data sets").
"""

import base64
import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from tests.simulator import access, graphrefusals, kql, lagging, registries, sitetold
from tests.simulator.guards import place
from tests.simulator.kql import KqlError, Row, Table, values
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource, World

routes = Routes()
_PAGE = 1000
_QUERIES, _WINDOW = 15, timedelta(seconds=5)  # per user ("Guidance for throttled requests")

_COLUMNS = {
    **dict.fromkeys(("id", "name", "type", "tenantId", "kind", "location"), "string"),
    **dict.fromkeys(("resourceGroup", "subscriptionId", "managedBy"), "string"),
    **dict.fromkeys(("sku", "plan", "properties", "tags", "identity"), "dynamic"),
    **dict.fromkeys(("zones", "extendedLocation"), "dynamic"),
}
#: What a table holds besides `resources`, by lower-case type.
_TABLES = {
    "resourcecontainers": (
        "microsoft.resources/subscriptions",
        "microsoft.resources/subscriptions/resourcegroups",
    ),
    "authorizationresources": (
        "microsoft.authorization/roleassignments",
        "microsoft.authorization/roledefinitions",
    ),
    "policyresources": ("microsoft.authorization/policyassignments",),
}
#: Namespaces whose resources belong to a scope, not to a region.
_PLACELESS = ("microsoft.resources/", "microsoft.authorization/", "microsoft.management/")
_CONFIG = "/config/web"
_BELOW = "AtScopeAndBelow"
_GROUP = "microsoft.resources/subscriptions/resourcegroups"
#: Of the types below another resource, those that `resources` holds.
_CHILDREN = frozenset(
    (
        "microsoft.web/sites/slots",
        "microsoft.containerregistry/registries/replications",
        "microsoft.containerregistry/registries/webhooks",
        "microsoft.network/privatednszones/virtualnetworklinks",
        "microsoft.network/firewallpolicies/rulecollectiongroups",
        "microsoft.network/dnsresolvers/inboundendpoints",
        "microsoft.network/dnsforwardingrulesets/virtualnetworklinks",
    )
)
_WIRE_TYPES = {"int": "integer", "long": "integer", "real": "number", "bool": "boolean"}
_WIRE_TYPES |= {"dynamic": "object"}


def freeze(world: World) -> None:
    world.memory.setdefault("resourcegraph", {})["frozen"] = copy.deepcopy(list(world.resources))


def thaw(world: World) -> None:
    world.memory.get("resourcegraph", {}).pop("frozen", None)


def paged(world: World, rows: int) -> None:
    """Let no page hold more rows than this, whatever is asked for."""
    world.memory.setdefault("resourcegraph", {})["page"] = rows


@routes.arm(
    "POST",
    "/providers/Microsoft.ResourceGraph/resources",
    action="",
    versions=("2021-03-01", "2022-10-01", "2024-04-01"),
)
def resources(call: Call) -> Response:
    headers = _quota(call)
    body = call.json
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise graphrefusals.invalid(
            call, "InvalidPayload", "Required property 'query' not found in JSON."
        )
    if body.get("facets"):
        raise Refusal(501, "NotImplemented", "The simulated Resource Graph knows no facets.")
    options = _options(call, body)
    try:
        table = kql.run(
            body["query"], lambda name: _table(call, name, body), call.world.clock.now()
        )
    except KqlError as error:
        raise graphrefusals.refused(call, error) from None
    most = call.world.memory.get("resourcegraph", {}).get("page", _PAGE)
    options["top"] = min(options["top"], most)
    return Response(body=_page(table, body["query"], options), headers=headers)


def _options(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """top, skip and format; a skip token carries on where its page ended."""
    given = body.get("options") or {}
    options = {"top": _PAGE, "skip": 0}
    token = given.get("$skipToken")
    if token:
        try:
            options |= json.loads(base64.b64decode(token, validate=True))
        except ValueError:
            raise graphrefusals.invalid(
                call, "InvalidSkipToken", "The skip token is invalid."
            ) from None
    options |= {name: given[f"${name}"] for name in ("top", "skip") if f"${name}" in given}
    for name, least, most in (("top", 1, 1000), ("skip", 0, 2**31 - 1)):
        value = options[name]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            message = f"The value of '${name}' must be between {least} and {most}."
            raise graphrefusals.invalid(call, "InvalidPagingOption", message)
    form = given.get("resultFormat", "objectArray")
    if form not in ("table", "objectArray"):
        raise graphrefusals.invalid(
            call, "InvalidResultFormat", f"Result format '{form}' is not known."
        )
    return {**options, "form": form}


def _page(table: Table, query: str, options: dict[str, Any]) -> dict[str, Any]:
    start, end = options["skip"], options["skip"] + options["top"]
    rows = table.rows[start:end]
    page: dict[str, Any] = {"totalRecords": len(table.rows), "count": len(rows)}
    names = list(table.columns)
    if options["form"] == "table":
        columns = [
            {"name": n, "type": _WIRE_TYPES.get(t, "string")} for n, t in table.columns.items()
        ]
        page["data"] = {"columns": columns, "rows": [[_cell(r[n]) for n in names] for r in rows]}
    else:
        page["data"] = [{name: _cell(row[name]) for name in names} for row in rows]
    page |= {"facets": [], "resultTruncated": "false"}
    if end < len(table.rows):
        # Paging needs the id column ("Working with large data sets").
        if "id" not in table.columns:
            return page | {"resultTruncated": "true"}
        more = json.dumps({"skip": end, "top": options["top"]})
        page["$skipToken"] = base64.b64encode(more.encode()).decode()
    return page


def _cell(value: Any) -> Any:
    return value if isinstance(value, dict | list) else values.wire(value)


def _table(call: Call, name: str, body: dict[str, Any]) -> Table | None:
    """One of the tables, without what the caller may not read."""
    table = name.lower()
    if table != "resources" and table not in _TABLES:
        return None
    scope = {str(one).lower() for one in body.get("subscriptions") or call.world.subscriptions}
    readable = _reader(call)
    everything = _indexed(call.world)
    configs = {
        str(item["id"]).lower(): item for item in everything if str(item["id"]).endswith(_CONFIG)
    }
    shown = [
        _row(call.world, item, configs)
        for item in _items(call.world, table, everything)
        if _in_scope(item, scope, body) and readable(item)
    ]
    return Table.of(_COLUMNS, shown, table)


def _in_scope(item: Resource, scope: set[str], body: dict[str, Any]) -> bool:
    """What stands above every subscription is shown to whoever asks for that."""
    subscription = place(item["id"])[0].lower()
    if subscription:
        return subscription in scope
    filtered = str((body.get("options") or {}).get("authorizationScopeFilter") or _BELOW)
    return "above" in filtered.lower()


def _indexed(world: World) -> list[Resource]:
    items: list[Resource] | None = world.memory.get("resourcegraph", {}).get("frozen")
    return lagging.as_indexed(world) if items is None else items


def _items(world: World, table: str, everything: list[Resource]) -> Iterator[Resource]:
    if table == "resourcecontainers":
        yield from _containers(world, everything)
        return
    for item in everything:
        kind = str(item.get("type", "")).lower()
        if _tracked(kind) if table == "resources" else kind in _TABLES[table]:
            yield item


def _tracked(kind: str) -> bool:
    """Does `resources` hold it? Those that lie in a region, whether or not a scenario's body says
    which; the rest has tables of its own or none."""
    if kind.startswith(_PLACELESS):
        return False
    return kind.count("/") == 1 or kind in _CHILDREN


def _containers(world: World, everything: list[Resource]) -> Iterator[Resource]:
    """Subscriptions, and resource groups: those listed and those that hold anything."""
    for sub in world.subscriptions:
        yield {"id": f"/subscriptions/{sub}", "name": sub, "type": _TABLES["resourcecontainers"][0]}
    listed = {str(item["id"]).lower(): item for item in everything}
    seen: set[str] = set()
    for item in everything:
        sub, group = place(item["id"])
        id = f"/subscriptions/{sub}/resourceGroups/{group}"
        if group and id.lower() not in seen:
            seen.add(id.lower())
            own = listed.get(id.lower(), {})
            yield {"id": id, "name": group, **own, "type": _GROUP}


def _reader(call: Call) -> Callable[[Resource], bool]:
    """Tells whether the caller may read a resource. Where nothing was assigned or denied to a
    resource itself, its group decides, once for every type: estates are large."""
    kinds = ("Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/denyAssignments")
    special = {
        access.scope_of(item).lower()
        for kind in kinds
        for item in call.world.resources.of_type(kind)
    }
    known: dict[tuple[str, str], bool] = {}

    def readable(item: Resource) -> bool:
        kind = str(item["type"]).lower()
        if not place(item["id"])[0]:  # what is inherited is seen by whoever may read below it
            below = (f"/subscriptions/{one}" for one in call.world.subscriptions)
            allows = partial(access.allows, call.world, call.principal, action=f"{kind}/read")
            return any(allows(one) for one in below)
        parts = str(item["id"]).lower().split("/")
        above = {"/".join(parts[:end]) for end in range(6, len(parts) + 1)}
        where = "/".join(parts) if above & special else "/".join(parts[:5])
        key = (where, kind)
        if key not in known:
            known[key] = access.allows(call.world, call.principal, where, f"{key[1]}/read")
        return known[key]

    return readable


def _row(world: World, item: Resource, configs: dict[str, Resource]) -> Row:
    sub, group = place(item["id"])
    kept = {column: item.get(column) for column in _COLUMNS}
    if str(item["type"]).lower() in ("microsoft.web/sites", "microsoft.web/sites/slots"):
        config = configs.get(f"{item['id']}{_CONFIG}".lower(), {}).get("properties") or {}
        own = {"siteConfig": sitetold.shown(config), **sitetold.written(world, item)}
        kept["properties"] = {**item["properties"], **own}
    if str(item["type"]).lower() == "microsoft.containerregistry/registries":
        ends = registries.connections(world, item)
        kept["properties"] = {**item["properties"], "privateEndpointConnections": ends}
    return {
        **kept,
        "type": str(item["type"]).lower(),
        "location": str(item.get("location") or "").lower().replace(" ", ""),
        "tenantId": world.tenant,
        "subscriptionId": sub,
        "resourceGroup": group.lower(),
    }


def _quota(call: Call) -> dict[str, str]:
    """Counts the caller's queries of the last five seconds; 429 past the quota."""
    now = call.world.clock.now()
    memory = call.world.memory.setdefault("resourcegraph", {})
    recent: list[Any] = memory.setdefault("queries", {}).setdefault(call.principal, [])
    recent[:] = [moment for moment in recent if moment > now - _WINDOW]
    throttled = len(recent) >= _QUERIES
    if not throttled:
        recent.append(now)
    wait = int((recent[0] + _WINDOW - now).total_seconds()) or 1
    headers = {
        "x-ms-user-quota-remaining": str(_QUERIES - len(recent)),
        "x-ms-user-quota-resets-after": f"00:00:{wait:02d}",
        "x-ms-ratelimit-remaining-tenant-resource-requests": str(_QUERIES - len(recent)),
    }
    if throttled:
        said = (
            "Client application has been throttled and should not continue to make requests at "
            "this time. Please use the supplied headers for retry guidance."
        )
        headers["Retry-After"] = str(wait)
        raise graphrefusals.error(
            call, "RateLimiting", [{"code": "RateLimiting", "message": said}], 429, headers
        )
    return headers
