"""
Gate: may this plan be carried out?

In:  a Plan, the Evidence it rests on, the Policy, the recent History, the time, and the digest a
     person approved, if one did.
Out: a Decision, always: allow with the grounds, hold or deny with every reason and its numbers.
     A plan that touches several registries is judged share by share, each by what was read about
     its own registry, and is only as good as its worst share.

Never raises and never changes anything: a rule that fails denies, and so does a missing policy.
Every rule is asked every time, so a person sees all that stands in the way at once. Pure.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.gate import consent, firewall
from shared.gate.case import Case, Objection, Rule, deny
from shared.gate.rules import REMOVAL_RULES, RULES
from shared.model.evidence import Evidence, Registry
from shared.model.history import History
from shared.model.plan import Decision, Plan, Step
from shared.model.tidy import Tidy
from shared.model.words import Verdict
from shared.policy import Mode, Policy

__all__ = ["RULES", "Share", "decide", "decide_all", "room"]

log = logging.getLogger(__name__)

#: By how much two machines' clocks may differ.
_SKEW = timedelta(minutes=5)


def decide(
    plan: Plan,
    *,
    evidence: Evidence,
    policy: Policy | None,
    history: History,
    now: datetime,
    approved: str | None = None,
    approved_at: datetime | None = None,
    tidy: Tidy | None = None,
) -> Decision:
    """Judge one plan. `policy` None means that it could not be read: everything is denied.

    `approved` is the digest of the plan a person allowed, and `approved_at` says when; None: now.
    `tidy` makes it an offer to remove rules of our own, which has rules of its own to pass.
    """
    try:
        if policy is None:
            return Decision(
                verdict=Verdict.DENY,
                reasons=("the policy is missing or not valid, so nothing may be changed",),
                rules=("policy",),
            )
        counts = approved_at is None or _counts(approved_at, policy, now)
        case = Case(
            plan=plan,
            evidence=evidence,
            policy=policy,
            history=history,
            now=now,
            approved=approved if counts else None,
            lapsed=None if counts else approved_at,
            tidy=tidy,
        )
        rules = RULES if tidy is None else REMOVAL_RULES
        said = [(_name(rule), objection) for rule in rules for objection in _ask(rule, case)]
        decision = _refuse(said) if said else _allow(case)
        return replace(decision, policy=policy.digest)
    except Exception as error:
        log.exception("The gate failed")
        return _refuse([("gate", _failed("the gate", error))])


def _counts(at: datetime, policy: Policy, now: datetime) -> bool:
    """Whether an approval of that moment counts now; not when a clock that was put back would make
    it last longer."""
    return at - _SKEW <= now < at + policy.approval.expires


def room(
    plan: Plan, *, evidence: Evidence, policy: Policy, taken: Sequence[str], now: datetime
) -> Decision | None:
    """Why a plan that is allowed by itself waits, once others of its registry are to be written
    with it: `taken` are the rules those add. None: there is room for it, too.

    A plan fits whole or not at all; nothing is ever cut from it.
    """
    registry = evidence.registry
    if not isinstance(registry, Registry):
        return _refuse([("room-left", deny("the registry was not read"))])
    used = registry.rules_used
    grown = replace(
        registry,
        ip_rules=(*registry.ip_rules, *taken),
        rules_used=used + len(taken) if isinstance(used, int) else used,
    )
    case = Case(
        plan=plan,
        evidence=replace(evidence, registry=grown),
        policy=policy,
        history=History(),
        now=now,
    )
    said = [("room-left", objection) for objection in _ask(firewall.room_left, case)]
    return _refuse(said) if said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One image's part of a plan, with the evidence and the history of that image's registry.

    `plan` holds the image's own steps and the digest of the whole plan.
    """

    of: str
    plan: Plan
    evidence: Evidence
    history: History
    tidy: Tidy | None = None


def decide_all(
    whole: Plan,
    shares: Sequence[Share],
    *,
    policy: Policy | None,
    now: datetime,
    approved: str | None = None,
    approved_at: datetime | None = None,
) -> Decision:
    """Judge a plan share by share. A step that is in nobody's share is denied."""
    asked = [share for share in shares if share.plan.steps] or list(shares[:1])
    covered = [step for share in asked for step in share.plan.steps]
    if any(_same_change(step) not in map(_same_change, covered) for step in whole.steps):
        return _refuse([("gate", deny("a step of the plan belongs to no image of the workload"))])
    decisions = [
        decide(
            share.plan,
            evidence=share.evidence,
            policy=policy,
            history=_with_the_others(share, whole),
            now=now,
            approved=approved,
            approved_at=approved_at,
            tidy=share.tidy,
        )
        for share in asked
    ]
    return _worst([share.of for share in asked], decisions)


def _with_the_others(share: Share, whole: Plan) -> History:
    """The history as if the steps of other images had been carried out already."""
    own = set(map(_same_change, share.plan.steps))
    others = [step for step in whole.steps if _same_change(step) not in own]
    registry = share.evidence.registry
    here = [
        step
        for step in others
        if isinstance(registry, Registry) and step.target.within(registry.id.text)
    ]
    past = share.history
    return replace(
        past,
        registry_writes_last_hour=past.registry_writes_last_hour
        + sum(len(step.requests) for step in here),
        writes_today=past.writes_today + sum(len(step.requests) for step in others),
        workload_writes_today=past.workload_writes_today
        + sum(len(step.requests) for step in others),
    )


def _same_change(step: Step) -> str:
    return Plan.of((step,)).digest


def _worst(names: Sequence[str], decisions: Sequence[Decision]) -> Decision:
    """The strictest answer, with the reasons of all that are not an allowance; what only some
    images are told says which."""
    order = (Verdict.DENY, Verdict.HOLD, Verdict.ALLOW)
    verdict = min((one.verdict for one in decisions), key=order.index)
    telling = [
        (name, one)
        for name, one in zip(names, decisions, strict=True)
        if verdict is Verdict.ALLOW or one.verdict is not Verdict.ALLOW
    ]
    whose: dict[str, list[str]] = {}
    for name, one in sorted(telling, key=lambda each: order.index(each[1].verdict)):
        for reason in one.reasons:
            whose.setdefault(reason, []).append(name)
    return Decision(
        verdict=verdict,
        reasons=tuple(
            reason if len(whose[reason]) == len(decisions) else f"{', '.join(named)}: {reason}"
            for reason, named in whose.items()
        ),
        rules=tuple(dict.fromkeys(rule for _, one in telling for rule in one.rules)),
        until=_latest(one.until for _, one in telling),
        policy=decisions[0].policy,
    )


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    """When all of them are over; None when one of them does not end by itself."""
    known = list(moments)
    return max((one for one in known if one is not None), default=None) if all(known) else None


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
        until=_latest(objection.until for _, objection in said),
    )


def _allow(case: Case) -> Decision:
    reasons, entries = [], []
    for remedy in dict.fromkeys(step.remedy for step in case.plan.steps):
        by_itself = case.policy.mode_of(remedy) is Mode.AUTO and case.tidy is None
        who = "acts by itself" if by_itself else f"was approved for the plan {case.plan.digest}"
        reasons.append(f"{remedy} {who}")
        entries.append(f"remedies.{remedy}.mode")
    for ground in consent.grounds(case) if case.tidy is None else ():
        reasons.append(ground.sentence)
        entries.append(ground.entry)
    return Decision(verdict=Verdict.ALLOW, reasons=tuple(reasons), rules=tuple(entries))


def _name(rule: Rule) -> str:
    return getattr(rule, "__name__", "unnamed").replace("_", "-")
