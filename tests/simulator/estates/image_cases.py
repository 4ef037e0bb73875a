"""
Estates about what is pulled: tags, repositories, locks, platforms, and registries in trouble.

In:  a host (HOSTS) and what is special about the case.
Out: scenarios. No product logic: nothing here says what the right answer to a fault is.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulator.estates.cases import OFFICE, OUTBOUND, Scenario
from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.estates.sites import FUNCTIONS, WINDOWS
from tests.simulator.world import Resource

REGISTRY = "contosoimages"
#: What stands in every registry of these cases; most workloads want something else.
REPOSITORY, OLD_TAGS = "shop/web", ("3.0.9", "3.1.0", "3.1.0-rc1")
WANTED = "3.2.0"
DIGEST = "sha256:" + "4f" * 32


def _site(estate: Estate, image: str, **more: Any) -> Resource:
    return estate.site("shop", image=image, outbound=OUTBOUND, **more)


def _slot(estate: Estate, image: str, **_: Any) -> Resource:
    good = image.rpartition("/")[0] + f"/web:{OLD_TAGS[0]}"
    return estate.slot(_site(estate, good), "staging", image=image, outbound=OUTBOUND)


def _compose(estate: Estate, image: str, **_: Any) -> Resource:
    good = image.rpartition("/")[0] + f"/web:{OLD_TAGS[0]}"
    return estate.compose("shop", {"first": good, "second": image}, outbound=OUTBOUND)


def _sidecars(estate: Estate, image: str, **_: Any) -> Resource:
    good = image.rpartition("/")[0] + f"/web:{OLD_TAGS[0]}"
    return estate.sidecars(
        "shop", {"web": {"image": good}, "proxy": {"image": image}}, outbound=OUTBOUND
    )


def _container_app(estate: Estate, image: str, *, registry: Resource) -> Resource:
    environment = estate.environment("apps-env")
    return estate.container_app("shop", environment, image=image, registry=registry)


def _job(estate: Estate, image: str, *, registry: Resource) -> Resource:
    environment = estate.environment("apps-env")
    return estate.job("shop", environment, image=image, registry=registry)


#: By name: what runs the image.
HOSTS: Mapping[str, Callable[..., Resource]] = {
    "web app": lambda estate, image, **_: _site(estate, image),
    "Windows": lambda estate, image, **_: _site(estate, image, kind=WINDOWS),
    "functions": lambda estate, image, **_: _site(estate, image, kind=FUNCTIONS),
    "slot": _slot,
    "compose": _compose,
    "sidecars": _sidecars,
    "container app": _container_app,
    "job": _job,
}


def case(
    host: str,
    *,
    wants: str = f"{REPOSITORY}:{WANTED}",
    has: Mapping[str, Any] | None = None,
    shut: bool = False,
    status: int = 0,
    deleted: Mapping[str, str] | None = None,
    kept_days: int = 0,
    quarantine: bool = False,
    server: str = "",
    standing: bool = True,
    **options: Any,
) -> Scenario:
    """A workload that `wants` an image of a registry that admits it.

    `has`: what is special about the wanted tag, when it is there; `shut`: the registry lets in the
    workload and the office and nobody else; `status`: it answers everybody with that; `deleted`:
    softly, {tag: moment}, for `kept_days`; `server`: another login server than the name says;
    `standing`: False: the registry is gone.
    """
    estate = Estate(**options)
    acr = estate.registry(REGISTRY, deny=shut, allow=(*OFFICE, *OUTBOUND) if shut else ())
    policies = acr["properties"]["policies"]
    named = str(acr["properties"]["loginServer"])
    platforms = ["windows/amd64"] if host == "Windows" else ["linux/amd64"]
    for tag in OLD_TAGS:
        estate.image(acr, REPOSITORY, tag, platforms=platforms)
    if has is not None:
        estate.image(acr, *wants.rsplit(":", 1), **({"platforms": platforms} | dict(has)))
    if quarantine:
        policies["quarantinePolicy"] = {"status": "enabled"}
    if kept_days:
        policies["softDeletePolicy"] = {"status": "enabled", "retentionDays": kept_days}
    if deleted:
        gone = {tag: {"digest": DIGEST, "deleted": moment} for tag, moment in deleted.items()}
        estate.parts["deletedImages"] = {named: {wants.rpartition(":")[0]: gone}}
    if status:
        estate.parts["trouble"] = {named: {"status": status}}
    workload = HOSTS[host](estate, f"{named}/{wants}", registry=acr)
    estate.assign(workload["identity"]["principalId"], ACR_PULL, acr["id"])
    if server:
        acr["properties"]["loginServer"] = server
        estate.parts["images"][server] = estate.parts["images"].pop(named)
    if not standing:
        estate.resources.remove(acr)
        del estate.parts["images"][named]
    return estate.scenario()
