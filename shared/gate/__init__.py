"""
Gate: may this plan be carried out?

In:  a Plan, the Evidence it rests on, the Policy, the recent History, the time, and the digest a
     person approved, if one did.
Out: a Decision, always: allow with the grounds, hold or deny with every reason and its numbers.

Never raises and never changes anything: a rule that fails denies, and so does a missing policy.
Every rule is asked every time, so a person sees all that stands in the way at once. Pure.
"""

import logging
from collections.abc import Iterator
from datetime import datetime

from shared.gate import conduct, consent, firewall, proof, scope, surroundings
from shared.gate.case import Case, Objection, Rule, deny
from shared.model.evidence import Evidence
from shared.model.history import History
from shared.model.plan import Decision, Plan
from shared.model.words import Verdict
from shared.policy import Mode, Policy

__all__ = ["RULES", "decide"]

log = logging.getLogger(__name__)

RULES: tuple[Rule, ...] = (
    scope.within_scope,
    scope.not_opted_out,
    scope.on_target,
    scope.near_by,
    proof.something_to_do,
    proof.nothing_in_doubt,
    proof.registry_known,
    proof.evidence_fresh,
    consent.owner_consents,
    firewall.only_adds_proven_addresses,
    firewall.way_out_proven,
    firewall.sharing_allowed,
    firewall.room_left,
    firewall.registry_writable,
    surroundings.not_locked,
    surroundings.policies_stand_back,
    conduct.somebody_decided,
    conduct.not_frozen,
    conduct.within_limits,
    conduct.breaker_closed,
    conduct.not_tried_in_vain,
    conduct.nobody_refused,
)


def decide(
    plan: Plan,
    *,
    evidence: Evidence,
    policy: Policy | None,
    history: History,
    now: datetime,
    approved: str | None = None,
) -> Decision:
    """Judge one plan. `policy` None means that it could not be read: everything is denied."""
    try:
        if policy is None:
            return Decision(
                verdict=Verdict.DENY,
                reasons=("the policy is missing or not valid, so nothing may be changed",),
                rules=("policy",),
            )
        case = Case(
            plan=plan,
            evidence=evidence,
            policy=policy,
            history=history,
            now=now,
            approved=approved,
        )
        said = [(_name(rule), objection) for rule in RULES for objection in _ask(rule, case)]
        return _refuse(said) if said else _allow(case)
    except Exception as error:
        log.exception("The gate failed")
        return _refuse([("gate", _failed("the gate", error))])


def _ask(rule: Rule, case: Case) -> Iterator[Objection]:
    """What the rule says; that it failed is an objection too."""
    try:
        yield from tuple(rule(case))
    except Exception as error:
        log.exception("The gate's rule %s failed", _name(rule))
        yield _failed(f"the rule {_name(rule)}", error)


def _failed(what: str, error: Exception) -> Objection:
    return deny(f"{what} could not judge this plan ({type(error).__name__}: {error})")


def _refuse(said: list[tuple[str, Objection]]) -> Decision:
    """Denials first: they are what no approval lifts."""
    said = sorted(said, key=lambda each: each[1].verdict is not Verdict.DENY)
    return Decision(
        verdict=said[0][1].verdict,
        reasons=tuple(dict.fromkeys(objection.reason for _, objection in said)),
        rules=tuple(dict.fromkeys(name for name, _ in said)),
    )


def _allow(case: Case) -> Decision:
    reasons, entries = [], []
    for remedy in dict.fromkeys(step.remedy for step in case.plan.steps):
        by_itself = case.policy.mode_of(remedy) is Mode.AUTO
        who = "acts by itself" if by_itself else f"was approved for the plan {case.plan.digest}"
        reasons.append(f"{remedy} {who}")
        entries.append(f"remedies.{remedy}.mode")
    for ground in consent.grounds(case):
        reasons.append(ground.sentence)
        entries.append(ground.entry)
    return Decision(verdict=Verdict.ALLOW, reasons=tuple(reasons), rules=tuple(entries))


def _name(rule: Rule) -> str:
    return getattr(rule, "__name__", "unnamed").replace("_", "-")
