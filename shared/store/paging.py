"""
Paging: the lines of the list of incidents, newest first, that fit what was asked for.

In:  a Table, what to narrow the list to, and the cursor of the page before.
Out: lines one by one, so that nothing is read that no page shows.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.model.words import State
from shared.store import keys, queries, rows
from shared.store.table import Table


def lines(
    table: Table,
    *,
    state: State | None,
    resource: str | None,
    registry: str | None,
    since: datetime | None,
    after: str | None,
) -> Iterator[Mapping[str, Any]]:
    """`resource` and `registry` stand for themselves and for all that is below them."""
    at = queries.after(after)
    low = "n:"
    if at["opened"] and at["id"]:
        low = keys.newest(rows.moment(at["opened"]), at["id"]) + "!"
    wanted = {
        "resource": queries.below("", resource)[""],
        "registry": queries.below("", registry)[""],
    }
    for line in table.query(keys.between(low, "n;")):
        if state is not None and line["state"] != state.value:
            continue
        if since is not None and line["opened"] < rows.stamp(since):
            continue
        if all(_within(line.get(column), scope) for column, scope in wanted.items()):
            yield line


def _within(value: str | None, scope: str | None) -> bool:
    return scope is None or value == scope or bool(value and value.startswith(f"{scope}/"))
