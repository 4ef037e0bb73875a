"""
Estates in which every image pull works, or in which there is no pull to judge.

In:  the host.
Out: scenarios.
"""

import base64
from collections.abc import Callable
from typing import Any

from tests.simulator.estates.cases import OFFICE, OUTBOUND
from tests.simulator.estates.estate import ACR_PULL, REPOSITORY_READER, Estate
from tests.simulator.world import Resource

Scenario = dict[str, Any]
NGINX = "docker.io/library/nginx:1.29"
_NAT = "20.61.18.42"


def working(host: str, **options: Any) -> Scenario:
    """A workload that a registry with a firewall admits, signing in with its own identity."""
    estate = Estate(**options)
    subnet = estate.subnet("environment", nat=(_NAT,)) if host in ("app", "job") else None
    admitted = (_NAT,) if subnet else OUTBOUND
    acr = estate.registry("contosoimages", deny=True, allow=(*OFFICE, *admitted))
    workload = _HOSTS[host](estate, estate.image(acr, "shop/web", "4.2.1"), acr, subnet)
    estate.assign(workload["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def working_in_private(**options: Any) -> Scenario:
    """A web app that reaches a registry closed to the public through its private endpoint, and
    holds a role that grants its one repository alone."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, public=False, abac=True)
    estate.private_endpoint(acr)
    site = estate.site(
        "shop",
        image=estate.image(acr, "shop/web", "4.2.1"),
        outbound=OUTBOUND,
        subnet=estate.subnet("apps"),
    )
    estate.assign(site["identity"]["principalId"], REPOSITORY_READER, acr["id"])
    return estate.scenario()


def working_as_the_admin_user(**options: Any) -> Scenario:
    """A web app that signs in with a password the registry still takes."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", admin=("first-password", "second-password"))
    image = estate.image(acr, "shop/web", "4.2.1")
    site = estate.site("shop", image=image, outbound=OUTBOUND, identity=False)
    estate.settings(
        site,
        DOCKER_REGISTRY_SERVER_URL=f"https://{acr['properties']['loginServer']}",
        DOCKER_REGISTRY_SERVER_USERNAME=acr["name"],
        DOCKER_REGISTRY_SERVER_PASSWORD="second-password",
    )
    return estate.scenario()


def working_sidecars(**options: Any) -> Scenario:
    """A web app of two containers, each signing in with the site's identity."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OUTBOUND)
    image = estate.image(acr, "shop/web", "4.2.1")
    site = estate.site("shop", image=image, outbound=OUTBOUND)
    estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    _config(estate, site)["linuxFxVersion"] = "sitecontainers"
    for name, main, reference in (
        ("main", True, image),
        ("proxy", False, estate.image(acr, "shop/proxy", "1.0.3")),
    ):
        properties = {
            "image": reference,
            "isMain": main,
            "targetPort": "8080" if main else "9090",
            "authType": "SystemIdentity",
        }
        id = f"{site['id']}/sitecontainers/{name}"
        estate.add(id, "Microsoft.Web/sites/sitecontainers", properties)
    return estate.scenario()


def from_elsewhere(host: str, **options: Any) -> Scenario:
    """A workload whose image comes from Docker Hub."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    estate.parts["images"]["docker.io"] = {
        "library/nginx": {"1.29": {"digest": "sha256:" + "1" * 64, "platforms": ["linux/amd64"]}}
    }
    workload = _HOSTS[host](estate, NGINX, acr, None)
    configuration = workload["properties"].get("configuration")
    if configuration is not None:
        configuration["registries"] = []
    else:
        _config(estate, workload)["acrUseManagedIdentityCreds"] = False
    return estate.scenario()


def built_from_code(**options: Any) -> Scenario:
    """A web app that runs code on a built-in stack: it has no image of its own."""
    estate = Estate(**options)
    site = estate.site("shop", image="", outbound=OUTBOUND)
    site["kind"] = "app,linux"
    _config(estate, site)["linuxFxVersion"] = "PYTHON|3.12"
    return estate.scenario()


def composed_elsewhere(**options: Any) -> Scenario:
    """Two containers by Docker Compose, none of them from an Azure registry."""
    scenario = from_elsewhere("site", **options)
    text = f"services:\n  web:\n    image: {NGINX}\n  cache:\n    image: {NGINX}\n"
    for item in scenario["resources"]:
        if item["id"].endswith("/sites/shop/config/web"):
            encoded = base64.b64encode(text.encode()).decode()
            item["properties"]["linuxFxVersion"] = f"COMPOSE|{encoded}"
    return scenario


def _site(estate: Estate, image: str, acr: Resource, subnet: str | None) -> Resource:
    return estate.site("shop", image=image, outbound=OUTBOUND)


def _windows(estate: Estate, image: str, acr: Resource, subnet: str | None) -> Resource:
    site = estate.site("shop", image=image, outbound=OUTBOUND)
    site["kind"] = "app,container,windows"
    site["properties"] |= {"reserved": False, "isXenon": True, "hyperV": True}
    config = _config(estate, site)
    config["linuxFxVersion"], config["windowsFxVersion"] = "", f"DOCKER|{image}"
    for tags in estate.parts["images"].get(acr["properties"]["loginServer"], {}).values():
        for entry in tags.values():
            entry["platforms"] = ["windows/amd64"]
    return site


def _slot(estate: Estate, image: str, acr: Resource, subnet: str | None) -> Resource:
    site = estate.site("shop", image=image, outbound=OUTBOUND)
    return estate.slot(site, "staging", image=image, outbound=OUTBOUND)


def _functions(estate: Estate, image: str, acr: Resource, subnet: str | None) -> Resource:
    site = estate.site("shop", image=image, outbound=OUTBOUND)
    site["kind"] = "functionapp,linux,container"
    return site


def _app(estate: Estate, image: str, acr: Resource, subnet: str | None) -> Resource:
    environment = estate.environment("apps-env", subnet=subnet)
    return estate.container_app("shop", environment, image=image, registry=acr)


def _job(estate: Estate, image: str, acr: Resource, subnet: str | None) -> Resource:
    environment = estate.environment("jobs-env", subnet=subnet)
    return estate.job("shop", environment, image=image, registry=acr)


def _config(estate: Estate, site: Resource) -> dict[str, Any]:
    """config/web of a site."""
    found = next(one for one in estate.resources if one["id"] == f"{site['id']}/config/web")
    properties: dict[str, Any] = found["properties"]
    return properties


_HOSTS: dict[str, Callable[[Estate, str, Resource, str | None], Resource]] = {
    "site": _site,
    "windows": _windows,
    "slot": _slot,
    "functions": _functions,
    "app": _app,
    "job": _job,
}
