"""
What every treated estate must keep, whatever it looks like.

In:  a Case.
Out: the promises it breaks, as sentences; none when all is well.
"""

from collections.abc import Iterator
from typing import Any

from shared.model.words import OPEN_STATES, State
from tests.estates import allowed
from tests.estates.building import SECRETS
from tests.estates.curable import curable
from tests.estates.implied import WELL, unexplained
from tests.estates.treating import Case, Failure

#: The default policy's `limits.azure_calls_per_incident`.
MOST_CALLS = 40
_RESTING = frozenset(State) - (OPEN_STATES - {State.HELD})


def broken(case: Case) -> tuple[str, ...]:
    """Every promise the case breaks."""
    return tuple(_broken(case))


def _broken(case: Case) -> Iterator[str]:
    state = case.incident.state
    if case.rehearsed:
        yield f"the dry run wrote: {case.rehearsed}"
    if state not in _RESTING:
        yield f"it never came to rest: {state}"
    yield from allowed.complaints(case)
    yield from _announced(case)
    yield from _ended(case)
    if case.again and case.writes:
        yield f"the same failure told again wrote once more: {case.again}"
    yield from _undone(case)
    for secret in SECRETS:
        if secret in case.shown:
            yield f"the secret {secret!r} is shown"
    if case.most_calls > MOST_CALLS:
        yield f"{case.most_calls} requests were sent to Azure"


def _undone(case: Case) -> Iterator[str]:
    """A rollback leaves everything as it was before, or says why it leaves it."""
    if case.taken_back is None:
        return
    left = allowed.differences(case.before, case.taken_back)
    if left and not case.kept:
        yield f"the rollback left {left}"


def _announced(case: Case) -> Iterator[str]:
    """Every write was in the audit before it was sent, and no more often than announced."""
    left = [f"{method} {url.partition('?')[0]}".lower() for method, url in case.announced]
    for write in case.writes:
        if write.lower() in left:
            left.remove(write.lower())
        else:
            yield f"{write} was never announced"


def _ended(case: Case) -> Iterator[str]:
    """Healed is seen by the platform; what still fails is explained."""
    state, built = case.incident.state, case.built
    healed = state is State.HEALED
    if healed and case.still:
        yield f"it says healed, and the next pull fails at {case.still}"
    if not case.failing and state is State.FAILED:
        yield "it says failed, and the pulls worked all the time"
    found = case.findings
    well = {one.value for one in WELL}
    if built.blueprint.elsewhere == "hidden":
        well.add("registry-not-found")
    if not case.failing and found and not {*found} & well:
        yield f"the pulls work, and it finds {found}"
    if case.seen and state is State.CLOSED and case.still:
        yield f"it is closed, and pulls fail at {case.failing}"
    if curable(built) and _uncured(case):
        yield f"every fault in it has a cure, and it ended {state} with {found}"
    if open_ones := open_failures(case):
        yield f"pulls fail at {open_ones}, and what it finds is {found}"


def _uncured(case: Case) -> bool:
    """Whether it still fails, or works and the proof was missed. Where no pull had failed yet the
    platform has no reason to pull again, so there may be nothing to see."""
    return bool(case.still) or (case.seen and case.incident.state is not State.HEALED)


def open_failures(case: Case) -> tuple[Failure, ...]:
    """What still fails and is not explained, as far as anybody could know."""
    if not case.seen and case.findings[:1] == ("healthy",):
        return ()  # it failed by another address than the last pull's, and nobody saw it yet
    failing = case.still
    if case.blueprint.posture == "deny" and not case.blueprint.way_is_fixed:
        failing = failing[:1]  # the next pull leaves by another address, and nobody knows which
    return unexplained(failing, case.findings, case.blueprint)


def told(case: Case) -> dict[str, Any]:
    """The case in a few words, for whoever has to look into it."""
    incident = case.incident
    return {
        "estate": str(case.blueprint),
        "failing": case.failing,
        "still": case.still,
        "state": incident.state.value,
        "findings": case.findings,
        "summary": incident.diagnosis.summary if incident.diagnosis else "",
        "doubts": incident.diagnosis.doubts if incident.diagnosis else (),
        "decision": incident.decision.reasons if incident.decision else (),
        "writes": case.writes,
        "calls": case.most_calls,
    }
