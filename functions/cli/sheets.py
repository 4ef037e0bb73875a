"""
Sheets: lists of incidents, what could not be used, and the policy in sentences.

In:  contract views and sentences.  Out: renderables.
"""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from functions.cli.paper import line
from functions.cli.story import View, short, state


def incidents(views: Sequence[View]) -> RenderableType:
    """One line each, newest first."""
    if not views:
        return Text("There are no incidents.")
    table = _table("incident", "state", "opened", "workload", "finding")
    for view in views:
        found = view["diagnosis"]
        table.add_row(
            Text(view["id"]),
            state(view["state"]),
            Text((view["opened"] or "")[:19].replace("T", " ")),
            Text(short(view["resource"])),
            Text(found["finding"] if found else ""),
        )
    return table


def letters(poison: View) -> RenderableType:
    """How much came in that could not be used, and why, newest first."""
    number = poison["count"]
    said = [f"{number} signal{'' if number == 1 else 's'} could not be used; the newest:"]
    said += [
        f"  {one['at'][:19].replace('T', ' ')}  {one['source']}: {one['reason']}"
        for one in poison["newest"]
    ]
    return sentences(said)


def scanned(views: Sequence[View], workloads: int, read: int) -> RenderableType:
    """The workloads whose pulls fail or will fail, and those that could not be looked at."""
    if not workloads:
        return Text(
            "No workload in scope is visible: the identity needs the Reader role on them, and the "
            "policy's scope has to include them."
        )
    if not views:
        return Text(
            f"Every pull in scope works, as far as the configuration of {workloads} tells; "
            f"{read} of them had to be read closely."
        )
    table = _table("workload", "finding", "summary")
    for view in views:
        found = view["diagnosis"]
        if found:
            cells = (found["finding"], found["summary"])
        else:
            cells = ("not looked at", view["timeline"][-1]["text"])
        table.add_row(Text(short(view["resource"])), Text(cells[0]), Text(short(cells[1])))
    return table


def difference(rows: Sequence[View]) -> RenderableType:
    """What was written, what is there now, what was there before."""
    table = _table("", "before", "written", "now")
    for row in rows:
        cells = [Text(short(row[name])) for name in ("what", "before", "written", "now")]
        if row["written"] != row["now"]:
            cells[3].stylize("bold red")
        table.add_row(*cells)
    return table


def breakers(views: Sequence[View]) -> RenderableType:
    """What is stopped, since when and why."""
    if not views:
        return Text("No breaker is tripped.")
    table = _table("stopped", "since", "because")
    for view in views:
        where = "everything" if view["scope"] == "*" else short(view["scope"])
        since = view["since"][:19].replace("T", " ")
        table.add_row(Text(where), Text(since), Text(short(view["because"])))
    return table


def sentences(said: Iterable[str]) -> RenderableType:
    """One sentence a line."""
    return Group(*(Text(line(text)) for text in said))


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
