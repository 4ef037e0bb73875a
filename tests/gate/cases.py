"""
A case the gate allows, and the values to spoil it with.

In:  changes to any part.
Out: plans, evidence and policies for the gate's tests.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared import gate, policy
from shared.model.evidence import (
    Access,
    Egress,
    Evidence,
    PermissionMode,
    PullAuth,
    PullMode,
    Registry,
    RoleAssignment,
    Surroundings,
    Via,
    Workload,
)
from shared.model.history import History
from shared.model.ids import ResourceId
from shared.model.plan import Decision, Plan, Step, Write
from shared.model.words import Host, RemedyName

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HERE = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups"
ELSEWHERE = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups"
SHOP = ResourceId.parse(f"{HERE}/web-shop/providers/Microsoft.Web/sites/shop")
CONTOSO = ResourceId.parse(
    f"{HERE}/web-registry/providers/Microsoft.ContainerRegistry/registries/contoso"
)
NAT = ResourceId.parse(f"{HERE}/web-net/providers/Microsoft.Network/natGateways/out")
PRINCIPAL = "33333333-3333-3333-3333-333333333333"
OLD, NEW = "20.50.1.1", "20.50.2.7"

GENEROUS = """
version: 1
mode: auto
scope: {include: ["/subscriptions/*/resourceGroups/web-*"]}
remedies: {firewall-sync: {shared_egress: allow}}
"""


def body(rules: Sequence[str]) -> dict[str, Any]:
    listed = [{"action": "Allow", "value": rule} for rule in rules]
    return {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": listed}}}


def step(rules: Sequence[str] = (OLD, NEW), **changes: Any) -> Step:
    write = Write(method="PATCH", url=f"{CONTOSO}?api-version=2025-11-01", body=body(rules))
    made = Step(
        remedy=RemedyName.FIREWALL_SYNC,
        target=CONTOSO,
        summary="let the app in",
        before=[OLD],
        after=list(rules),
        requests=(write,),
        permissions=("Microsoft.ContainerRegistry/registries/write",),
        risk="low",
        undo="remove the rule",
    )
    return replace(made, **changes)


def other_step(remedy: RemedyName, target: ResourceId, **changes: Any) -> Step:
    write = Write(method="PUT", url=f"{target}?api-version=2022-04-01", body={"properties": {}})
    return step(remedy=remedy, target=target, requests=(write,), **changes)


def workload(**changes: Any) -> Workload:
    made = Workload(
        id=SHOP,
        host=Host.WEB_APP,
        windows=False,
        images=(),
        auth=PullAuth(mode=PullMode.SYSTEM_IDENTITY, principal=PRINCIPAL),
        egress=Egress(via=Via.PLATFORM, addresses=(OLD, NEW), possible=("20.50.3.3",)),
        tags={},
    )
    return replace(made, **changes)


def registry(**changes: Any) -> Registry:
    made = Registry(
        id=CONTOSO,
        login_server="contoso.azurecr.io",
        sku="Premium",
        public_access=True,
        default_allow=False,
        ip_rules=(OLD,),
        subnet_rules=False,
        anonymous_pull=False,
        admin_enabled=False,
        arm_audience=True,
        mode=PermissionMode.LEGACY,
        provisioning="Succeeded",
        private_endpoints=(),
        tags={},
        rules_used=1,
        rules_limit=200,
        snapshot={},
    )
    return replace(made, **changes)


def access(pulls: bool | None = True, *, principal: str = PRINCIPAL) -> Access:
    assignment = RoleAssignment(id="a", scope="s", role="r", role_name="AcrPull", pulls=pulls)
    return Access(principal=principal, assignments=(assignment,))


def surroundings(**changes: Any) -> Surroundings:
    tags: dict[str, dict[str, str]] = {SHOP.group_id.lower(): {}, CONTOSO.group_id.lower(): {}}
    return replace(Surroundings(group_tags=tags), **changes)


def evidence(**changes: Any) -> Evidence:
    made = Evidence(
        workload=workload(),
        image=None,
        registry=registry(),
        access=access(),
        surroundings=surroundings(),
        lines=(),
        facts=(),
        gathered=NOW,
    )
    return replace(made, **changes)


def judge(
    *steps: Step,
    seen: Evidence | None = None,
    rules: str = GENEROUS,
    history: History | None = None,
    now: datetime = NOW,
    approved: str | None = None,
) -> Decision:
    """What the gate says to these steps; without any, to the plain firewall fix."""
    return gate.decide(
        Plan.of(steps or (step(),)),
        evidence=seen or evidence(),
        policy=policy.load(rules),
        history=history or History(),
        now=now,
        approved=approved,
    )
