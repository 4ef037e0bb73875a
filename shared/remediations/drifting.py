"""
Drifted: what was written is no longer what is there, so nothing is taken back.

In:  what it is about, and the three images of it.
Out: the refusal every remedy gives then, with the three-way difference for people and programs.
"""

from collections.abc import Mapping
from typing import Any

from shared.errors import Conflict
from shared.model.differences import sentence, three_way


class Drifted(Conflict):
    """`details` holds `before`, `written` and `now` as they are, and `difference`: a row for each
    member in which the three disagree. `is_back`: nothing that was written is there any more."""

    def __init__(self, what: str, *, before: Any, written: Any, now: Any) -> None:
        rows = three_way(before=before, written=written, now=now)
        super().__init__(
            f"{what} changed since it was written, so nothing is taken back: {sentence(rows)}. "
            "Take it back by hand, or leave it as it is now"
        )
        self.is_back = _is_back(before, written, now)
        self.details = {"before": before, "written": written, "now": now, "difference": rows}


def _is_back(before: Any, written: Any, now: Any) -> bool:
    if all(isinstance(one, Mapping) for one in (before, written, now)):
        ours = [name for name in written if written[name] != before.get(name)]
        return all(_is_back(before.get(name), written[name], now.get(name)) for name in ours)
    if all(isinstance(one, list | tuple) for one in (before, written, now)):
        return not any(one in now for one in written if one not in before)
    return bool(now == before)
