"""
The case before the gate, and what a rule may say about it.

In:  everything the gate was handed.
Out: a Case for the rules to look at; Objections from them.

Pure.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.model.evidence import Evidence, Registry, Unread, Workload
from shared.model.history import History
from shared.model.plan import Plan, Step
from shared.model.tidy import Tidy
from shared.model.words import RemedyName, Verdict
from shared.policy import Policy


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason against carrying out the plan. Hold: a person may decide otherwise. Deny: no.

    `until`: when it may be over by itself; None: not without somebody.
    """

    verdict: Verdict
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One plan, and all there is to judge it by. `approved` is the digest a person approved, as
    long as the approval counts; `lapsed` says when one was given that no longer does."""

    plan: Plan
    evidence: Evidence
    policy: Policy
    history: History
    now: datetime
    approved: str | None = None
    lapsed: datetime | None = None
    tidy: Tidy | None = None  # about an offer to remove rules: whose they are and who needs them

    @property
    def by_a_person(self) -> bool:
        """Whether a person approved exactly this plan."""
        return bool(self.plan.digest) and self.approved == self.plan.digest

    @property
    def workload(self) -> Workload:
        return self.evidence.workload

    @property
    def registry(self) -> Registry | None:
        """The registry, if it was read."""
        found = self.evidence.registry
        return found if isinstance(found, Registry) else None

    @property
    def writes(self) -> int:
        """Requests that would change Azure."""
        return sum(len(step.requests) for step in self.plan.steps)

    def steps(self, remedy: RemedyName) -> tuple[Step, ...]:
        return tuple(step for step in self.plan.steps if step.remedy is remedy)


Rule = Callable[[Case], Iterable[Objection]]


def hold(reason: str, *, until: datetime | None = None) -> Objection:
    return Objection(Verdict.HOLD, reason, until)


def deny(reason: str) -> Objection:
    return Objection(Verdict.DENY, reason)


def unread(what: str, answer: Unread) -> Objection:
    """Not knowing is a reason to wait, and says so."""
    return hold(f"{what} could not be read ({answer.because}), and unknown means hold")
