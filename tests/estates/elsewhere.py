"""
Registries in another subscription than their workload: one the healer may see, or one it may not.

In:  an Estate.
Out: the same estate with a second subscription, in which registries can be made for a while.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.simulator.estates import Estate, guid
from tests.simulator.estates.ground import SHARED
from tests.simulator.estates.healer import MAY_GRANT_PULL, RBAC_ADMINISTRATOR

SECOND = "7c3b9e21-5d0f-4a86-9b1e-2f6a8c4d7e90"


@contextmanager
def second_subscription(estate: Estate, *, hidden: bool) -> Iterator[None]:
    """What is made inside lies there. `hidden`: the healer has no role in it."""
    first, there = estate.subscription, f"/subscriptions/{SECOND}"
    estate.parts["subscriptions"].append(SECOND)
    if not hidden:
        healer = estate.parts["healer"]["principalId"]
        own = guid("healer", "role")
        for item in estate.resources:
            if item["id"].endswith(f"/roleDefinitions/{own}"):
                item["properties"]["assignableScopes"].append(there)
        estate.assign(healer, own, there)
        estate.assign(healer, RBAC_ADMINISTRATOR, there, condition=MAY_GRANT_PULL)
    estate.subscription = there
    try:
        estate.group(SHARED)
        yield
    finally:
        estate.subscription = first
