"""
How much Azure lets one caller ask: the resource manager's token buckets.

In:  a scenario's `limits` (none: nothing is limited), who asks, and the request.
Out: the headers that count aloud; or the refusal, with the seconds until there is room again.

One bucket per principal, subscription and kind of operation, refilled with time. Sizes of public
Azure: 250 reads and 25 more a second, 200 writes and deletes and 10 more a second ("Understand how
Azure Resource Manager throttles requests"). The words of the refusal are those of a recorded one,
which has no counting header. Resource Graph counts for itself (`services/resourcegraph.py`).
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.simulator.wire import Refusal, Request
from tests.simulator.world import World

_SUBSCRIPTION = re.compile(r"\A/subscriptions/([^/]+)", re.IGNORECASE)
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_AZURES = {
    "reads": {"bucket": 250, "refill": 25.0},
    "writes": {"bucket": 200, "refill": 10.0},
    "deletes": {"bucket": 200, "refill": 10.0},
}


@dataclass
class _Bucket:
    """What is left of one limit, at a moment."""

    left: float
    at: datetime


def check(said: Any) -> None:
    """Raise ValueError when a scenario's limits cannot be understood."""
    for kind, limit in (said or {}).items():
        if kind not in _AZURES or not isinstance(limit, dict) or set(limit) - {"bucket", "refill"}:
            raise ValueError(
                "limits are {reads, writes, deletes}, each {bucket, refill}; not "
                f"{kind}: {limit}"
            )


def take(world: World, principal: str, request: Request) -> dict[str, str]:
    """Count one request of the principal."""
    found = _SUBSCRIPTION.match(request.path)
    kind = _KINDS.get(request.method, "writes")
    if found is None or kind not in world.limits:
        return {}
    limit = _limit(world, kind)
    bucket = _bucket(world, (principal, found[1].lower(), kind), limit["bucket"])
    now = world.clock.now()
    passed = max((now - bucket.at).total_seconds(), 0.0)
    bucket.left = min(bucket.left + passed * limit["refill"], limit["bucket"])
    bucket.at = now
    if bucket.left < 1:
        wait = max(math.ceil((1 - bucket.left) / limit["refill"]), 1)
        raise Refusal(
            429,
            "SubscriptionRequestsThrottled",
            f"Number of '{kind.removesuffix('s')}' requests for subscription '{found[1]}' actor "
            f"'{principal}' exceeded. Please try again after '{wait}' seconds.",
            headers={"Retry-After": str(wait)},
        )
    bucket.left -= 1
    return {f"x-ms-ratelimit-remaining-subscription-{kind}": str(int(bucket.left))}


def _limit(world: World, kind: str) -> dict[str, float]:
    return {**_AZURES[kind], **world.limits[kind]}


def _bucket(world: World, key: tuple[str, str, str], full: float) -> _Bucket:
    buckets = world.memory.setdefault("limits", {})
    if key not in buckets:
        buckets[key] = _Bucket(left=full, at=world.clock.now())
    return buckets[key]  # type: ignore[no-any-return]
