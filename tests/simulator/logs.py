"""
What every log row shares: its time, its workspace, the resource it is about.

In:  the World and a resource id.
Out: the common columns; times as Log Analytics writes them.
"""

from datetime import datetime
from typing import Any

from tests.simulator.world import World

Row = dict[str, Any]
Entry = dict[str, Any]  # {"table": name, "row": Row}


def common(world: World, resource: str, table: str) -> Row:
    return {
        "TimeGenerated": timestamp(world.clock.now()),
        "TenantId": world.workspace or "",
        "SourceSystem": "Azure",
        "Type": table,
        "_ResourceId": resource.lower(),
        "_SubscriptionId": resource.lower().split("/")[2],
    }


def timestamp(moment: datetime) -> str:
    """A moment as Log Analytics writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
