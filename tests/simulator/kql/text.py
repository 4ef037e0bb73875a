"""
How the query language compares text: whole terms, parts, prefixes, and RE2 expressions.

A term is a run of letters and digits (Kusto documentation, "String operators"), so
`"ImagePullFailure" has "ImagePull"` is false.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from tests.simulator.kql.errors import semantic

#: What Python understands and RE2 does not: look-around and back-references.
_NOT_RE2 = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!]|<[=!]|P=|\()|\\[1-9])")


def contains(text: str, part: str) -> bool:
    return part in text


def has(text: str, term: str) -> bool:
    """The term stands alone in the text: no letter or digit touches it."""
    return _bounded(text, term, before=True, after=True)


def has_prefix(text: str, term: str) -> bool:
    return _bounded(text, term, before=True, after=False)


def has_suffix(text: str, term: str) -> bool:
    return _bounded(text, term, before=False, after=True)


def _bounded(text: str, term: str, *, before: bool, after: bool) -> bool:
    if not term:
        return True
    start = text.find(term)
    while start >= 0:
        end = start + len(term)
        open_left = (
            not before or start == 0 or not (text[start - 1].isalnum() and term[0].isalnum())
        )
        open_right = (
            not after or end == len(text) or not (text[end].isalnum() and term[-1].isalnum())
        )
        if open_left and open_right:
            return True
        start = text.find(term, start + 1)
    return False


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "has": has,
    "hasprefix": has_prefix,
    "hassuffix": has_suffix,
    "contains": contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


@lru_cache(maxsize=256)
def regex(pattern: str) -> re.Pattern[str]:
    """The compiled expression; a semantic error where RE2 would refuse it."""
    try:
        if not _NOT_RE2.search(pattern):
            return re.compile(pattern)
    except (re.error, RecursionError):
        pass
    raise semantic(f"Regex pattern is ill-formed: '{pattern}'", "SEM0420")
