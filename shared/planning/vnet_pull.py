"""
The plan for an app whose image pulls pass by a private path that stands.

In:  evidence whose private path is proven from end to end, but for the routing.
Out: one Step that switches `outboundVnetRouting.imagePullTraffic` on, or a Refusal saying which leg
     of the path is not proven, or why a machine should not switch it.

Routing an app's pulls into a network where the registry does not answer would stop pulls that work,
so a leg that is not known counts like one that is false. The site is sent whole (PUT): a PATCH of
Microsoft.Web 2025-05-01 does not know the switch, and `az resource update` does the same. Pure.
"""

from collections.abc import Sequence
from typing import Any

from shared import catalog
from shared.model.evidence import Evidence, Unread
from shared.model.plan import AS_READ, Step, Write
from shared.model.private_path import LegName, PrivatePath
from shared.planning.firewall import Refusal

API_VERSION = "2025-05-01"
SWITCH = "imagePullTraffic"
_WHOLE = "the whole site, as it was just read"


def step(evidence: Evidence, *, doubts: Sequence[str] = ()) -> Step | Refusal:
    """Switch it on, and nothing else of the site."""
    workload, path = evidence.workload, evidence.private_path
    if not workload.id.type.startswith("microsoft.web/") or workload.environment:
        return Refusal("only a web app chooses whether its image pulls use its network")
    if not isinstance(path, PrivatePath) or workload.subnet is None:
        return Refusal("there is no private path that could be proven")
    if workload.windows:
        return Refusal(
            "whether a Windows app can pull its image over its network is not certain; its owner "
            "has to try it"
        )
    if not path.proven:
        return Refusal(f"the private path is not proven: {unproven(path)}")
    if workload.routing is None:
        return Refusal("Azure did not report all of the site's routing switches")
    if workload.routing["allTraffic"] or workload.routing[SWITCH]:
        return Refusal("its image pulls use its network already")
    return _step(evidence, path, doubts)


def unproven(path: PrivatePath) -> str:
    """Every leg that does not hold or is not known, in words."""
    return "; ".join(
        leg.because for leg in path.legs if leg.holds is not True and leg.name is not LegName.ROUTED
    )


def put(site: object, routing: dict[str, bool]) -> Write:
    """The one request: the site as it is, with these five switches."""
    body = {AS_READ: _WHOLE, "properties": {AS_READ: _WHOLE, "outboundVnetRouting": routing}}
    return Write(method="PUT", url=f"{site}?api-version={API_VERSION}", body=body)


def _step(evidence: Evidence, path: PrivatePath, doubts: Sequence[str]) -> Step:
    workload, card = evidence.workload, catalog.VNET_IMAGE_PULL
    before = dict(workload.routing or {})
    after = {**before, SWITCH: True}
    through = {"subnet": str(workload.subnet), "endpoint": str(path.endpoint)}
    through |= {"link": str(path.link)}
    if isinstance(workload.pulls_over_vnet, Unread):
        doubts = (*doubts, workload.pulls_over_vnet.because)
    host = evidence.image.host if evidence.image else "the registry"
    others = sorted({one.host for one in workload.images} - {host})
    if others:
        doubts = (*doubts, f"the app also pulls from {', '.join(others)}, by the same way then")
    return Step(
        remedy=card.name,
        target=workload.id,
        summary=f"Send the image pulls of {workload.id.name} through its own network, where "
        f"{host} answers at a private endpoint",
        before={"outboundVnetRouting": before, **through},
        after={"outboundVnetRouting": after, **through},
        requests=(put(workload.id, after),),
        permissions=_permissions(workload.id.type),
        risk="The app restarts. From then on its pulls depend on the private path alone: on the "
        "endpoint, its DNS zone and the network's rules",
        undo="Switch it off again; `medic rollback` does it while all five switches are still as "
        "written, and restarts the app once more",
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _permissions(type: str) -> tuple[str, ...]:
    """The card's, without those of the other kind of site."""
    slot = type.endswith("/slots")
    return tuple(
        action
        for action in catalog.VNET_IMAGE_PULL.permissions
        if not action.startswith("Microsoft.Web/")
        or action.startswith("Microsoft.Web/sites/slots/") is slot
    )


def infrastructure_change(step: Step) -> str:
    """What to put into Bicep or Terraform so that the next deployment keeps the routing."""
    routing: dict[str, Any] = step.after["outboundVnetRouting"]
    lines = "\n".join(f"      {name}: {str(value).lower()}" for name, value in routing.items())
    return (
        f"If {step.target.name} is deployed from code, switch the routing on there, too, or the "
        "next deployment sends its pulls to public networks again.\n\n"
        "Bicep, in the site's properties (Microsoft.Web 2024-11-01 or newer):\n"
        f"    outboundVnetRouting: {{\n{lines}\n    }}\n\n"
        "Terraform, in azurerm_linux_web_app or azurerm_linux_function_app:\n"
        "  vnet_image_pull_enabled = true\n"
    )
