"""
What a site tells of itself beside its own properties: alone, in lists and in Resource Graph.

In:  the World and a site or slot.
Out: the little of its configuration that is repeated, and when it was written last.
"""

from typing import Any

from tests.simulator import workloads
from tests.simulator.world import Resource, World

#: What a site's GET repeats of its configuration; the rest is null.
_SHOWN = ("linuxFxVersion", "windowsFxVersion", "acrUseManagedIdentityCreds", "alwaysOn")


def repeated(world: World, site: Resource) -> dict[str, Any]:
    """What a site repeats of its configuration, alone, in lists and in Resource Graph."""
    return shown(workloads.site_config(world, site))


def shown(config: dict[str, Any]) -> dict[str, Any]:
    """What of a configuration is repeated elsewhere."""
    return {"numberOfWorkers": config.get("numberOfWorkers", 1)} | {
        name: config[name] for name in _SHOWN if name in config
    }


def written(world: World, site: Resource) -> dict[str, Any]:
    """When it was written last, once it was; what a scenario says holds until then."""
    time = world.memory.get("written", {}).get(str(site["id"]).lower())
    return {"lastModifiedTimeUtc": time} if time else {}


def note(world: World, site: Resource) -> None:
    """The site was written just now."""
    times = world.memory.setdefault("written", {})
    times[str(site["id"]).lower()] = f"{world.clock.now():%Y-%m-%dT%H:%M:%S}"
