"""
The story: one incident as a person reads it.

In:  the contract's incident (the JSON of `shared/model/views.py`), from this process or over HTTP.
Out: renderables, part by part: head, signal, facts, cause, plan, gate, outcome, proof, advice.

Says what the incident says, shortened only where told to; long resource ids become their last two
names. Never decides anything.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from functions.cli.paper import line, safe
from shared.model.difference import difference as compared

View = Mapping[str, Any]

BEFORE = ("head", "signal", "facts", "cause", "plan", "gate")
AFTER = ("outcome", "proof", "advice", "cost")
ALL = BEFORE + AFTER

_GOOD, _WAIT, _BAD, _TOLD = "bold green", "bold yellow", "bold red", "bold cyan"
_STATES = {
    "healed": _GOOD,
    "closed": _GOOD,
    "held": _WAIT,
    "verifying": _WAIT,
    "denied": _BAD,
    "failed": _BAD,
    "unverified": _BAD,
    "explained": _TOLD,
}
_VERDICTS = {"allow": _GOOD, "hold": _WAIT, "deny": _BAD}
_RESULTS = {"healed": _GOOD, "pending": _WAIT}
_ID = re.compile(r"/subscriptions/[^\s,;]*/([^/\s,;]+/[^/\s,;]+)", re.IGNORECASE)
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")
_LABEL = 8


def story(view: View, parts: Sequence[str] = ALL, *, facts: Sequence[str] = ()) -> RenderableType:
    """These parts of the incident, in this order. `facts` names the only ones to show."""
    told: dict[str, Callable[[], Iterable[RenderableType]]] = {
        "head": lambda: [head(view)],
        "signal": lambda: _signal(view),
        "facts": lambda: _facts(view, facts),
        "cause": lambda: _cause(view),
        "plan": lambda: _plan(view),
        "gate": lambda: _gate(view),
        "outcome": lambda: _outcome(view),
        "proof": lambda: _proof(view),
        "advice": lambda: _advice(view),
        "cost": lambda: _cost(view),
    }
    return Group(*(one for part in parts for one in told[part]()))


def short(text: object) -> str:
    """Text on one line; resource ids cut to their last two names, long hashes to their start."""
    return _HASH.sub(r"\1…", _ID.sub(r"\1", line(text)))


def state(name: str) -> Text:
    return Text(name, style=_STATES.get(name, "bold"))


def head(view: View) -> RenderableType:
    """Which workload, which image, how it stands."""
    name = Text.assemble((short(view["resource"]), "bold"), "  ", state(view["state"]))
    more = [part for part in (view.get("host"), view.get("image")) if part]
    dim = Text("  ".join(map(line, [*more, view["id"]])), style="dim")
    return Group(name, dim)


def _signal(view: View) -> Iterator[RenderableType]:
    for heard in view["signals"][:3]:
        said = short(heard["text"]) or "asks to look at this workload"
        yield section("signal", Text.assemble((f"{heard['source']}  ", "bold"), said))
    if len(view["signals"]) > 3:
        yield section("", f"and {len(view['signals']) - 3} more of the same")


def _facts(view: View, only: Sequence[str]) -> Iterator[RenderableType]:
    known = (view["diagnosis"] or {}).get("facts", ())
    shown = [fact for fact in known if not only or fact["fact"] in only]
    if not shown:
        return
    rows = []
    for fact in shown:
        value = Text(short(fact["value"]))
        value.append(f"  ({short(fact['source'])})", style="dim")
        rows.append((Text(short(fact["fact"])), value))
    yield section("facts", _hanging(rows))


def _cause(view: View) -> Iterator[RenderableType]:
    found = view["diagnosis"]
    if found is None:
        return
    names = [found["finding"], *found["also"]]
    yield section("cause", Text.assemble((", then ".join(names), "bold")))
    yield section("", short(found["summary"]))
    for doubt in found.get("doubts", ()):
        yield section("", Text(f"? {short(doubt)}", style="yellow"))


def _plan(view: View) -> Iterator[RenderableType]:
    plan = view["plan"]
    found = view["diagnosis"]
    if plan is None or not plan["steps"]:
        if found:
            well = found["finding"] in ("healthy", "not-a-pull-failure")
            yield section("plan", "nothing to change" if well else "no change: none would be safe")
        return
    label = "plan"
    for step in plan["steps"]:
        title = Text.assemble((step["remedy"], "bold"), f" on {short(step['target'])}")
        yield section(label, title)
        yield section("", short(step["summary"]))
        yield section("", difference(step["before"], step["after"]))
        notes = [("risk", short(step["risk"])), ("undo", short(step["undo"]))]
        yield section("", _hanging([(Text(a, "dim"), Text(b, "dim")) for a, b in notes]))
        label = ""
    yield section("", Text(f"digest {plan['digest']}", style="dim"))


def difference(before: Any, after: Any) -> Text:
    """Two JSON values, line by line, as a diff."""
    styles = {"-": "red", "+": "green"}
    told = Text()
    for entry in compared(before, after):
        told.append(f"{safe(entry)}\n", style=styles.get(entry[0], ""))
    told.right_crop(1)
    return told


def _gate(view: View) -> Iterator[RenderableType]:
    decision, plan = view["decision"], view["plan"]
    if decision is None or (plan is not None and not plan["steps"]):
        return
    verdict = Text(decision["verdict"], style=_VERDICTS.get(decision["verdict"], "bold"))
    yield section("gate", verdict)
    yield section("", _hanging([(Text("-"), Text(short(said))) for said in decision["reasons"]]))


def _outcome(view: View) -> Iterator[RenderableType]:
    label = "outcome"
    for one in view["outcome"]:
        kind = "failed" if one.get("failed") else "changed" if one["changed"] else "no change"
        style = _BAD if one.get("failed") else "bold"
        said = Text.assemble((f"{kind}  ", style), short(one["detail"]))
        yield section(label, said)
        label = ""


def _proof(view: View) -> Iterator[RenderableType]:
    seen = view["verification"]
    if seen is not None:
        result = (f"{seen['result']}  ", _RESULTS.get(seen["result"], _BAD))
        yield section("proof", Text.assemble(result, short(seen["proof"])))


def _advice(view: View) -> Iterator[RenderableType]:
    """What a person can do, where this service did not do it."""
    plan = view["plan"]
    if plan is None:
        return
    if view["state"] not in ("healed", "closed"):
        label = "advice"
        for text in plan["advice"]:
            yield section(label, Text(safe(text).strip()))
            label = ""
        if plan["infrastructure_change"] and not plan["steps"]:
            yield section("in code", Text(safe(plan["infrastructure_change"]).strip()))
    elif plan["infrastructure_change"] and any(one["changed"] for one in view["outcome"]):
        yield section("in code", Text(safe(plan["infrastructure_change"]).strip()))


def _cost(view: View) -> Iterator[RenderableType]:
    calls = view["azure_calls"]
    said = f"{_counted(calls['reads'], 'read')} and {_counted(calls['writes'], 'write')}"
    yield section("azure", Text(said, style="dim"))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _hanging(rows: Iterable[tuple[Text, Text]]) -> RenderableType:
    """A name and what belongs to it, folded beside the name."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, value)
    return grid


def section(label: str, content: RenderableType) -> RenderableType:
    """A labelled paragraph; an empty label goes on with the one before."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=_LABEL, justify="right", style="dim")
    grid.add_column(overflow="fold")
    body = Text(content) if isinstance(content, str) else content
    grid.add_row(Text(label), body)
    return grid
