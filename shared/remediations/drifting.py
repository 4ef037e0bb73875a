"""
Drifted: what was written is no longer what is there, so nothing is taken back.

In:  what it is about, and the three images of it.
Out: the refusal every remedy gives then, with the three-way difference for people and programs.
"""

from typing import Any

from shared.errors import Conflict
from shared.model.differences import sentence, three_way


class Drifted(Conflict):
    """`details` holds `before`, `written` and `now` as they are, and `difference`: a row for each
    member in which the three disagree."""

    def __init__(self, what: str, *, before: Any, written: Any, now: Any) -> None:
        rows = three_way(before=before, written=written, now=now)
        super().__init__(
            f"{what} changed since it was written, so nothing is taken back: {sentence(rows)}. "
            "Take it back by hand, or leave it as it is now"
        )
        self.details = {"before": before, "written": written, "now": now, "difference": rows}
