"""
What the resource manager answers when it is asked for things: one resource, a page, nothing.

In:  a World and an id or a type.
Out: a Response, or a Refusal in Azure's words.

Shared by the service files so that each holds only what is peculiar to its service.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from tests.simulator.routes import Call
from tests.simulator.wire import Response, resource_not_found
from tests.simulator.world import Resource, World

#: How one service shows a resource in one api-version.
View = Callable[[Call, Resource], Resource]

JSON = {"Content-Type": "application/json; charset=utf-8"}


def group_id(call: Call) -> str:
    """The resource group of the request, as the client spelled it."""
    return f"/subscriptions/{call.params['sub']}/resourceGroups/{call.params['rg']}"


def find(world: World, id: str) -> Resource:
    """The resource with this id; 404 as the resource manager words it."""
    resource = world.resources.get(id)
    if resource is None:
        raise resource_not_found(id)
    return resource


def one(resource: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The resource as it is now: later changes of the state do not reach the answer."""
    body = copy.deepcopy(resource)
    return Response(status=status, body=body, headers={**JSON, **(headers or {})})


def page(items: Iterable[Resource]) -> Response:
    """All items in one page, without a next link."""
    return one({"value": list(items)})


def empty(status: int = 200) -> Response:
    return Response(status=status)


def remove(world: World, id: str) -> bool:
    """Delete a resource and everything below it; False when it was not there."""
    found = world.resources.delete(id)
    below = id.lower().rstrip("/") + "/"
    for item in world.resources:
        if item["id"].lower().startswith(below):
            world.resources.delete(item["id"])
    return found is not None
