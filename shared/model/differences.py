"""
Three-way differences: what was written, what is there now, what was there before.

In:  three JSON values, each the same part of one resource.
Out: a row for everything in which they disagree, in words a person can compare; what changed since
     it was written comes first.

Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

#: Members that hold a list of addresses: each of them is told by itself.
_THERE, _GONE = "there", "not there"
#: Members whose value moves by itself and says nothing about who changed what.
_VOLATILE = frozenset({"state"})


def three_way(*, before: Any, written: Any, now: Any) -> list[dict[str, str]]:
    """`[{"what", "before", "written", "now"}]`, only of what is not the same in all three."""
    images = [dict(_leaves(one, "")) for one in (before, written, now)]
    names = dict.fromkeys(name for image in images for name in image)
    rows = []
    for name in names:
        none = _GONE if any(image.get(name) == _THERE for image in images) else "none"
        told = [image.get(name, none) for image in images]
        if len(set(told)) > 1:
            rows.append(dict(zip(("what", "before", "written", "now"), (name, *told), strict=True)))
    return sorted(rows, key=lambda row: row["written"] == row["now"])


def sentence(rows: list[dict[str, str]]) -> str:
    """The rows that changed since they were written, on one line."""
    drifted = [row for row in rows if row["written"] != row["now"]] or rows
    return "; ".join(
        f"{row['what']}: before {row['before']}, written {row['written']}, now {row['now']}"
        for row in drifted
    )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _VOLATILE:
                yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            plain = not isinstance(inner, Mapping | list | tuple)
            yield (str(inner), _THERE) if plain else (f"{path} {inner}", _THERE)
    elif value is not None:
        yield path or "it", _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "empty"
