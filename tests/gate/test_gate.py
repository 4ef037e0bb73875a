"""The gate's rules, each spoiling in one way a case that is otherwise allowed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared import gate, policy
from shared.gate.case import Case
from shared.model.evidence import Access, Egress, Evidence, PullAuth, PullMode, Unread, Via
from shared.model.history import Crowd, History, Repeat
from shared.model.ids import ResourceId
from shared.model.plan import Plan, Write
from shared.model.words import FindingName, RemedyName, Verdict
from tests.gate.cases import (
    CONTOSO,
    ELSEWHERE,
    GENEROUS,
    HERE,
    NAT,
    NEW,
    NOW,
    OLD,
    SHOP,
    access,
    body,
    evidence,
    judge,
    other_step,
    registry,
    step,
    surroundings,
    workload,
)


def test_a_clear_case_is_allowed_with_its_grounds() -> None:
    decision = judge()

    assert decision.verdict is Verdict.ALLOW
    assert decision.rules == ("remedies.firewall-sync.mode", "pull permission")
    assert "acts by itself" in decision.reasons[0]


def test_a_missing_policy_denies_everything() -> None:
    decision = gate.decide(
        Plan.of((step(),)), evidence=evidence(), policy=None, history=History(), now=NOW
    )

    assert decision.verdict is Verdict.DENY
    assert decision.rules == ("policy",)


def test_a_rule_that_throws_denies_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_rule(case: Case) -> list[Any]:
        raise KeyError("surprise")

    monkeypatch.setattr(gate, "RULES", (*gate.RULES, broken_rule))

    decision = judge()

    assert decision.verdict is Verdict.DENY
    assert decision.rules == ("broken-rule",)
    assert "surprise" in decision.reasons[0]


def test_a_gate_that_is_handed_nonsense_denies() -> None:
    decision = gate.decide(
        None,  # type: ignore[arg-type]
        evidence=None,  # type: ignore[arg-type]
        policy=object(),  # type: ignore[arg-type]
        history=None,  # type: ignore[arg-type]
        now=NOW,
    )

    assert decision.verdict is Verdict.DENY


DENIED_EVIDENCE: dict[str, tuple[Evidence, str]] = {
    "workload out of scope": (
        evidence(workload=workload(id=ResourceId(SHOP.text.replace("web-shop", "hr")))),
        "within-scope",
    ),
    "registry out of scope": (
        evidence(registry=registry(id=ResourceId(CONTOSO.text.replace("web-registry", "hr")))),
        "within-scope",
    ),
    "workload id climbs": (
        evidence(workload=workload(id=ResourceId(f"{HERE}/web-a/../hr/providers/a/b/c"))),
        "within-scope",
    ),
    "no address is proven": (
        evidence(workload=workload(egress=Unread("403"))),
        "only-adds-proven-addresses",
    ),
    "workload tagged": (evidence(workload=workload(tags={"Medic": "OFF"})), "not-opted-out"),
    "registry tagged": (evidence(registry=registry(tags={"medic": "off"})), "not-opted-out"),
    "workload's group tagged": (
        evidence(
            surroundings=surroundings(
                group_tags={SHOP.group_id.lower(): {"medic": "off"}, CONTOSO.group_id.lower(): {}}
            )
        ),
        "not-opted-out",
    ),
    "registry's group tagged": (
        evidence(
            surroundings=surroundings(
                group_tags={SHOP.group_id.lower(): {}, CONTOSO.group_id.lower(): {"medic": "off"}}
            )
        ),
        "not-opted-out",
    ),
}


@pytest.mark.parametrize(("seen", "rule"), DENIED_EVIDENCE.values(), ids=DENIED_EVIDENCE)
def test_what_is_out_of_bounds_is_denied(seen: Evidence, rule: str) -> None:
    decision = judge(seen=seen)

    assert decision.verdict is Verdict.DENY
    assert rule in decision.rules


def _egress(**changes: Any) -> Evidence:
    made = Egress(via=Via.NAT_GATEWAY, addresses=(OLD, NEW), owner=NAT)
    return evidence(workload=workload(egress=replace(made, **changes)))


def _auth(**changes: Any) -> Evidence:
    return evidence(
        workload=workload(auth=replace(workload().auth, **changes)),  # type: ignore[type-var]
    )


HELD_EVIDENCE: dict[str, tuple[Evidence, str]] = {
    "workload's tags unknown": (evidence(workload=workload(tags=None)), "not-opted-out"),
    "groups' tags unread": (
        evidence(surroundings=surroundings(group_tags=Unread("403"))),
        "not-opted-out",
    ),
    "groups' tags absent": (evidence(surroundings=surroundings(group_tags=None)), "not-opted-out"),
    "one group's tags missing": (
        evidence(surroundings=surroundings(group_tags={SHOP.group_id.lower(): {}})),
        "not-opted-out",
    ),
    "registry unread": (evidence(registry=Unread("403")), "registry-known"),
    "registry invisible": (evidence(registry=None), "registry-known"),
    "old evidence": (evidence(gathered=NOW - timedelta(minutes=11)), "evidence-fresh"),
    "evidence of tomorrow": (evidence(gathered=NOW + timedelta(days=1)), "evidence-fresh"),
    "identity may not pull": (evidence(access=access(False)), "owner-consents"),
    "identity perhaps may pull": (evidence(access=access(None)), "owner-consents"),
    "access unread": (evidence(access=Unread("403")), "owner-consents"),
    "no identity": (evidence(access=None), "owner-consents"),
    "somebody else's permission": (evidence(access=access(principal="other")), "owner-consents"),
    "identity not attached": (_auth(attached=False), "owner-consents"),
    "pulls with credentials": (_auth(mode=PullMode.CREDENTIALS), "owner-consents"),
    "sign-in unread": (evidence(workload=workload(auth=Unread("403"))), "owner-consents"),
    "denied by assignment": (
        evidence(access=replace(access(), denials=("deny",))),
        "owner-consents",
    ),
    "shared addresses and anonymous pulls": (
        evidence(registry=registry(anonymous_pull=True)),
        "sharing-allowed",
    ),
    "shared addresses, anonymous unknown": (
        evidence(registry=registry(anonymous_pull=None)),
        "sharing-allowed",
    ),
    "way out unknown": (_egress(via=Via.UNKNOWN), "way-out-proven"),
    "way out private": (_egress(via=Via.PRIVATE), "way-out-proven"),
    "addresses not stable": (_egress(stable=False), "way-out-proven"),
    "gateway unknown": (_egress(owner=None), "way-out-proven"),
    "gateway out of scope": (
        _egress(owner=ResourceId(NAT.text.replace("web-net", "hub"))),
        "way-out-proven",
    ),
    "NAT gateway behind the firewall out of scope": (
        _egress(also=(ResourceId(NAT.text.replace("web-net", "hub")),)),
        "way-out-proven",
    ),
    "environment out of scope": (
        _egress(via=Via.ENVIRONMENT, owner=ResourceId(NAT.text.replace("web-net", "hub"))),
        "way-out-proven",
    ),
    "an Azure Firewall nobody accepted": (_egress(via=Via.FIREWALL), "sharing-allowed"),
    "registry busy": (evidence(registry=registry(provisioning="Updating")), "registry-writable"),
    "registry has subnet rules": (
        evidence(registry=registry(subnet_rules=True)),
        "registry-writable",
    ),
    "limit unread": (evidence(registry=registry(rules_limit=Unread("403"))), "room-left"),
    "use unread": (evidence(registry=registry(rules_used=Unread("403"))), "room-left"),
    "registry full": (evidence(registry=registry(rules_used=190)), "room-left"),
    "locks unread": (evidence(surroundings=surroundings(locks=Unread("403"))), "not-locked"),
    "locked above": (
        evidence(
            surroundings=surroundings(
                locks=(f"ReadOnly {CONTOSO.group_id}/providers/Microsoft.Authorization/locks/l",)
            )
        ),
        "not-locked",
    ),
    "locked in an unknown way": (
        evidence(surroundings=surroundings(locks=("Sealed ",))),
        "not-locked",
    ),
    "policy closes": (
        evidence(surroundings=surroundings(closing_policies=("no public access",))),
        "policies-stand-back",
    ),
    "policy refuses": (
        evidence(surroundings=surroundings(denying_policies=("no changes",))),
        "policies-stand-back",
    ),
    "policies unread": (
        evidence(surroundings=surroundings(closing_policies=Unread("403"))),
        "policies-stand-back",
    ),
}


@pytest.mark.parametrize(("seen", "rule"), HELD_EVIDENCE.values(), ids=HELD_EVIDENCE)
def test_what_is_not_known_or_not_agreed_is_held(seen: Evidence, rule: str) -> None:
    decision = judge(seen=seen)

    assert decision.verdict is Verdict.HOLD
    assert rule in decision.rules


HARMLESS: dict[str, Evidence] = {
    "a lock against deleting": evidence(
        surroundings=surroundings(
            locks=(f"CanNotDelete {CONTOSO}/providers/Microsoft.Authorization/locks/l",)
        )
    ),
    "a lock on a neighbour": evidence(
        surroundings=surroundings(
            locks=(f"ReadOnly {CONTOSO}2/providers/Microsoft.Authorization/locks/l",)
        )
    ),
    "unlimited rules": evidence(registry=registry(rules_limit=-1)),
    "exactly enough room": evidence(registry=registry(rules_used=189)),
    "a gateway of its own": _egress(),
    "a gateway of its own and anonymous pulls": replace(
        _egress(), registry=registry(anonymous_pull=True)
    ),
    "another tag": evidence(workload=workload(tags={"medic": "on", "env": "off"})),
}


@pytest.mark.parametrize("seen", HARMLESS.values(), ids=HARMLESS)
def test_what_does_no_harm_is_allowed(seen: Evidence) -> None:
    assert judge(seen=seen).verdict is Verdict.ALLOW


def test_a_pair_consents_where_the_identity_may_not_pull_yet() -> None:
    paired = GENEROUS + f'pairs: [{{registry: "{CONTOSO}", workloads: ["{SHOP}"]}}]'

    decision = judge(seen=evidence(access=access(False)), rules=paired)

    assert decision.verdict is Verdict.ALLOW
    assert "pairs" in decision.rules


def test_a_pair_for_another_app_does_not_consent() -> None:
    paired = GENEROUS + f'pairs: [{{registry: "{CONTOSO}", workloads: ["{SHOP}2"]}}]'

    assert judge(seen=evidence(access=None), rules=paired).verdict is Verdict.HOLD


def test_access_is_not_given_on_the_word_of_present_access() -> None:
    decision = judge(other_step(RemedyName.CREDENTIAL_RESYNC, SHOP))

    assert decision.verdict is Verdict.HOLD
    assert decision.rules[0] == "owner-consents"


def test_a_restart_needs_no_consent() -> None:
    decision = judge(other_step(RemedyName.RESTART, SHOP), seen=evidence(access=None))

    assert decision.verdict is Verdict.ALLOW


def _patch(content: Any, *, method: str = "PATCH", url: str = str(CONTOSO)) -> Any:
    return step(requests=(Write(method=method, url=url, body=content),))


def _set(**changes: Any) -> dict[str, Any]:
    content = body([OLD, NEW])
    content["properties"]["networkRuleSet"].update(changes)
    return content


OVERREACHING = {
    "opens to all": _patch(_set(defaultAction="Allow")),
    "switches public access": _patch(
        {"properties": {**body([OLD, NEW])["properties"], "publicNetworkAccess": "Enabled"}}
    ),
    "writes tags too": _patch({**body([OLD, NEW]), "tags": {}}),
    "no body": _patch(None),
    "replaces the registry": _patch(body([OLD, NEW]), method="PUT"),
    "drops a rule": step([NEW]),
    "an address out of a log": step([OLD, NEW, "6.6.6.6"]),
    "a wide block": step([OLD, "20.50.0.0/16"]),
    "a private address": step([OLD, "10.0.0.4"]),
    "everything": step([OLD, "0.0.0.0/0"]),
    "an address only possible later": step([OLD, "20.50.3.3"]),
    "IPv6": step([OLD, "2001:db8::1"]),
    "nonsense": step([OLD, "contoso"]),
    "a strange rule": _patch(_set(ipRules=[{"action": "Deny", "value": NEW}])),
    "another registry": _patch(body([OLD, NEW]), url=f"{CONTOSO}2"),
    "a child of the registry through a climb": _patch(body([OLD, NEW]), url=f"{CONTOSO}/../other"),
    "an encoded climb": _patch(body([OLD, NEW]), url=f"{CONTOSO}/%2e%2e/other"),
    "a deletion": _patch(body([OLD, NEW]), method="DELETE"),
    "somebody else's registry": step(target=ResourceId(f"{CONTOSO}2")),
}


@pytest.mark.parametrize("overreaching", OVERREACHING.values(), ids=OVERREACHING)
def test_a_request_that_does_more_than_the_fix_is_denied(overreaching: Any) -> None:
    assert judge(overreaching).verdict is Verdict.DENY


def test_an_azure_firewall_is_admitted_where_the_policy_accepts_all_behind_it() -> None:
    through = _egress(via=Via.FIREWALL)
    accepting = GENEROUS.replace("shared_egress: allow", "azure_firewall: allow")

    assert judge(seen=through, rules=accepting).verdict is Verdict.ALLOW
    open_to_all = replace(through, registry=registry(anonymous_pull=True))
    assert "sharing-allowed" in judge(seen=open_to_all, rules=accepting).rules


def test_addresses_an_app_may_get_later_are_added_when_the_policy_wants_them() -> None:
    wide = GENEROUS.replace("shared_egress: allow", "shared_egress: allow, addresses: possible")

    assert judge(step([OLD, "20.50.3.3"]), rules=wide).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("was", "becomes", "rule", "said"),
    [
        ("mode: auto", "mode: observe", "somebody-decided", "plan only"),
        ("mode: auto", "mode: approve", "somebody-decided", "waits for a person"),
        (": allow", ": hold", "sharing-allowed", "shared with other"),
        (": allow", ": allow, max_new_rules: 0", "room-left", "1 new rules are needed"),
        (": allow", ": allow, keep_free: 199", "room-left", "leave 198 of 200 free"),
    ],
)
def test_what_the_policy_does_not_allow_is_held(
    was: str, becomes: str, rule: str, said: str
) -> None:
    decision = judge(rules=GENEROUS.replace(was, becomes))

    assert decision.verdict is Verdict.HOLD
    assert decision.rules == (rule,)
    assert said in decision.reasons[0]


def test_an_approval_counts_for_exactly_the_plan_it_names() -> None:
    asking = GENEROUS.replace("mode: auto", "mode: approve")
    digest = Plan.of((step(),)).digest

    assert judge(rules=asking, approved=digest).verdict is Verdict.ALLOW
    assert judge(step([OLD, f"{NEW}/32"]), rules=asking, approved=digest).verdict is Verdict.HOLD


def test_an_approval_lifts_no_other_objection() -> None:
    observing = GENEROUS.replace("mode: auto", "mode: observe")
    digest = Plan.of((step(),)).digest

    assert judge(rules=observing, approved=digest).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("history", "said"),
    [
        (History(registry_writes_last_hour=4), "1 writes and this registry's hour has seen 4"),
        (History(writes_today=50), "the day has seen 50"),
        (History(workload_writes_today=10), "this workload's day has seen 10"),
        (History(breaker="3 fixes failed"), "3 fixes failed"),
        (History(same_plan_failed=True), "did not help"),
    ],
)
def test_what_happened_lately_can_hold(history: History, said: str) -> None:
    decision = judge(history=history)

    assert decision.verdict is Verdict.HOLD
    assert said in decision.reasons[0]


def test_a_hold_ends_by_itself_only_when_all_that_holds_does() -> None:
    frees, end = NOW + timedelta(minutes=9), NOW + timedelta(hours=1)
    full = History(registry_writes_last_hour=4, registry_frees=frees)
    frozen = f"freeze: [{{from: '{NOW.isoformat()}', to: '{end.isoformat()}'}}]"
    never = GENEROUS + "limits: {writes_per_registry_per_hour: 0}"

    assert judge(history=full).until == frees
    assert judge(history=full, rules=GENEROUS + frozen).until == end
    assert judge(history=replace(full, breaker="3 fixes failed")).until is None
    assert judge(history=full, rules=never).until is None


def test_a_fix_that_is_gone_again_waits_for_the_cooldown_unless_a_person_approves() -> None:
    last = NOW - timedelta(minutes=9)
    fresh = Repeat(remedy=RemedyName.FIREWALL_SYNC, target=CONTOSO, times=1, last=last)
    gone = History(repeats=(replace(fresh, earlier=last),))
    digest = Plan.of((step(),)).digest

    held = judge(history=gone)

    assert held.rules == ("cooled-down",)
    assert held.until == last + timedelta(minutes=10)
    assert judge(history=History(repeats=(fresh,))).verdict is Verdict.ALLOW
    assert judge(history=gone, now=NOW + timedelta(minutes=1)).verdict is Verdict.ALLOW
    assert judge(history=gone, approved=digest).verdict is Verdict.ALLOW


@pytest.mark.parametrize("remedy", [one for one in RemedyName if one != "firewall-sync"])
def test_one_of_many_that_fail_alike_is_held_whatever_mends_it(remedy: RemedyName) -> None:
    many = History(crowd=Crowd(finding=FindingName.NOT_RETRYING, others=4, cause="a switch"))
    few = History(crowd=Crowd(finding=FindingName.NOT_RETRYING, others=3))
    plan = other_step(remedy, SHOP)

    held, alone = judge(plan, history=many), judge(plan, history=few)
    by_a_person = judge(plan, history=many, approved=Plan.of((plan,)).digest)

    assert "no-shared-fault" in held.rules
    assert any("5 workloads of contoso stopped trying" in reason for reason in held.reasons)
    assert any("a switch. Settle it there" in reason for reason in held.reasons)
    assert "no-shared-fault" not in alone.rules + by_a_person.rules
    assert judge(history=many).verdict is Verdict.ALLOW


def test_a_backlog_is_held_until_a_person_approves_or_the_policy_says_otherwise() -> None:
    waited = History(missed="the newest signal is old")
    digest = Plan.of((step(),)).digest

    assert judge(history=waited).rules == ("nothing-missed",)
    assert judge(history=waited, approved=digest).verdict is Verdict.ALLOW
    assert judge(history=waited, rules=f"{GENEROUS}backlog: act").verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("ago", "counts"),
    [(-6, False), (-4, True), (0, True), (24 * 60 - 1, True), (24 * 60, False)],
)
def test_an_approval_counts_from_when_it_was_given_until_it_expires(ago: int, counts: bool) -> None:
    plan, asking = Plan.of((step(),)), GENEROUS.replace("mode: auto", "mode: approve")
    given = NOW - timedelta(minutes=ago)

    decision = gate.decide(
        plan,
        evidence=evidence(),
        policy=policy.load(asking),
        history=History(),
        now=NOW,
        approved=plan.digest,
        approved_at=given,
    )

    assert (decision.verdict is Verdict.ALLOW) is counts
    assert counts or f"{given:%Y-%m-%d %H:%M} UTC no longer counts" in decision.reasons[0]


def test_the_last_write_within_the_limits_is_allowed() -> None:
    assert judge(history=History(registry_writes_last_hour=3)).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(-1, Verdict.ALLOW), (0, Verdict.HOLD), (59, Verdict.HOLD), (60, Verdict.ALLOW)],
)
def test_a_freeze_lasts_from_its_first_moment_to_just_before_its_end(
    minutes: int, verdict: Verdict
) -> None:
    frozen = GENEROUS + "freeze: [{from: 2026-11-22T10:00:00Z, to: '2026-11-22T12:00:00+01:00'}]"
    now = NOW + timedelta(minutes=minutes)

    assert judge(rules=frozen, now=now, seen=evidence(gathered=now)).verdict is verdict


def test_a_time_without_offset_denies_rather_than_guesses() -> None:
    assert judge(now=NOW.replace(tzinfo=None)).verdict is Verdict.DENY


def test_an_empty_plan_is_held() -> None:
    decision = gate.decide(
        Plan.of(()), evidence=evidence(), policy=_policy(), history=History(), now=NOW
    )

    assert decision.verdict is Verdict.HOLD
    assert decision.rules == ("something-to-do",)


def _policy() -> Any:
    return policy.load(GENEROUS)


def test_a_step_in_doubt_is_held_with_the_doubt() -> None:
    decision = judge(step(doubts=("the plan may be Premium V4",)))

    assert decision.verdict is Verdict.HOLD
    assert "Premium V4" in decision.reasons[0]


def test_a_step_without_requests_is_never_allowed() -> None:
    assert judge(other_step(RemedyName.RESTART, SHOP, doubts=())).verdict is Verdict.ALLOW
    assert judge(replace(other_step(RemedyName.RESTART, SHOP), requests=())).verdict is Verdict.HOLD


def test_a_change_in_a_third_subscription_is_held() -> None:
    zone = ResourceId.parse(
        f"{ELSEWHERE}/web-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
    )

    decision = judge(other_step(RemedyName.DNS_ZONE_LINK, zone))

    assert decision.verdict is Verdict.HOLD
    assert decision.rules[0] == "near-by"


def test_every_objection_is_told_and_denials_come_first() -> None:
    seen = evidence(workload=workload(tags={"medic": "off"}), access=None, registry=None)

    decision = judge(seen=seen, history=History(same_plan_failed=True))

    assert decision.verdict is Verdict.DENY
    assert decision.rules[0] == "not-opted-out"
    assert set(decision.rules) >= {"registry-known", "owner-consents", "not-tried-in-vain"}


def test_an_identity_that_is_used_but_not_attached_is_not_the_workloads_own() -> None:
    borrowed = PullAuth(mode=PullMode.USER_IDENTITY, principal=access().principal, attached=False)

    decision = judge(seen=evidence(workload=workload(auth=borrowed)))

    assert decision.verdict is Verdict.HOLD
    assert "not attached" in decision.reasons[0]
    assert isinstance(evidence().access, Access)
