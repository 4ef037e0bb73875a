"""
Telling: the demo's words on the screen, in colour on a terminal, plain on a pipe.

In:  what was Played.  Out: nothing but print.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TextIO

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from functions.cli import paper
from functions.cli.story import section, short, state, story
from tests.demo.playing import Played

_WIDTH = 100  # columns of a pipe, and at most of a terminal
_ADVICE = 1  # lines
_LONGEST = 320  # characters of a platform's line


class Teller:
    """One screen."""

    def __init__(self, file: TextIO) -> None:
        self._console = paper.console(file)
        self._console.width = min(self._console.width, _WIDTH)

    def busy(self, text: str) -> AbstractContextManager[Any]:
        """Something takes a while; a pipe is not told."""
        return self._console.status(text) if self._console.is_terminal else nullcontext()

    def say(self, *told: RenderableType) -> None:
        paper.show(self._console, *told)

    def opening(self, policy: str) -> None:
        self.say(
            Text("Pull Medic, against a simulated Azure", style="bold"),
            "Every pull below fails for real in the simulated Azure, every signal comes through the"
            " real doors,\nand healed means that the platform's next pull was seen to work. The"
            " policy in force:\n",
            *(Text(f"    {line}", style="dim") for line in policy.strip().splitlines()),
        )

    def scene(self, number: int, played: Played) -> None:
        self.say("", Rule(Text(f"{number}  {played.scene.title}"), align="left", style="dim"))
        self.say(*_told(played))

    def closing(self, everything: Sequence[Played], seconds: float) -> None:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for column in ("", "workload", "heard from", "finding", "ended", "writes", "seconds"):
            table.add_column(column, justify="right" if column in ("writes", "seconds") else "left")
        for played in everything:
            incident = played.incident
            table.add_row(
                _mark(played.well),
                Text(short(incident["resource"])),
                Text(played.scene.door.value),
                Text((incident["diagnosis"] or {}).get("finding", "")),
                state(incident["state"]),
                str(len(played.writes)),
                f"{played.seconds:.1f}",
            )
        wrong = sum(not played.well for played in everything)
        end = f"{wrong} did not end as expected" if wrong else "every scene ended as expected"
        number = len(everything)
        count = f"{number} scene{'' if number == 1 else 's'} in {seconds:.0f} seconds"
        self.say(
            "", Rule(style="dim"), table, "", Text(f"{count}: {end}.", style=_style(not wrong))
        )


def _told(played: Played) -> list[RenderableType]:
    scene, incident = played.scene, played.incident
    heard = scene.door.value
    if played.deliveries > 1:
        heard += f", {played.deliveries} deliveries of {len(incident['signals'])} alerts"
    told: list[RenderableType] = [
        section("pull", Text.assemble(("fails  ", "bold red"), _cut(played.line, scene.line))),
        section("heard", heard),
        story(incident, ("facts", "cause", "plan", "gate", "outcome"), facts=scene.facts),
    ]
    if incident["state"] == "explained":
        told.append(section("advice", _first_lines(incident["plan"]["advice"])))
    works = played.next_pull["ok"]
    told.append(section("pull", Text("works" if works else "still fails", style=_style(works))))
    told.append(story(incident, ("proof", "cost")))
    for check in played.checks:
        if not check.held:
            wrong = f"{check.what}: wanted {check.wanted}, found {check.found}"
            told.append(section("WRONG", Text(wrong, style="bold red")))
    ended = Text.assemble(_mark(played.well), " ", state(incident["state"]))
    ended.append(f"  {incident['id']}, {len(played.checks)} checks", style="dim")
    return [*told, section("ended", ended)]


def _cut(text: str, wanted: str) -> str:
    """The start of a long line, at least up to the wanted words."""
    line = short(text)
    end = max(line.find(wanted) + len(wanted), _LONGEST)
    return line if len(line) <= end else f"{line[:end]} …"


def _first_lines(advice: Sequence[str]) -> Group:
    """The first sentences of the advice: those before its commands."""
    lines = [line for text in advice for line in text.strip().splitlines()]
    told = [line for line in lines if not line.startswith(" ")][:_ADVICE]
    more = len(lines) - len(told)
    return Group(
        *(Text(short(line)) for line in told),
        Text(f"… and {more} lines with the commands, in the incident", style="dim"),
    )


def _mark(well: bool) -> Text:
    return Text("✓" if well else "✗", style=_style(well))


def _style(well: bool) -> str:
    return "bold green" if well else "bold red"
