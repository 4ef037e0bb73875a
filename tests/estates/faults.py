"""
What breaks an estate: one function per fault, each what somebody does by mistake or on purpose.

In:  a Built estate, sound so far.
Out: the same estate, changed in place.

A fault may meet another: then the later one finds what the former left, as in life.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.estates import sign_in_faults, ways
from tests.simulator.world import Resource

if TYPE_CHECKING:
    from tests.estates.building import Built

_NET = "Microsoft.Network"


def _no_rules(built: Built) -> None:
    _keep_rules(built, 0)


def _some_rules(built: Built) -> None:
    _keep_rules(built, 1)


def _keep_rules(built: Built, kept: int) -> None:
    rules = built.registry["properties"]["networkRuleSet"]["ipRules"]
    del rules[len(ways.OFFICE) + kept :]


def _public_off(built: Built) -> None:
    built.registry["properties"]["publicNetworkAccess"] = "Disabled"


def _endpoint_pending(built: Built) -> None:
    for kind in (
        f"{_NET}/privateEndpoints",
        f"{built.registry['type']}/privateEndpointConnections",
    ):
        for item in built.of_type(kind):
            for state in _states(item["properties"]):
                state |= {"status": "Pending", "description": "please"}


def _states(properties: dict[str, Any]) -> list[dict[str, Any]]:
    held = [properties] + [
        each["properties"] for each in properties.get("privateLinkServiceConnections") or ()
    ]
    name = "privateLinkServiceConnectionState"
    return [each[name] for each in held if name in each]


def _zone_unlinked(built: Built) -> None:
    for link in built.of_type(f"{_NET}/privateDnsZones/virtualNetworkLinks"):
        built.drop(link)


def _no_record(built: Built) -> None:
    _drop_records(built, data=False)


def _no_data_record(built: Built) -> None:
    _drop_records(built, data=True)


def _drop_records(built: Built, *, data: bool) -> None:
    for record in built.of_type(f"{_NET}/privateDnsZones/A"):
        if record["name"].endswith(".data") is data:
            built.drop(record)


def _unrouted(built: Built) -> None:
    built.workload["properties"]["outboundVnetRouting"]["imagePullTraffic"] = False


def _custom_dns(built: Built) -> None:
    """The network asks a server of its own, which stands in no network we know."""
    for network in built.of_type(f"{_NET}/virtualNetworks"):
        network["properties"]["dhcpOptions"] = {"dnsServers": ["172.16.4.4"]}


def _black_hole(built: Built) -> None:
    ways.route(built, "0.0.0.0/0", "None")


def _appliance(built: Built) -> None:
    """Everything goes through somebody's own appliance, whose public address only it knows."""
    ways.route(built, "0.0.0.0/0", "VirtualAppliance", "10.20.200.4")
    built.estate.egress(built.workload, (ways.APPLIANCE,))


def _no_tag(built: Built) -> None:
    tags = _tags(built)
    found = tags.pop("4.2.1", None)
    if found is not None:
        tags["4.2.0"] = {**found, "digest": "sha256:" + "4" * 64}


def _no_repository(built: Built) -> None:
    _repositories(built).pop("shop/web", None)


def _locked(built: Built) -> None:
    for entry in _tags(built).values():
        entry["locked"] = True


def _quarantined(built: Built) -> None:
    """Scanned images only: none of these has been released yet."""
    policies = built.registry["properties"].setdefault("policies", {})
    policies["quarantinePolicy"] = {"status": "enabled"}
    for entry in _tags(built).values():
        entry["quarantined"] = True


def _wrong_platform(built: Built) -> None:
    for entry in _tags(built).values():
        entry["platforms"] = ["linux/arm64"]


def _registry_gone(built: Built) -> None:
    """Deleted with everything below it; its name leads nowhere."""
    gone = built.registry["id"]
    for item in [*built.estate.resources]:
        if item["id"] == gone or item["id"].startswith(gone + "/"):
            built.drop(item)
    built.estate.parts["images"].pop(built.registry["properties"]["loginServer"], None)


def _repointed(built: Built) -> None:
    """Whoever may edit the app points it at a stranger's registry, sign-in and all."""
    server = built.registry["properties"]["loginServer"]
    strangers = f"strangersimages{built.estate.cloud.registry_suffix}"
    image = f"{strangers}/strange/web:1.0.0"
    settings = built.estate.parts["appSettings"].get(built.workload["id"], {})
    if "DOCKER_REGISTRY_SERVER_URL" in settings:
        settings["DOCKER_REGISTRY_SERVER_URL"] = f"https://{strangers}"
    if built.blueprint.is_site:
        built.config["linuxFxVersion"] = f"DOCKER|{image}"
        return
    properties = built.workload["properties"]
    properties["template"]["containers"][0]["image"] = image
    for entry in properties["configuration"]["registries"]:
        entry["server"] = entry["server"].replace(server, strangers)


def _repositories(built: Built) -> dict[str, Any]:
    images = built.estate.parts["images"]
    found: dict[str, Any] = images.get(built.registry["properties"]["loginServer"], {})
    return found


def _tags(built: Built) -> dict[str, Resource]:
    found: dict[str, Resource] = _repositories(built).get("shop/web", {})
    return found


FAULTS: Mapping[str, Callable[[Built], None]] = {
    **sign_in_faults.FAULTS,
    "no-rules": _no_rules,
    "some-rules": _some_rules,
    "public-off": _public_off,
    "endpoint-pending": _endpoint_pending,
    "zone-unlinked": _zone_unlinked,
    "no-record": _no_record,
    "no-data-record": _no_data_record,
    "unrouted": _unrouted,
    "custom-dns": _custom_dns,
    "black-hole": _black_hole,
    "nsg-registry": lambda built: ways.deny(built, "AzureContainerRegistry"),
    "nsg-entra": lambda built: ways.deny(built, "AzureActiveDirectory"),
    "nsg-storage": lambda built: ways.deny(built, "Storage"),
    "appliance": _appliance,
    "no-tag": _no_tag,
    "no-repository": _no_repository,
    "locked": _locked,
    "quarantined": _quarantined,
    "wrong-platform": _wrong_platform,
    "registry-gone": _registry_gone,
    "repointed": _repointed,
}
