"""Rows 1 to 4 and 22: the way out of a workload, and the way into a registry's firewall."""

from functools import partial
from typing import Any

from shared.model.words import FindingName, Host
from tests.matrix.story import Story
from tests.simulator import estates
from tests.simulator.estates import wayout_cases as cases
from tests.simulator.estates.containerapps import CONSUMPTION, EXPRESS

#: An Azure Firewall's addresses stand for everything behind it: somebody has to accept that.
ACCEPTING = """
version: 1
mode: auto
remedies:
  firewall-sync: {mode: auto, azure_firewall: allow}
wait: {verify_first: 0s}
"""

_RULE = ("PATCH …/registries/contosoimages",)
_HOSTS = {
    "site": (Host.WEB_APP, "shop", ""),
    "windows": (Host.WEB_APP, "shop", "Windows"),
    "compose": (Host.WEB_APP, "shop", "compose"),
    "sidecars": (Host.WEB_APP, "shop", "sidecars"),
    "functions": (Host.FUNCTIONS, "shop", ""),
    "slot": (Host.SLOT, "staging", ""),
    "app": (Host.CONTAINER_APP, "shop", ""),
    "job": (Host.JOB, "shop", ""),
}


def _story(host: str, variant: str, **more: Any) -> Story:
    kind, name, plain = _HOSTS[host]
    return Story(host=kind, workload=name, variant=variant or plain, **more)


_MISSING: dict[str, Any] = {
    "finding": FindingName.FIREWALL_MISSING_EGRESS,
    "ends": "healed",
    "writes": _RULE,
}
_PLATFORM = {**_MISSING, "row": 1, "does": "adds the app's outbound addresses to its rules"}
_NAT = {**_MISSING, "row": 2, "does": "adds the addresses of the NAT gateway in front of it"}
_NAT_APP = {**_NAT, "row": 3}
_FIREWALL = {
    **_MISSING,
    "row": 4,
    "policy": ACCEPTING,
    "does": "adds an Azure Firewall's public addresses where the policy accepts all behind it",
}
_UNPROVABLE: dict[str, Any] = {
    "finding": FindingName.FIREWALL_EGRESS_UNPROVABLE,
    "ends": "explained",
    "works": False,
    "does": "says why no rule can help, and how to get a fixed way out",
}
_BLOCK: dict[str, Any] = {
    "row": 22,
    "finding": FindingName.CLIENT_SIDE_BLOCK,
    "ends": "explained",
    "works": False,
    "does": "names the rule, route or firewall in the way, and what must be open",
}

_ROW_1 = (
    *(_story(host, "", scenario=partial(cases.platform, host), **_PLATFORM) for host in (
        "site", "windows", "compose", "sidecars", "functions", "slot",
    )),
    _story("site", "App Service Environment", scenario=cases.environment, **_PLATFORM),
    _story(
        "site",
        "China",
        scenario=partial(cases.platform, cloud="AzureChinaCloud"),
        **_PLATFORM,
    ),
    _story(
        "site",
        "Premium V4",
        row=1,
        scenario=cases.premium_v4,
        says=("Premium V4", "NAT gateway"),
        **_UNPROVABLE,
    ),
)  # fmt: skip

_ROW_2 = (
    *(
        _story(host, "NAT gateway", scenario=partial(cases.nat, host), **_NAT)
        for host in ("site", "functions", "slot")
    ),
    _story(
        "site",
        "NAT prefix",
        scenario=partial(cases.nat, addresses=(), prefix="20.61.30.4/30"),
        **_NAT,
    ),
    _story("site", "Premium V4 with NAT", scenario=partial(cases.premium_v4, nat=True), **_NAT),
    _story(
        "site",
        "NAT gateway of an environment",
        scenario=partial(cases.environment, nat=(estates.NAT,)),
        **_NAT,
    ),
    _story(
        "site",
        "NAT in US Government",
        scenario=partial(cases.nat, cloud="AzureUSGovernment"),
        **_NAT,
    ),
)

_ROW_2 += (
    _story(
        "site",
        "service endpoint for registries",
        row=2,
        scenario=cases.service_endpoint,
        says=("service endpoint for registries", "private addresses"),
        **_UNPROVABLE,
    ),
)

_ROW_3 = (
    *(
        _story(host, "NAT gateway", scenario=partial(cases.nat, host), **_NAT_APP)
        for host in ("app", "job")
    ),
    _story(
        "app",
        "StandardV2 NAT",
        scenario=partial(cases.nat, "app", sku="StandardV2", prefix="20.61.30.8/31"),
        **_NAT_APP,
    ),
    _story("app", "Express with NAT", scenario=partial(cases.nat, "app", mode=EXPRESS), **_NAT_APP),
    *(
        _story(
            host,
            "no fixed way out",
            row=3,
            scenario=partial(cases.pool, host),
            says=("az network vnet subnet update",),
            **_UNPROVABLE,
        )
        for host in ("app", "job")
    ),
    _story(
        "app",
        "consumption only",
        row=3,
        scenario=partial(cases.pool, mode=CONSUMPTION),
        says=("obeys neither NAT gateways nor routes", "--enable-workload-profiles"),
        **_UNPROVABLE,
    ),
    _story(
        "app",
        "environment without a network",
        row=3,
        scenario=partial(cases.pool, own=False),
        says=("az containerapp env create",),
        **_UNPROVABLE,
    ),
)

_ROW_4 = (
    *(
        _story(host, "Azure Firewall", scenario=partial(cases.firewall, host), **_FIREWALL)
        for host in ("site", "app", "job")
    ),
    _story(
        "site",
        "Azure Firewall with a policy",
        scenario=partial(cases.firewall, policy=True, public=("20.61.20.9", "20.61.20.10")),
        **_FIREWALL,
    ),
    _story(
        "site",
        "NAT behind the firewall",
        scenario=partial(cases.firewall, nat=(estates.NAT,), prefix="AzureContainerRegistry"),
        **_FIREWALL,
    ),
    _story(
        "site",
        "nobody accepted the firewall",
        row=4,
        finding=FindingName.FIREWALL_MISSING_EGRESS,
        scenario=cases.firewall,
        ends="held",
        works=False,
        says=("everything behind that Azure Firewall", "azure_firewall"),
        does="holds until the policy accepts everything behind the firewall",
    ),
    *(
        _story(
            "site", variant, row=4, policy=ACCEPTING, scenario=scenario, says=said, **_UNPROVABLE
        )
        for variant, scenario, said in (
            ("forced tunnelling", cases.tunnelled, ("forced tunnelling",)),
            ("Virtual WAN", cases.virtual_hub, ("Virtual WAN hub",)),
            ("another vendor's appliance", cases.appliance, ("another vendor's appliance",)),
            (
                "into a gateway",
                partial(cases.appliance, "VirtualNetworkGateway"),
                ("virtual network gateway",),
            ),
        )
    ),
)

_DENY_OUT: tuple[str, int, str, str] = ("no-internet", 4000, "Deny", "Internet")
_ALLOW_REGISTRY: tuple[str, int, str, str] = ("registries", 200, "Allow", "AzureContainerRegistry")
_ALLOW_SIGN_IN: tuple[str, int, str, str] = ("entra", 210, "Allow", "AzureActiveDirectory")

_ROW_22 = (
    *(
        _story(
            host,
            "security rule",
            scenario=partial(cases.guarded, host, _DENY_OUT),
            says=("no-internet", "apps-rules", "AzureContainerRegistry"),
            **_BLOCK,
        )
        for host in ("site", "slot", "functions", "app", "job")
    ),
    _story(
        "site",
        "sign-in blocked",
        scenario=partial(cases.guarded, "site", _ALLOW_REGISTRY, _DENY_OUT),
        says=("Microsoft Entra", "no-internet"),
        **_BLOCK,
    ),
    _story(
        "app",
        "layers blocked",
        scenario=partial(cases.guarded, "app", _ALLOW_REGISTRY, _ALLOW_SIGN_IN, _DENY_OUT),
        says=("Storage", "no-internet"),
        **_BLOCK,
    ),
    _story(
        "app",
        "name servers out of reach",
        scenario=partial(cases.nameless, "app"),
        says=("no-names", "10.50.0.10"),
        **_BLOCK,
    ),
    _story(
        "site",
        "route to nowhere",
        scenario=cases.nowhere,
        says=("0-0-0-0-0", "apps-routes", "drops what is for the registry"),
        **_BLOCK,
    ),
    _story(
        "site",
        "Azure Firewall rule missing",
        scenario=partial(cases.walled, hosts=("login.microsoftonline.com",)),
        says=("hub-firewall", "contosoimages.azurecr.io"),
        **_BLOCK,
    ),
    _story(
        "app",
        "layers not in the firewall's policy",
        scenario=partial(
            cases.walled, "app", policy=True, hosts=("*.azurecr.io", "login.microsoftonline.com")
        ),
        says=("blob.core.windows.net",),
        **_BLOCK,
    ),
)

STORIES = (*_ROW_1, *_ROW_2, *_ROW_3, *_ROW_4, *_ROW_22)
