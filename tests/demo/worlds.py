"""
The estates the demo breaks: the seed scenarios and a few more, on the wall clock, in a hurry.

In:  nothing.
Out: a World: a scenario, and the workload whose pull fails in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulator import estates
from tests.simulator.estates import ACR_PULL, Estate, ways_out
from tests.simulator.estates.cases import OFFICE, OUTBOUND
from tests.simulator.estates.past import PERSON, PIPELINE

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
    estate = Estate(**_QUICK, now=datetime.now(UTC))
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


def cleaned_up_role() -> World:
    """A clean-up job deleted the pull role yesterday; the Activity Log tells."""
    return _built(lambda estate: _role_lost(estate, "loyalty", by=PIPELINE))


def removed_role() -> World:
    """A person deleted the pull role yesterday."""
    return _built(lambda estate: _role_lost(estate, "search", by=PERSON))


def blocked_twice() -> World:
    """The firewall hides that the role is gone as well."""
    return _built(lambda estate: _role_lost(estate, "checkout", by=PIPELINE, deny=True))


def _role_lost(estate: Estate, name: str, *, by: str, deny: bool = False) -> str:
    acr = estate.registry(f"contoso{name}", deny=deny, allow=OFFICE if deny else ())
    site = estate.site(name, image=estate.image(acr, f"{name}/web", "7.0.2"), outbound=OUTBOUND)
    estate.forgotten_assignment(site["identity"]["principalId"], ACR_PULL, acr["id"], by=by)
    return str(site["id"])


def switched_mode() -> World:
    """The registry went over to repository permissions, and AcrPull lost its meaning."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosobilling", abac=True)
        image = estate.image(acr, "billing/api", "3.3.0")
        site = estate.site("billing", image=image, outbound=OUTBOUND)
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
        return str(site["id"])

    return _built(add)


def rotated_password() -> World:
    """Somebody regenerated the admin password; the app still holds the old one."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosoreports", admin=("the-new-password-1", "the-new-password-2"))
        image = estate.image(acr, "reports/web", "2.8.0")
        site = estate.site("reports", image=image, outbound=OUTBOUND, identity=False)
        estate.settings(
            site,
            DOCKER_REGISTRY_SERVER_URL=f"https://{acr['properties']['loginServer']}",
            DOCKER_REGISTRY_SERVER_USERNAME=acr["name"],
            DOCKER_REGISTRY_SERVER_PASSWORD="a-password-of-last-year",
            WEBSITES_PORT="8080",
        )
        return str(site["id"])

    return _built(add)


def idle_identity() -> World:
    """The identity may pull, and nobody told the app to use it."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosostock")
        image = estate.image(acr, "stock/api", "1.4.1")
        site = estate.site("stock", image=image, outbound=OUTBOUND, identity=False)
        estate.with_identity(site)
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
        return str(site["id"])

    return _built(add)


def unrouted_pulls() -> World:
    """Everything of the private path is there but one switch: image pulls go another way."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosoprivate", deny=True, public=False)
        subnet = estate.subnet("apps")
        estate.private_endpoint(acr)
        image = estate.image(acr, "mailer/web", "5.2.0")
        site = estate.site("mailer", image=image, outbound=OUTBOUND, subnet=subnet, routed=False)
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
        return str(site["id"])

    return _built(add)


def unlinked_zone() -> World:
    """A container app's network does not ask the private zone, and finds the public side shut."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosovault", deny=True, public=False)
        subnet = estate.subnet("environment")
        estate.private_endpoint(acr, linked=False)
        environment = estate.environment("private-env", subnet=subnet)
        image = estate.image(acr, "ledger/api", "0.9.7")
        app = estate.container_app("audit", environment, image=image, registry=acr)
        estate.assign(app["identity"]["principalId"], ACR_PULL, acr["id"])
        return str(app["id"])

    return _built(add)


def walled_in() -> World:
    """A security rule of the app's own network lets nothing out."""

    def add(estate: Estate) -> str:
        acr = estate.registry("contosomaps")
        subnet = estate.subnet("apps")
        ways_out.rules(estate, subnet, ("no-internet", 200, "Deny", "Internet"))
        image = estate.image(acr, "maps/tiles", "12.1.0")
        site = estate.site("maps", image=image, outbound=OUTBOUND, subnet=subnet)
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
        return str(site["id"])

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
