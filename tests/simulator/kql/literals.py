"""
Literals: what the tokens of the grammar mean.

In:  token text as it stands in the query.
Out: a Python value; ValueError when the inside is not one.
"""

import re
from datetime import datetime, timedelta

from tests.simulator.kql import values

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_SIMPLE |= {'"': '"', "'": "'", "\\": "\\"}
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "microsecond": timedelta(microseconds=1),
    "tick": timedelta(microseconds=0.1),
}
_UNIT_NAMES = {"day": "d", "hour": "h", "hr": "h", "minute": "m", "min": "m", "second": "s"}
_UNIT_NAMES |= {"sec": "s", "millisecond": "ms"}
_AMOUNT = re.compile(r"([0-9.]+)([a-z]+)")


def string(token: str) -> str:
    """`"…"` and `'…'` with escapes, `@"…"` verbatim; a leading h only hides the text from logs."""
    token = token.lstrip("hH")
    if token.startswith("@"):
        quote = token[1]
        return token[2:-1].replace(quote * 2, quote)
    text = _ESCAPE.sub(_unescape, token[1:-1])
    # Two \u escapes may be the halves of one character.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if len(code) > 1:
        return chr(int(code[1:], 16) if code[0] in "ux" else int(code, 8))
    if code not in _SIMPLE:
        raise ValueError(f"\\{code} is not an escape sequence")
    return _SIMPLE[code]


def number(token: str) -> int | float:
    if token[:2].lower() == "0x":
        return int(token, 16)
    return float(token) if re.search(r"[.eE]", token) else int(token)


def amount(token: str) -> timedelta:
    """`10m`, `1.5h`, `7d`."""
    match = _AMOUNT.fullmatch(token)
    if match is None:
        raise ValueError(f"{token} is not a timespan")
    unit = match.group(2)
    for name in (unit, unit.rstrip("s")):
        name = _UNIT_NAMES.get(name, name)
        if name in _UNITS:
            return float(match.group(1)) * _UNITS[name]
    raise ValueError(f"{token} is not a timespan")


def span(token: str) -> timedelta:
    """`timespan(01:30:00)` or `time(2d)`."""
    inside = _inside(token)
    parsed = values.parse_timespan(inside)
    return amount(inside) if parsed is None else parsed


def moment(token: str) -> datetime:
    """`datetime(2026-08-01T10:00:00Z)`."""
    parsed = values.parse_datetime(_inside(token))
    if parsed is None:
        raise ValueError(f"{_inside(token)} is not a datetime")
    return parsed


def _inside(token: str) -> str:
    return token[token.index("(") + 1 : -1].strip()
