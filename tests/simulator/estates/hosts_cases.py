"""
Estates about hosts: several images and registries in one app, and every kind of host.

In:  what is special about the case.
Out: scenarios. No product logic: nothing here says what the right answer to a fault is.
"""

from tests.simulator.estates.cases import NAT, OFFICE, OUTBOUND, Scenario
from tests.simulator.estates.containerapps import CONSUMPTION, PROFILES
from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.estates.sites import FUNCTIONS, LINUX, WINDOWS
from tests.simulator.world import Resource


def pulls(estate: Estate, workload: Resource, *registries: Resource) -> None:
    """The workload's own identity may pull from these registries."""
    for registry in registries:
        estate.assign(workload["identity"]["principalId"], ACR_PULL, registry["id"])


def sidecars(
    *, first_open: bool = False, second_open: bool = False, may: tuple[int, ...] = (0, 1)
) -> Scenario:
    """A sidecar app with images from two registries. `may`: which of them its identity pulls from;
    `…_open`: that registry admits the app already."""
    estate = Estate()
    shop = estate.registry("contosoimages", deny=True, allow=OUTBOUND if first_open else OFFICE)
    tools = estate.registry("contosotools", deny=True, allow=OUTBOUND if second_open else OFFICE)
    site = estate.sidecars(
        "shop",
        {
            "web": {"image": estate.image(shop, "shop/web", "4.2.1")},
            "proxy": {"image": estate.image(tools, "net/proxy", "1.0.0")},
        },
        outbound=OUTBOUND,
    )
    pulls(estate, site, *((shop, tools)[number] for number in may))
    return estate.scenario()


def compose(*, images: int = 2, shut: bool = True) -> Scenario:
    """A compose app: several images of one registry, which does not admit it unless told so."""
    estate = Estate()
    acr = estate.registry("contosoimages", deny=shut, allow=OFFICE if shut else ())
    names = {f"part{at}": estate.image(acr, f"shop/part{at}", "1.0.0") for at in range(images)}
    pulls(estate, estate.compose("shop", names, outbound=OUTBOUND), acr)
    return estate.scenario()


def compose_missing_tag() -> Scenario:
    """A compose app: its first image is there, the second was never pushed, the registry is shut
    to both."""
    estate = Estate()
    acr = estate.registry("contosoimages", deny=True, allow=OUTBOUND)
    web = estate.image(acr, "shop/web", "4.2.1")
    estate.image(acr, "shop/worker", "1.0.0")
    host = acr["properties"]["loginServer"]
    site = estate.compose(
        "shop", {"web": web, "worker": f"{host}/shop/worker:1.1.0"}, outbound=OUTBOUND
    )
    pulls(estate, site, acr)
    return estate.scenario()


def web_app(*, kind: str = LINUX, functions: bool = False, nat: bool = False) -> Scenario:
    """A web or function app that its registry does not admit."""
    estate = Estate()
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    subnet = estate.subnet("apps", nat=(NAT,)) if nat else None
    platforms = ["windows/amd64" if kind == WINDOWS else "linux/amd64"]
    site = estate.site(
        "shop",
        image=estate.image(acr, "shop/web", "4.2.1", platforms=platforms),
        outbound=OUTBOUND,
        kind=FUNCTIONS if functions else kind,
        subnet=subnet,
    )
    pulls(estate, site, acr)
    return estate.scenario()


def app_of_two_registries(*, nat: bool = True, mode: str = PROFILES) -> Scenario:
    """A container app whose init container comes from a registry of its own; neither admits it."""
    estate = Estate()
    shop = estate.registry("contosoimages", deny=True, allow=OFFICE)
    tools = estate.registry("contosotools", deny=True, allow=OFFICE)
    subnet = estate.subnet("environment", nat=(NAT,) if nat else ())
    environment = estate.environment("apps-env", subnet=subnet, mode=mode)
    app = estate.container_app(
        "basket",
        environment,
        image=estate.image(shop, "basket/api", "1.8.0"),
        registry=shop,
    )
    migrate = estate.image(tools, "db/migrate", "3.0.0")
    estate.also_runs(app, "migrate", image=migrate, registry=tools, init=True)
    if not nat or mode == CONSUMPTION:
        estate.egress(app, ("20.93.5.14", "20.93.5.90"))
    pulls(estate, app, shop, tools)
    return estate.scenario()


def job_of_two_registries() -> Scenario:
    """A job of two containers from two registries, behind a NAT gateway neither knows."""
    estate = Estate()
    shop = estate.registry("contosoimages", deny=True, allow=OFFICE)
    tools = estate.registry("contosotools", deny=True, allow=OFFICE)
    environment = estate.environment("jobs-env", subnet=estate.subnet("jobs", nat=(NAT,)))
    image = estate.image(shop, "night/run", "2.2.0")
    job = estate.job("nightly", environment, image=image, registry=shop)
    estate.also_runs(
        job, "report", image=estate.image(tools, "night/report", "1.0.0"), registry=tools
    )
    pulls(estate, job, shop, tools)
    return estate.scenario()


def functions_on_container_apps(*, nat: bool = True) -> Scenario:
    """A function app in a Container Apps environment; its registry does not admit it."""
    estate = Estate()
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    subnet = estate.subnet("environment", nat=(NAT,) if nat else ())
    environment = estate.environment("apps-env", subnet=subnet)
    image = estate.image(acr, "orders/worker", "5.0.0")
    site = estate.functions_on_container_apps("worker", environment, image=image)
    if not nat:
        estate.egress(site, ("20.93.5.14", "20.93.5.90"))
    pulls(estate, site, acr)
    return estate.scenario()


def refused_deployment() -> Scenario:
    """A container app whose only deployment was refused: nobody pushed its tag."""
    estate = Estate()
    acr = estate.registry("contosoimages")
    estate.image(acr, "basket/api", "1.8.0")
    image = f"{acr['properties']['loginServer']}/basket/api:1.9.0"
    app = estate.container_app("basket", estate.environment("apps-env"), image=image, registry=acr)
    estate.not_deployed(app)
    pulls(estate, app, acr)
    return estate.scenario()


def newest_revision_fails() -> Scenario:
    """A container app whose newest revision wants a tag nobody pushed; the one before serves on."""
    estate = Estate()
    acr = estate.registry("contosoimages")
    served = estate.image(acr, "basket/api", "1.8.0")
    environment = estate.environment("apps-env")
    app = estate.container_app("basket", environment, image=served, registry=acr)
    missing = f"{acr['properties']['loginServer']}/basket/api:1.9.0"
    estate.revision(app, active=True)
    app["properties"]["latestRevisionName"] = "basket--0000002"
    app["properties"]["template"]["containers"][0]["image"] = missing
    pulls(estate, app, acr)
    return estate.scenario()


def one_registry_out_of_sight() -> Scenario:
    """A sidecar app; one registry does not admit it, the other is nobody's we can see."""
    estate = Estate()
    shop = estate.registry("contosoimages", deny=True, allow=OFFICE)
    site = estate.sidecars(
        "shop",
        {
            "web": {"image": estate.image(shop, "shop/web", "4.2.1")},
            "proxy": {"image": "fabrikamtools.azurecr.io/net/proxy:1.0.0"},
        },
        outbound=OUTBOUND,
    )
    pulls(estate, site, shop)
    return estate.scenario()


def sidecar_without_sign_in() -> Scenario:
    """A sidecar app whose second container is told to sign in with nothing."""
    estate = Estate()
    acr = estate.registry("contosoimages")
    site = estate.sidecars(
        "shop",
        {
            "web": {"image": estate.image(acr, "shop/web", "4.2.1")},
            "proxy": {"image": estate.image(acr, "net/proxy", "1.0.0"), "authType": "Anonymous"},
        },
        outbound=OUTBOUND,
    )
    pulls(estate, site, acr)
    return estate.scenario()


def sleeping_app() -> Scenario:
    """A container app behind a NAT gateway its registry does not know, that may scale to zero."""
    estate = Estate(propagation={"cooldown": 120})
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    environment = estate.environment("apps-env", subnet=estate.subnet("environment", nat=(NAT,)))
    image = estate.image(acr, "basket/api", "1.8.0")
    app = estate.container_app("basket", environment, image=image, registry=acr)
    app["properties"]["template"]["scale"]["minReplicas"] = 0
    pulls(estate, app, acr)
    return estate.scenario()
