"""
The log alert rules that are deployed, carried out by the simulated workspace.

In:  the rules of `infra/`, with the very queries the product asks; the World's log rows.
Out: each Rule; the combinations of its dimensions that fire now, as Azure Monitor counts them:
     rows of the rule's window, one alert for each combination.

What Bicep makes of the query files is read from `infra/`, never kept here as well.
"""

import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.bicep.deploying import Deployment, deploy, made
from tests.simulator import kql
from tests.simulator.estates.healer import INFRA
from tests.simulator.services import loganalytics
from tests.simulator.world import World

_KIND = "Microsoft.Insights/scheduledQueryRules"
_GIVEN: dict[str, Any] = {
    **{"suffix": "logs", "location": "westeurope", "tags": {}},
    **{"workspaceId": "", "actionGroupId": ""},
}

#: Name and value of each dimension, in the rule's order.
Combination = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, as far as it decides who is told what."""

    name: str
    query: str
    severity: int
    window: str  # ISO 8601
    dimensions: tuple[str, ...]
    threshold: int

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=int(self.window.removeprefix("PT").removesuffix("M")))

    def firing(self, world: World) -> dict[Combination, int]:
        """Who fires, and by how many rows."""
        now = world.clock.now()
        span = (now - self.length, now)
        found = kql.run(self.query, lambda name: loganalytics.table(world, name, span), now)
        counted = Counter(
            tuple((name, str(row[name] or "")) for name in self.dimensions) for row in found.rows
        )
        return {one: count for one, count in counted.items() if count > self.threshold}


@functools.cache
def rules() -> dict[str, Rule]:
    """The rules of one workspace: `web-apps` and `container-apps`."""
    path = INFRA / "modules" / "alerts.bicep"
    return {rule.name: rule for rule in _read(deploy(path, group="ops", **_GIVEN))}


def _read(deployment: Deployment) -> Iterator[Rule]:
    for resource in made(deployment, _KIND):
        says = resource.properties
        (criterion,) = says["criteria"]["allOf"]
        assert criterion["timeAggregation"] == "Count", criterion
        assert criterion["operator"] == "GreaterThan", criterion
        yield Rule(
            name=resource.body["name"].removeprefix("sqr-medic-").removesuffix("-logs"),
            query=criterion["query"],
            severity=says["severity"],
            window=says["windowSize"],
            dimensions=tuple(one["name"] for one in criterion["dimensions"]),
            threshold=criterion["threshold"],
        )
