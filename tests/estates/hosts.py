"""
The workload of an estate: what hosts it and how it is told to sign in.

In:  a Built estate with its registry, image and network.
Out: the workload in it, as GET returns it with the newest api-version.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.simulator.world import Resource

if TYPE_CHECKING:
    from tests.estates.building import Built

OUTBOUND = ("20.50.2.11", "20.50.2.27", "20.50.2.64")
POOL = ("20.93.5.14", "20.93.5.90")
SECRET = "registry-password"
#: What stands beside the password in the app settings, and must stand there afterwards.
SETTINGS = {"WEBSITES_PORT": "8080", "FEATURE": "on"}


def place(built: Built) -> None:
    """The workload, with its network, without a way to sign in."""
    if built.blueprint.is_site:
        _site(built)
    else:
        _app(built)


def _site(built: Built) -> None:
    host, estate = built.blueprint.host, built.estate
    premium = built.blueprint.way == "premium-v4"
    outbound = () if premium else OUTBOUND
    plan = "P1v4" if premium else "P1v3"
    site = estate.site(
        "shop",
        image=built.image,
        outbound=outbound,
        plan_sku=plan,
        identity=False,
        subnet=None if host == "slot" else built.subnet,
    )
    built.workload = site
    if host == "slot":
        built.workload = estate.slot(site, "staging", image=built.image, outbound=outbound)
        built.workload.pop("identity", None)
        properties = built.workload["properties"]
        properties["sku"] = "PremiumV4" if premium else "PremiumV3"
        properties["virtualNetworkSubnetId"] = built.subnet
        properties["outboundVnetRouting"]["imagePullTraffic"] = bool(built.subnet)
    _dress(built)
    estate.settings(built.workload, **SETTINGS)
    if premium:
        estate.egress(built.workload, ("20.77.140.9", "20.77.141.33"))


def _dress(built: Built) -> None:
    """What makes the plain Linux web app a function app, a Windows app, several containers."""
    host, site, config = built.blueprint.host, built.workload, built.config
    if host == "functions":
        site["kind"] = "functionapp,linux,container"
    elif host == "windows":
        site["kind"] = "app,container,windows"
        site["properties"] |= {"reserved": False, "isXenon": True, "hyperV": True}
        config["linuxFxVersion"], config["windowsFxVersion"] = "", f"DOCKER|{built.image}"
    elif host == "compose":
        sound = built.estate.image(built.registry, "shop/web", "cache-1.1.0")
        text = f"services:\n  web:\n    image: {built.image}\n  cache:\n    image: {sound}\n"
        config["linuxFxVersion"] = "COMPOSE|" + base64.b64encode(text.encode()).decode()
    elif host == "sidecar":
        config["linuxFxVersion"] = "sitecontainers"
        for number, (name, main) in enumerate((("main", True), ("helper", False))):
            built.estate.add(
                f"{site['id']}/sitecontainers/{name}",
                f"{site['type']}/sitecontainers",
                {
                    "image": built.image,
                    "isMain": main,
                    "targetPort": str(8080 + number),
                    "authType": "Anonymous",
                    "inheritAppSettingsAndConnectionStrings": True,
                },
            )


def _app(built: Built) -> None:
    blueprint, estate = built.blueprint, built.estate
    environment = estate.environment("apps-env", subnet=built.subnet)
    if blueprint.host == "consumption-app":
        environment["properties"]["workloadProfiles"] = None
    make = estate.job if blueprint.host == "job" else estate.container_app
    built.workload = make("shop", environment, image=built.image, registry=built.registry)
    built.workload.pop("identity", None)
    built.workload["properties"]["configuration"]["registries"] = []
    built.workload["properties"]["outboundIpAddresses"] = list(POOL)


def containers(built: Built) -> list[Resource]:
    """The sitecontainers of a sidecar app."""
    return built.of_type(f"{built.workload['type']}/sitecontainers")


def with_identity(built: Built, user: Resource | None) -> None:
    """Told to pull with its system identity, or with a user-assigned one."""
    client = user["properties"]["clientId"] if user else None
    if built.blueprint.host == "sidecar":
        for each in containers(built):
            each["properties"]["authType"] = "UserAssigned" if user else "SystemIdentity"
            if user:
                each["properties"]["userManagedIdentityClientId"] = client
    elif built.blueprint.is_site:
        built.config["acrUseManagedIdentityCreds"] = True
        built.config["acrUserManagedIdentityID"] = client
    else:
        server = built.registry["properties"]["loginServer"]
        _entries(built)[:] = [{"server": server, "identity": user["id"] if user else "system"}]


def with_password(built: Built, username: str, password: str) -> None:
    """Told to sign in with a user name and a password, or a reference to one."""
    server = built.registry["properties"]["loginServer"]
    if built.blueprint.is_site:
        built.config["acrUseManagedIdentityCreds"] = False
        built.estate.settings(
            built.workload,
            DOCKER_REGISTRY_SERVER_URL=f"https://{server}",
            DOCKER_REGISTRY_SERVER_USERNAME=username,
            DOCKER_REGISTRY_SERVER_PASSWORD=password,
        )
        return
    entry = {"server": server, "username": username, "passwordSecretRef": SECRET}
    _entries(built)[:] = [entry]
    held = built.workload["properties"]["configuration"]
    held["secrets"] = [{"name": SECRET}, {"name": "other"}]
    secrets = {SECRET: password, "other": "planted-other-secret"}
    built.estate.parts["secrets"][built.workload["id"]] = secrets


def with_nothing(built: Built) -> None:
    """Told nothing: it does not sign in."""
    if built.blueprint.is_site:
        built.config["acrUseManagedIdentityCreds"] = False
    else:
        _entries(built)[:] = []


def change_password(built: Built, password: str) -> None:
    """Another value where the workload keeps its password."""
    parts, id = built.estate.parts, built.workload["id"]
    if built.blueprint.is_site:
        parts["appSettings"][id]["DOCKER_REGISTRY_SERVER_PASSWORD"] = password
    else:
        parts["secrets"][id][SECRET] = password


def _entries(built: Built) -> list[dict[str, Any]]:
    return built.workload["properties"]["configuration"]["registries"]
