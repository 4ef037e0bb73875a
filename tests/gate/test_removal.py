"""What the gate says to an offer to take rules away: ours, needed by nobody, and with a yes."""

from dataclasses import replace
from typing import Any

import pytest

from shared import gate, policy
from shared.model.history import History
from shared.model.plan import Decision, Plan, Step, Write
from shared.model.tidy import Leaver, Owned, Tidy
from shared.model.words import RemedyName, Verdict
from tests.gate.cases import CONTOSO, GENEROUS, NOW, SHOP, body, evidence, registry, step

OURS, THEIRS, MORE = "20.50.2.7", "198.51.100.7", "20.50.9.9"
HERE = (THEIRS, OURS, MORE)
GONE = Leaver(id=SHOP, without="it is gone")


def ours(*values: str) -> tuple[Owned, ...]:
    return tuple(Owned(value=v, incident="inc-1", workload=SHOP, since=NOW) for v in values)


def asked(
    left: tuple[str, ...] = (THEIRS, MORE),
    *,
    tidy: Tidy | None = None,
    yes: bool = True,
    rules: str = GENEROUS,
    only: Step | None = None,
    **seen: Any,
) -> Decision:
    plan = Plan.of((only or step(left),))
    return gate.decide(
        plan,
        evidence=evidence(registry=registry(ip_rules=HERE, **seen)),
        policy=policy.load(rules),
        history=History(),
        now=NOW,
        approved=plan.digest if yes else None,
        tidy=tidy or Tidy(owned=ours(OURS), leavers=(GONE,)),
    )


def test_a_rule_of_ours_that_nobody_needs_goes_when_a_person_says_so() -> None:
    assert asked().verdict is Verdict.ALLOW
    assert "was approved" in asked().reasons[0]


def test_nothing_goes_by_itself_whatever_the_mode() -> None:
    refused = asked(yes=False)

    assert refused.verdict is Verdict.HOLD
    assert refused.rules == ("a-person-approved",)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ((OURS, MORE), "198.51.100.7 is not a rule this service wrote"),
        ((MORE,), "198.51.100.7 is not a rule this service wrote"),
        ((THEIRS, MORE, "20.1.1.1"), "would add 20.1.1.1"),
        ((THEIRS, f"{MORE}/32"), "would add 20.50.9.9/32"),
    ],
)
def test_what_is_not_ours_or_would_be_new_is_denied(left: tuple[str, ...], said: str) -> None:
    refused = asked(left)

    assert refused.verdict is Verdict.DENY
    assert any(said in reason for reason in refused.reasons), refused.reasons


@pytest.mark.parametrize(
    ("leaver", "said"),
    [
        (Leaver(id=SHOP, leaves_by=(OURS,)), "shop may pull by it"),
        (Leaver(id=SHOP, leaves_by=("20.50.2.0/24",)), "shop may pull by it"),
        (Leaver(id=SHOP, unknown="it could not be read"), "it is not known whether it is needed"),
    ],
)
def test_what_somebody_needs_or_may_need_stays(leaver: Leaver, said: str) -> None:
    refused = asked(tidy=Tidy(owned=ours(OURS), leavers=(GONE, leaver)))

    assert refused.verdict is Verdict.HOLD
    assert said in refused.reasons[0]


def test_what_a_person_wanted_kept_stays() -> None:
    refused = asked(tidy=Tidy(owned=ours(OURS), leavers=(), refused=(f"{OURS}/32",)))

    assert "wanted it kept" in refused.reasons[0]


def test_the_policy_may_forbid_it() -> None:
    keep = GENEROUS.replace("shared_egress: allow", "unneeded: keep")

    assert asked(rules=keep).rules == ("offers-wanted",)


def test_no_other_step_passes_as_an_offer() -> None:
    other = Write(method="PATCH", url=f"{CONTOSO}?api-version=2025-11-01", body={"properties": {}})
    wider = replace(step((THEIRS, MORE)), requests=(other,))
    role = replace(step((THEIRS, MORE)), remedy=RemedyName.PULL_ROLE)
    opened = body((THEIRS, MORE))
    opened["properties"]["networkRuleSet"]["defaultAction"] = "Allow"
    open_to_all = replace(
        step((THEIRS, MORE)), requests=(replace(step().requests[0], body=opened),)
    )

    for one in (wider, role, open_to_all):
        assert asked(only=one).verdict is Verdict.DENY


def test_a_removal_does_not_pass_as_a_fix() -> None:
    plan = Plan.of((step((THEIRS, MORE)),))
    refused = gate.decide(
        plan,
        evidence=evidence(registry=registry(ip_rules=HERE)),
        policy=policy.load(GENEROUS),
        history=History(),
        now=NOW,
        approved=plan.digest,
    )

    assert refused.verdict is Verdict.DENY
    assert any("would remove the existing rule" in reason for reason in refused.reasons)


def test_a_registry_out_of_scope_is_not_tidied() -> None:
    elsewhere = GENEROUS.replace("web-*", "other-*")

    assert asked(rules=elsewhere).verdict is Verdict.DENY
