"""
Difference: two JSON values, line by line.

In:  what is there before and after.  Out: lines that start with "- ", "+ " or two spaces.  Pure.

Long resource ids become their last two names: a person knows the rest.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import ndiff
from typing import Any

_ID = re.compile(r"/subscriptions/[^\s,;]*/([^/\s,;]+/[^/\s,;]+)", re.IGNORECASE)


def difference(before: Any, after: Any) -> Iterator[str]:
    """What goes, what comes, and what stays."""
    compared = ndiff(list(_lines(before)), list(_lines(after)))
    return (entry for entry in compared if not entry.startswith("?"))


def short(text: str) -> str:
    """Text with resource ids cut to their last two names."""
    return _ID.sub(r"\1", text)


def _lines(value: Any, depth: int = 0) -> Iterator[str]:
    """A JSON value, one thing a line, without quotes and commas."""
    indent = "  " * depth
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, Mapping | list):
                yield f"{indent}{key}"
                yield from _lines(inner, depth + 1)
            else:
                yield f"{indent}{key}: {_plain(inner)}"
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(inner, depth)
    else:
        yield f"{indent}{_plain(value)}"


def _plain(value: Any) -> str:
    return "none" if value is None else short(" ".join(str(value).split()))
