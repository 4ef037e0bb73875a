"""Microsoft.Authorization/locks: list, read, set and remove locks. `guards.locks` obeys them."""

from tests.simulator import access
from tests.simulator.routes import Call, Routes
from tests.simulator.wire import Refusal, Response

routes = Routes()
_VERSIONS = ("2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01")
_TYPE = "Microsoft.Authorization/locks"
_COLLECTION = "{scope}/providers/Microsoft.Authorization/locks"


@routes.arm("GET", _COLLECTION, action=f"{_TYPE}/read", versions=_VERSIONS)
def list_locks(call: Call) -> Response:
    """At a scope and below it; with $filter=atScope() at a scope and above it."""
    here, above = call.params["scope"], "atscope" in call.query.get("$filter", "").lower()
    found = [
        lock
        for lock in call.world.resources.of_type(_TYPE)
        if access.covers(call.world, access.scope_of(lock), here)
        or (not above and access.covers(call.world, here, access.scope_of(lock)))
    ]
    return Response(body={"value": found})


@routes.arm("GET", _COLLECTION + "/{name}", action=f"{_TYPE}/read", versions=_VERSIONS)
def get_lock(call: Call) -> Response:
    lock = call.world.resources.get(call.scope)
    if lock is None:
        raise Refusal(404, "LockNotFound", f"The lock '{call.params['name']}' could not be found.")
    return Response(body=lock)


@routes.arm("PUT", _COLLECTION + "/{name}", action=f"{_TYPE}/write", versions=_VERSIONS)
def put_lock(call: Call) -> Response:
    properties = (call.json or {}).get("properties") or {}
    if properties.get("level") not in ("CanNotDelete", "ReadOnly"):
        raise Refusal(
            400,
            "InvalidRequestContent",
            "The lock level must be 'CanNotDelete' or 'ReadOnly'.",
        )
    known = call.world.resources.get(call.scope) is not None
    lock = {
        "properties": properties,
        "id": call.scope,
        "type": _TYPE,
        "name": call.params["name"],
    }
    call.world.resources.put(lock)
    return Response(status=200 if known else 201, body=lock)


@routes.arm("DELETE", _COLLECTION + "/{name}", action=f"{_TYPE}/delete", versions=_VERSIONS)
def delete_lock(call: Call) -> Response:
    gone = call.world.resources.delete(call.scope)
    return Response(status=204 if gone is None else 200)
