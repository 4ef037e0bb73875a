"""
The managed identity of a resource when somebody writes it.

In:  the resource as it was, and the `identity` object that was sent.
Out: the identity afterwards. Object ids are Azure's to give: what is sent of them is ignored, a
     system-assigned identity keeps its own while it stays on and gets a new one when switched on
     again; a user-assigned one brings the ids of its own resource.
"""

from typing import Any
from uuid import uuid4

from tests.simulator.world import Resource, World

Identity = dict[str, Any]


def written(world: World, before: Resource, sent: Identity) -> Identity:
    """The identity after a write that sent this one."""
    old: Identity = before.get("identity") or {}
    kinds = str(sent.get("type") or "None")
    after: Identity = {"type": kinds}
    if "systemassigned" in kinds.lower():
        after["principalId"] = old.get("principalId") or str(uuid4())
        after["tenantId"] = old.get("tenantId") or world.tenant
    if "userassigned" in kinds.lower():
        attached = sent.get("userAssignedIdentities") or old.get("userAssignedIdentities") or {}
        known = {id.lower(): ids for id, ids in (old.get("userAssignedIdentities") or {}).items()}
        after["userAssignedIdentities"] = {
            id: _ids(world, id, known.get(id.lower()))
            for id, one in attached.items()
            if one is not None
        }
    return after


def _ids(world: World, id: str, known: Identity | None) -> Identity:
    properties = (world.resources.get(id) or {}).get("properties") or known or {}
    return {name: properties[name] for name in ("principalId", "clientId") if name in properties}
