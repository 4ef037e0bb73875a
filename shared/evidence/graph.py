"""
Resource Graph: finding resources by what they say, over everything the identity may read.

In:  a query.
Out: all its rows, page after page.

It may lag by minutes, so what is found here is read again from the resource manager before anything
is said about it ("Guidance for throttled requests": one query instead of many reads).
"""

from collections.abc import Iterator
from typing import Any

from shared.clients.azure import Azure

_VERSION = "2022-10-01"
_PATH = "/providers/Microsoft.ResourceGraph/resources"
_PAGE = 1000


def rows(
    azure: Azure, query: str, what: str, *, scopes_above: bool = False
) -> Iterator[dict[str, Any]]:
    """Every row. `what` finishes the sentence "Azure … while we searched Resource Graph for …".
    `scopes_above`: also what was assigned above the subscriptions that are asked about."""
    options: dict[str, Any] = {"resultFormat": "objectArray", "$top": _PAGE}
    if scopes_above:
        options["authorizationScopeFilter"] = "AtScopeAboveAndBelow"
    while True:
        body: dict[str, Any] = {"query": query.strip(), "options": options}
        if azure.subscriptions is not None:
            body["subscriptions"] = list(azure.subscriptions)
        with azure.asking(f"searched Resource Graph for {what}"):
            answer = azure.arm.post(_PATH, _VERSION, body)
            found = [row for row in answer["data"] if isinstance(row, dict)]
        yield from found
        token = answer.get("$skipToken")
        if not token:
            return
        options = {**options, "$skipToken": token}
