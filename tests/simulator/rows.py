"""
The log rows a host platform writes about a pull, with the columns they have in Log Analytics.

In:  the World, a Workload and its Pulls.
Out: [{"table", "row"}], oldest first, the last one now: no row is of the future.

Sites log as `siterows` says, container apps and jobs as `systemrows` says.
"""

from datetime import timedelta

from tests.simulator import siterows, systemrows
from tests.simulator.logs import Entry, timestamp
from tests.simulator.pull import Pull
from tests.simulator.workloads import Workload
from tests.simulator.world import World


def entries(world: World, workload: Workload, pulls: list[Pull]) -> list[Entry]:
    """All rows of one attempt, a millisecond apart."""
    made = list((siterows if workload.is_site else systemrows).written(world, workload, pulls))
    for number, entry in enumerate(made):
        at = timestamp(world.clock.now() - timedelta(milliseconds=len(made) - 1 - number))
        row = entry["row"]
        row.update({name: at for name in ("TimeGenerated", "time_t") if name in row})
    return made
