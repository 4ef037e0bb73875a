"""
Small estates for tests and the demo, in few words: scenario dicts, as the contract describes them.

In:  what is special about the case (names, the cloud, the fault).
Out: a scenario for `Simulator(...)` or a scenario file.

Every estate has one subscription, a workspace, and the healer with a role of its own: it reads the
subscription, reads app settings, changes registries' network rules and queries the workspace.
No product logic: nothing here says what the right answer to a fault is.
"""

from datetime import datetime
from typing import Any

from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.world import Resource

Scenario = dict[str, Any]

#: Platform addresses of the sample plan; plausible, and nobody's promise.
OUTBOUND = ("20.50.2.11", "20.50.2.27", "20.50.2.64", "20.50.3.140")
OFFICE = ("20.61.99.0/28",)  # somebody else's rule, in every closed registry
NAT = "20.61.18.42"


def blocked_web_app(**options: Any) -> Scenario:
    """A web app whose plan moved: the registry's rules know an office, none of its addresses."""
    estate = Estate(**options)
    add_blocked_web_app(estate)
    return estate.scenario()


def add_blocked_web_app(estate: Estate, name: str = "shop", registry: str = "contosoimages") -> str:
    acr = estate.registry(registry, deny=True, allow=OFFICE)
    site = estate.site(name, image=estate.image(acr, "shop/web", "4.2.1"), outbound=OUTBOUND)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return str(site["id"])


def blocked_slot(**options: Any) -> Scenario:
    """A staging slot with its own identity, behind the same kind of firewall."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OUTBOUND)
    image = estate.image(acr, "shop/web", "4.2.1")
    site = estate.site("shop", image=image, outbound=OUTBOUND)
    slot = estate.slot(site, "staging", image=image, outbound=("20.50.9.17", "20.50.9.18"))
    for owner in (site, slot):
        estate.assign(owner["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def healthy_web_app(**options: Any) -> Scenario:
    """The same web app with every address admitted: nothing is wrong."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OUTBOUND)
    site = estate.site("shop", image=estate.image(acr, "shop/web", "4.2.1"), outbound=OUTBOUND)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def nat_web_app(**options: Any) -> Scenario:
    """A web app that pulls over its VNet, behind a NAT gateway the registry does not know."""
    estate = Estate(**options)
    add_nat_web_app(estate)
    return estate.scenario()


def add_nat_web_app(
    estate: Estate,
    name: str = "orders",
    registry: str = "contosoorders",
    *,
    nat: tuple[str, ...] = (NAT,),
    prefix: str = "",
) -> str:
    acr = estate.registry(registry, deny=True, allow=OFFICE)
    subnet = estate.subnet("apps", nat=nat, nat_prefix=prefix)
    site = estate.site(
        name, image=estate.image(acr, "orders/api", "2.0.7"), outbound=OUTBOUND, subnet=subnet
    )
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return str(site["id"])


def premium_v4_web_app(**options: Any) -> Scenario:
    """A web app on Premium V4: ARM tells no address, and the registry sees whatever it sees."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    site = estate.site(
        "shop", image=estate.image(acr, "shop/web", "4.2.1"), outbound=(), plan_sku="P1v4"
    )
    estate.egress(site, ("20.77.140.9", "20.77.141.33"))
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def container_app_403(**options: Any) -> Scenario:
    """A container app against a registry closed to the public: 403 at the token endpoint."""
    estate = Estate(**options)
    add_container_app_403(estate)
    return estate.scenario()


def add_container_app_403(
    estate: Estate, name: str = "basket", registry: str = "contosoclosed"
) -> str:
    acr = estate.registry(registry, deny=True, public=False)
    environment = estate.environment("apps-env")
    app = estate.container_app(
        name, environment, image=estate.image(acr, "basket/api", "1.8.0"), registry=acr
    )
    estate.assign(app["identity"]["principalId"], ACR_PULL, acr["id"])
    return str(app["id"])


def blocked_container_app(*, nat: bool = False, **options: Any) -> Scenario:
    """A container app that the registry's rules do not admit; its egress is fixed only with NAT."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    subnet = estate.subnet("environment", nat=(NAT,)) if nat else None
    environment = estate.environment("apps-env", subnet=subnet)
    image = estate.image(acr, "basket/api", "1.8.0")
    app = estate.container_app("basket", environment, image=image, registry=acr)
    if not nat:
        estate.egress(app, ("20.93.5.14", "20.93.5.90"))
    estate.assign(app["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def missing_tag(**options: Any) -> Scenario:
    """A web app told to run a tag that nobody pushed."""
    estate = Estate(**options)
    add_missing_tag(estate)
    return estate.scenario()


def add_missing_tag(estate: Estate, name: str = "catalog", registry: str = "contosocatalog") -> str:
    acr = estate.registry(registry)
    estate.image(acr, "catalog/web", "3.1.0")
    image = f"{acr['properties']['loginServer']}/catalog/web:3.2.0"
    site = estate.site(name, image=image, outbound=OUTBOUND)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return str(site["id"])


def lost_role(**options: Any) -> Scenario:
    """A web app whose pull role somebody deleted a day ago; the Activity Log still tells."""
    estate = Estate(**options)
    add_lost_role(estate)
    return estate.scenario()


def add_lost_role(estate: Estate, name: str = "search", registry: str = "contososearch") -> str:
    acr = estate.registry(registry)
    image = estate.image(acr, "search/web", "7.0.2")
    site = estate.site(name, image=image, outbound=OUTBOUND)
    estate.forgotten_assignment(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return str(site["id"])


def failing_job(**options: Any) -> Scenario:
    """A scheduled job whose environment the registry's rules do not admit."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    environment = estate.environment("jobs-env")
    image = estate.image(acr, "night/run", "2.2.0")
    job = estate.job("nightly", environment, image=image, registry=acr)
    estate.assign(job["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def rotated_password(**options: Any) -> Scenario:
    """A web app that signs in as the admin user with a password that is no longer valid."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", admin=("first-password", "second-password"))
    image = estate.image(acr, "shop/web", "4.2.1")
    site = estate.site("shop", image=image, outbound=OUTBOUND, identity=False)
    server = acr["properties"]["loginServer"]
    estate.settings(
        site,
        DOCKER_REGISTRY_SERVER_URL=f"https://{server}",
        DOCKER_REGISTRY_SERVER_USERNAME=acr["name"],
        DOCKER_REGISTRY_SERVER_PASSWORD="an-older-password",
    )
    return estate.scenario()


def private_web_app(
    *, linked: bool = True, recorded: bool = True, routed: bool = True, **options: Any
) -> Scenario:
    """A web app in a VNet with a private endpoint to a closed registry.

    `linked`: the private zone is linked to the app's network; `recorded`: it holds the records;
    `routed`: image pulls go over the VNet.
    """
    estate = Estate(**options)
    acr = estate.registry("contosoclosed", deny=True, public=False)
    subnet = estate.subnet("apps")
    estate.private_endpoint(acr, linked=linked, recorded=recorded)
    image = estate.image(acr, "shop/web", "4.2.1")
    site = estate.site("shop", image=image, outbound=OUTBOUND, subnet=subnet, routed=routed)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def seeds(now: datetime | None = None) -> dict[str, Scenario]:
    """The seed scenarios by file name, for `serve`: on the wall clock, with short gaps.

    The files hold a fixed past; with `now` what happened "yesterday" really did.
    """
    quick: dict[str, Any] = {
        "now": now,
        "clock": None,
        "retry": [2, 3, 5],
        "propagation": {"firewall": 2, "role": 2, "block": 30},
    }
    whole = Estate(**quick)
    add_blocked_web_app(whole)
    add_container_app_403(whole)
    add_missing_tag(whole)
    add_lost_role(whole)
    add_nat_web_app(whole)
    return {
        "blocked-web-app": blocked_web_app(**quick),
        "container-app-403": container_app_403(**quick),
        "missing-tag": missing_tag(**quick),
        "lost-role": lost_role(**quick),
        "nat-web-app": nat_web_app(**quick),
        "default": whole.scenario(),
    }


def workloads_of(scenario: Scenario) -> list[str]:
    """The ids of the things in a scenario that pull images."""
    kinds = ("sites", "sites/slots", "containerApps", "jobs")
    return [str(item["id"]) for item in scenario["resources"] if _type_tail(item) in kinds]


def _type_tail(item: Resource) -> str:
    return str(item["type"]).split("/", 1)[-1]
