"""Until when a blocked site is left alone, in the platform's own words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.evidence.blocking import unblocks

SAID = "Site is blocked due to multiple, consecutive cold start failures. Site scheduled to be "
MOMENT = datetime(2026, 11, 24, 15, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "11/24/2026 15:04:05",
        "11/24/2026 3:04:05 PM",
        "2026-11-24T15:04:05Z",
        "2026-11-24T15:04:05+00:00",
        "2026-11-24 15:04:05",
    ],
)
def test_the_moment_is_read_in_every_form_it_may_be_written(written: str) -> None:
    assert unblocks(f"{SAID}unblocked at {written}.") == MOMENT


@pytest.mark.parametrize(
    "said", [None, "", 7, SAID, f"{SAID}unblocked at noon.", f"{SAID}unblocked at 99/99/2026 1:1:1"]
)
def test_what_names_no_moment_gives_none(said: object) -> None:
    assert unblocks(said) is None


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    found = unblocks(f"unblocked at {text}")

    assert found is None or found.tzinfo is not None
