"""
Estates for stories about time: hosts that gave up, several faults at once, workloads that sleep.

In:  what is special about the case.
Out: a scenario. No product logic: nothing here says what the right answer is.
"""

from typing import Any

from tests.simulator.estates.cases import NAT, OFFICE, OUTBOUND
from tests.simulator.estates.estate import ACR_PULL, Estate

Scenario = dict[str, Any]


def given_up_revision(**options: Any) -> Scenario:
    """A container app behind a NAT gateway the registry knows by now: nothing is wrong any more,
    and the platform has stopped trying to start its newest revision. An older one serves."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=(*OFFICE, NAT))
    environment = estate.environment("apps-env", subnet=estate.subnet("environment", nat=(NAT,)))
    image = estate.image(acr, "basket/api", "1.8.0")
    app = estate.container_app("basket", environment, image=image, registry=acr)
    estate.assign(app["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def firewall_and_role(**options: Any) -> Scenario:
    """A web app the registry's rules do not admit, and whose pull role was deleted yesterday."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    site = estate.site("shop", image=estate.image(acr, "shop/web", "4.2.1"), outbound=OUTBOUND)
    estate.forgotten_assignment(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def firewall_and_tag(**options: Any) -> Scenario:
    """A web app the registry's rules do not admit, told to run a tag that nobody pushed."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    estate.image(acr, "shop/web", "4.2.1")
    image = f"{acr['properties']['loginServer']}/shop/web:4.3.0"
    site = estate.site("shop", image=image, outbound=OUTBOUND)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()
