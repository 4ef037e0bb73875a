"""
Conduct: who decides, and is this the time?

In:  a Case.
Out: objections, all of them holds, with the numbers that caused them.

Pure.
"""

from collections.abc import Iterator

from shared.gate.case import Case, Objection, hold
from shared.model.words import RemedyName
from shared.policy import Mode

#: How often within a day one step may be taken for one workload; then a person has to look.
_OFTEN = 2
_MOST_TIMES = {RemedyName.RESTART: 1}


def somebody_decided(case: Case) -> Iterator[Objection]:
    """The policy lets the remedy act, or a person approved exactly this plan."""
    for remedy in dict.fromkeys(step.remedy for step in case.plan.steps):
        mode = case.policy.mode_of(remedy)
        if mode is Mode.AUTO:
            continue
        if mode is Mode.OBSERVE:
            yield hold(f"plan only: the policy's mode for {remedy} is observe")
        elif not case.by_a_person:
            other = " (another plan was approved)" if case.approved else ""
            if case.lapsed:
                other = f" (the approval of {case.lapsed:%Y-%m-%d %H:%M} UTC no longer counts)"
            yield hold(f"{remedy} waits for a person to approve the plan {case.plan.digest}{other}")


def not_frozen(case: Case) -> Iterator[Objection]:
    """No freeze window is open. A window ends with the moment before its `to`."""
    for window in case.policy.freeze:
        if window.start <= case.now < window.end:
            yield hold(f"changes are frozen until {window.end.isoformat()}", until=window.end)


def within_limits(case: Case) -> Iterator[Objection]:
    """This plan's writes fit into what the hour and the day have left."""
    limits, past = case.policy.limits, case.history
    for allowed, done, frees, span in (
        (
            limits.writes_per_registry_per_hour,
            past.registry_writes_last_hour,
            past.registry_frees,
            "this registry's hour",
        ),
        (
            limits.writes_per_workload_per_day,
            past.workload_writes_today,
            past.workload_frees,
            "this workload's day",
        ),
        (limits.writes_per_day, past.writes_today, past.day_frees, "the day"),
    ):
        if done + case.writes > allowed:
            yield hold(
                f"the plan has {case.writes} writes and {span} has seen {done}; "
                f"the policy allows {allowed}",
                until=frees if case.writes <= allowed else None,
            )


def cooled_down(case: Case) -> Iterator[Objection]:
    """What an earlier incident mended and is gone again so soon waits a while."""
    cooldown = case.policy.limits.cooldown
    for repeat in case.history.repeats:
        if repeat.earlier is None or case.by_a_person:
            continue
        if case.now < (until := repeat.earlier + cooldown):
            yield hold(
                f"{repeat.remedy} was done at {repeat.target.name} at {repeat.earlier:%H:%M} UTC "
                f"and is needed again; it is not made once more before {until:%H:%M} UTC",
                until=until,
            )


def breaker_closed(case: Case) -> Iterator[Objection]:
    if case.history.breaker is not None:
        yield hold(f"the breaker is open: {case.history.breaker}")


def nobody_refused(case: Case) -> Iterator[Objection]:
    """A person who rejected or took back a change is not overruled by the next alert."""
    if case.history.refused is not None and not case.by_a_person:
        yield hold(
            f"a person refused a change for this workload at this registry before, or it was taken "
            f"back ({case.history.refused}); it takes an approval of the plan {case.plan.digest}"
        )


def not_tried_in_vain(case: Case) -> Iterator[Objection]:
    if case.history.same_plan_failed:
        yield hold(f"the same plan {case.plan.digest} was carried out before and did not help")


def not_flapping(case: Case) -> Iterator[Objection]:
    """What was done and is gone again is somebody's decision, or a fight nobody wins."""
    for repeat in case.history.repeats:
        most = _MOST_TIMES.get(repeat.remedy, _OFTEN)
        if repeat.times < most or case.by_a_person:
            continue
        times = "once" if repeat.times == 1 else f"{repeat.times} times"
        done = f"{repeat.remedy} was done {times} within a day at {repeat.target.name}"
        if repeat.remedy is RemedyName.RESTART:
            yield hold(f"{done} and it did not last; a person has to look why it falls over")
            continue
        who = f" by {', '.join(repeat.by)}" if repeat.by else " by somebody (the Activity Log does "
        who += "" if repeat.by else "not tell yet who)"
        yield hold(f"{done} and was taken back{who}; settle with them who is right")
