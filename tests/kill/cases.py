"""
What a process is killed in: each remedy's heal, a person's approval, a rollback, the sweep's look.

In:  nothing.
Out: Cases.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from shared.errors import HealError
from shared.medic import Medic
from shared.pipeline import again, approve, heal, rollback, sweep
from tests.clinic import GENEROUS, Clinic
from tests.kill.stage import Case
from tests.matrix.rows import STORIES
from tests.matrix.story import Story
from tests.simulator import estates

_ASKS = GENEROUS.replace("firewall-sync: {mode: auto,", "firewall-sync: {mode: approve,")


def _healing(story: Story) -> Case:
    def begin(clinic: Clinic) -> Callable[[Medic], Any]:
        workload = clinic.find(story.workload)
        story.fails(clinic, workload)
        signal = clinic.signal(workload)

        def work(medic: Medic) -> None:
            with suppress(HealError):  # else once more later, or the sweep does it
                heal(signal, medic=medic)

        return work

    return Case(name=f"heal-{story}", world=story.world, begin=begin, policy=story.policy)


def _blocked() -> dict[str, Any]:
    return {**estates.blocked_web_app(), "retry": [45]}


def _approval(clinic: Clinic) -> Callable[[Medic], Any]:
    clinic.pull(clinic.only("sites"))
    held = clinic.heal(clinic.only("sites"))
    assert held.state == "held"
    assert held.plan is not None
    digest = held.plan.digest

    def work(medic: Medic) -> None:
        with suppress(HealError):  # 409: it is approved already, and a heal is under way
            heal(again(approve(held.id, digest, "ada", medic=medic), medic=medic), medic=medic)

    return work


def _taking_back(clinic: Clinic) -> Callable[[Medic], Any]:
    clinic.pull(clinic.only("sites"))
    incident = clinic.sweep_until_done(clinic.heal(clinic.only("sites")))
    assert incident.state == "healed"

    def work(medic: Medic) -> None:
        with suppress(HealError):  # 409: it is taken back already, or another worker is at it
            rollback(incident.id, "back", "ada", medic=medic)

    return work


def _looking(clinic: Clinic) -> Callable[[Medic], Any]:
    clinic.pull(clinic.only("sites"))
    clinic.heal(clinic.only("sites"))
    clinic.advance(60)

    def work(medic: Medic) -> None:
        sweep(medic=medic)

    return work


#: One story for each remedy that writes: the first of its kind.
_TOLD = {story.writes: story for story in reversed(STORIES) if story.writes}
HEALS = [
    _healing(story)
    for story in sorted({story.finding: story for story in _TOLD.values()}.values(), key=str)
]
FIREWALL = next(one for one in HEALS if "firewall" in one.name)
APPROVAL = Case(name="approve", world=_blocked, begin=_approval, policy=_ASKS)
ROLLBACK = Case(name="rollback", world=_blocked, begin=_taking_back)
LOOK = Case(name="verify", world=_blocked, begin=_looking)
CASES = [*HEALS, APPROVAL, ROLLBACK, LOOK]
