"""
The scenes: what is broken, which door hears of it, and how it must end.

In:  nothing.  Out: SCENES.  Every field here is held against what the doors answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.demo import worlds
from tests.demo.worlds import World


class Door(StrEnum):
    """How the product hears of the failure."""

    ALERT = "Azure Monitor alert"
    EVENT = "Event Grid event"
    PERSON = "a person"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the incident must end. `writes` are the paths' last names, in order."""

    state: str
    cause: str
    finding: str
    verdict: str = "hold"
    writes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scene:
    title: str
    world: Callable[[], World]
    door: Door
    stage: str  # where the simulated pull stops
    line: str  # what the platform's own line must contain
    facts: tuple[str, ...]  # the facts worth showing
    ending: Ending
    deliveries: int = 1  # how often the same alert arrives
    rerun: bool = field(default=False)  # and once more as a new alert of its own


_FIREWALL = ("egress addresses", "firewall default", "firewall rules", "may pull")
_DENIED = "is not allowed access"


def _healed(registry: str) -> Ending:
    return Ending(
        state="healed",
        cause="network-denied",
        finding="firewall-missing-egress",
        verdict="allow",
        writes=(f"PATCH registries/{registry}",),
    )


SCENES = (
    Scene(
        title="A web app moved, and the registry's firewall does not know its addresses",
        world=worlds.blocked_web_app,
        door=Door.ALERT,
        stage="network-rules",
        line=_DENIED,
        facts=_FIREWALL,
        ending=_healed("contosoimages"),
    ),
    Scene(
        title="The same alert twice, and a second alert about the same failure: one incident",
        world=worlds.gallery,
        door=Door.ALERT,
        stage="network-rules",
        line=_DENIED,
        facts=("egress addresses", "firewall rules"),
        ending=_healed("contosogallery"),
        deliveries=2,
        rerun=True,
    ),
    Scene(
        title="A web app pulls through a NAT gateway the firewall does not know",
        world=worlds.nat_web_app,
        door=Door.EVENT,
        stage="network-rules",
        line=_DENIED,
        facts=("pulls over the VNet", "way out", *_FIREWALL),
        ending=_healed("contosoorders"),
    ),
    Scene(
        title="A staging slot has addresses and an identity of its own",
        world=worlds.blocked_slot,
        door=Door.PERSON,
        stage="network-rules",
        line=_DENIED,
        facts=_FIREWALL,
        ending=_healed("contosoportal"),
    ),
    Scene(
        title="A container app gets 403 from a closed registry: explained, never opened",
        world=worlds.container_app_403,
        door=Door.ALERT,
        stage="network-rules",
        line="403 Forbidden",
        facts=("way out", "public access", "may pull"),
        ending=Ending(state="explained", cause="network-denied", finding="public-access-disabled"),
    ),
    Scene(
        title="A tag nobody pushed: explained, the image is never changed",
        world=worlds.missing_tag,
        door=Door.ALERT,
        stage="image",
        line="manifest",
        facts=("image of main", "firewall default", "may pull"),
        ending=Ending(state="explained", cause="manifest-unknown", finding="tag-missing"),
    ),
    Scene(
        title="Somebody deleted the pull role: explained, access is never guessed",
        world=worlds.lost_role,
        door=Door.ALERT,
        stage="role",
        line="unauthorized",
        facts=("signs in with", "permission mode", "may pull"),
        ending=Ending(state="explained", cause="unauthorized", finding="pull-role-missing"),
    ),
    Scene(
        title="The owners said hands off: the tag medic=off is obeyed",
        world=worlds.opted_out,
        door=Door.ALERT,
        stage="network-rules",
        line=_DENIED,
        facts=("egress addresses", "firewall rules"),
        ending=Ending(
            state="denied",
            cause="network-denied",
            finding="firewall-missing-egress",
            verdict="deny",
        ),
    ),
)
