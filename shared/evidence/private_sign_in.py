"""
Signing in from a network whose traffic passes an appliance: does the token come through?

In:  the evidence read so far; a subnet whose routes lead to an appliance.
Out: yes, no or unknown, with the reason.

Where the appliance is an Azure Firewall its rules are read and asked, as for pulls that leave that
way (`obstacles.py`); what any other appliance lets through is not visible from here.
"""

from shared.clients.azure import Azure
from shared.evidence import network, obstacles
from shared.model.evidence import Evidence, Unread
from shared.model.ground import Ground
from shared.model.ids import ResourceId
from shared.model.private_path import Blocked


def past_the_appliance(
    azure: Azure, evidence: Evidence, subnet: ResourceId
) -> tuple[bool | None, str]:
    """Whether a token can be fetched from this subnet all the same."""
    known = evidence.workload.ground
    ground = known if isinstance(known, Ground) else network.way(azure, subnet).ground
    if isinstance(ground, Unread):
        return None, f"the network around {subnet.name} is {ground.because}"
    met = obstacles.before(azure, evidence, ground, Blocked.SIGN_IN)
    sure = [one for one in met if one.sure]
    if met:
        return (False if sure else None), (sure or met)[0].because
    through = f"the firewall {ground.firewall.id.name}" if ground.firewall else "its network"
    return True, f"{through} lets it through to Microsoft Entra"
