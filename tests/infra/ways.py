"""
The ways `infra/main.bicep` is deployed in by `make check` and the tests.

Between them every condition of the files is met both ways.
"""

from typing import Any

from tests.simulator.estates.healer import INFRA

MAIN = INFRA / "main.bicep"
HERE = "11111111-1111-4111-8111-111111111111"
THERE = "22222222-2222-4222-8222-222222222222"

_WEB = f"/subscriptions/{HERE}/resourceGroups/web"
_PLATFORM = f"/subscriptions/{HERE}/resourceGroups/platform"
REGISTRY = f"{_PLATFORM}/providers/Microsoft.ContainerRegistry/registries/contoso"
_SITE = f"{_WEB}/providers/Microsoft.Web/sites/shop"
_LOGS = f"/subscriptions/{THERE}/resourceGroups/logs/providers"
_TOPIC = f"/subscriptions/{THERE}/resourceGroups/ops/providers/Microsoft.EventGrid/systemTopics/all"

#: Just what azd asks for.
FIRST: dict[str, Any] = {"environmentName": "prod", "location": "westeurope"}
#: Once the functions are there.
SECOND = FIRST | {"functionsDeployed": True}
#: Where there is no Flex Consumption.
SOVEREIGN = FIRST | {"location": "chinanorth3", "hostingPlan": "Dedicated"}
#: Two subscriptions, the other one with a topic and a workspace of its own; everything named.
EVERYTHING = SECOND | {
    "subscriptions": f"{HERE}, {THERE}",
    "registries": f"{REGISTRY}, {_PLATFORM}",
    "workloads": _WEB,
    "networks": f"/subscriptions/{THERE}/resourceGroups/network",
    "workspaces": f"{_LOGS}/Microsoft.OperationalInsights/workspaces/central",
    "loggedResources": ",".join(
        (
            _SITE,
            f"{_SITE}/slots/staging",
            f"{_WEB}/providers/Microsoft.App/managedEnvironments/apps",
            REGISTRY,
        )
    ),
    "eventTopics": _TOPIC,
    "notify": "json://example.com",
}
#: Every remedy may act.
ACTING = "version: 1\nmode: approve\nremedies: {dns-zone-link: {mode: auto}}"
WAYS = (
    FIRST,
    SOVEREIGN,
    SECOND,
    EVERYTHING,
    EVERYTHING | {"loads": {"policy.yaml": ACTING}, "readSettings": False},
)
__all__ = [
    "ACTING",
    "EVERYTHING",
    "FIRST",
    "HERE",
    "INFRA",
    "MAIN",
    "REGISTRY",
    "SECOND",
    "SOVEREIGN",
    "THERE",
    "WAYS",
]
