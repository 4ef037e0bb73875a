"""A plan that touches several registries: each is judged by its own evidence alone."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared import gate, policy
from shared.model.evidence import Unread
from shared.model.history import History
from shared.model.ids import ResourceId
from shared.model.plan import Decision, Plan, Step, Write
from shared.model.words import Verdict
from tests.gate import cases

OTHER = ResourceId.parse(
    f"{cases.HERE}/web-registry/providers/Microsoft.ContainerRegistry/registries/tools"
)


def step_to(registry: ResourceId) -> Step:
    write = Write(
        method="PATCH",
        url=f"{registry}?api-version=2025-11-01",
        body=cases.body((cases.OLD, cases.NEW)),
    )
    return cases.step(target=registry, requests=(write,))


HERE, THERE = step_to(cases.CONTOSO), step_to(OTHER)
WHOLE = Plan.of((HERE, THERE))


def share(of: str, step: Step | None, **changes: Any) -> gate.Share:
    registry = cases.registry() if step is not THERE else cases.registry(id=OTHER)
    seen = cases.evidence(registry=registry)
    made = gate.Share(
        of=of,
        plan=replace(WHOLE, steps=(step,) if step else ()),
        evidence=seen,
        history=History(),
    )
    return replace(made, **changes)


def judge(*shares: gate.Share, whole: Plan = WHOLE, rules: str = cases.GENEROUS) -> Decision:
    return gate.decide_all(whole, shares, policy=policy.load(rules), now=cases.NOW)


def test_two_registries_that_both_consent_are_both_opened() -> None:
    decision = judge(share("web", HERE), share("proxy", THERE))

    assert decision.verdict is Verdict.ALLOW
    assert any("registries/contoso" in reason for reason in decision.reasons)
    assert any("registries/tools" in reason for reason in decision.reasons)


def test_one_registry_without_consent_holds_the_whole_plan_and_is_named() -> None:
    seen = cases.evidence(registry=cases.registry(id=OTHER), access=cases.access(pulls=False))

    decision = judge(share("web", HERE), share("proxy", THERE, evidence=seen))

    assert decision.verdict is Verdict.HOLD
    assert [reason for reason in decision.reasons if reason.startswith("proxy: ")]
    assert not [reason for reason in decision.reasons if "web: " in reason]


def test_a_denial_weighs_more_than_a_hold_and_both_are_told() -> None:
    tagged = cases.evidence(
        registry=cases.registry(id=OTHER, tags={"medic": "off"}),
    )
    unread = cases.evidence(access=Unread("not readable: 403"))
    rules = cases.GENEROUS.replace('web-*"]', "web-*\"], opt_out_tag: 'medic=off'")

    decision = judge(
        share("web", HERE, evidence=unread), share("proxy", THERE, evidence=tagged), rules=rules
    )

    assert decision.verdict is Verdict.DENY
    assert decision.reasons[0].startswith("proxy: ")
    assert any(reason.startswith("web: ") for reason in decision.reasons)


def test_a_step_that_is_in_nobodys_share_is_denied() -> None:
    decision = judge(share("web", HERE), share("proxy", None))

    assert decision.verdict is Verdict.DENY
    assert decision.reasons == ("a step of the plan belongs to no image of the workload",)


def test_a_step_to_one_registry_is_never_judged_by_the_evidence_of_the_other() -> None:
    decision = judge(share("web", HERE), share("proxy", HERE), whole=Plan.of((THERE,)))

    assert decision.verdict is Verdict.DENY


def test_what_other_images_need_counts_for_the_day_and_for_its_own_registry_only() -> None:
    day = cases.GENEROUS + "limits: {writes_per_day: 5, writes_per_registry_per_hour: 1}\n"

    once = judge(share("web", HERE), share("proxy", THERE), rules=day)
    full = judge(
        share("web", HERE, history=History(writes_today=4)),
        share("proxy", THERE, history=History(writes_today=4)),
        rules=day,
    )

    assert once.verdict is Verdict.ALLOW
    assert full.verdict is Verdict.HOLD
    assert any("the day has seen" in reason for reason in full.reasons)


def test_an_approval_names_the_whole_plan() -> None:
    rules = cases.GENEROUS.replace("mode: auto", "mode: approve")
    shares = (share("web", HERE), share("proxy", THERE))

    waiting = judge(*shares, rules=rules)
    approved = gate.decide_all(
        WHOLE, shares, policy=policy.load(rules), now=cases.NOW, approved=WHOLE.digest
    )
    other = gate.decide_all(
        WHOLE,
        shares,
        policy=policy.load(rules),
        now=cases.NOW,
        approved=Plan.of((HERE,)).digest,
    )

    assert (waiting.verdict, approved.verdict) == (Verdict.HOLD, Verdict.ALLOW)
    assert other.verdict is Verdict.HOLD


def test_without_a_policy_nothing_is_allowed() -> None:
    decision = gate.decide_all(
        WHOLE, (share("web", HERE), share("proxy", THERE)), policy=None, now=datetime.now(UTC)
    )

    assert decision.verdict is Verdict.DENY


@settings(max_examples=60, deadline=None)
@given(
    consents=st.lists(st.sampled_from([True, False, None]), min_size=2, max_size=2),
    closed=st.booleans(),
)
def test_the_whole_is_allowed_exactly_when_every_share_is(
    consents: list[bool | None], closed: bool
) -> None:
    shares = [
        share(
            name,
            step,
            evidence=cases.evidence(
                registry=cases.registry(id=step.target, public_access=not (closed and at)),
                access=cases.access(pulls=consents[at]),
            ),
        )
        for at, (name, step) in enumerate((("web", HERE), ("proxy", THERE)))
    ]

    whole = judge(*shares)
    alone = [
        gate.decide(
            one.plan,
            evidence=one.evidence,
            policy=policy.load(cases.GENEROUS),
            history=one.history,
            now=cases.NOW,
        )
        for one in shares
    ]

    assert (whole.verdict is Verdict.ALLOW) == all(one.verdict is Verdict.ALLOW for one in alone)
