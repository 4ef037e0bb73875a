"""
Givens for the pure rooms: a shop whose pulls work, and the ways to break it.

Every function returns a whole noun with sensible values; keyword arguments replace single members.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.model.evidence import (
    Access,
    Egress,
    Evidence,
    Fact,
    ImageUse,
    Instance,
    PermissionMode,
    PullAuth,
    PullMode,
    Registry,
    RoleAssignment,
    Surroundings,
    Via,
    Workload,
)
from shared.model.ids import ResourceId
from shared.model.signal import Reading, Signal, SignalKind
from shared.model.words import Cause, Host

NOW = datetime(2026, 8, 1, 10, 0, tzinfo=UTC)
SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
SHOP = ResourceId.parse(f"{SUBSCRIPTION}/resourceGroups/web/providers/Microsoft.Web/sites/shop")
BASKET = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/apps/providers/Microsoft.App/containerApps/basket"
)
CONTOSO = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/contoso"
)
NAT = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/natGateways/way-out"
)
SUBNET = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub"
    "/subnets/apps"
)
ENDPOINT = f"{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/privateEndpoints/pe"
PRINCIPAL = "99999999-8888-7777-6666-555555555555"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
ADDRESSES = ("203.0.113.10", "203.0.113.11", "203.0.113.12")
IMAGE = ImageUse(
    container="main",
    text="contoso.azurecr.io/shop:7",
    host="contoso.azurecr.io",
    repository="shop",
    reference="7",
    acr=True,
)


def signal(text: str = "denied", *, source: str = "log-alert") -> Signal:
    return Signal(id="s", kind=SignalKind.FAILURE, source=source, resource=SHOP, at=NOW, text=text)


def reading(cause: Cause, **members: Any) -> Reading:
    return Reading(cause=cause, **members)


def registry(**members: Any) -> Registry:
    """Premium, open to listed addresses only, and listing the shop's."""
    plain = Registry(
        id=CONTOSO,
        login_server="contoso.azurecr.io",
        sku="Premium",
        public_access=True,
        default_allow=False,
        ip_rules=ADDRESSES,
        subnet_rules=False,
        anonymous_pull=False,
        admin_enabled=False,
        arm_audience=True,
        mode=PermissionMode.LEGACY,
        provisioning="Succeeded",
        private_endpoints=(),
        tags={},
        rules_used=3,
        rules_limit=200,
        snapshot={},
    )
    return replace(plain, **members)


def egress(**members: Any) -> Egress:
    return replace(Egress(via=Via.PLATFORM, addresses=ADDRESSES, possible=ADDRESSES), **members)


def up(**members: Any) -> Instance:
    return replace(Instance(name="i1", state="Started"), **members)


def down(**members: Any) -> Instance:
    failing = Instance(
        name="i1",
        state="Stopped",
        last_error="ImagePullUnauthorizedFailure",
        details="Failed to pull image",
        at=NOW,
    )
    return replace(failing, **members)


def workload(**members: Any) -> Workload:
    plain = Workload(
        id=SHOP,
        host=Host.WEB_APP,
        windows=False,
        images=(IMAGE,),
        auth=PullAuth(mode=PullMode.SYSTEM_IDENTITY, principal=PRINCIPAL),
        egress=egress(),
        instances=(down(),),
        serving=False,
        tags={},
    )
    return replace(plain, **members)


def basket(**members: Any) -> Workload:
    """A container app, whose way out nobody promises."""
    pool = Egress(
        via=Via.PLATFORM, possible=("203.0.113.77",), stable=False, because="the pool may change"
    )
    return workload(
        **{"id": BASKET, "host": Host.CONTAINER_APP, "egress": pool, "instances": ()} | members
    )


def role(name: str = "AcrPull", guid: str = ACR_PULL, *, pulls: bool | None = True) -> Any:
    return RoleAssignment(id="a", scope=str(CONTOSO), role=guid, role_name=name, pulls=pulls)


def access(*assignments: RoleAssignment, denials: tuple[str, ...] = ()) -> Access:
    return Access(principal=PRINCIPAL, assignments=assignments, denials=denials)


def evidence(**members: Any) -> Evidence:
    """A shop that may pull: nothing is wrong unless a member says so."""
    plain = Evidence(
        workload=workload(),
        image=IMAGE,
        registry=registry(),
        access=access(role()),
        surroundings=Surroundings(),
        lines=(),
        facts=(Fact(fact="way out", value="platform", source="test"),),
        gathered=NOW,
    )
    return replace(plain, **members)
