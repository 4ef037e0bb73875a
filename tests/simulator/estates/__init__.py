"""
Scenarios in few words: the bricks (`Estate`) and the cases built of them.

Never imported by the simulated Azure itself; tests, the demo and the scenario files use it.
"""

from tests.simulator.estates.cases import *  # noqa: F403
from tests.simulator.estates.containerapps import POOL
from tests.simulator.estates.estate import ACR_PULL, REPOSITORY_READER, Estate, guid

__all__ = ["ACR_PULL", "POOL", "REPOSITORY_READER", "Estate", "guid"]
