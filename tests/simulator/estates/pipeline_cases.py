"""
Estates for stories about time: hosts that gave up, several faults at once, nothing to be found.

In:  what is special about the case.
Out: a scenario. No product logic: nothing here says what the right answer is.
"""

from typing import Any

from tests.simulator.estates.cases import NAT, OFFICE, OUTBOUND, Scenario
from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.estates.sites import FUNCTIONS, LINUX, WINDOWS
from tests.simulator.world import Resource

IMAGE = ("shop/web", "4.2.1")
PASSWORDS = ("Kq2first+ACRAbCdEf", "Wm7second+ACRGhIjKl")
STRANGE = ("20.77.140.9",)  # what the registry sees where nobody says so


def kept_out(host: str, **options: Any) -> Scenario:
    """A workload, called shop, behind addresses its registry does not know."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    _workload(estate, host, acr)
    return estate.scenario()


def known_but_kept_out(host: str, **options: Any) -> Scenario:
    """Every address Azure reports for the workload is admitted; the registry sees another."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=(*OFFICE, *OUTBOUND, NAT))
    shop = _workload(estate, host, acr)
    estate.egress(shop, STRANGE)
    return estate.scenario()


def firewall_and_role(host: str = "web app", **options: Any) -> Scenario:
    """A workload the registry's rules do not admit, and whose pull role was deleted yesterday."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    shop = _workload(estate, host, acr, role=False)
    estate.forgotten_assignment(shop["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def firewall_and_password(host: str = "web app", **options: Any) -> Scenario:
    """A workload the registry's rules do not admit, and whose password was changed since."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE, admin=PASSWORDS)
    shop = _workload(estate, host, acr, role=False)
    server, user = acr["properties"]["loginServer"], acr["name"]
    if host in ("container app", "job"):
        configuration = shop["properties"]["configuration"]
        configuration["registries"] = [
            {"server": server, "username": user, "passwordSecretRef": "registry"}
        ]
        configuration["secrets"] = [{"name": "registry"}]
        estate.parts.setdefault("secrets", {})[shop["id"]] = {"registry": "an-older-password"}
    else:
        (config,) = [one for one in estate.resources if one["id"] == f"{shop['id']}/config/web"]
        config["properties"]["acrUseManagedIdentityCreds"] = False
        estate.settings(
            shop,
            DOCKER_REGISTRY_SERVER_URL=f"https://{server}",
            DOCKER_REGISTRY_SERVER_USERNAME=user,
            DOCKER_REGISTRY_SERVER_PASSWORD="an-older-password",
        )
    return estate.scenario()


def firewall_and_tag(host: str = "web app", **options: Any) -> Scenario:
    """A workload the registry's rules do not admit, told to run a tag that nobody pushed."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", deny=True, allow=OFFICE)
    _workload(estate, host, acr, tag="4.3.0")
    return estate.scenario()


def _workload(
    estate: Estate, host: str, acr: Resource, *, role: bool = True, tag: str = IMAGE[1]
) -> Resource:
    estate.image(acr, *IMAGE)
    image = f"{acr['properties']['loginServer']}/{IMAGE[0]}:{tag}"
    if host in ("container app", "job"):
        subnet = estate.subnet("environment", nat=(NAT,))
        environment = estate.environment("apps-env", subnet=subnet)
        make = estate.job if host == "job" else estate.container_app
        shop = make("shop", environment, image=image, registry=acr)
    elif host == "slot":
        site = estate.site("shop", image=image, outbound=OUTBOUND)
        shop = estate.slot(site, "staging", image=image, outbound=OUTBOUND)
    else:
        kind = {"functions": FUNCTIONS, "Windows": WINDOWS}.get(host, LINUX)
        shop = estate.site("shop", image=image, outbound=OUTBOUND, kind=kind)
    if role:
        estate.assign(shop["identity"]["principalId"], ACR_PULL, acr["id"])
    return shop
