"""
Whatever the world looks like, the gate allows only what an independent reading allows.

The oracle below knows the rules as one list of preconditions over the drawn values; it shares no
code with the gate.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared import gate
from shared.model.evidence import Egress, Evidence, PullMode, Unread, Via
from shared.model.history import Crowd, History
from shared.model.plan import Decision, Plan
from shared.model.words import FindingName, Verdict
from shared.policy import Policy
from tests.gate.cases import (
    CONTOSO,
    NAT,
    NEW,
    NOW,
    OLD,
    SHOP,
    access,
    evidence,
    registry,
    step,
    surroundings,
    workload,
)

UNREAD = Unread("not allowed")
SCOPES = {
    "*": True,
    "/subscriptions/*/resourceGroups/web-*": True,
    SHOP.group_id: False,  # the registry is not in it
    "/subscriptions/*/resourceGroups/hr": False,
}


@dataclass(frozen=True, kw_only=True)
class World:
    """The drawn values, before they become evidence, a policy and a history."""

    mode: str
    own_mode: str | None
    approved: str  # "", "this" or "other"
    scope: tuple[str, ...]
    excluded: bool
    app_tags: dict[str, str] | None
    registry_tags: dict[str, str]
    group_tags: dict[str, str] | None
    pulls: bool | None
    sign_in: PullMode
    attached: bool
    paired: bool
    via: Via
    owner_known: bool
    stable: bool
    shared_egress: str
    azure_firewall: str
    anonymous: bool | None
    used: int | None
    limit: int | None
    keep_free: int
    max_new: int
    lock: str | None
    closing: bool | None
    doubt: bool
    hour: int
    day: int
    mine: int
    missed: bool
    crowd: int
    breaker: bool
    failed_before: bool
    frozen: bool
    minutes_old: int


def mostly(good: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Mostly the good value, so that allowed cases are drawn too."""
    return st.sampled_from([good] * 40 + list(others))


WORLDS = st.builds(
    World,
    mode=mostly("auto", "approve", "observe"),
    own_mode=mostly(None, "auto", "approve", "observe"),
    approved=mostly("this", "other", ""),
    scope=mostly(("*",), (), *((pattern,) for pattern in SCOPES)),
    excluded=mostly(False, True),
    app_tags=mostly({}, {"env": "prod"}, {"medic": "off"}, {"MEDIC": "Off"}, None),
    registry_tags=mostly({}, {"medic": "off"}),
    group_tags=mostly({}, {"medic": "off"}, None),
    pulls=mostly(True, False, None),
    sign_in=mostly(PullMode.SYSTEM_IDENTITY, *PullMode),
    attached=mostly(True, False),
    paired=st.booleans(),
    via=mostly(Via.PLATFORM, *Via),
    owner_known=mostly(True, False),
    stable=mostly(True, False),
    shared_egress=mostly("allow", "hold"),
    azure_firewall=mostly("allow", "hold"),
    anonymous=mostly(False, True, None),
    used=mostly(1, 199, 200, None),
    limit=mostly(200, -1, 2, None),
    keep_free=mostly(10, 0, 198),
    max_new=mostly(16, 0, 1),
    lock=mostly("", "ReadOnly", "CanNotDelete", None),
    closing=mostly(False, True, None),
    doubt=mostly(False, True),
    hour=mostly(0, 3, 4),
    day=mostly(0, 49, 50),
    mine=mostly(0, 9, 10),
    missed=mostly(False, True),
    crowd=mostly(0, 3, 4, 1000),
    breaker=mostly(False, True),
    failed_before=mostly(False, True),
    frozen=mostly(False, True),
    minutes_old=mostly(0, 10, 11),
)


def may_be_allowed(world: World) -> bool:
    """The oracle: every precondition, one by one."""
    mode = world.own_mode or world.mode
    identity = world.sign_in in (PullMode.SYSTEM_IDENTITY, PullMode.USER_IDENTITY)
    accepted = {Via.PLATFORM: world.shared_egress, Via.FIREWALL: world.azure_firewall}
    owned = world.via in (Via.NAT_GATEWAY, Via.FIREWALL, Via.ENVIRONMENT)
    return all(
        (
            mode == "auto" or (mode == "approve" and world.approved == "this"),
            any(SCOPES[pattern] for pattern in world.scope),
            not world.excluded,
            world.app_tags in ({}, {"env": "prod"}),
            world.registry_tags == {},
            world.group_tags == {},
            world.paired or (world.pulls is True and identity and world.attached),
            world.via not in (Via.UNKNOWN, Via.PRIVATE),
            not owned or world.owner_known,
            world.stable,
            world.via not in accepted
            or (accepted[world.via] == "allow" and world.anonymous is False),
            world.used is not None,
            world.limit == -1
            or (world.limit is not None and world.limit - (world.used or 0) - 1 >= world.keep_free),
            world.max_new >= 1,
            world.lock in ("", "CanNotDelete"),
            world.closing is False,
            not world.doubt,
            world.hour < 4,
            world.day < 50,
            world.mine < 10,
            not world.missed or world.approved == "this",
            not world.breaker,
            not world.failed_before,
            not world.frozen,
            world.minutes_old <= 10,
        )
    )


def seen_in(world: World) -> Evidence:
    groups = {SHOP.group_id.lower(): {}, CONTOSO.group_id.lower(): world.group_tags}
    lock = f"{world.lock} {CONTOSO}/providers/Microsoft.Authorization/locks/l"
    owner = NAT if world.owner_known and world.via is not Via.PLATFORM else None
    return evidence(
        workload=workload(
            tags=world.app_tags,
            auth=replace(workload().auth, mode=world.sign_in, attached=world.attached),  # type: ignore[type-var]
            egress=Egress(via=world.via, addresses=(OLD, NEW), stable=world.stable, owner=owner),
        ),
        registry=registry(
            tags=world.registry_tags,
            anonymous_pull=world.anonymous,
            rules_used=UNREAD if world.used is None else world.used,
            rules_limit=UNREAD if world.limit is None else world.limit,
        ),
        access=access(world.pulls),
        surroundings=surroundings(
            group_tags=UNREAD if world.group_tags is None else groups,
            locks=UNREAD if world.lock is None else (lock,) if world.lock else (),
            closing_policies=UNREAD
            if world.closing is None
            else ("close it",)
            if world.closing
            else (),
        ),
        gathered=NOW - timedelta(minutes=world.minutes_old),
    )


def policy_of(world: World) -> Policy:
    def window(start: datetime) -> dict[str, Any]:
        return {"from": start, "to": start + timedelta(hours=1)}

    firewall = {
        "mode": world.own_mode,
        "shared_egress": world.shared_egress,
        "azure_firewall": world.azure_firewall,
        "keep_free": world.keep_free,
        "max_new_rules": world.max_new,
    }
    frozen_from = NOW if world.frozen else NOW - timedelta(hours=1)
    return Policy.model_validate(
        {
            "version": 1,
            "mode": world.mode,
            "scope": {
                "include": world.scope,
                "exclude": (CONTOSO.text,) if world.excluded else (),
            },
            "remedies": {"firewall-sync": firewall},
            "pairs": ({"registry": CONTOSO.text, "workloads": (SHOP.text,)},)
            if world.paired
            else (),
            "freeze": (window(frozen_from),),
        },
        strict=False,
    )


def judge(world: World) -> Decision:
    plan = Plan.of((step(doubts=("not sure",) if world.doubt else ()),))
    return gate.decide(
        plan,
        evidence=seen_in(world),
        policy=policy_of(world),
        history=History(
            registry_writes_last_hour=world.hour,
            writes_today=world.day,
            workload_writes_today=world.mine,
            missed="it waited" if world.missed else None,
            crowd=Crowd(finding=FindingName.FIREWALL_MISSING_EGRESS, others=world.crowd),
            breaker="tripped" if world.breaker else None,
            same_plan_failed=world.failed_before,
        ),
        now=NOW,
        approved={"this": plan.digest, "other": "0" * 32, "": None}[world.approved],
    )


@given(WORLDS)
def test_the_gate_allows_exactly_what_every_precondition_allows(world: World) -> None:
    decision = judge(world)

    assert (decision.verdict is Verdict.ALLOW) == may_be_allowed(world)
    assert decision.reasons


RANK = {Verdict.ALLOW: 0, Verdict.HOLD: 1, Verdict.DENY: 2}
SPOILERS: dict[str, Any] = {
    "own_mode": "observe",
    "scope": (),
    "excluded": True,
    "app_tags": {"medic": "off"},
    "registry_tags": {"medic": "off"},
    "group_tags": None,
    "via": Via.UNKNOWN,
    "anonymous": True,
    "limit": None,
    "max_new": 0,
    "lock": "ReadOnly",
    "closing": True,
    "doubt": True,
    "hour": 4,
    "breaker": True,
    "failed_before": True,
    "frozen": True,
    "minutes_old": 11,
}
KINDER = {"via", "limit", "group_tags", "lock"}  # spoiling these may replace a worse value


@given(WORLDS, st.sampled_from(sorted(SPOILERS.keys() - KINDER)))
def test_one_more_reason_against_it_never_makes_a_verdict_kinder(
    world: World, spoiler: str
) -> None:
    spoilt = replace(world, **{spoiler: SPOILERS[spoiler]})

    before, after = judge(world).verdict, judge(spoilt).verdict

    assert RANK[after] >= RANK[before]


@given(WORLDS, st.sampled_from(sorted(SPOILERS.keys() - {"anonymous"})))
def test_every_single_spoiler_is_enough(world: World, spoiler: str) -> None:
    spoilt = replace(world, **{spoiler: SPOILERS[spoiler]})

    assert judge(spoilt).verdict is not Verdict.ALLOW


@given(WORLDS, st.data())
def test_no_damage_to_the_evidence_makes_the_gate_raise_or_allow(
    world: World, data: st.DataObject
) -> None:
    seen = seen_in(world)
    part = data.draw(st.sampled_from(["workload", "registry", "surroundings", "gathered"]))
    broken = replace(seen, **{part: data.draw(st.sampled_from([None, 7, "text", object()]))})

    decision = gate.decide(
        Plan.of((step(),)), evidence=broken, policy=policy_of(world), history=History(), now=NOW
    )

    assert decision.verdict is not Verdict.ALLOW


def test_the_oracle_meets_cases_it_allows() -> None:
    """Guards the properties above against never seeing an allowed world."""
    plain = World(
        mode="auto", own_mode=None, approved="", scope=("*",), excluded=False, app_tags={},
        registry_tags={}, group_tags={}, pulls=True, sign_in=PullMode.SYSTEM_IDENTITY,
        attached=True, paired=False, via=Via.PLATFORM, owner_known=False, stable=True,
        shared_egress="allow", azure_firewall="hold", anonymous=False, used=1, limit=200,
        keep_free=10, max_new=16, lock="", closing=False, doubt=False, hour=0, day=0,
        mine=0, missed=False, crowd=0,
        breaker=False, failed_before=False, frozen=False, minutes_old=0,
    )  # fmt: skip

    assert may_be_allowed(plain)
    assert judge(plain).verdict is Verdict.ALLOW
