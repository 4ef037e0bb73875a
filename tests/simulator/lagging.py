"""
Resource Graph's view of the state: as it was a while ago.

In:  the World, and what a resource was before each change through the resource manager.
Out: the resources as they were `propagation.resourcegraph` seconds ago.

"Azure Resource Graph … updates within minutes": its index follows the resource manager, so a row
may be of something that is gone, or lack something that is there.
"""

import copy
from datetime import datetime, timedelta
from typing import Any

from tests.simulator.world import Resource, World


def lag(world: World) -> timedelta:
    return timedelta(seconds=world.propagation.get("resourcegraph", 0))


def watch(world: World, id: str) -> Resource | None:
    """What a resource is now, to be handed to `changed` when the change is done."""
    return copy.deepcopy(world.resources.get(id)) if lag(world) else None


def changed(world: World, id: str, before: Resource | None) -> None:
    """A resource was created, changed or deleted just now."""
    if lag(world):
        _changes(world).append((world.clock.now(), id.lower().rstrip("/"), before))


def as_indexed(world: World) -> list[Resource]:
    """The resources as the index shows them now: the changes it has not seen are taken back."""
    changes = _changes(world)
    if not changes:
        return list(world.resources)
    seen_until = world.clock.now() - lag(world)
    changes[:] = [change for change in changes if change[0] > seen_until]
    items = {str(item["id"]).lower().rstrip("/"): item for item in world.resources}
    for _, id, before in reversed(changes):
        if before is None:
            items.pop(id, None)
        else:
            items[id] = before
    return list(items.values())


def _changes(world: World) -> list[tuple[datetime, str, Resource | None]]:
    memory: dict[str, Any] = world.memory.setdefault("resourcegraph", {})
    found: list[tuple[datetime, str, Resource | None]] = memory.setdefault("changes", [])
    return found
