"""Private paths for the pure rooms: one that stands, and ways in which it does not."""

from typing import Any

from shared.model.evidence import Egress, Via
from shared.model.ids import ResourceId
from shared.model.private_path import Leg, LegName, PrivatePath
from tests.diagnosis import given

HOST, DATA = "contoso.azurecr.io", "contoso.westeurope.data.azurecr.io"
NETWORK = ResourceId.parse(str(given.SUBNET).partition("/subnets/")[0])
ENDPOINT = ResourceId.parse(given.ENDPOINT)
ZONE = ResourceId.parse(
    f"{given.SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/privateDnsZones/"
    "privatelink.azurecr.io"
)
ROUTING = {
    "allTraffic": False,
    "applicationTraffic": True,
    "backupRestoreTraffic": False,
    "contentShareTraffic": False,
    "imagePullTraffic": False,
}
CLOSED = given.registry(public_access=False, private_endpoints=(f"{ENDPOINT} Approved",))
GUARDED = given.registry(ip_rules=(), private_endpoints=(f"{ENDPOINT} Approved",))
OPEN = given.registry(default_allow=True, private_endpoints=(f"{ENDPOINT} Approved",))


def path(**members: Any) -> PrivatePath:
    """A path that stands. Legs by name (`zone_link=False`); everything else a member."""
    said: dict[LegName, bool | None] = dict.fromkeys(LegName, True)
    for leg in LegName:
        name = leg.value.replace("-", "_")
        if name in members:
            said[leg] = members.pop(name)
    plain: dict[str, Any] = {
        "network": NETWORK,
        "endpoint": ENDPOINT,
        "zone": ZONE,
        "link": ZONE.child("virtualNetworkLinks", "hub"),
        "linkable": "it is linked already",
        "hosts": {HOST: ("10.0.0.4",), DATA: ("10.0.0.5",)},
    }
    legs = tuple(Leg(name=leg, holds=said[leg], because=f"{leg} {said[leg]}") for leg in LegName)
    return PrivatePath(legs=legs, **plain | members)


def app(**members: Any) -> Any:
    """A web app in the network whose pulls leave for public networks."""
    inside = {"subnet": given.SUBNET, "routing": ROUTING, "pulls_over_vnet": False}
    return given.workload(**inside | members)


def nat(**members: Any) -> Egress:
    return Egress(via=Via.NAT_GATEWAY, addresses=("203.0.113.200",), owner=given.NAT, **members)
