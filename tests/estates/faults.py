"""
What breaks an estate: one function per fault, each what somebody does by mistake or on purpose.

In:  a Built estate, sound so far.
Out: the same estate, changed in place.

A fault may meet another: then the later one finds what the former left, as in life.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.estates import hosts, ways
from tests.simulator.estates import ground as bricks
from tests.simulator.estates.past import PERSON, PIPELINE
from tests.simulator.world import Resource

if TYPE_CHECKING:
    from tests.estates.building import Built

_NET = "Microsoft.Network"
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"


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


def _role_removed(built: Built) -> None:
    _forget(built, by=PERSON)


def _role_removed_long_ago(built: Built) -> None:
    _forget(built, by=PIPELINE, days=45)


def _role_reaped(built: Built) -> None:
    """Removed by an automation, not by a person."""
    _forget(built, by=PIPELINE)


def _forget(built: Built, *, by: str, days: float = 1) -> None:
    """The Activity Log keeps the making and the deletion of the assignment."""
    if built.role is None or built.principal is None:
        return
    held = built.role["properties"]
    role = str(held["roleDefinitionId"]).rsplit("/", 1)[-1]
    _role_never(built)
    built.estate.forgotten_assignment(
        held["principalId"],
        role,
        held["scope"],
        by=by,
        days=days,
        condition=held["condition"] or "",
    )


def _role_never(built: Built) -> None:
    if built.role is not None:
        built.drop(built.role)
        built.role = None


def _mode_switched(built: Built) -> None:
    built.registry["properties"]["roleAssignmentMode"] = "AbacRepositoryPermissions"


def _recreated(built: Built) -> None:
    """The identity was switched off and on: the role is still assigned to the former principal."""
    if built.role is None:
        return
    former = bricks.guid("principal", "before it was made anew")
    built.role["properties"]["principalId"] = former
    if built.workload.get("identity", {}).get("principalId"):
        built.estate.new_identity(built.workload, former=former)


def _denied(built: Built) -> None:
    kind = "Microsoft.Authorization/denyAssignments"
    name = bricks.guid("deny")
    permissions = {
        "actions": ["Microsoft.ContainerRegistry/registries/pull/read"],
        "notActions": [],
        "dataActions": ["Microsoft.ContainerRegistry/registries/repositories/content/read"],
        "notDataActions": [],
    }
    built.estate.add(
        f"{built.registry['id']}/providers/{kind}/{name}",
        kind,
        {
            "denyAssignmentName": "incident response",
            "description": "",
            "scope": built.registry["id"],
            "doNotApplyToChildScopes": False,
            "isSystemProtected": True,
            "permissions": [permissions],
            "principals": [{"id": built.principal, "type": "ServicePrincipal"}],
            "excludePrincipals": [],
        },
    )


def _arm_audience(built: Built) -> None:
    policies = built.registry["properties"]["policies"]
    policies["azureADAuthenticationAsArmPolicy"] = {"status": "disabled"}


def _detached(built: Built) -> None:
    """The identity it is told to use is not attached (any more)."""
    built.workload["identity"] = {"type": "None"}


def _not_used(built: Built) -> None:
    hosts.with_nothing(built)


def _rotated(built: Built) -> None:
    from tests.estates.building import STALE

    if built.blueprint.sign_in == "vault":
        secret = built.of_type("Microsoft.KeyVault/vaults/secrets")[0]
        secret["properties"]["value"] = STALE
    else:
        hosts.change_password(built, STALE)


def _admin_off(built: Built) -> None:
    built.registry["properties"]["adminUserEnabled"] = False


def _vault_closed(built: Built) -> None:
    """The site's identity may not read the secret any more."""
    vault = built.of_type("Microsoft.KeyVault/vaults")[0]
    for item in built.of_type(_ASSIGNMENT):
        if item["id"].startswith(vault["id"]):
            built.drop(item)


def _token_expired(built: Built) -> None:
    for token in built.of_type(f"{built.registry['type']}/tokens"):
        token["properties"]["status"] = "disabled"


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


def _repositories(built: Built) -> dict[str, Any]:
    images = built.estate.parts["images"]
    found: dict[str, Any] = images.get(built.registry["properties"]["loginServer"], {})
    return found


def _tags(built: Built) -> dict[str, Resource]:
    found: dict[str, Resource] = _repositories(built).get("shop/web", {})
    return found


FAULTS: Mapping[str, Callable[[Built], None]] = {
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
    "role-removed": _role_removed,
    "role-removed-long-ago": _role_removed_long_ago,
    "role-reaped": _role_reaped,
    "role-never": _role_never,
    "mode-switched": _mode_switched,
    "recreated": _recreated,
    "denied": _denied,
    "arm-audience": _arm_audience,
    "detached": _detached,
    "not-used": _not_used,
    "rotated": _rotated,
    "admin-off": _admin_off,
    "vault-closed": _vault_closed,
    "token-expired": _token_expired,
    "no-tag": _no_tag,
    "no-repository": _no_repository,
    "locked": _locked,
    "quarantined": _quarantined,
    "wrong-platform": _wrong_platform,
    "registry-gone": _registry_gone,
}
