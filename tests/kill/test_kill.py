"""
Killed at any moment, the next process finishes: the same end, no write twice, nothing left held.

`KILLS` says at how many moments each case is killed; `make nightly` kills at every one.
"""

import os
from pathlib import Path

import pytest

from tests.kill.cases import APPROVAL, CASES, FIREWALL, LOOK, ROLLBACK
from tests.kill.stage import Case, stage
from tests.store import azurite

_MOMENTS = int(os.environ.get("KILLS", "16"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_at_any_moment_the_next_process_finishes(case: Case, tmp_path: Path) -> None:
    _killed(case, tmp_path, _MOMENTS)


@pytest.mark.skipif(azurite.missing() is not None, reason=str(azurite.missing()))
@pytest.mark.parametrize("case", [FIREWALL, APPROVAL, ROLLBACK, LOOK], ids=str)
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
