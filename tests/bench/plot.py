"""
The plot: every ratio as a bar from "the same" to where it is, cheaper to the left.

In:  bench-results.json.
Out: an SVG that is readable on light and on dark paper, without scripts or fonts of its own.
"""

import math
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from tests.bench.report import times

_WIDTH, _LEFT, _RIGHT = 760, 300, 64
_LINE, _GAP, _TOP, _BOTTOM = 24, 34, 46, 30
_LOWEST, _HIGHEST = 1 / 1024, 64  # ratios at the ends of the axis
_TICKS = {1 / 100: "1/100", 1 / 10: "1/10", 1: "the same", 10: "10 ×"}

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .small { font-size: 11px; fill: #59636e } .end { text-anchor: end }
.middle { text-anchor: middle }
.grid { stroke: #d1d9e0 } .one { stroke: #59636e; stroke-width: 1.5 }
.less { fill: #2da44e } .more { fill: #bf8700 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
.less { fill: #3fb950 } .more { fill: #d29922 }
}
"""


def drawn(results: Mapping[str, Any]) -> str:
    """The whole picture."""
    tables = [table for table in results["tables"].values() if _rows(table)]
    height = _TOP + _BOTTOM + sum(_GAP + _LINE * len(_rows(table)) for table in tables)
    parts = [*_axis(height), *_groups(tables)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img" aria-label="Cost of Pull Medic as a '
        f'multiple of the plain way">\n<style>{_STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _rows(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in table["rows"] if row["ratio"]]


def _x(ratio: float) -> float:
    low, high = math.log(_LOWEST), math.log(_HIGHEST)
    share = (math.log(min(max(ratio, _LOWEST), _HIGHEST)) - low) / (high - low)
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _axis(height: int) -> Iterator[str]:
    yield '<text x="16" y="24" class="title">Cost beside the plain way (ratio, log scale)</text>'
    for ratio, name in _TICKS.items():
        kind, x = ("one" if ratio == 1 else "grid"), _x(ratio)
        yield f'<line x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{height - _BOTTOM}" class="{kind}"/>'
        yield f'<text x="{x}" y="{height - 12}" class="small middle">{name}</text>'


def _groups(tables: list[Mapping[str, Any]]) -> Iterator[str]:
    y = _TOP
    for table in tables:
        title = f"{table['ours']} / {table['theirs']}"
        yield f'<text x="16" y="{y + 18}" class="title">{escape(title)}</text>'
        y += _GAP
        for row in _rows(table):
            yield from _bar(row, y)
            y += _LINE


def _bar(row: Mapping[str, Any], y: int) -> Iterator[str]:
    ratio, one, at = row["ratio"], _x(1), _x(row["ratio"])
    left, width = min(one, at), max(abs(at - one), 2)
    kind = "less" if ratio <= 1 else "more"
    yield f'<text x="{_LEFT - 12}" y="{y + 13}" class="end">{escape(row["what"])}</text>'
    yield f'<rect x="{left}" y="{y + 2}" width="{width:.1f}" height="14" rx="2" class="{kind}"/>'
    place, side = (at + 6, "") if ratio >= 1 else (at - 6, " end")
    yield f'<text x="{place:.1f}" y="{y + 13}" class="small{side}">{times(ratio)}</text>'
