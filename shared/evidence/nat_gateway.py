"""
NAT gateways: the addresses everything in a subnet leaves from.

In:  the id of a NAT gateway.
Out: an Egress with all its public IPs and prefixes; raises when one of them cannot be read.

Standard and StandardV2 alike (Azure NAT Gateway SKUs); addresses of IPv6 are left out, because
registry rules take IPv4 only.
"""

from shared.clients.azure import Azure
from shared.evidence import public_addresses
from shared.evidence.reading import whole
from shared.model.evidence import Egress, Via
from shared.model.ids import ResourceId

VERSION = "2026-03-01"


def egress(azure: Azure, gateway: ResourceId) -> Egress:
    """The fixed way out behind a NAT gateway."""
    if not azure.reaches(gateway):
        return Egress(
            via=Via.NAT_GATEWAY,
            stable=False,
            owner=gateway,
            because=f"the NAT gateway {gateway} is in a subscription that MEDIC_SUBSCRIPTIONS does "
            "not name",
        )
    with azure.asking(f"read the NAT gateway {gateway}"):
        properties = whole(azure.arm.get(gateway.text, VERSION), str(gateway))["properties"]
    held = [
        *(properties.get("publicIpAddresses") or ()),
        *(properties.get("publicIpPrefixes") or ()),
    ]
    found = public_addresses.read(azure, held)
    return Egress(
        via=Via.NAT_GATEWAY,
        addresses=found,
        stable=bool(found),
        owner=gateway,
        because=f"the subnet's NAT gateway {gateway.name} is the way out"
        + ("" if found else ", but it has no public IPv4 address"),
    )
