"""
Rows of the platform's log tables.

In:  what a query answered.
Out: LogRow and LogRows, which also know what an empty answer is worth. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of a log table. Compare Reading, which is what its text means.

    `at` is UTC. `trusted` is False for what a container printed itself: such a row is a reason to
    look, never evidence. `resource` is the id the row carries: the site for App Service, the
    environment or nothing for Container Apps, whose rows name `app` or `job` and `environment`.
    """

    at: datetime
    table: str
    reason: str
    text: str
    trusted: bool
    workspace: str
    resource: str = ""
    app: str = ""
    job: str = ""
    environment: str = ""
    revision: str = ""


class LogRows(tuple[LogRow, ...]):
    """Rows, newest first, and what an empty answer is worth.

    `missing`: tables that hold this kind of row and exist in none of the workspaces asked; looked
    up only when there are no rows, because then it matters. `incomplete`: one sentence for every
    workspace whose answer Azure cut short.
    """

    missing: tuple[str, ...]
    incomplete: tuple[str, ...]

    def __new__(
        cls,
        rows: Iterable[LogRow] = (),
        *,
        missing: Iterable[str] = (),
        incomplete: Iterable[str] = (),
    ) -> Self:
        made = super().__new__(cls, rows)
        made.missing = tuple(missing)
        made.incomplete = tuple(incomplete)
        return made
