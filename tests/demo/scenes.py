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
    verified: str | None = None  # "pending": it is looked at again later
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
#: Names that follow from what they are for.
_ASSIGNED = "PUT roleAssignments/*"
_LINKED = "PUT virtualNetworkLinks/*"


def _healed(
    *writes: str, finding: str = "firewall-missing-egress", cause: str = "network-denied"
) -> Ending:
    return Ending(
        state="healed",
        cause=cause,
        finding=finding,
        verdict="allow",
        verified="healed",
        writes=writes,
    )


SCENES = (
    Scene(
        title="A web app moved, and the registry's firewall does not know its addresses",
        world=worlds.blocked_web_app,
        door=Door.ALERT,
        stage="network-rules",
        line=_DENIED,
        facts=_FIREWALL,
        ending=_healed("PATCH registries/contosoimages"),
    ),
    Scene(
        title="The same alert twice, and a second alert about the same failure: one incident",
        world=worlds.gallery,
        door=Door.ALERT,
        stage="network-rules",
        line=_DENIED,
        facts=("egress addresses", "firewall rules"),
        ending=_healed("PATCH registries/contosogallery"),
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
        ending=_healed("PATCH registries/contosoorders"),
    ),
    Scene(
        title="A staging slot has addresses and an identity of its own",
        world=worlds.blocked_slot,
        door=Door.PERSON,
        stage="network-rules",
        line=_DENIED,
        facts=_FIREWALL,
        ending=_healed("PATCH registries/contosoportal"),
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
        title="A clean-up job deleted the pull role: the Activity Log proves it, so it comes back",
        world=worlds.cleaned_up_role,
        door=Door.ALERT,
        stage="role",
        line="unauthorized",
        facts=("signs in with", "earlier access", "may pull"),
        ending=_healed(_ASSIGNED, finding="pull-role-missing", cause="unauthorized"),
    ),
    Scene(
        title="A person deleted the pull role: held, because that may have been meant",
        world=worlds.removed_role,
        door=Door.ALERT,
        stage="role",
        line="unauthorized",
        facts=("signs in with", "earlier access", "may pull"),
        ending=Ending(
            state="held", cause="unauthorized", finding="pull-role-missing", verified="pending"
        ),
    ),
    Scene(
        title="The firewall hides a second fault: both are found, and repaired in order",
        world=worlds.blocked_twice,
        door=Door.ALERT,
        stage="network-rules",
        line=_DENIED,
        facts=("firewall rules", "earlier access", "may pull"),
        ending=_healed("PATCH registries/contosocheckout", _ASSIGNED),
    ),
    Scene(
        title="The registry's permission mode was switched: AcrPull means nothing any more",
        world=worlds.switched_mode,
        door=Door.EVENT,
        stage="role",
        line="unauthorized",
        facts=("permission mode", "role assignments", "may pull"),
        ending=_healed(_ASSIGNED, finding="pull-role-wrong-for-abac", cause="unauthorized"),
    ),
    Scene(
        title="The admin password was regenerated: the app gets the present one, nobody sees it",
        world=worlds.rotated_password,
        door=Door.ALERT,
        stage="credential",
        line="unauthorized",
        facts=("signs in with", "stored password", "admin user"),
        ending=_healed("PUT config/appsettings", finding="credentials-stale", cause="unauthorized"),
    ),
    Scene(
        title="An identity that may pull, and an app that was never told to use it",
        world=worlds.idle_identity,
        door=Door.PERSON,
        stage="credential",
        line="unauthorized",
        facts=("signs in with", "may pull"),
        ending=_healed("PATCH config/web", finding="identity-not-used", cause="unauthorized"),
    ),
    Scene(
        title="A private path, proven leg by leg, and pulls that do not take it",
        world=worlds.unrouted_pulls,
        door=Door.ALERT,
        stage="network-rules",
        line="denied",
        facts=("public access", "pulls over the VNet"),
        ending=_healed("PUT sites/mailer", finding="private-path-not-routed"),
    ),
    Scene(
        title="A container app's network does not ask the private zone: the zone is linked",
        world=worlds.unlinked_zone,
        door=Door.ALERT,
        stage="network-rules",
        line="403 Forbidden",
        facts=("public access", "may pull"),
        ending=_healed(_LINKED, finding="private-dns-not-linked"),
    ),
    Scene(
        title="A security rule of the app's own network: named, and left to its owner",
        world=worlds.walled_in,
        door=Door.ALERT,
        stage="route",
        line="could not be reached",
        facts=("way out", "pulls over the VNet"),
        ending=Ending(state="explained", cause="network-timeout", finding="client-side-block"),
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
