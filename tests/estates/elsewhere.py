"""
Registries in another subscription than their workload: one the healer may see, or one it may not.

In:  an Estate.
Out: the same estate with a second subscription, in which registries can be made for a while.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.simulator.estates import Estate
from tests.simulator.estates.ground import SHARED

SECOND = "7c3b9e21-5d0f-4a86-9b1e-2f6a8c4d7e90"


@contextmanager
def second_subscription(estate: Estate, *, hidden: bool) -> Iterator[None]:
    """What is made inside lies there. `hidden`: the healer has no role in it."""
    first, there = estate.subscription, f"/subscriptions/{SECOND}"
    estate.parts["subscriptions"].append(SECOND)
    if not hidden:
        estate.admit_healer(there)
    estate.subscription = there
    try:
        estate.group(SHARED)
        yield
    finally:
        estate.subscription = first
