"""
The estates the demo breaks: the seed scenarios and a few more, on the wall clock, in a hurry.

In:  nothing.
Out: a World: a scenario, and the workload whose pull fails in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.simulator import estates
from tests.simulator.estates import ACR_PULL, Estate
from tests.simulator.estates.cases import OFFICE, OUTBOUND

#: Seconds until a firewall change is in force; the platform's own retries come after the demo's.
PROPAGATION = 0.5
_QUICK: dict[str, Any] = {
    "clock": None,
    "retry": [60],
    "propagation": {"firewall": PROPAGATION, "role": PROPAGATION, "block": 60},
}


@dataclass(frozen=True)
class World:
    scenario: dict[str, Any]
    workload: str


def _built(add: Callable[[Estate], str]) -> World:
    estate = Estate(**_QUICK)
    workload = add(estate)
    return World(estate.scenario(), workload)


def blocked_web_app() -> World:
    return _built(estates.add_blocked_web_app)


def gallery() -> World:
    """Another blocked web app, so that its incident is its own."""
    return _built(lambda estate: estates.add_blocked_web_app(estate, "gallery", "contosogallery"))


def nat_web_app() -> World:
    return _built(estates.add_nat_web_app)


def container_app_403() -> World:
    return _built(estates.add_container_app_403)


def missing_tag() -> World:
    return _built(estates.add_missing_tag)


def lost_role() -> World:
    return _built(estates.add_lost_role)


def blocked_slot() -> World:
    """The production slot is admitted; staging has addresses of its own, which are not."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosoportal", deny=True, allow=OUTBOUND)
        image = estate.image(acr, "portal/web", "9.1.4")
        site = estate.site("portal", image=image, outbound=OUTBOUND)
        slot = estate.slot(site, "staging", image=image, outbound=("20.50.9.17", "20.50.9.18"))
        for owner in (site, slot):
            estate.assign(owner["identity"]["principalId"], ACR_PULL, acr["id"])
        return str(slot["id"])

    return _built(add)


def opted_out() -> World:
    """Its owners handle it themselves: the app carries the tag medic=off."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosoledger", deny=True, allow=OFFICE)
        image = estate.image(acr, "ledger/web", "5.0.0")
        site = estate.site("ledger", image=image, outbound=OUTBOUND)
        site["tags"] = {"medic": "off"}
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
        return str(site["id"])

    return _built(add)
