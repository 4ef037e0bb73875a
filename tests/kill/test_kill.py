"""
Killed at any moment, the next process finishes: the same end, no write twice, nothing left held.

`KILLS` says at how many moments each case is killed; `make nightly` kills at every one, and waits
for the leases of a storage account in every case.
"""

import os
from pathlib import Path

import pytest

from shared.pipeline import sweep
from tests.kill.cases import APPROVAL, CASES, FIREWALL, LOOK, ROLLBACK
from tests.kill.stage import Case, stage
from tests.kill.victim import live
from tests.store import azurite
from tests.store.places import patient

_MOMENTS = int(os.environ.get("KILLS", "12"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_at_any_moment_the_next_process_finishes(case: Case, tmp_path: Path) -> None:
    _killed(case, tmp_path, _MOMENTS)


@pytest.mark.skipif(azurite.missing() is not None, reason=str(azurite.missing()))
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(FIREWALL, id=str(FIREWALL)),
        *(pytest.param(one, id=str(one), marks=patient) for one in (APPROVAL, ROLLBACK, LOOK)),
    ],
)
def test_the_same_with_a_storage_account(case: Case, tmp_path: Path) -> None:
    _killed(case, tmp_path, max(_MOMENTS // 4, 1), account=True)


def _killed(case: Case, folder: Path, moments: int, *, account: bool = False) -> None:
    whole, passed = stage(case, folder / "whole", account=account).played(None)
    assert passed is not None
    step = max(1, passed // moments)

    for moment in range(1 + len(case.name) % step, passed + 1, step):
        ended, lived = stage(case, folder / str(moment), account=account).played(moment)

        assert lived is None or lived < passed
        assert ended == whole, f"killed at boundary {moment} of {passed}"


def test_a_rollback_that_was_announced_is_finished_by_the_sweep_alone(tmp_path: Path) -> None:
    """Whoever asked for it got no answer and does not ask again."""
    passed = stage(ROLLBACK, tmp_path / "whole").played(None)[1] or 0
    ends = set()

    for moment in range(1, passed, 3):
        one = stage(ROLLBACK, tmp_path / str(moment))
        work = ROLLBACK.begin(one.clinic)
        live(one.clinic, one.place, ROLLBACK.policy, work, until=moment)
        (left,) = one.clinic.medic.store.page().incidents
        one.clinic.advance(16 * 60)
        sweep(medic=one.clinic.medic)

        incident = one.clinic.load(left.id)
        begun = any(told.stage == "rollback" for told in left.timeline)
        assert incident.state == ("rolled-back" if begun else "healed")
        assert incident.undoing is None
        assert len(one.clinic.writes) == (2 if begun else 1)
        ends.add(incident.state)

    assert ends == {"healed", "rolled-back"}
