"""
Values of the query language: types, conversions, comparison, and how they read as text.

A string is never null (the empty string stands in); every other type has null, here None.
Datetimes are UTC. dynamic values are what JSON parses to.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

NUMERIC = ("int", "long", "real", "decimal")
TYPES = frozenset({"string", "bool", "datetime", "timespan", "dynamic", "guid", *NUMERIC})
_ALIASES = {"double": "real", "float": "real", "boolean": "bool", "date": "datetime"}
_ALIASES |= {"time": "timespan", "object": "dynamic"}

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_US = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d")
_SPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d+):(\d\d)(?::(\d\d)(\.\d+)?)?")


def type_named(name: str) -> str | None:
    """The type that goes by this name in a query, or None."""
    plain = _ALIASES.get(name, name)
    return plain if plain in TYPES else None


def empty(type: str) -> Any:
    return "" if type == "string" else None


def parse_datetime(text: str) -> datetime | None:
    """ISO 8601 with any number of decimals, or US month/day/year; UTC when it is silent."""
    text = text.strip()
    if _US.fullmatch(text):
        return datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
    match = _ISO.fullmatch(text)
    if not match:
        return None
    day, minute, second, fraction, zone = match.groups()
    zone = "+00:00" if (zone or "Z").upper() in ("Z", "UTC") else zone
    exact = f"{day}T{minute or '00:00'}:{second or '00'}.{(fraction or '0')[:6]:0<6}{zone}"
    try:
        return datetime.fromisoformat(exact).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_timespan(text: str) -> timedelta | None:
    """`[d.]hh:mm[:ss[.fff]]`."""
    match = _SPAN.fullmatch(text.strip())
    if not match:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    span = timedelta(
        days=int(days or 0),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0) + float(fraction or 0),
    )
    return -span if sign else span


def convert(value: Any, type: str) -> Any:
    """`value` as `type` the way tostring(), todatetime() and their like do; null when it cannot."""
    if type == "string":
        return text_of(value)
    if value is None or type == "dynamic":
        return value
    if type in ("int", "long"):
        return _whole(value)
    if type in ("real", "decimal"):
        return _real(value)
    if type == "bool":
        return _truth(value)
    if type == "guid":
        return text_of(value).lower()
    if type == "datetime":
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return parse_datetime(value) if isinstance(value, str) else None
    if isinstance(value, timedelta):
        return value
    return parse_timespan(value) if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        try:
            return int(value.strip(), 0) if value.strip()[:2].lower() == "0x" else int(value)
        except ValueError:
            return None
    number = _real(value)
    return None if number is None or not math.isfinite(number) else int(number)


def _real(value: Any) -> float | None:
    if isinstance(value, bool | int | float | str):
        try:
            return float(value)
        except ValueError:
            return None
    return None


def _truth(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int | float) else None


def text_of(value: Any) -> str:
    """What tostring() gives."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond:06d}0Z"
    if isinstance(value, timedelta):
        return _span_text(value)
    if isinstance(value, Mapping | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _span_text(span: timedelta) -> str:
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    hours, rest = divmod(span.seconds, 3600)
    text = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    if span.microseconds:
        text += f".{span.microseconds:06d}0"
    return f"{sign}{span.days}.{text}" if span.days else f"{sign}{text}"


def type_of(value: Any) -> str:
    """The column type a value asks for when nothing else says it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "long"
    if isinstance(value, float):
        return "real"
    if isinstance(value, datetime):
        return "datetime"
    if isinstance(value, timedelta):
        return "timespan"
    return "dynamic" if isinstance(value, Mapping | list) else "string"


def wire(value: Any) -> Any:
    """A cell as JSON carries it in Log Analytics: times and dynamic values as text."""
    if isinstance(value, datetime):
        fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"
    if isinstance(value, timedelta | Mapping | list):
        return text_of(value)
    return value
