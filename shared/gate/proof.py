"""
Proof: is there a plan, is what it rests on known, and is it still so?

In:  a Case.
Out: objections, all of them holds.

Pure.
"""

from collections.abc import Iterator
from datetime import timedelta

from shared.gate.case import Case, Objection, hold, unread
from shared.model.evidence import Unread

_FRESH = timedelta(minutes=10)


def something_to_do(case: Case) -> Iterator[Objection]:
    if not case.plan.steps:
        yield hold("there is nothing to do: the plan has no steps")
    for step in case.plan.steps:
        if not step.requests:
            yield hold(f"{step.remedy} does not say which requests it would send")


def nothing_in_doubt(case: Case) -> Iterator[Objection]:
    """Every precondition of every step is proven."""
    for step in case.plan.steps:
        for doubt in step.doubts:
            yield hold(f"{step.remedy}: {doubt}")


def registry_known(case: Case) -> Iterator[Objection]:
    """The registry was found by its login server and read."""
    found = case.evidence.registry
    if isinstance(found, Unread):
        yield unread("the registry", found)
    elif found is None:
        yield hold("no registry of that login server is visible, so nobody can consent for it")


def evidence_fresh(case: Case) -> Iterator[Objection]:
    """What was read is not older than the world may be expected to stand still."""
    age = case.now - case.evidence.gathered
    if abs(age) > _FRESH:
        minutes = int(age.total_seconds() // 60)
        yield hold(f"the evidence is {minutes} minutes old; it must be read again before acting")
