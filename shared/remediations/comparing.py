"""
Comparing a resource before and after: what else changed than what we meant to.

In:  two answers of the resource manager about the same resource.
Out: sentences, one for each member that differs.

Pure.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Wire = Mapping[str, Any]


def differences(before: Wire, after: Wire, *, apart_from: Collection[str]) -> tuple[str, ...]:
    """ "member: old → new" of everything but the members named, and all below them."""
    old, new = dict(_members(before, apart_from)), dict(_members(after, apart_from))
    return tuple(
        f"{path.removeprefix('properties.')}: {old.get(path, 'absent')} → {new.get(path, 'absent')}"
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    )


def _members(wire: Wire, apart_from: Collection[str], prefix: str = "") -> Iterator[Any]:
    for name, value in wire.items():
        path = f"{prefix}{name}"
        if path in apart_from:
            continue
        if isinstance(value, Mapping) and value:
            yield from _members(value, apart_from, f"{path}.")
        elif value is not None:
            yield path, value
