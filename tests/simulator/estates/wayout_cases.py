"""
Estates about the way out: who leaves by which addresses, and what of a network's own stands in it.

In:  the host, and what is special about the case.
Out: scenarios. No product logic: nothing here says what the right answer to a fault is.

Every workload's identity may pull; the registry lists an office and nobody else, unless `open_to`
says whom it admits (None: everybody).
"""

from typing import Any

from tests.simulator.estates import ways_out
from tests.simulator.estates.cases import NAT, OFFICE, OUTBOUND, Scenario
from tests.simulator.estates.containerapps import CONSUMPTION, EXPRESS, PROFILES
from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.estates.sites import FUNCTIONS, LINUX, WINDOWS
from tests.simulator.world import Resource

SEEN = ("20.70.7.7",)  # what the registry sees where ARM tells nothing
#: Hosts, by the word a story uses for them.
SITES = {"site": LINUX, "functions": FUNCTIONS, "windows": WINDOWS}


def platform(host: str = "site", **options: Any) -> Scenario:
    """Pulls leave by the platform's own addresses."""
    estate = Estate(**options)
    _workload(estate, host, None)
    return estate.scenario()


def premium_v4(*, nat: bool = False) -> Scenario:
    """A plan without addresses; behind a NAT gateway that does not matter."""
    estate = Estate()
    subnet = estate.subnet("apps", nat=(NAT,)) if nat else None
    site = _workload(estate, "site", subnet, outbound=(), plan_sku="P1v4")
    if not nat:
        estate.egress(site, ("20.77.140.9", "20.77.141.33"))
    return estate.scenario()


def nat(
    host: str = "site",
    *,
    addresses: tuple[str, ...] = (NAT,),
    prefix: str = "",
    sku: str = "Standard",
    mode: str = PROFILES,
    **options: Any,
) -> Scenario:
    """Pulls leave through a NAT gateway."""
    estate = Estate(**options)
    subnet = estate.subnet("apps", nat=addresses, nat_prefix=prefix)
    _workload(estate, host, subnet, mode=mode)
    for item in estate.resources:
        if item["type"].endswith(("/natGateways", "/publicIPAddresses", "/publicIPPrefixes")):
            item["sku"] = {"name": sku}
    return estate.scenario()


def pool(host: str = "app", *, mode: str = PROFILES, own: bool = True) -> Scenario:
    """A container app or job without a fixed way out; `own`: in a subnet of the customer's."""
    estate = Estate()
    subnet = estate.subnet("apps", nat=(NAT,) if mode == CONSUMPTION else ()) if own else None
    app = _workload(estate, host, subnet, mode=mode)
    estate.egress(app, ("20.93.5.14", "20.93.5.90"))
    return estate.scenario()


def firewall(host: str = "site", *, prefix: str = "0.0.0.0/0", **hub: Any) -> Scenario:
    """Pulls leave through the hub's Azure Firewall."""
    estate = Estate()
    add_firewall(estate, host, prefix=prefix, **hub)
    return estate.scenario()


def add_firewall(
    estate: Estate, host: str, *, prefix: str = "0.0.0.0/0", open_to: Any = OFFICE, **hub: Any
) -> Resource:
    subnet = estate.subnet("apps")
    workload = _workload(estate, host, subnet, open_to=open_to)
    ways_out.hub(estate, **hub)
    ways_out.routes(estate, subnet, (prefix, "VirtualAppliance", ways_out.FIREWALL))
    return workload


def tunnelled() -> Scenario:
    """The hub's firewall sends on what it gets."""
    estate = Estate()
    site = add_firewall(estate, "site", onward="10.50.9.9")
    estate.egress(site, SEEN)
    return estate.scenario()


def virtual_hub() -> Scenario:
    """The firewall belongs to a Virtual WAN hub, whose network is Microsoft's and not readable."""
    estate = Estate()
    subnet = estate.subnet("apps")
    estate.egress(_workload(estate, "site", subnet), SEEN)
    ways_out.virtual_hub(estate)
    ways_out.routes(estate, subnet, ("0.0.0.0/0", "VirtualAppliance", ways_out.HUB_FIREWALL))
    return estate.scenario()


def appliance(hop: str = "VirtualAppliance", prefix: str = "0.0.0.0/0") -> Scenario:
    """A route to somebody else's appliance, or into a gateway."""
    estate = Estate()
    subnet = estate.subnet("apps")
    estate.egress(_workload(estate, "site", subnet), SEEN)
    address = "10.20.200.4" if hop == "VirtualAppliance" else ""
    ways_out.routes(estate, subnet, (prefix, hop, address))
    return estate.scenario()


def environment(*, nat: tuple[str, ...] = (), addresses: tuple[str, ...] = SEEN) -> Scenario:
    """A web app in an App Service Environment."""
    estate = Estate()
    subnet = estate.subnet("isolated", nat=nat)
    site = _workload(estate, "site", None, plan_sku="I1v2")
    ways_out.isolated(estate, site, subnet, addresses)
    return estate.scenario()


def guarded(host: str, *rules: tuple[str, int, str, str | list[str]]) -> Scenario:
    """A security group around pulls to a registry that admits everybody."""
    estate = Estate()
    subnet = estate.subnet("apps", nat=(NAT,))
    _workload(estate, host, subnet, open_to=None)
    ways_out.rules(estate, subnet, *rules)
    return estate.scenario()


def walled(host: str = "site", **hub: Any) -> Scenario:
    """An Azure Firewall whose rules do not let every part of a pull through."""
    estate = Estate()
    add_firewall(estate, host, open_to=None, **hub)
    return estate.scenario()


def nowhere(host: str = "site", prefix: str = "0.0.0.0/0") -> Scenario:
    """A route that drops what it gets."""
    estate = Estate()
    subnet = estate.subnet("apps", nat=(NAT,))
    _workload(estate, host, subnet, open_to=None)
    ways_out.routes(estate, subnet, (prefix, "None", ""))
    return estate.scenario()


def service_endpoint() -> Scenario:
    """A NAT gateway, and a service endpoint for registries that passes it by."""
    estate = Estate()
    subnet = estate.subnet("apps", nat=(NAT,))
    _workload(estate, "site", subnet)
    ways_out.subnet(estate, subnet)["serviceEndpoints"] = [
        {
            "service": "Microsoft.ContainerRegistry",
            "locations": ["*"],
            "provisioningState": "Succeeded",
        }
    ]
    return estate.scenario()


def nameless(host: str = "site") -> Scenario:
    """Questions for names do not get out."""
    estate = Estate()
    subnet = estate.subnet("apps", nat=(NAT,))
    _workload(estate, host, subnet, open_to=None)
    ways_out.no_names(estate, subnet, "10.50.0.10")
    return estate.scenario()


def _workload(
    estate: Estate,
    host: str,
    subnet: str | None,
    *,
    open_to: tuple[str, ...] | None = OFFICE,
    mode: str = PROFILES,
    outbound: tuple[str, ...] = OUTBOUND,
    plan_sku: str = "P1v3",
) -> Resource:
    """A workload named shop (its slot: staging) whose own identity may pull."""
    acr = estate.registry("contosoimages", deny=open_to is not None, allow=open_to or ())
    platforms = ["windows/amd64" if host == "windows" else "linux/amd64"]
    image = estate.image(acr, "shop/web", "4.2.1", platforms=platforms)
    if host in ("app", "job"):
        made = _container(estate, host, image, acr, subnet, mode)
    elif host == "sidecars":
        images = {"web": {"image": image}}
        made = estate.sidecars("shop", images, outbound=outbound, subnet=subnet)
    elif host == "compose":
        made = estate.compose("shop", {"web": image}, outbound=outbound, subnet=subnet)
    else:
        kind = SITES.get(host, LINUX)
        options: dict[str, Any] = {"kind": kind, "subnet": subnet, "plan_sku": plan_sku}
        made = estate.site("shop", image=image, outbound=outbound, **options)
        if host == "slot":
            made = _slot(estate, made, image, subnet)
    estate.assign(made["identity"]["principalId"], ACR_PULL, acr["id"])
    return made


def _slot(estate: Estate, site: Resource, image: str, subnet: str | None) -> Resource:
    slot = estate.slot(site, "staging", image=image, outbound=("20.50.9.17", "20.50.9.18"))
    slot["properties"]["virtualNetworkSubnetId"] = subnet
    slot["properties"]["outboundVnetRouting"]["imagePullTraffic"] = subnet is not None
    return slot


def _container(
    estate: Estate, host: str, image: str, acr: Resource, subnet: str | None, mode: str
) -> Resource:
    inside = None if mode == EXPRESS else subnet
    home = estate.environment("apps-env", subnet=inside, mode=mode)
    make = estate.job if host == "job" else estate.container_app
    app = make("shop", home, image=image, registry=acr)
    if mode == EXPRESS and subnet:
        app["properties"]["networking"] = {"outboundVnetSubnetId": subnet}
    return app
